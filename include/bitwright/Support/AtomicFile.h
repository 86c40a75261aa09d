// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The one way in which every tool writes a file: the old content stays until
/// the new content is complete and on disk.

#ifndef BITWRIGHT_SUPPORT_ATOMICFILE_H
#define BITWRIGHT_SUPPORT_ATOMICFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <vector>

namespace bitwright {

class InputFiles;

/// A file that a tool writes without being asked for it by name: weights beside a module, a header
/// beside an archive. It never replaces what somebody else put there.
struct DerivedFile {
  llvm::StringRef path;
  /// The output that it comes with.
  llvm::StringRef owner;
  /// Whether the bytes that lie at `path` were written for `owner` before.
  llvm::function_ref<bool(llvm::StringRef old)> isOurs;
};

/// Files that appear together or not at all. Each is complete on disk under a temporary name before
/// `commit` renames them, in the order in which they were written; where a rename fails, those
/// before it are taken back. What was not committed is removed, after a signal, too. Devices, pipes
/// and "-" cannot wait: they are written at once.
class OutputGroup {
public:
  /// \param inputs what the run reads, which no output may replace; null where it reads nothing.
  explicit OutputGroup(const InputFiles *inputs = nullptr);
  ~OutputGroup();
  OutputGroup(const OutputGroup &) = delete;
  OutputGroup &operator=(const OutputGroup &) = delete;

  llvm::Error write(llvm::StringRef path,
                    llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);
  /// The same; a file that is there is replaced only where it is ours or holds the same bytes.
  llvm::Error writeDerived(const DerivedFile &file,
                           llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);
  llvm::Error commit();

private:
  struct StagedFile;
  const InputFiles *inputs;
  std::vector<std::unique_ptr<StagedFile>> files;
  bool isStdoutTaken = false;
};

/// Writes what `write` prints to `path`. A regular file is written under a
/// temporary name in the same folder, synced and renamed, so that an existing
/// file survives any failure and no reader sees half of it. A symbolic link is
/// followed; a device or a pipe is written directly; "-" is standard output.
///
/// Errors name the path and the reason. An error of `write` is passed on. Where a group is given,
/// the file waits for its commit.
llvm::Error writeFileAtomically(llvm::StringRef path,
                                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write,
                                OutputGroup *group = nullptr);

/// The same for bytes at hand.
llvm::Error writeFileAtomically(llvm::StringRef path, llvm::StringRef contents,
                                OutputGroup *group = nullptr);

} // namespace bitwright

#endif // BITWRIGHT_SUPPORT_ATOMICFILE_H
