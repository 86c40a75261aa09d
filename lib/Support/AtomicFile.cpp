// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Writing a file as a whole or not at all.

#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include <cerrno>
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

static llvm::Error replaceFile(llvm::StringRef path, llvm::StringRef target, bool exists,
                               WriteFn write) {
  llvm::StringRef folder = llvm::sys::path::parent_path(target);
  if (folder.empty())
    folder = ".";
  llvm::SmallString<256> model(folder), temporary;
  llvm::sys::path::append(model, ".bitwright-%%%%%%%%%%%%.tmp");
  int fd = -1;
  if (std::error_code error = fs::createUniqueFile(model, fd, temporary))
    return cannotWrite(path, error);
  llvm::sys::RemoveFileOnSignal(temporary);
  llvm::scope_exit cleanup([&] {
    if (fd >= 0)
      ::close(fd);
    fs::remove(temporary);
    llvm::sys::DontRemoveFileOnSignal(temporary);
  });

  struct stat status;
  if (exists && ::stat(target.str().c_str(), &status) == 0)
    (void)!::fchmod(fd, status.st_mode & 07777);
  if (llvm::Error error = writeTo(fd, path, write))
    return error;
  if (::fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
    return cannotWrite(path, lastError());
  int closed = ::close(fd);
  fd = -1;
  if (closed != 0)
    return cannotWrite(path, lastError());
  if (std::error_code error = fs::rename(temporary, target))
    return cannotWrite(path, error);
  cleanup.release();
  llvm::sys::DontRemoveFileOnSignal(temporary);
  syncFolder(folder);
  return llvm::Error::success();
}

llvm::Error bitwright::writeFileAtomically(llvm::StringRef path, WriteFn write) {
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
  if (exists && ::access(path.str().c_str(), W_OK) != 0)
    return cannotWrite(path, lastError());
  llvm::SmallString<256> target(path);
  if (exists && fs::is_symlink_file(path))
    if (std::error_code error = fs::real_path(path, target))
      return cannotWrite(path, error);
  return replaceFile(path, target, exists, write);
}

llvm::Error bitwright::writeFileAtomically(llvm::StringRef path, llvm::StringRef contents) {
  return writeFileAtomically(path, [&](llvm::raw_ostream &stream) {
    stream << contents;
    return llvm::Error::success();
  });
}
