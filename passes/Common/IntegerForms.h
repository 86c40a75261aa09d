// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Which float ops have an integer form, and which of them form one group: quantization plans
/// for the groups that fusion makes, so both ask here.

#ifndef BITWRIGHT_PASSES_COMMON_INTEGERFORMS_H
#define BITWRIGHT_PASSES_COMMON_INTEGERFORMS_H

#include "dialects/QNN/QNNOps.h"

namespace bitwright {

/// A constant of one element, of any rank.
bool isScalarConstant(mlir::Value value);

/// A relu or clip: it ends the group of the op in front of it, as limits of what is stored.
bool isClamp(mlir::Operation *op);

/// A convolution or linear op with int32 sums; not a transposed convolution.
bool hasIntegerSums(mlir::Operation *op);

/// add, sub or mul: both operands may be tensors.
bool isBinaryArithmetic(mlir::Operation *op);

/// Whether `add` of `sum` and `other` can be formed on the int32 sums behind `sum`: nothing is
/// broadcast.
bool fitsOnSums(mlir::Operation *add, mlir::Value sum, mlir::Value other);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_COMMON_INTEGERFORMS_H
