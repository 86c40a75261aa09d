// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Everything that the tools know of, registered in one place.

#ifndef BITWRIGHT_TOOLS_DRIVER_REGISTERALL_H
#define BITWRIGHT_TOOLS_DRIVER_REGISTERALL_H

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <vector>

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace bitwright {

class InputFiles;
struct Algorithms;

/// The dialects that a module may hold at any stage, all passes, schemes and pipelines, and what
/// plug-ins add to them: `--load-plugin=FILE`, and MLIR's own `--load-pass-plugin=FILE` and
/// `--load-dialect-plugin=FILE`, each as often as wanted. These are taken off `arguments`, so that
/// the rest of the command line may name what a plug-in added, and put into `inputs`. Called before
/// any option is read. What it returns is what contexts of `registry` will know of, for `--help`.
llvm::Expected<std::shared_ptr<const Algorithms>>
registerEverything(std::vector<char *> &arguments, mlir::DialectRegistry &registry,
                   InputFiles &inputs);

/// Puts `--load-plugin` into the tool's `--help`.
void addPluginOption(llvm::cl::OptionCategory &category);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_REGISTERALL_H
