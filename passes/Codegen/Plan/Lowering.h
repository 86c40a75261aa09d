// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The way of one function through code generation: which tensors must exist
/// in memory, which ops run together, how long each buffer lives, and then one
/// kernel launch after the other.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_LOWERING_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_LOWERING_H

#include "passes/Codegen/Kernels/Elementwise.h"

namespace bitwright::codegen {

/// An op that is computed by a kernel of its own, with the elementwise ops
/// that follow it in registers. For a group without `anchor` the group is all.
struct Unit {
  mlir::Operation *anchor = nullptr;
  Group group;
  /// The op whose result is stored and at whose place the unit runs.
  mlir::Operation *root() const { return group.members.empty() ? anchor : group.root(); }
};

/// How an epilogue reads one of its leaves at row m, column n of the anchor.
enum class LeafAccess { Anchor, Full, Column, Scalar };

class Lowering {
public:
  explicit Lowering(Program &program) : p(program) {}
  mlir::LogicalResult run();

private:
  mlir::LogicalResult inferAll(mlir::Block &block);
  void findNeeded(mlir::Block &block);
  void buildUnits(mlir::Block &block);
  void growEpilogue(Unit &unit);
  void growGroup(Unit &unit);
  mlir::LogicalResult assignBuffers(mlir::Block &block);
  mlir::LogicalResult assignUnitBuffers(const Unit &unit);
  void bindResults();
  mlir::LogicalResult emitBlock(mlir::Block &block);
  mlir::LogicalResult emitUnit(const Unit &unit);
  mlir::LogicalResult emitIf(mlir::Operation *op);
  mlir::LogicalResult emitReturns();
  void materialize(Value tensor);
  void copyTensor(Value from, Value destination, mlir::Location loc);
  bool isNeeded(Value value) const { return needed.contains(value); }
  int positionOf(mlir::Operation *op) const { return positions.lookup(op); }

  Program &p;
  llvm::DenseSet<Value> needed;
  llvm::DenseMap<mlir::Operation *, int> positions;
  llvm::DenseMap<mlir::Operation *, Unit> units;                 // by root
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> absorbed; // member -> root
  llvm::DenseSet<mlir::Operation *> unrepeated;                  // expands that are views
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<std::pair<mlir::Operation *, Dim>>>
      regionChecks;
  int nextPosition = 0;
};

/// Operands that are read as sizes when the plan is made, not as data.
bool isSizeOperand(mlir::OpOperand &operand);
/// Ops whose result is their operand's memory under another shape.
bool isView(mlir::Operation *op);

/// Makes `op` a view where it is an expand that only repeats heads for matmuls: its reshaped
/// result, and transposes of that, get a Repeat. False where it must run.
bool bindRepeat(Program &program, mlir::Operation *op);

/// "node 'x': 'qnn.linear' on f16 cannot be compiled".
mlir::LogicalResult refuseType(mlir::Operation *op, mlir::Type type);

/// Emits the kernels of one op that is not elementwise. `epilogue` is empty or
/// has the op's result as leaf 0.
mlir::LogicalResult emitContraction(Program &program, mlir::Operation *op, const Group &epilogue);
bool takesEpilogue(mlir::Operation *op);
mlir::LogicalResult emitMovement(Program &program, mlir::Operation *op);
mlir::LogicalResult emitResize(Program &program, mlir::Operation *op);
mlir::LogicalResult emitReduction(Program &program, mlir::Operation *op);
mlir::LogicalResult emitPooling(Program &program, mlir::Operation *op);
mlir::LogicalResult emitQuantKernel(Program &program, mlir::Operation *op);

/// How the epilogue of an op with result `anchor` reads `leaf`; nullopt if it
/// cannot. Rows are all dimensions of the anchor but the last.
std::optional<LeafAccess> getLeafAccess(Program &program, Value anchor, const Group &group,
                                        Value leaf);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_LOWERING_H
