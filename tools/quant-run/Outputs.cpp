// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Outputs as files. A folder's list of what was written there, with hashes, tells the outputs of
/// an earlier run from arrays that somebody else keeps under the same names.

#include "Outputs.h"
#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "bitwright/Support/Json.h"
#include "dialects/QNN/WeightStore.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace bitwright;

static constexpr llvm::StringLiteral writer = "quant-run";

static bool isOurList(const llvm::json::Value &list) {
  const llvm::json::Object *object = list.getAsObject();
  return object && object->getString("written_by") == llvm::StringRef(writer);
}

/// The hashes that the list at `path` gives, by the names of the files; none where it is not ours.
static llvm::StringMap<std::string> readList(llvm::StringRef path) {
  llvm::StringMap<std::string> hashes;
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return hashes;
  auto list = llvm::json::parse((*buffer)->getBuffer());
  if (!list) {
    llvm::consumeError(list.takeError());
    return hashes;
  }
  const llvm::json::Array *outputs =
      isOurList(*list) ? list->getAsObject()->getArray("outputs") : nullptr;
  for (size_t i = 0; outputs && i < outputs->size(); ++i)
    if (const llvm::json::Object *entry = (*outputs)[i].getAsObject())
      hashes[entry->getString("file").value_or("")] = entry->getString("sha256").value_or("").str();
  return hashes;
}

static llvm::json::Object describeOutput(const ModelRunner &runner, size_t i, const NdArray &value,
                                         llvm::StringRef file) {
  return llvm::json::Object{{"name", llvm::json::fixUTF8(runner.getOutputs()[i].name)},
                            {"file", llvm::json::fixUTF8(file)},
                            {"shape", llvm::json::Array(value.dims)}};
}

static llvm::Error writeList(llvm::StringRef path, llvm::StringRef folder,
                             llvm::json::Array entries, OutputGroup &group) {
  llvm::json::Object list{{"written_by", writer}, {"outputs", std::move(entries)}};
  auto isOurs = [](llvm::StringRef old) {
    auto parsed = llvm::json::parse(old);
    if (parsed)
      return isOurList(*parsed);
    llvm::consumeError(parsed.takeError());
    return false;
  };
  return group.writeDerived({path, folder, isOurs}, [&](llvm::raw_ostream &stream) {
    printJson(std::move(list), stream);
    stream << "\n";
    return llvm::Error::success();
  });
}

static llvm::Error writeFolder(const ModelRunner &runner, llvm::ArrayRef<NdArray> values,
                               llvm::StringRef folder, OutputGroup &group,
                               llvm::json::Array &written) {
  if (std::error_code error = llvm::sys::fs::create_directories(folder))
    return makeError("cannot make folder '" + folder + "': " + error.message());
  std::string listPath = (folder + "/outputs.json").str();
  llvm::StringMap<std::string> before = readList(listPath);
  llvm::json::Array entries;
  for (auto [i, value] : llvm::enumerate(values)) {
    std::string name = ("output_" + llvm::Twine(i) + ".npy").str(), text;
    llvm::raw_string_ostream stream(text);
    printNpy(value, stream);
    auto isOurs = [&](llvm::StringRef old) {
      auto found = before.find(name);
      return found != before.end() && found->second == hashBytes({old.data(), old.size()});
    };
    std::string path = (folder + "/" + name).str();
    if (llvm::Error error =
            group.writeDerived({path, folder, isOurs}, [&](llvm::raw_ostream &file) {
              file << text;
              return llvm::Error::success();
            }))
      return error;
    written.push_back(describeOutput(runner, i, value, path));
    llvm::json::Object entry = describeOutput(runner, i, value, name);
    entry["sha256"] = hashBytes(text);
    entries.push_back(std::move(entry));
  }
  return writeList(listPath, folder, std::move(entries), group);
}

llvm::Expected<llvm::json::Object> bitwright::writeOutputs(const ModelRunner &runner,
                                                           llvm::ArrayRef<NdArray> values,
                                                           llvm::StringRef place,
                                                           const InputFiles &inputs) {
  OutputGroup group(&inputs);
  llvm::json::Array written;
  if (place.ends_with(".npy")) {
    if (values.size() != 1)
      return makeError("--output=" + place + " holds one output, but the model has " +
                       llvm::Twine(values.size()) + "; name a folder");
    if (llvm::Error error = group.write(place, [&](llvm::raw_ostream &stream) {
          printNpy(values.front(), stream);
          return llvm::Error::success();
        }))
      return std::move(error);
    written.push_back(describeOutput(runner, 0, values.front(), place));
  } else if (llvm::Error error = writeFolder(runner, values, place, group, written)) {
    return std::move(error);
  }
  if (llvm::Error error = group.commit())
    return std::move(error);
  return llvm::json::Object{{"outputs", std::move(written)}};
}
