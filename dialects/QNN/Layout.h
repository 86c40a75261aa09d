// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What ops do to dimensions: the vocabulary of LayoutInterface. In a layout `perm`, dimension i of
/// a tensor is dimension perm[i] of what it was.

#ifndef BITWRIGHT_DIALECTS_QNN_LAYOUT_H
#define BITWRIGHT_DIALECTS_QNN_LAYOUT_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"
#include <optional>

namespace bitwright {

/// The type of a tensor in the layout `perm`.
mlir::RankedTensorType permuteType(mlir::RankedTensorType type, llvm::ArrayRef<int64_t> perm);
llvm::SmallVector<int64_t> invertPermutation(llvm::ArrayRef<int64_t> perm);

} // namespace bitwright

namespace bitwright::qnn {

/// How an op takes to another layout.
enum class LayoutRole {
  Fixed,    ///< needs the layout it has
  Flexible, ///< its layout operands and its result change together
  Sink,     ///< its layout operands may change, its result stays
};

/// Where the dimensions of an operand are in the result.
struct AxisFlow {
  enum class Kind {
    Opaque,    ///< not told
    Broadcast, ///< aligned at the last one, as numpy broadcasts
    Permute,   ///< result dimension i is dimension perm[i]
    Regroup,   ///< the same elements in the same order under another shape
    Contract,  ///< as Broadcast, but the last but one is summed over
  };
  Kind kind = Kind::Opaque;
  llvm::ArrayRef<int64_t> perm;
};

/// The role of any op for tensors of rank perm.size(): an operand or a result of another rank fixes
/// it, constants that broadcast do not.
LayoutRole getLayoutRole(mlir::Operation *op, llvm::ArrayRef<int64_t> perm);
/// The operands of any op that change layout together.
llvm::SmallVector<mlir::OpOperand *> getLayoutOperands(mlir::Operation *op);

/// True where the result of `op`, which may be null, holds the elements of operand 0 in the same
/// order.
bool keepsElementOrder(mlir::Operation *op);
/// The same in some order: nothing is dropped or repeated.
bool keepsElements(mlir::Operation *op);
/// The dimension of the result that dimension `axis` of operand 0 becomes, shapes being static;
/// nullopt where it is cut or merged.
std::optional<int64_t> followAxis(mlir::Operation *op, int64_t axis);

/// What LayoutInterface says of ops that say nothing themselves.
namespace detail {
llvm::SmallVector<mlir::OpOperand *> getLayoutOperands(mlir::Operation *op);
LayoutRole getLayoutRole(mlir::Operation *op, llvm::ArrayRef<int64_t> perm);
void permuteAxes(mlir::Operation *op, llvm::ArrayRef<int64_t> perm);
mlir::Value createInLayout(mlir::Operation *op, mlir::OpBuilder &builder, mlir::ValueRange operands,
                           llvm::ArrayRef<int64_t> perm);
AxisFlow getAxisFlow(mlir::OpOperand &operand);
bool isHomogeneous(mlir::OpOperand &operand);
} // namespace detail

} // namespace bitwright::qnn

#endif // BITWRIGHT_DIALECTS_QNN_LAYOUT_H
