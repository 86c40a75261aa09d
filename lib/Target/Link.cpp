// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Objects to libraries and archives, inside this process.

#include "Descriptor.h"
#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "lld/Common/Driver.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace bitwright;
using namespace bitwright::detail;

static llvm::Error cannotWrite(llvm::StringRef path, std::error_code error) {
  return makeError("cannot write '" + path + "': " + error.message());
}

namespace {
/// Files that the linker reads and writes, beside the artifact, or with the temporary files where
/// that is no plain file. They go away with this object, and by a signal.
class ScratchFiles {
public:
  /// \param path the artifact, which errors name.
  explicit ScratchFiles(llvm::StringRef path) : path(path) {
    bool isPlain = path != "-" && (!llvm::sys::fs::exists(path) || //
                                   llvm::sys::fs::is_regular_file(path));
    if (isPlain)
      model = llvm::sys::path::parent_path(path);
    else
      llvm::sys::path::system_temp_directory(/*erasedOnReboot=*/true, model);
    llvm::sys::path::append(model, ".bitwright-%%%%%%%%%%%%.tmp");
  }
  ~ScratchFiles() {
    for (const std::string &file : files) {
      llvm::sys::fs::remove(file);
      llvm::sys::DontRemoveFileOnSignal(file);
    }
  }

  /// A new file that holds `contents`.
  llvm::Expected<std::string> create(llvm::StringRef contents) {
    int fd = -1;
    llvm::SmallString<128> name;
    if (std::error_code error = llvm::sys::fs::createUniqueFile(model, fd, name))
      return cannotWrite(path, error);
    llvm::sys::RemoveFileOnSignal(name);
    files.push_back(name.str().str());
    llvm::raw_fd_ostream stream(fd, /*shouldClose=*/true);
    stream << contents;
    stream.close();
    std::error_code error = stream.error();
    stream.clear_error();
    if (error)
      return cannotWrite(path, error);
    return files.back();
  }

private:
  llvm::StringRef path;
  llvm::SmallString<128> model;
  std::vector<std::string> files;
};
} // namespace

namespace {
/// Takes the options of this process out of lld's sight while it lives: lld reads a command line of
/// its own, and for that resets every option that it finds, and registers more of them.
class OptionShelter {
public:
  OptionShelter() { exchange(); }
  ~OptionShelter() { exchange(); }
  OptionShelter(const OptionShelter &) = delete;
  OptionShelter &operator=(const OptionShelter &) = delete;

private:
  void exchange() {
    llvm::cl::SubCommand &shown = llvm::cl::SubCommand::getTopLevel();
    std::swap(options, shown.OptionsMap);
    std::swap(positional, shown.PositionalOpts);
    std::swap(sinks, shown.SinkOpts);
    std::swap(rest, shown.ConsumeAfterOpt);
  }

  decltype(llvm::cl::SubCommand::OptionsMap) options;
  decltype(llvm::cl::SubCommand::PositionalOpts) positional;
  decltype(llvm::cl::SubCommand::SinkOpts) sinks;
  decltype(llvm::cl::SubCommand::ConsumeAfterOpt) rest = nullptr;
};
} // namespace

/// lld keeps global state: one link at a time.
static llvm::Error runLinker(llvm::ArrayRef<std::string> arguments, llvm::StringRef path) {
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  OptionShelter shelter;
  llvm::SmallVector<const char *> raw;
  for (const std::string &argument : arguments)
    raw.push_back(argument.c_str());
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result = lld::lldMain(raw, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode == 0)
    return llvm::Error::success();
  return makeError("cannot write '" + path +
                   "': the linker says: " + llvm::StringRef(messages).split('\n').first);
}

/// Where the linked `file` has its hole for `filling`.
static llvm::Expected<uint64_t> findHole(llvm::MemoryBufferRef file, const Filling &filling) {
  auto object = llvm::object::ObjectFile::createELFObjectFile(file);
  if (!object)
    return object.takeError();
  for (const llvm::object::ELFSymbolRef symbol :
       llvm::cast<llvm::object::ELFObjectFileBase>(**object).symbols()) {
    auto name = symbol.getName();
    auto address = symbol.getAddress();
    auto in = symbol.getSection();
    if (!name || !address || !in)
      return llvm::joinErrors(llvm::joinErrors(name.takeError(), address.takeError()),
                              in.takeError());
    if (*name != filling.symbol || *in == (*object)->section_end())
      continue;
    llvm::object::ELFSectionRef section(**in);
    uint64_t offset = section.getOffset() + (*address - section.getAddress());
    if (section.getType() == llvm::ELF::SHT_PROGBITS && offset <= file.getBufferSize() &&
        filling.bytes.size() <= file.getBufferSize() - offset)
      return offset;
  }
  return makeError("the linker left no place for '" + filling.symbol + "'");
}

/// Writes the linked `file` with `filling` in its hole.
static llvm::Error writeLinked(llvm::MemoryBufferRef file, const Filling &filling,
                               llvm::StringRef path, OutputGroup &group) {
  uint64_t hole = file.getBufferSize();
  if (!filling.bytes.empty()) {
    llvm::Expected<uint64_t> found = findHole(file, filling);
    if (!found)
      return found.takeError();
    hole = *found;
  }
  return group.write(path, [&](llvm::raw_ostream &stream) {
    stream << file.getBuffer().take_front(hole);
    stream.write(filling.bytes.data(), filling.bytes.size());
    stream << file.getBuffer().drop_front(hole + filling.bytes.size());
    return llvm::Error::success();
  });
}

llvm::Error detail::linkObjects(const TargetSpec &target, llvm::ArrayRef<llvm::StringRef> objects,
                                const Filling &filling, bool isShared, llvm::StringRef path,
                                OutputGroup &group) {
  ScratchFiles scratch(path);
  std::vector<std::string> arguments = {"ld.lld",          "-m", target.elf.emulation.str(),
                                        "--build-id=none", "-z", "noexecstack"};
  if (isShared)
    arguments.insert(arguments.end(), {"-shared", "-z", "relro", "--hash-style=gnu", "-O2"});
  else
    arguments.push_back("-r");
  for (llvm::StringRef object : objects) {
    llvm::Expected<std::string> file = scratch.create(object);
    if (!file)
      return file.takeError();
    arguments.push_back(*file);
  }
  llvm::Expected<std::string> output = scratch.create("");
  if (!output)
    return output.takeError();
  arguments.insert(arguments.end(), {"-o", *output});
  if (llvm::Error error = runLinker(arguments, path))
    return error;
  auto linked = llvm::MemoryBuffer::getFile(*output, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!linked)
    return makeError("cannot read '" + *output + "': " + linked.getError().message());
  return writeLinked(**linked, filling, path, group);
}

llvm::Error detail::archiveObjects(llvm::StringRef modelName,
                                   llvm::ArrayRef<llvm::StringRef> objects, llvm::StringRef path,
                                   OutputGroup &group) {
  std::vector<llvm::NewArchiveMember> members;
  std::vector<std::string> names;
  for (size_t i = 0; i < objects.size(); ++i)
    names.push_back((modelName + (i == 0 ? "" : "_weights") + ".o").str());
  for (auto [name, object] : llvm::zip(names, objects))
    members.emplace_back(llvm::MemoryBufferRef(object, name));
  return group.write(path, [&](llvm::raw_ostream &stream) {
    return llvm::writeArchiveToStream(stream, members, llvm::SymtabWritingMode::NormalSymtab,
                                      llvm::object::Archive::K_GNU, /*Deterministic=*/true,
                                      /*Thin=*/false);
  });
}
