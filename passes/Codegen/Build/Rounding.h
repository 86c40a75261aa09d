// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// From real numbers to stored integers, the only place of kernels that rounds.

#ifndef BITWRIGHT_PASSES_CODEGEN_BUILD_ROUNDING_H
#define BITWRIGHT_PASSES_CODEGEN_BUILD_ROUNDING_H

#include "passes/Codegen/Build/KernelBuilder.h"

namespace bitwright::codegen {

/// round_half_even(r) limited to [lower, upper], integers that have the shape of
/// `r`, as i32. NaN gives 0; where `r` is known to be a number, say so.
Value roundWithin(KernelBuilder &k, Value r, Value lower, Value upper, bool mayBeNaN = true);

/// saturate(round_half_even(r) + zeroPoint) to [low, high] in storage of type
/// `storage`; NaN gives the zero point. `zeroPoint` has the shape of `r`.
Value roundInto(KernelBuilder &k, Value r, Value zeroPoint, Type storage, bool isUnsigned,
                int64_t low, int64_t high);

/// roundInto() bytes, over their whole range.
Value roundIntoByte(KernelBuilder &k, Value r, Value zeroPoint, bool isUnsigned);

/// A sum of bytes divided by `count` (a scalar f32), scaled and rounded: the
/// multiplier (f32) and the zero point (i8) are read from memory.
Value averageInto(KernelBuilder &k, Value sum, Value count, Value multiplier, Value zeroPoint,
                  bool isUnsigned);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_BUILD_ROUNDING_H
