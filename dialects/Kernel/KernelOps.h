// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The ops of the kernel dialect, and what a plan says about memory and order.

#ifndef BITWRIGHT_DIALECTS_KERNEL_KERNELOPS_H
#define BITWRIGHT_DIALECTS_KERNEL_KERNELOPS_H

#include "dialects/Kernel/KernelDialect.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/MapVector.h"

#define GET_OP_CLASSES
#include "dialects/Kernel/KernelOps.h.inc"

namespace bitwright::kernel {

/// Offsets in the arena and sizes of buffers are multiples of this.
inline constexpr int64_t kAlignment = 64;
/// No arena is larger.
inline constexpr int64_t kMostBytes = int64_t(1) << 46;

/// Ops that compute each result element from elements at the same place.
bool isElementwise(mlir::Operation *op);
/// Ops whose result elementwise ops may change while it is in registers.
bool takesEpilogue(mlir::Operation *op);
/// Operands that are read as sizes when the plan is made, not as data.
bool isSizeOperand(mlir::OpOperand &operand);
/// For a per-axis scale or zero point of one of `members`: its axis.
std::optional<int64_t> getChannelAxis(llvm::ArrayRef<mlir::Operation *> members, mlir::Value leaf);

/// Bytes of one element in memory (i1 and i8: 1).
inline int64_t getElementBytes(mlir::Type elementType) {
  return std::max<int64_t>(1, elementType.getIntOrFloatBitWidth() / 8);
}

/// What says where `tensor` lies: a qnn.constant, or a kernel.input, output or buffer, behind views
/// and the ops that write into it. Null for what is only in registers.
mlir::Operation *getPlace(mlir::Value tensor);

/// The first and the last step of an op that runs; equal but for kernel.if.
using Steps = std::pair<int64_t, int64_t>;
/// What runs in the body of a planned function, in order, with its steps.
llvm::MapVector<mlir::Operation *, Steps> numberSteps(mlir::Block &block);

} // namespace bitwright::kernel

#endif // BITWRIGHT_DIALECTS_KERNEL_KERNELOPS_H
