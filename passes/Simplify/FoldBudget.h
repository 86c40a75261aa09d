// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How much constant folding may cost. A file of a few kilobytes can ask for
/// gigabytes of constants: one table that a hundred ops multiply, a product of
/// two large tables. What is folded is therefore paid from two accounts that
/// grow with the constants a model comes with: bytes that are there
/// afterwards and were not before, and work.

#ifndef BITWRIGHT_PASSES_SIMPLIFY_FOLDBUDGET_H
#define BITWRIGHT_PASSES_SIMPLIFY_FOLDBUDGET_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/DenseSet.h"

namespace bitwright {

class FoldBudget {
public:
  /// `maxBytes` is the largest result, and what a model without weights may grow by.
  FoldBudget(mlir::func::FuncOp func, int64_t maxBytes);

  /// True if `op`, all of whose operands are constants, is worth its result and can be paid for.
  bool affords(mlir::Operation *op) const;
  /// The same for an op on dequantized constants, which moves what is stored or is folded later: it
  /// has a price only where its result is larger.
  bool affordsOnStored(mlir::Operation *op) const;
  void pay(mlir::Operation *op);

  /// `op` gave these constants and is about to go. What was there before costs no memory.
  void record(mlir::Operation *op, llvm::ArrayRef<mlir::TypedAttr> values);

private:
  uint64_t countReplaced(mlir::Operation *op) const;
  uint64_t countGrowth(mlir::Operation *op, uint64_t bytes) const;

  uint64_t maxBytes;
  uint64_t growth, work; // left
  llvm::DenseSet<mlir::Attribute> known;
  llvm::DenseSet<mlir::Operation *> folded; // they still use their operands
};

} // namespace bitwright

#endif // BITWRIGHT_PASSES_SIMPLIFY_FOLDBUDGET_H
