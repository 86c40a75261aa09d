// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What `--report=FILE` writes: each choice of the passes, each quantize and
/// dequantize that remains with its reason, and what the weights take.

#ifndef BITWRIGHT_TOOLS_DRIVER_REPORT_H
#define BITWRIGHT_TOOLS_DRIVER_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace bitwright {

class OutputGroup;

/// Writes the report to `path`: JSON where it ends in ".json", else text; "-" is standard output.
/// The file appears whole or not at all, and with the others of `group` where that is given.
llvm::Error writeReport(mlir::ModuleOp module, llvm::StringRef path, OutputGroup *group = nullptr);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_REPORT_H
