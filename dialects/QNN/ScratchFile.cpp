// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Temporary files and the pages of mappings: see ScratchFile.h.

#include "dialects/QNN/ScratchFile.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace bitwright;

std::string bitwright::getScratchFolder() {
  if (std::optional<std::string> folder = llvm::sys::Process::GetEnv("TMPDIR");
      folder && !folder->empty())
    return *folder;
  llvm::SmallString<64> folder;
  llvm::sys::path::system_temp_directory(/*erasedOnReboot=*/false, folder);
  return folder.str().str();
}

bool bitwright::isMapped(const llvm::MemoryBuffer &buffer) {
  return buffer.getBufferKind() == llvm::MemoryBuffer::MemoryBuffer_MMap;
}

static uint64_t getPageBytes() {
  static const uint64_t bytes = llvm::sys::Process::getPageSizeEstimate();
  return bytes;
}

void bitwright::dropPages(llvm::ArrayRef<char> bytes) {
  if (bytes.empty())
    return;
  uint64_t begin = llvm::alignDown(reinterpret_cast<uintptr_t>(bytes.begin()), getPageBytes());
  uint64_t end = llvm::alignTo(reinterpret_cast<uintptr_t>(bytes.end()), getPageBytes());
  (void)::madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}

std::unique_ptr<ScratchFile> ScratchFile::create() {
  llvm::SmallString<128> path(getScratchFolder());
  llvm::sys::path::append(path, "bitwright-%%%%%%%%%%%%");
  int fd = -1;
  llvm::SmallString<128> name;
  if (llvm::sys::fs::createUniqueFile(path, fd, name))
    return nullptr;
  llvm::sys::fs::remove(name);
  return std::unique_ptr<ScratchFile>(new ScratchFile(fd));
}

ScratchFile::~ScratchFile() {
  assert(offsets.empty() && "something is mapped still");
  ::close(fd);
}

/// Writes all of `bytes` at `offset`.
static bool writeAt(int fd, llvm::ArrayRef<char> bytes, uint64_t offset) {
  while (!bytes.empty()) {
    ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes = bytes.drop_front(written);
    offset += written;
  }
  return true;
}

static void freePlace(int fd, uint64_t offset, uint64_t bytes) {
  // A file system without holes keeps the place until the file goes.
  (void)::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                    static_cast<off_t>(bytes));
}

llvm::ArrayRef<char> ScratchFile::append(llvm::ArrayRef<char> bytes) {
  uint64_t offset = end, size = llvm::alignTo(bytes.size(), getPageBytes());
  void *data = MAP_FAILED;
  if (writeAt(fd, bytes, offset))
    data = ::mmap(nullptr, bytes.size(), PROT_READ, MAP_PRIVATE, fd, static_cast<off_t>(offset));
  if (data == MAP_FAILED) {
    freePlace(fd, offset, size);
    return {};
  }
  end += size;
  const char *mapped = static_cast<const char *>(data);
  offsets[mapped] = offset;
  return {mapped, bytes.size()};
}

void ScratchFile::release(llvm::ArrayRef<char> mapped) {
  auto it = offsets.find(mapped.data());
  assert(it != offsets.end() && "not from this file");
  freePlace(fd, it->second, llvm::alignTo(mapped.size(), getPageBytes()));
  offsets.erase(it);
  ::munmap(const_cast<char *>(mapped.data()), mapped.size());
}
