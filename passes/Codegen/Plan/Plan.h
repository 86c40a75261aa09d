// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How the plan of a function is made: which tensors must exist in memory, which
/// ops run together, where results lie and how long. What it decides is written
/// as ops of the kernel dialect; nothing of this is left then.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_PLAN_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_PLAN_H

#include "passes/Codegen/Plan/Buffers.h"
#include "passes/Codegen/Plan/Units.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <map>

namespace bitwright::codegen {

class Plan {
public:
  /// Sizes are computed in `planned`, which has the arguments of `main`.
  Plan(mlir::func::FuncOp main, mlir::Block &planned);

  mlir::LogicalResult build();

  /// Whether `tensor` is read as data at run time.
  bool isNeeded(Value tensor) const { return needed.contains(tensor); }
  /// The unit that runs at the place of `op`, or null.
  const Unit *unitAt(mlir::Operation *op) const {
    auto unit = units.find(op);
    return unit == units.end() ? nullptr : &unit->second;
  }
  /// Whether `op` is an expand that only repeats heads (see Repeats.cpp).
  bool isRepeated(mlir::Operation *op) const { return unrepeated.contains(op); }
  /// The buffer of a tensor, or -1.
  int bufferOf(Value tensor) const {
    auto buffer = buffersOf.find(tensor);
    return buffer == buffersOf.end() ? -1 : buffer->second;
  }
  /// What must hold before a region of qnn.if, with this terminator, runs.
  llvm::ArrayRef<SizeCheck> checksOf(mlir::Operation *terminator) const {
    auto checks = regionChecks.find(terminator);
    return checks == regionChecks.end() ? llvm::ArrayRef<SizeCheck>() : checks->second;
  }
  /// Ops are numbered in order; qnn.if has a number before its regions, and one behind.
  int positionOf(mlir::Operation *op) const { return positions.lookup(op); }
  int startOf(mlir::Operation *branch) const { return starts.lookup(branch); }

  mlir::func::FuncOp main;
  mlir::Block &planned;
  Tensors tensors;
  Buffers buffers;

private:
  mlir::LogicalResult readInputs();
  mlir::LogicalResult inferAll(mlir::Block &block);
  mlir::LogicalResult inferIf(mlir::Operation *op);
  void findNeeded(mlir::Block &block);
  bool runs(mlir::Operation *op);
  void buildUnits(mlir::Block &block);
  void growEpilogue(Unit &unit);
  void growGroup(Unit &unit);
  void addUnit(const Unit &unit);
  mlir::LogicalResult assignBuffers(mlir::Block &block);
  mlir::LogicalResult assignOpBuffers(mlir::Operation *op);
  mlir::LogicalResult assignIfBuffers(mlir::Operation *op);
  mlir::LogicalResult assignResultBuffer(Value result);
  void shareBuffer(Value view, Value source);
  void extendLives(mlir::Block &block);
  void bindResults();

  llvm::DenseSet<Value> needed;
  llvm::DenseMap<mlir::Operation *, int> positions, starts;
  llvm::DenseMap<Value, int> buffersOf;
  llvm::DenseMap<mlir::Operation *, Unit> units;                 // by root
  llvm::DenseMap<mlir::Operation *, mlir::Operation *> absorbed; // member -> root
  llvm::DenseSet<mlir::Operation *> unrepeated;                  // expands that are views
  /// By terminator. A map whose entries stay where they are: shapes of nested regions add to it
  /// while the outer region collects.
  std::map<mlir::Operation *, llvm::SmallVector<SizeCheck>> regionChecks;
  int nextPosition = 0;
};

/// Makes `op` a view where it is an expand that only repeats heads for matmuls: its reshaped
/// result, and transposes of that, get a Repeat. False where it must run.
bool bindRepeat(Tensors &tensors, mlir::Operation *op);

/// Writes `plan` into its block, as ops of the kernel dialect.
void writePlan(Plan &plan);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_PLAN_H
