// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Elementwise ops: one function that emits any of them on registers, groups of
/// them that become one loop, and the loop itself. The same groups run as the
/// epilogue of contractions.

#ifndef BITWRIGHT_PASSES_CODEGEN_KERNELS_ELEMENTWISE_H
#define BITWRIGHT_PASSES_CODEGEN_KERNELS_ELEMENTWISE_H

#include "passes/Codegen/Plan/Program.h"
#include "llvm/ADT/SetVector.h"

namespace bitwright::codegen {

/// Ops that compute each result element from elements at the same place.
bool isElementwise(mlir::Operation *op);

/// An error where `op` has no code for its element types, which it names.
mlir::LogicalResult checkElementwise(mlir::Operation *op);

/// Emits `op` on registers (scalars or vectors of equal lanes). i1 tensors are
/// i1 registers, 8-bit storage stays i8. `checkElementwise` has accepted the op.
Value emitElementwise(KernelBuilder &k, mlir::Operation *op, ValueRange operands);

/// saturate(round_half_even(r) + zeroPoint) to [low, high] in storage of type
/// `storage`; NaN gives the zero point. `zeroPoint` has the shape of `r`.
Value roundInto(KernelBuilder &k, Value r, Value zeroPoint, Type storage, bool isUnsigned,
                int64_t low, int64_t high);

/// Ops that run in one loop: members in order, the last one is the root.
struct Group {
  llvm::SetVector<mlir::Operation *> members;
  llvm::SmallVector<Value> leaves; // tensors read from memory
  mlir::Operation *root() const { return members.back(); }
};

Value loadElement(KernelBuilder &k, Type elementType, Value base, Value index, int64_t lanes);
void storeElement(KernelBuilder &k, Value value, Type elementType, Value base, Value index);

/// Emits all members on registers; `leaf(i)` gives the register of leaf i.
Value emitGroup(KernelBuilder &k, const Group &group,
                llvm::function_ref<Value(unsigned leaf)> leaf);

/// A text that is equal for groups which compute the same function.
std::string groupKey(const Group &group);

/// The shape of leaf `i` aligned to the root's dimensions (1 where it
/// broadcasts). Per-channel scales are placed on their axis.
Dims alignedDims(Program &program, const Group &group, Value leaf);

/// Emits the loop of a group whose result has been given a buffer.
mlir::LogicalResult emitElementwiseKernel(Program &program, const Group &group);

/// Copies a strided view: dst[i...] = src[i . srcStrides + srcOffset]. Strides
/// and offsets count elements of `elementBytes`; all dims are equal.
void emitStridedCopy(Program &program, int64_t elementBytes, Dims dims, Value src, Dim srcOffset,
                     Dims srcStrides, Value dst, Dim dstOffset, Dims dstStrides,
                     mlir::Location loc);
/// The same for a copy that walks the source along another dimension than the
/// destination's last; false where it is not of that kind. Strides of
/// neighbouring dimensions must not merge.
bool emitTransposedCopy(Program &program, int64_t elementBytes, llvm::ArrayRef<Dim> dims, Value src,
                        llvm::ArrayRef<Dim> srcStrides, Value dst, llvm::ArrayRef<Dim> dstStrides,
                        mlir::Location loc);
Dims contiguousStrides(Program &program, const Dims &dims);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_KERNELS_ELEMENTWISE_H
