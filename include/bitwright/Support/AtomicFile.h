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

namespace bitwright {

/// Writes what `write` prints to `path`. A regular file is written under a
/// temporary name in the same folder, synced and renamed, so that an existing
/// file survives any failure and no reader sees half of it. A symbolic link is
/// followed; a device or a pipe is written directly; "-" is standard output.
///
/// Errors name the path and the reason. An error of `write` is passed on.
llvm::Error writeFileAtomically(llvm::StringRef path,
                                llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);

/// The same for bytes at hand.
llvm::Error writeFileAtomically(llvm::StringRef path, llvm::StringRef contents);

} // namespace bitwright

#endif // BITWRIGHT_SUPPORT_ATOMICFILE_H
