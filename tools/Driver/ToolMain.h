// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What the mains of all tools begin with.

#ifndef BITWRIGHT_TOOLS_DRIVER_TOOLMAIN_H
#define BITWRIGHT_TOOLS_DRIVER_TOOLMAIN_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>

namespace llvm::cl {
class OptionCategory;
} // namespace llvm::cl

namespace bitwright {

/// Gives `tool` its --version, and makes running out of memory, LLVM's fatal
/// errors and a limit on the size of files end in one line and status 1, without
/// temporary files, instead of a signal. A pipe whose reader has gone ends the tool
/// by SIGPIPE without a word, as it ends others. Called after InitLLVM, which
/// installs handlers of its own; `tool` must outlive the process.
void startTool(const char *tool);

/// An error for the first argument that gives an option an empty value or is
/// empty itself: what such an option does is never what its absence does. The
/// options of `mayBeEmpty` may.
llvm::Error checkArguments(llvm::ArrayRef<const char *> arguments,
                           llvm::ArrayRef<llvm::StringRef> mayBeEmpty = {});

/// Reads the values of --dim, each name=size with a size of at least `least`, into `dims`.
llvm::Error readDims(llvm::ArrayRef<std::string> texts, int64_t least,
                     llvm::StringMap<int64_t> &dims);

/// Takes LLVM's own options off the command line, except --help and --version:
/// libraries register hundreds of them, some under names that a tool needs. A
/// tool calls it before it registers its options.
void clearCommandLine();

/// Options under a heading of --help, by name.
struct HelpGroup {
  llvm::cl::OptionCategory &heading;
  llvm::ArrayRef<llvm::StringRef> options;
};

/// Leaves in --help the options of `shown`, those that `groups` puts under their headings, and
/// --help itself; all others are for --help-hidden. Called when all options are registered.
void arrangeHelp(llvm::ArrayRef<llvm::cl::OptionCategory *> shown,
                 llvm::ArrayRef<HelpGroup> groups = {});

/// Prints "tool: error: text" for each error in `error`; returns 1.
int reportError(llvm::StringRef tool, llvm::Error error);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_TOOLMAIN_H
