// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What the plan knows of each tensor: sizes, element type, and where it lies.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_TENSORS_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_TENSORS_H

#include "passes/Codegen/Plan/Sizes.h"

namespace bitwright::codegen {

/// A tensor of which memory holds each entry of `dimension` once, for `times`
/// neighbours: the dimension has `held` entries there.
struct Repeat {
  size_t dimension;
  int64_t times;
  Dim held;
};

struct TensorInfo {
  Dims dims;
  Type elementType;
  int buffer = -1;
  /// Integer tensors that depend only on sizes: one entry for each element.
  std::optional<Dims> elements;
  /// Set only where all readers know: see Repeats.cpp.
  std::optional<Repeat> repeat;

  /// The dimensions as they lie in memory.
  Dims heldDims() const {
    Dims held = dims;
    if (repeat)
      held[repeat->dimension] = repeat->held;
    return held;
  }
};

/// Bytes of one element in memory (i1 and i8: 1).
inline int64_t getElementBytes(Type elementType) {
  return std::max<int64_t>(1, elementType.getIntOrFloatBitWidth() / 8);
}

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_TENSORS_H
