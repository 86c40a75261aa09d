// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Elementwise ops on registers: one function emits any of them, another those
/// of a unit, which run in a loop of their own or as the epilogue of a contraction.

#ifndef BITWRIGHT_PASSES_CODEGEN_KERNELS_ELEMENTWISE_H
#define BITWRIGHT_PASSES_CODEGEN_KERNELS_ELEMENTWISE_H

#include "passes/Codegen/Host/Program.h"

namespace bitwright::codegen {

/// An error where `op` has no code for its element types, which it names.
mlir::LogicalResult checkElementwise(mlir::Operation *op);

/// Emits `op` on registers (scalars or vectors of equal lanes). i1 tensors are
/// i1 registers, 8-bit storage stays i8. `checkElementwise` has accepted the op.
Value emitElementwise(KernelBuilder &k, mlir::Operation *op, ValueRange operands);

Value loadElement(KernelBuilder &k, Type elementType, Value base, Value index, int64_t lanes);
void storeElement(KernelBuilder &k, Value value, Type elementType, Value base, Value index);

/// Emits the elementwise ops of `unit` on registers: `anchor` is that of its anchor's result,
/// `leaf(i)` gives the one of leaf i.
Value emitElementwise(KernelBuilder &k, kernel::LaunchOp unit, Value anchor,
                      llvm::function_ref<Value(unsigned leaf)> leaf);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_KERNELS_ELEMENTWISE_H
