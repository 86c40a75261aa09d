// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The safetensors file beside a text module.

#include "ModuleFormat.h"

#include "tools/Driver/ModuleIO.h"

#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "bitwright/Support/InputFiles.h"
#include "bitwright/Support/Safetensors.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNDialect.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace bitwright;

namespace {

/// Maps a regular file that is no symbolic link: the name comes from a module
/// that may not be trusted.
llvm::Expected<std::shared_ptr<llvm::MemoryBuffer>> mapFile(StringRef path) {
  auto fail = [&](const llvm::Twine &reason) -> llvm::Error {
    return makeError("cannot read weights file '" + path + "': " + reason);
  };
  int fd = ::open(path.str().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return errno == ELOOP ? fail("it is a symbolic link")
                          : fail(std::generic_category().message(errno));
  llvm::scope_exit close([&] { ::close(fd); });
  struct stat status;
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
    return fail("it is no regular file");
  auto buffer = llvm::MemoryBuffer::getOpenFile(fd, path, status.st_size,
                                                /*RequiresNullTerminator=*/false);
  if (!buffer)
    return fail(buffer.getError().message());
  return std::shared_ptr<llvm::MemoryBuffer>(std::move(*buffer));
}

/// The safetensors name of an element type; "" where it has none and the bytes
/// are written as U8.
StringRef dtypeName(Type type) {
  if (type.isF32())
    return "F32";
  if (type.isF16())
    return "F16";
  if (type.isBF16())
    return "BF16";
  if (type.isF64())
    return "F64";
  if (!type.isInteger())
    return "";
  switch (type.getIntOrFloatBitWidth()) {
  case 1:
    return "BOOL";
  case 8:
    return "I8";
  case 16:
    return "I16";
  case 32:
    return "I32";
  case 64:
    return "I64";
  default:
    return "";
  }
}

} // namespace

llvm::Error bitwright::loadWeightsFile(ModuleOp module, StringRef path,
                                       const LoadOptions &options) {
  Attribute attribute = module->getAttr(weightsFileAttr);
  if (!attribute)
    return llvm::Error::success();
  auto name = dyn_cast<StringAttr>(attribute);
  if (!name)
    return makeError("'" + path + "': expects " + weightsFileAttr + " to be a string");
  StringRef file = name.getValue();
  if (file.empty() || file == "." || file == ".." ||
      file.find_first_of(StringRef("/\\\0", 3)) != StringRef::npos)
    return makeError("'" + path + "': expects " + weightsFileAttr +
                     " to name a file in the module's own folder, but got '" + file + "'");
  if (path == "-")
    return makeError("a module from standard input cannot name a weights file ('" + file + "')");
  llvm::SmallString<256> full(llvm::sys::path::parent_path(path));
  llvm::sys::path::append(full, file);
  auto buffer = mapFile(full);
  if (!buffer)
    return buffer.takeError();
  if (options.inputs)
    options.inputs->add(full);
  if (llvm::Error error = loadWeights(module, *buffer, full, options.checkWeights))
    return error;
  module->removeAttr(weightsFileAttr);
  return llvm::Error::success();
}

llvm::Error bitwright::loadWeights(ModuleOp module,
                                   const std::shared_ptr<llvm::MemoryBuffer> &buffer,
                                   StringRef path, bool checkContent) {
  auto entries = readSafetensors(buffer->getBuffer(), path);
  if (!entries)
    return entries.takeError();
  llvm::StringMap<const SafetensorEntry *> byName;
  for (const SafetensorEntry &entry : *entries)
    byName[entry.name] = &entry;
  WeightStore &store = qnn::getWeightStore(module.getContext());
  for (qnn::WeightAttr weight : qnn::collectWeights(module)) {
    auto it = byName.find(weight.getHash());
    if (it == byName.end())
      continue;
    ArrayRef<char> bytes(buffer->getBufferStart() + it->second->offset, it->second->size);
    if (checkContent && hashBytes(bytes) != weight.getHash())
      return makeError("'" + path + "': the bytes of weight " + weight.getHash() +
                       " do not match their hash");
    store.addMappedTrusted(weight.getHash(), buffer, it->second->offset, it->second->size);
  }
  return llvm::Error::success();
}

/// Whether the bytes `old` at `path` are weights that were written with the module that lies at
/// `modulePath` now: it names the file, and the file holds nothing but tensors named by hashes.
static bool isWeightsFileOf(ModuleOp module, StringRef path, StringRef modulePath, StringRef old) {
  std::string reference = (weightsFileAttr + " = ").str();
  llvm::raw_string_ostream stream(reference);
  stream << StringAttr::get(module.getContext(), llvm::sys::path::filename(path));
  auto text = llvm::MemoryBuffer::getFile(modulePath, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!text || !(*text)->getBuffer().contains(reference))
    return false;
  auto entries = readSafetensors(old, path);
  if (!entries) {
    llvm::consumeError(entries.takeError());
    return false;
  }
  return llvm::all_of(*entries, [](const SafetensorEntry &entry) {
    StringRef name = entry.name;
    bool isHash = name.size() == hashBytes({}).size() && llvm::all_of(name, llvm::isHexDigit);
    return isHash || name.starts_with("pad.");
  });
}

llvm::Error bitwright::writeWeights(ModuleOp module, llvm::raw_ostream &stream) {
  WeightStore &store = qnn::getWeightStore(module.getContext());
  std::vector<SafetensorSource> tensors;
  for (qnn::WeightAttr weight : qnn::collectWeights(module)) {
    std::optional<ArrayRef<char>> bytes = store.lookup(weight.getHash());
    if (!bytes)
      return makeError("weight " + weight.getHash() + " is missing");
    auto type = cast<RankedTensorType>(weight.getType());
    SafetensorSource tensor{
        weight.getHash().str(), dtypeName(type.getElementType()).str(), {}, *bytes};
    if (tensor.dtype.empty()) {
      tensor.dtype = "U8";
      tensor.shape.push_back(bytes->size());
    } else {
      tensor.shape.assign(type.getShape().begin(), type.getShape().end());
    }
    tensors.push_back(std::move(tensor));
  }
  writeSafetensors(stream, tensors);
  return llvm::Error::success();
}

llvm::Error bitwright::writeWeightsFile(ModuleOp module, StringRef path, StringRef modulePath,
                                        OutputGroup &group) {
  auto isOurs = [&](StringRef old) { return isWeightsFileOf(module, path, modulePath, old); };
  return group.writeDerived({path, modulePath, isOurs}, [&](llvm::raw_ostream &stream) {
    return writeWeights(module, stream);
  });
}
