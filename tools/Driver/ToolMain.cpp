// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Ends that no code path of ours chooses, made orderly.

#include "tools/Driver/ToolMain.h"
#include "bitwright/Support/Error.h"
#include "bitwright/Support/Version.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/PrettyStackTrace.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
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

/// A reader that has gone wants neither more text nor a message. The signal comes again when this
/// returns, and ends the process.
static void leaveQuietly(int signal) {
  llvm::sys::RunInterruptHandlers();
  std::signal(signal, SIG_DFL);
  (void)std::raise(signal);
}

void bitwright::startTool(const char *tool) {
  toolName = tool;
  // Writes then fail with EFBIG, which says what happened to which file.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, leaveQuietly);
  llvm::setBugReportMsg("this is a bug of Bitwright; please report it to its authors, with the "
                        "command, the model and the backtrace below\n");
  llvm::cl::SetVersionPrinter([](llvm::raw_ostream &os) {
    os << toolName << " (Bitwright) " BITWRIGHT_VERSION ", LLVM " LLVM_VERSION_STRING "\n";
  });
  std::set_new_handler(dieOutOfMemory);
  llvm::install_bad_alloc_error_handler([](void *, const char *, bool) { dieOutOfMemory(); });
  llvm::install_fatal_error_handler(
      [](void *, const char *reason, bool) { die(": internal error: ", reason); });
}

llvm::Error bitwright::checkArguments(llvm::ArrayRef<const char *> arguments,
                                      llvm::ArrayRef<llvm::StringRef> mayBeEmpty) {
  for (llvm::StringRef argument : arguments.drop_front()) {
    if (argument == "--")
      break;
    if (argument.empty())
      return makeError("an argument is empty");
    llvm::StringRef name = argument;
    if (name.consume_front("-") && name.consume_back("=") && !name.contains('=') &&
        !llvm::is_contained(mayBeEmpty, name.ltrim('-')))
      return makeError("'" + argument + "' expects a value");
  }
  return llvm::Error::success();
}

llvm::Error bitwright::readDims(llvm::ArrayRef<std::string> texts, int64_t least,
                                llvm::StringMap<int64_t> &dims) {
  for (llvm::StringRef text : texts) {
    auto [name, size] = text.rsplit('=');
    int64_t value = 0;
    if (name.empty() || size.getAsInteger(10, value) || value < least)
      return makeError("--dim expects name=size" +
                       (least > 0 ? " with a size of at least " + llvm::Twine(least) : "") +
                       ", but got '" + text + "'");
    if (!dims.try_emplace(name, value).second)
      return makeError("--dim gives '" + name + "' twice");
  }
  return llvm::Error::success();
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

void bitwright::arrangeHelp(llvm::ArrayRef<llvm::cl::OptionCategory *> shown,
                            llvm::ArrayRef<HelpGroup> groups) {
  auto &options = llvm::cl::getRegisteredOptions();
  llvm::SmallPtrSet<llvm::cl::Option *, 32> kept;
  for (const HelpGroup &group : groups)
    for (llvm::StringRef name : group.options)
      if (llvm::cl::Option *option = options.lookup(name); option && kept.insert(option).second)
        option->addCategory(group.heading);
  for (const auto &entry : options) {
    llvm::cl::Option *option = entry.second;
    bool isShown = kept.contains(option) || entry.first == "version" ||
                   entry.first.starts_with("help") ||
                   llvm::any_of(option->Categories, [&](llvm::cl::OptionCategory *category) {
                     return llvm::is_contained(shown, category);
                   });
    if (!isShown && option->getOptionHiddenFlag() == llvm::cl::NotHidden)
      option->setHiddenFlag(llvm::cl::Hidden);
  }
}

int bitwright::reportError(llvm::StringRef tool, llvm::Error error) {
  llvm::handleAllErrors(std::move(error), [&](const llvm::ErrorInfoBase &info) {
    llvm::errs() << tool << ": error: " << info.message() << "\n";
  });
  return 1;
}
