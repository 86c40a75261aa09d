// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What is known of each tensor: sizes, element type, and how it lies in memory.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_TENSORS_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_TENSORS_H

#include "passes/Codegen/Plan/Sizes.h"

#include "dialects/Kernel/KernelOps.h"

namespace bitwright::codegen {

using kernel::getElementBytes;

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

/// Sizes and tensors of one function: computed while it is planned, read from the plan when
/// kernels are emitted.
class Tensors {
public:
  explicit Tensors(mlir::Location loc) : sizes(loc) {}
  virtual ~Tensors() = default;

  TensorInfo &info(Value tensor);
  Dim numElements(Value tensor) { return sizes.product(info(tensor).dims); }

  Sizes sizes;

private:
  /// What the plan says of `tensor`; nothing while it is made.
  virtual TensorInfo read(Value tensor) { return {}; }

  llvm::DenseMap<Value, TensorInfo> tensors;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_TENSORS_H
