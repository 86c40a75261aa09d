// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Ends that no code path of ours chooses, made orderly.

#include "bitwright/Driver/ToolMain.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>
#include <new>
#include <unistd.h>

static const char *toolName = "bitwright";

/// Writes without allocating, and leaves without destructors: the heap may be
/// exhausted or half changed.
[[noreturn]] static void die(const char *what, const char *reason) {
  llvm::sys::RunInterruptHandlers();
  for (const char *part : {toolName, what, reason, "\n"})
    (void)!::write(STDERR_FILENO, part, std::strlen(part));
  ::_exit(1);
}

static void dieOutOfMemory() { die(": error: ", "out of memory"); }

void bitwright::installErrorHandlers(const char *tool) {
  toolName = tool;
  std::set_new_handler(dieOutOfMemory);
  llvm::install_bad_alloc_error_handler([](void *, const char *, bool) { dieOutOfMemory(); });
  llvm::install_fatal_error_handler(
      [](void *, const char *reason, bool) { die(": internal error: ", reason); });
}

void bitwright::clearCommandLine() {
  llvm::SmallVector<llvm::cl::Option *> removed;
  for (const auto &entry : llvm::cl::getRegisteredOptions()) {
    llvm::StringRef name = entry.first;
    if (!name.starts_with("help") && name != "version" && name != "h")
      removed.push_back(entry.second);
  }
  for (llvm::cl::Option *option : removed)
    option->removeArgument();
}

int bitwright::reportError(llvm::StringRef tool, llvm::Error error) {
  llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase &info) {
    llvm::errs() << tool << ": error: " << info.message() << "\n";
  });
  return 1;
}
