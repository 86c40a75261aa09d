// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a plug-in of the tools is: a shared library, loaded by `--load-plugin=`, that registers
/// passes, schemes and whatever else has a registry. It is built with `bitwright_add_plugin` of the
/// installed CMake package and says in one place what it is:
///
///   static void registerMine(mlir::DialectRegistry &, bitwright::Algorithms &algorithms) {
///     mlir::PassRegistration<MyPass>();
///     algorithms.rounders.add(std::make_shared<MyRounder>());
///   }
///   BITWRIGHT_PLUGIN("mine", "1.0", registerMine)
///
/// C++ has no stable binary interface, so a plug-in fits the very release it was built for.

#ifndef BITWRIGHT_SUPPORT_PLUGIN_H
#define BITWRIGHT_SUPPORT_PLUGIN_H

#include "bitwright/Support/Version.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Error.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace bitwright {

/// Schemes, number formats, statistics, transforms and rounders (passes/Pipelines/Schemes.h).
struct Algorithms;

/// What a plug-in was built for. Read from its file before any of its code runs.
#define BITWRIGHT_PLUGIN_BUILT_FOR "Bitwright " BITWRIGHT_VERSION ", LLVM " LLVM_VERSION_STRING

/// What a plug-in tells of itself. The strings live as long as the plug-in.
struct PluginInfo {
  const char *name;
  const char *version;
  /// Registers everything that the plug-in adds. Called once, on one thread, after the
  /// built-in parts are registered and before any option is read.
  void (*registerAll)(mlir::DialectRegistry &, Algorithms &);
};

/// Loads the plug-in `path` and registers what it adds. It stays loaded until the process ends:
/// registries hold its code. An error where the file is no plug-in, or one of another release.
llvm::Error loadPlugin(llvm::StringRef path, mlir::DialectRegistry &registry,
                       Algorithms &algorithms);

} // namespace bitwright

#define BITWRIGHT_PLUGIN(NAME, VERSION, REGISTER)                                                  \
  extern "C" __attribute__((visibility("default"), used)) const char bitwrightPluginBuiltFor[] =   \
      BITWRIGHT_PLUGIN_BUILT_FOR;                                                                  \
  extern "C" __attribute__((visibility("default"), used))                                          \
  const bitwright::PluginInfo bitwrightPluginInfo = {NAME, VERSION, REGISTER};

#endif // BITWRIGHT_SUPPORT_PLUGIN_H
