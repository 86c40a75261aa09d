// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What the mains of all tools begin with.

#ifndef BITWRIGHT_DRIVER_TOOLMAIN_H
#define BITWRIGHT_DRIVER_TOOLMAIN_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace bitwright {

/// Makes running out of memory and LLVM's fatal errors end the process with one
/// line and status 1, removing temporary files, instead of a signal. `tool` must
/// outlive the process.
void installErrorHandlers(const char *tool);

/// Takes LLVM's own options off the command line, except --help and --version:
/// libraries register hundreds of them, some under names that a tool needs. A
/// tool calls it before it registers its options, and again when it has read
/// them, as the linker registers some of the same names when it first runs.
void clearCommandLine();

/// Prints "tool: error: text" for each error in `error`; returns 1.
int reportError(llvm::StringRef tool, llvm::Error error);

} // namespace bitwright

#endif // BITWRIGHT_DRIVER_TOOLMAIN_H
