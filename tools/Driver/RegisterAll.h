// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Everything that the tools know of, registered in one place.

#ifndef BITWRIGHT_TOOLS_DRIVER_REGISTERALL_H
#define BITWRIGHT_TOOLS_DRIVER_REGISTERALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace bitwright {

/// The dialects that a module may hold at any stage.
void registerAllDialects(mlir::DialectRegistry &registry);

/// All passes and pipelines, so that a command line can name them.
void registerAllPasses();

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_REGISTERALL_H
