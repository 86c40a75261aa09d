// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The kinds of contractions, an emitter each. All take the unit of an op with
/// its epilogue.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_CONTRACTION_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_CONTRACTION_H

#include "passes/Codegen/Host/Program.h"

namespace bitwright::codegen {

/// Any of them.
mlir::LogicalResult emitContraction(Program &program, kernel::LaunchOp unit);

mlir::LogicalResult emitFloatContraction(Program &program, kernel::LaunchOp unit);
mlir::LogicalResult emitIntegerContraction(Program &program, kernel::LaunchOp unit);
mlir::LogicalResult emitBlockLinear(Program &program, kernel::LaunchOp unit);
mlir::LogicalResult emitDepthwise(Program &program, kernel::LaunchOp unit);
mlir::LogicalResult emitConvTranspose(Program &program, kernel::LaunchOp unit);
mlir::LogicalResult emitMatmul(Program &program, kernel::LaunchOp unit);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_CONTRACTION_H
