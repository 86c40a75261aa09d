// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Objects to libraries and archives, inside this process.

#include "Descriptor.h"
#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace bitwright;
using namespace bitwright::detail;

/// The linker reads and writes files, so it gets a folder of its own: beside
/// the artifact, or with the temporary files where that is no plain file.
static std::error_code createFolder(llvm::StringRef path, llvm::SmallVectorImpl<char> &folder) {
  llvm::SmallString<128> parent(llvm::sys::path::parent_path(path));
  bool isPlain = path != "-" && (!llvm::sys::fs::exists(path) || //
                                 llvm::sys::fs::is_regular_file(path));
  if (!isPlain)
    llvm::sys::path::system_temp_directory(/*erasedOnReboot=*/true, parent);
  else if (parent.empty())
    parent = ".";
  llvm::SmallString<128> model(parent);
  llvm::sys::path::append(model, ".bitwright-%%%%%%%%%%%%.tmp");
  for (int attempt = 0; attempt < 16; ++attempt) {
    llvm::sys::fs::createUniquePath(model, folder, /*MakeAbsolute=*/false);
    std::error_code error =
        llvm::sys::fs::create_directory(llvm::StringRef(folder.data(), folder.size()),
                                        /*IgnoreExisting=*/false, llvm::sys::fs::owner_all);
    if (error != std::errc::file_exists)
      return error;
  }
  return std::make_error_code(std::errc::file_exists);
}

/// lld keeps global state: one link at a time.
static llvm::Error runLinker(llvm::ArrayRef<std::string> arguments) {
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  llvm::SmallVector<const char *> raw;
  for (const std::string &argument : arguments)
    raw.push_back(argument.c_str());
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result = lld::lldMain(raw, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode == 0)
    return llvm::Error::success();
  return makeError("cannot link: " + llvm::StringRef(messages).split('\n').first);
}

static llvm::Error copyFile(llvm::StringRef from, llvm::StringRef to) {
  auto buffer = llvm::MemoryBuffer::getFile(from, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError("cannot read '" + from + "': " + buffer.getError().message());
  return writeFileAtomically(to, (*buffer)->getBuffer());
}

llvm::Error detail::linkObjects(llvm::ArrayRef<llvm::StringRef> objects, bool isShared,
                                llvm::StringRef path) {
  llvm::SmallString<128> folder;
  if (std::error_code error = createFolder(path, folder))
    return makeError("cannot write '" + path + "': " + error.message());
  std::vector<std::string> files;
  llvm::scope_exit cleanup([&] {
    for (const std::string &file : files)
      llvm::sys::fs::remove(file);
    llvm::sys::fs::remove(folder);
  });
  std::vector<std::string> arguments = {"ld.lld",          "-m", "elf_x86_64",
                                        "--build-id=none", "-z", "noexecstack"};
  if (isShared)
    arguments.insert(arguments.end(), {"-shared", "-z", "relro", "--hash-style=gnu", "-O2"});
  else
    arguments.push_back("-r");
  for (llvm::StringRef object : objects) {
    files.push_back((folder + "/" + llvm::Twine(files.size()) + ".o").str());
    arguments.push_back(files.back());
    if (llvm::Error error = writeFileAtomically(files.back(), object))
      return error;
  }
  files.push_back((folder + "/out").str());
  arguments.insert(arguments.end(), {"-o", files.back()});
  if (llvm::Error error = runLinker(arguments))
    return error;
  return copyFile(files.back(), path);
}

llvm::Error detail::archiveObjects(llvm::StringRef modelName,
                                   llvm::ArrayRef<llvm::StringRef> objects, llvm::StringRef path) {
  std::vector<llvm::NewArchiveMember> members;
  std::vector<std::string> names;
  for (size_t i = 0; i < objects.size(); ++i)
    names.push_back((modelName + (i == 0 ? "" : "_weights") + ".o").str());
  for (auto [name, object] : llvm::zip(names, objects))
    members.emplace_back(llvm::MemoryBufferRef(object, name));
  auto archive = llvm::writeArchiveToBuffer(members, llvm::SymtabWritingMode::NormalSymtab,
                                            llvm::object::Archive::K_GNU, /*Deterministic=*/true,
                                            /*Thin=*/false);
  if (!archive)
    return archive.takeError();
  return writeFileAtomically(path, (*archive)->getBuffer());
}
