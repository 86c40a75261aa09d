// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Large bytes outside of the process's memory: in a temporary file, mapped while they are read.

#ifndef BITWRIGHT_DIALECTS_QNN_SCRATCHFILE_H
#define BITWRIGHT_DIALECTS_QNN_SCRATCHFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/DenseMap.h"
#include <cstdint>
#include <memory>
#include <string>

namespace llvm {
class MemoryBuffer;
} // namespace llvm

namespace bitwright {

/// Where large temporary files go: $TMPDIR, else /var/tmp, as /tmp is memory on many systems.
std::string getScratchFolder();

/// True where `buffer` is the mapping of a file and not a copy of it.
bool isMapped(const llvm::MemoryBuffer &buffer);

/// Takes the pages that hold `bytes` out of this process's memory. They come back from the file
/// when they are read, so `bytes` must lie in a read-only mapping of one.
void dropPages(llvm::ArrayRef<char> bytes);

/// A file without a name, which goes away with this object. Not thread-safe.
class ScratchFile {
public:
  /// Null where no such file can be made.
  static std::unique_ptr<ScratchFile> create();
  ~ScratchFile();
  ScratchFile(const ScratchFile &) = delete;
  ScratchFile &operator=(const ScratchFile &) = delete;

  /// Writes `bytes`, at least one, and maps what was written, read-only and at the start of a page.
  /// Empty where the disk is full or a limit is reached.
  llvm::ArrayRef<char> append(llvm::ArrayRef<char> bytes);

  /// Gives up what `append` has returned, and its place on the disk.
  void release(llvm::ArrayRef<char> mapped);

private:
  explicit ScratchFile(int fd) : fd(fd) {}

  int fd;
  uint64_t end = 0;
  llvm::DenseMap<const char *, uint64_t> offsets;
};

} // namespace bitwright

#endif // BITWRIGHT_DIALECTS_QNN_SCRATCHFILE_H
