// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The plan of one function: which tensors must exist in memory, which ops run
/// together, and how long each buffer lives. Host code follows it, one kernel
/// launch after the other.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_PLAN_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_PLAN_H

#include "passes/Codegen/Plan/Units.h"
#include <map>

namespace bitwright::codegen {

class Plan {
public:
  explicit Plan(Program &program) : p(program) {}

  /// Makes the plan of program.main; sizes and buffers are in the program then.
  mlir::LogicalResult build();

  /// Whether `tensor` is read as data at run time.
  bool isNeeded(Value tensor) const { return needed.contains(tensor); }
  /// The unit that runs at the place of `op`, or null.
  const Unit *unitAt(mlir::Operation *op) const {
    auto unit = units.find(op);
    return unit == units.end() ? nullptr : &unit->second;
  }
  /// What must hold before a region of qnn.if, with this terminator, runs.
  llvm::ArrayRef<SizeCheck> checksOf(mlir::Operation *terminator) const {
    auto checks = regionChecks.find(terminator);
    return checks == regionChecks.end() ? llvm::ArrayRef<SizeCheck>() : checks->second;
  }

private:
  mlir::LogicalResult inferAll(mlir::Block &block);
  mlir::LogicalResult inferIf(mlir::Operation *op);
  void findNeeded(mlir::Block &block);
  void buildUnits(mlir::Block &block);
  void growEpilogue(Unit &unit);
  void growGroup(Unit &unit);
  void addUnit(const Unit &unit);
  mlir::LogicalResult assignBuffers(mlir::Block &block);
  mlir::LogicalResult assignOpBuffers(mlir::Operation *op);
  mlir::LogicalResult assignIfBuffers(mlir::Operation *op);
  mlir::LogicalResult assignResultBuffers(mlir::Operation *op);
  void extendLives(mlir::Block &block);
  void bindResults();
  int positionOf(mlir::Operation *op) const { return positions.lookup(op); }

  Program &p;
  llvm::DenseSet<Value> needed;
  llvm::DenseMap<mlir::Operation *, int> positions;
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
bool bindRepeat(Program &program, mlir::Operation *op);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_PLAN_H
