// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The kinds of contractions, an emitter each. All take the unit of an op with
/// its epilogue.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_CONTRACTION_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_CONTRACTION_H

#include "passes/Codegen/Plan/Units.h"

namespace bitwright::codegen {

/// Any of them.
mlir::LogicalResult emitContraction(Program &program, const Unit &unit);

mlir::LogicalResult emitFloatContraction(Program &program, const Unit &unit);
mlir::LogicalResult emitIntegerContraction(Program &program, const Unit &unit);
mlir::LogicalResult emitBlockLinear(Program &program, const Unit &unit);
mlir::LogicalResult emitDepthwise(Program &program, const Unit &unit);
mlir::LogicalResult emitConvTranspose(Program &program, const Unit &unit);
mlir::LogicalResult emitMatmul(Program &program, const Unit &unit);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_CONTRACTION_H
