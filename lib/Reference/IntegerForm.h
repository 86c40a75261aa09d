// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What evaluators of integer forms share: reading bytes and scalar parameters,
/// checked accumulators.

#ifndef BITWRIGHT_LIB_REFERENCE_INTEGERFORM_H
#define BITWRIGHT_LIB_REFERENCE_INTEGERFORM_H

#include "Evaluate.h"

#include "bitwright/Numerics/Quantize.h"

namespace bitwright::reference {

/// An 8-bit tensor as 32-bit integers.
std::vector<int32_t> readBytes(const Tensor &tensor, bool isUnsigned);

/// The one element of a zero point.
Expected<int64_t> readZeroPoint(mlir::Operation *op, const Tensor &tensor, bool isUnsigned);

/// The one element of a multiplier.
Expected<float> readMultiplier(mlir::Operation *op, const Tensor &tensor);

/// The attributes clamp_min and clamp_max, checked against 8-bit storage.
Expected<IntegerRange> readClamp(mlir::Operation *op, int64_t min, int64_t max, bool isUnsigned);

/// `sum` as the int32 accumulator it is defined to be.
Expected<int32_t> narrowAccumulator(mlir::Operation *op, int64_t sum);

} // namespace bitwright::reference

#endif // BITWRIGHT_LIB_REFERENCE_INTEGERFORM_H
