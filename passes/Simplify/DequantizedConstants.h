// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What is computed from dequantized constants before a model runs. A dequantize right in front of
/// an op that fusion may match stays; behind it, moves work on the stored integers and all else is
/// computed in float.

#ifndef BITWRIGHT_PASSES_SIMPLIFY_DEQUANTIZEDCONSTANTS_H
#define BITWRIGHT_PASSES_SIMPLIFY_DEQUANTIZEDCONSTANTS_H

#include "dialects/QNN/QNNOps.h"

namespace bitwright {

/// True for 32-bit storage (a bias) all of whose values are below 2^24: float holds them exactly,
/// so its dequantize may be a float constant.
bool foldsExactly(qnn::DequantizeOp op);

/// True where all operands are constants, stored as they are or dequantized, and some are the
/// latter.
bool readsDequantizedConstants(mlir::Operation *op);

/// The result of an op that only moves elements of its dequantized constant, as the dequantize of
/// a new constant; null where the scales do not follow the elements.
mlir::Value moveStoredConstant(mlir::Operation *op, mlir::OpBuilder &builder);

/// Gives `op` float constants in place of its dequantized ones.
void dequantizeOperands(mlir::Operation *op, mlir::OpBuilder &builder);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_SIMPLIFY_DEQUANTIZEDCONSTANTS_H
