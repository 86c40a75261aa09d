// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What runs together: the ops that one kernel computes.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_UNITS_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_UNITS_H

#include "passes/Codegen/Plan/Tensors.h"

#include "llvm/ADT/SetVector.h"

namespace bitwright::codegen {

using kernel::isElementwise;
using kernel::isSizeOperand;
using kernel::LeafAccess;
using kernel::takesEpilogue;

/// Ops whose result is their operand's memory under another shape.
bool isView(mlir::Operation *op);

/// An op that is computed by a kernel of its own, with the elementwise ops that
/// follow it in registers; or, without `anchor`, elementwise ops in one loop.
struct Unit {
  mlir::Operation *anchor = nullptr;
  llvm::SetVector<mlir::Operation *> members; ///< The elementwise ops in order.
  llvm::SmallVector<Value> leaves;            ///< What they read from memory.

  /// The op whose results are stored and at whose place the unit runs.
  mlir::Operation *root() const { return members.empty() ? anchor : members.back(); }
};

/// The shape of `leaf`, which elementwise `members` read, aligned to the dimensions of the last
/// one's result (1 where it broadcasts). Per-channel scales are placed on their axis.
Dims alignedDims(Tensors &tensors, llvm::ArrayRef<mlir::Operation *> members, Value leaf);

/// How `members` read `leaf`. Rows are all dimensions but the last.
LeafAccess getLeafAccess(Tensors &tensors, llvm::ArrayRef<mlir::Operation *> members, Value leaf);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_UNITS_H
