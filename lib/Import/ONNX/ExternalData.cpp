// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Walks an external-data path one component at a time with O_NOFOLLOW, so that
/// what is checked is what is opened.

#include "ExternalData.h"
#include "Text.h"
#include "dialects/QNN/ScratchFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;

namespace bitwright::onnximport {

namespace {

/// A file descriptor that closes itself.
struct Descriptor {
  int fd = -1;
  explicit Descriptor(int fd) : fd(fd) {}
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() { reset(-1); }
  void reset(int newFd) {
    if (fd >= 0)
      ::close(fd);
    fd = newFd;
  }
};

Error makeError(StringRef location, const Twine &reason) {
  return createStringError("external data '" + Twine(printable(location)) + "': " + reason);
}

Error checkLocation(StringRef location) {
  if (location.empty())
    return createStringError("external data has an empty location");
  if (location.contains('\0'))
    return makeError(location, "the path contains a NUL byte");
  if (location.front() == '/')
    return makeError(location, "the path is absolute; it must be relative to the model's folder");
  if (location.contains('\\'))
    return makeError(location, "the path contains a backslash");
  SmallVector<StringRef> parts;
  location.split(parts, '/');
  for (StringRef part : parts)
    if (part == "..")
      return makeError(location, "the path leaves the model's folder");
  return Error::success();
}

} // namespace

void ExternalFiles::dropPages() const {
  for (const auto &file : files)
    if (isMapped(*file.second))
      bitwright::dropPages({file.second->getBufferStart(), file.second->getBufferSize()});
}

Expected<std::shared_ptr<MemoryBuffer>> ExternalFiles::open(StringRef location) {
  if (!hasFolder)
    return makeError(location, "a model read from standard input has no folder");
  if (Error error = checkLocation(location))
    return std::move(error);
  auto found = files.find(location);
  if (found != files.end())
    return found->second;

  Descriptor at(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (at.fd < 0)
    return makeError(location, "cannot open the model's folder: " + Twine(std::strerror(errno)));
  SmallVector<StringRef> parts;
  location.split(parts, '/', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (auto [index, part] : llvm::enumerate(parts)) {
    bool last = index + 1 == parts.size();
    int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (last ? 0 : O_DIRECTORY);
    int fd = ::openat(at.fd, part.str().c_str(), flags);
    if (fd < 0) {
      int code = errno;
      struct stat status;
      if (::fstatat(at.fd, part.str().c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISLNK(status.st_mode))
        return makeError(location, "'" + part + "' is a symbolic link");
      return makeError(location, std::strerror(code));
    }
    at.reset(fd);
  }
  struct stat status;
  if (parts.empty() || ::fstat(at.fd, &status) != 0 || !S_ISREG(status.st_mode))
    return makeError(location, "not a regular file");
  if (status.st_nlink > 1)
    return makeError(location, "the file has more than one hard link");
  auto buffer = MemoryBuffer::getOpenFile(sys::fs::convertFDToNativeFile(at.fd), location,
                                          status.st_size, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeError(location, buffer.getError().message());
  std::shared_ptr<MemoryBuffer> shared = std::move(*buffer);
  files[location] = shared;
  if (onOpen) {
    SmallString<256> path(folder);
    sys::path::append(path, location);
    onOpen(path);
  }
  return shared;
}

} // namespace bitwright::onnximport
