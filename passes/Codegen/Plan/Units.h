// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What runs together: the ops that one kernel computes.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_UNITS_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_UNITS_H

#include "passes/Codegen/Plan/Program.h"

#include "llvm/ADT/SetVector.h"

namespace bitwright::codegen {

/// Ops that compute each result element from elements at the same place.
bool isElementwise(mlir::Operation *op);
/// Ops whose result elementwise ops may change while it is in registers.
bool takesEpilogue(mlir::Operation *op);
/// Ops whose result is their operand's memory under another shape.
bool isView(mlir::Operation *op);
/// Operands that are read as sizes when the plan is made, not as data.
bool isSizeOperand(mlir::OpOperand &operand);

/// "node 'x': 'qnn.linear' on f16 cannot be compiled".
mlir::LogicalResult refuseType(mlir::Operation *op, Type type);

/// Elementwise ops that run in one loop: members in order, the last one is the
/// root.
struct Group {
  llvm::SetVector<mlir::Operation *> members;
  llvm::SmallVector<Value> leaves; // tensors read from memory
  mlir::Operation *root() const { return members.back(); }
};

/// An op that is computed by a kernel of its own, with the elementwise ops
/// that follow it in registers. For a group without `anchor` the group is all.
struct Unit {
  mlir::Operation *anchor = nullptr;
  Group group; ///< Empty, or has the anchor's result as leaf 0.
  /// The op whose result is stored and at whose place the unit runs.
  mlir::Operation *root() const { return group.members.empty() ? anchor : group.root(); }
};

/// The shape of leaf `i` aligned to the root's dimensions (1 where it
/// broadcasts). Per-channel scales are placed on their axis.
Dims alignedDims(Program &program, const Group &group, Value leaf);

/// How an epilogue reads one of its leaves at row m, column n of the anchor.
enum class LeafAccess { Anchor, Full, Column, Scalar };

/// How the epilogue of an op with result `anchor` reads `leaf`; nullopt if it
/// cannot. Rows are all dimensions of the anchor but the last.
std::optional<LeafAccess> getLeafAccess(Program &program, Value anchor, const Group &group,
                                        Value leaf);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_UNITS_H
