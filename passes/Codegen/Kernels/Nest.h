// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Kernels that walk some operands together, each by strides of its own: loops
/// of elementwise ops, copies.

#ifndef BITWRIGHT_PASSES_CODEGEN_KERNELS_NEST_H
#define BITWRIGHT_PASSES_CODEGEN_KERNELS_NEST_H

#include "passes/Codegen/Host/Program.h"

namespace bitwright::codegen {

/// A nest of loops over a result and how each operand strides through it.
struct Nest {
  Dims dims;                       // outer to inner
  llvm::SmallVector<Dims> strides; // for each operand, for each dim

  /// Drops dimensions of size 1 and merges neighbours that every operand walks
  /// as one.
  Nest simplify(Sizes &sizes) const;
  /// Whether the innermost loop moves operand `i` by `stride`, a constant.
  bool isInnermost(size_t i, int64_t stride) const { return strides[i].back().is(stride); }
};

/// Some neighbouring elements of the innermost loop.
struct NestPoint {
  llvm::ArrayRef<Value> offsets; ///< Of each operand, by the outer loops.
  Value at;                      ///< The first element of the innermost loop,
  int64_t lanes;                 ///< and how many.
};

class NestKernel {
public:
  /// `lanes`: elements that the innermost loop handles at a time.
  NestKernel(Program &program, Nest nest, int64_t lanes);

  using Body = llvm::function_ref<void(KernelBuilder &k, ValueRange pointers, ValueRange sizes,
                                       const NestPoint &point)>;
  /// The kernel: a pointer for each operand, then sizes().
  Kernel build(llvm::StringRef name, mlir::Location loc, Body body);
  /// `pointers`: one for each operand. `cost`: operations for each element.
  void launch(const Kernel &kernel, llvm::ArrayRef<Value> pointers, int64_t cost,
              mlir::Location loc);

  /// The element of operand `i` at a point, inside of the kernel.
  Value index(KernelBuilder &k, size_t i, ValueRange sizes, const NestPoint &point) const;
  const Nest &getNest() const { return nest; }

private:
  /// A size in the kernel: built in where it is constant, else an argument.
  Value get(KernelBuilder &k, Dim dim, int argument, ValueRange sizes) const;
  Value dim(KernelBuilder &k, size_t d, ValueRange sizes) const;
  Value stride(KernelBuilder &k, size_t i, size_t d, ValueRange sizes) const;
  int addSize(Dim dim);
  size_t rank() const { return nest.dims.size(); }
  void emit(KernelBuilder &k, ValueRange pointers, ValueRange sizes, Iterations &iterations,
            Body body) const;

  Program &p;
  Nest nest;
  int64_t lanes;
  Dims arguments; ///< Sizes known at run time only.
  llvm::SmallVector<int> dimArguments;
  llvm::SmallVector<llvm::SmallVector<int>> strideArguments;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_KERNELS_NEST_H
