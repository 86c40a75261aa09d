// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reading the precision that was assigned to an op, and weights into and out of the IR.

#ifndef BITWRIGHT_PASSES_COMMON_PRECISION_H
#define BITWRIGHT_PASSES_COMMON_PRECISION_H

#include "bitwright/Numerics/NumberFormat.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

namespace bitwright {

/// The blocks that `precision`, which is valid, asks for in rows of `columns` weights.
BlockFormat getBlockFormat(qnn::PrecisionAttr precision, int64_t columns);

/// Why no pass could do what `precision` says (its format is not registered, or its parts do not go
/// together), or "".
std::string explainInvalid(qnn::PrecisionAttr precision);
/// Emits an error and returns failure where an op under `root` has a precision that is invalid.
/// Passes that read precision start with this.
mlir::LogicalResult verifyPrecisions(mlir::Operation *root);

/// True where activations are quantized by calibrated ranges.
inline bool isStatic(qnn::PrecisionAttr precision) {
  return precision.getActivations() == qnn::ActivationForm::Static;
}

/// True where `precision` lists `transform`.
bool hasTransform(qnn::PrecisionAttr precision, llvm::StringRef transform);

/// The elements of a constant f32 operand that are all finite; nullopt otherwise.
std::optional<llvm::SmallVector<float>> getFiniteFloats(mlir::Value value);

/// Writes an i8 or i4 constant from one element to a byte.
mlir::Value createStorage(mlir::OpBuilder &builder, mlir::Location loc, unsigned bits,
                          llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int8_t> values);

/// Removes constants that nothing uses any more.
void eraseDeadConstants(mlir::Operation *root);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_COMMON_PRECISION_H
