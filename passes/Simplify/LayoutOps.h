// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What each op does when the tensor it works on is stored permuted.

#ifndef BITWRIGHT_PASSES_SIMPLIFY_LAYOUTOPS_H
#define BITWRIGHT_PASSES_SIMPLIFY_LAYOUTOPS_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/Operation.h"

namespace bitwright {

/// How an op takes to a layout in which dimension i is dimension perm[i] of the one it has.
enum class LayoutRole {
  Fixed,    ///< needs the layout it has
  Flexible, ///< its data operands and its result change together
  Sink,     ///< its data operand may change, its result stays
};
LayoutRole getLayoutRole(mlir::Operation *op, llvm::ArrayRef<int64_t> perm);

/// The operands of a flexible op or sink that change layout; constants among them too.
llvm::SmallVector<mlir::OpOperand *> getLayoutOperands(mlir::Operation *op);

/// Makes the op that computes the permuted result of a flexible `op` (or the same
/// result of a sink) on `operands`, which hold permuted values at the places of
/// getLayoutOperands. Constants of lower rank are extended and permuted here.
mlir::Value createInLayout(mlir::OpBuilder &builder, mlir::Operation *op,
                           llvm::SmallVector<mlir::Value> operands, llvm::ArrayRef<int64_t> perm);

/// The constant as it must be for a permuted partner of rank perm.size().
mlir::Value permuteConstant(mlir::OpBuilder &builder, mlir::Value constant,
                            llvm::ArrayRef<int64_t> perm);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_SIMPLIFY_LAYOUTOPS_H
