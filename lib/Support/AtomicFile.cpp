// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Writing a file as a whole or not at all.

#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "bitwright/Support/InputFiles.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fs = llvm::sys::fs;
using namespace bitwright;
using WriteFn = llvm::function_ref<llvm::Error(llvm::raw_ostream &)>;

static llvm::Error cannotWrite(llvm::StringRef path, std::error_code error) {
  return makeError("cannot write '" + path + "': " + error.message());
}

static std::error_code lastError() { return std::error_code(errno, std::generic_category()); }

/// Runs `write` on an open descriptor. The stream's own check would abort, so
/// its error is taken out before it is destroyed.
static llvm::Error writeTo(int fd, llvm::StringRef path, WriteFn write) {
  llvm::raw_fd_ostream stream(fd, /*shouldClose=*/false);
  llvm::Error result = write(stream);
  stream.flush();
  std::error_code error = stream.error();
  stream.clear_error();
  if (result)
    return result;
  return error ? cannotWrite(path, error) : llvm::Error::success();
}

static llvm::Error writeDirectly(llvm::StringRef path, WriteFn write) {
  int fd = ::open(path.str().c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return cannotWrite(path, lastError());
  llvm::Error result = writeTo(fd, path, write);
  if (::close(fd) != 0 && !result)
    return cannotWrite(path, lastError());
  return result;
}

/// Makes a rename in `folder` survive a power cut. File systems that cannot
/// sync a folder are left to their own promises.
static void syncFolder(llvm::StringRef folder) {
  int fd = ::open(folder.str().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return;
  ::fsync(fd);
  ::close(fd);
}

/// A file that is complete under its temporary name and waits to be renamed.
struct OutputGroup::StagedFile {
  std::string path;   ///< as the user calls it
  std::string target; ///< with symbolic links followed
  llvm::SmallString<256> temporary;
  int fd = -1;
  enum { Waiting, Created, Exchanged, Replaced } state = Waiting;

  StagedFile(llvm::StringRef path, llvm::StringRef target)
      : path(path.str()), target(target.str()) {}
  ~StagedFile() {
    if (fd >= 0)
      ::close(fd);
    if (temporary.empty())
      return;
    if (state == Waiting || state == Exchanged)
      fs::remove(temporary);
    llvm::sys::DontRemoveFileOnSignal(temporary);
  }

  llvm::StringRef getFolder() const {
    llvm::StringRef folder = llvm::sys::path::parent_path(target);
    return folder.empty() ? llvm::StringRef(".") : folder;
  }

  llvm::Error stage(WriteFn write);
  llvm::Error rename(bool mayBeTakenBack);
  void takeBack();
};

llvm::Error OutputGroup::StagedFile::stage(WriteFn write) {
  llvm::SmallString<256> model(getFolder());
  llvm::sys::path::append(model, ".bitwright-%%%%%%%%%%%%.tmp");
  if (std::error_code error = fs::createUniqueFile(model, fd, temporary))
    return cannotWrite(path, error);
  llvm::sys::RemoveFileOnSignal(temporary);
  struct stat status;
  if (::stat(target.c_str(), &status) == 0)
    (void)!::fchmod(fd, status.st_mode & 07777);
  if (llvm::Error error = writeTo(fd, path, write))
    return error;
  if (::fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
    return cannotWrite(path, lastError());
  int closed = ::close(fd);
  fd = -1;
  return closed == 0 ? llvm::Error::success() : cannotWrite(path, lastError());
}

/// Where it may have to be taken back, an older file is kept under the temporary name, if the file
/// system can exchange two files.
llvm::Error OutputGroup::StagedFile::rename(bool mayBeTakenBack) {
  if (mayBeTakenBack) {
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
      state = Exchanged;
      return llvm::Error::success();
    }
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) {
      state = Created;
      return llvm::Error::success();
    }
  }
  if (std::error_code error = fs::rename(temporary, target))
    return cannotWrite(path, error);
  state = Replaced;
  return llvm::Error::success();
}

void OutputGroup::StagedFile::takeBack() {
  if (state == Exchanged)
    (void)::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE);
  else if (state == Created)
    fs::remove(target);
}

OutputGroup::OutputGroup(const InputFiles *inputs) : inputs(inputs) {}
OutputGroup::~OutputGroup() = default;

llvm::Error OutputGroup::write(llvm::StringRef path, WriteFn write) {
  if (path == "-" && std::exchange(isStdoutTaken, true))
    return makeError("cannot write '-': it is the name of another output");
  if (path == "-")
    return writeTo(STDOUT_FILENO, "standard output", write);
  if (path.empty())
    return makeError("cannot write to an empty file name");
  if (path.contains('\0'))
    return makeError("cannot write to a file name with a NUL byte");
  fs::file_status status;
  (void)fs::status(path, status);
  bool exists = fs::exists(status);
  if (fs::is_directory(status))
    return makeError("cannot write '" + path + "': it is a directory");
  if (exists && !fs::is_regular_file(status))
    return writeDirectly(path, write);
  if (llvm::Error error = inputs ? inputs->check(path) : llvm::Error::success())
    return error;
  if (exists && ::access(path.str().c_str(), W_OK) != 0)
    return cannotWrite(path, lastError());
  std::string target = getRealPath(path);
  for (const std::unique_ptr<StagedFile> &file : files)
    if (file->target == target)
      return makeError("cannot write '" + path + "': it is the name of another output");
  auto file = std::make_unique<StagedFile>(path, target);
  if (llvm::Error error = file->stage(write))
    return error;
  files.push_back(std::move(file));
  return llvm::Error::success();
}

llvm::Error OutputGroup::writeDerived(const DerivedFile &file, WriteFn write) {
  fs::file_status status;
  if (fs::status(file.path, status) || !fs::is_regular_file(status))
    return this->write(file.path, write);
  auto old = llvm::MemoryBuffer::getFile(file.path, /*IsText=*/false,
                                         /*RequiresNullTerminator=*/false);
  if (!old)
    return cannotWrite(file.path, old.getError());
  if (file.isOurs((*old)->getBuffer()))
    return this->write(file.path, write);
  if (llvm::Error error = this->write(file.path, write))
    return error;
  auto staged = llvm::MemoryBuffer::getFile(files.back()->temporary, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (staged && (*staged)->getBuffer() == (*old)->getBuffer())
    return llvm::Error::success();
  files.pop_back();
  return makeError("cannot write '" + file.path + "' beside '" + file.owner +
                   "': a file is there that was not written for it; move that file, or write '" +
                   llvm::sys::path::filename(file.owner) + "' elsewhere");
}

llvm::Error OutputGroup::commit() {
  for (size_t i = 0; i < files.size(); ++i) {
    llvm::Error error = files[i]->rename(/*mayBeTakenBack=*/i + 1 < files.size());
    if (!error)
      continue;
    while (i-- > 0)
      files[i]->takeBack();
    return error;
  }
  for (const std::unique_ptr<StagedFile> &file : files)
    syncFolder(file->getFolder());
  files.clear();
  return llvm::Error::success();
}

llvm::Error bitwright::writeFileAtomically(llvm::StringRef path, WriteFn write,
                                           OutputGroup *group) {
  if (group)
    return group->write(path, write);
  OutputGroup single;
  if (llvm::Error error = single.write(path, write))
    return error;
  return single.commit();
}

llvm::Error bitwright::writeFileAtomically(llvm::StringRef path, llvm::StringRef contents,
                                           OutputGroup *group) {
  return writeFileAtomically(
      path,
      [&](llvm::raw_ostream &stream) {
        stream << contents;
        return llvm::Error::success();
      },
      group);
}
