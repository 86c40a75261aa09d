// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Short ways to make qnn ops, for nodes that become several of them, and sizes
/// that may be known or computed.
///
/// As all that makes ops (Node.h), these give a null value once the node has failed.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_COMPOSE_H
#define BITWRIGHT_LIB_IMPORT_ONNX_COMPOSE_H

#include "Node.h"

namespace bitwright::onnximport {

//===--- elementwise ------------------------------------------------------===//

mlir::Value add(Node &n, mlir::Value lhs, mlir::Value rhs);
mlir::Value sub(Node &n, mlir::Value lhs, mlir::Value rhs);
mlir::Value mul(Node &n, mlir::Value lhs, mlir::Value rhs);
mlir::Value div(Node &n, mlir::Value lhs, mlir::Value rhs);
mlir::Value where(Node &n, mlir::Value condition, mlir::Value lhs, mlir::Value rhs);

/// A scalar of the element type of `like`, rounded to it.
mlir::Value scalarLike(Node &n, mlir::Value like, double value);

/// The other operand where `rhs` is missing, else the sum.
mlir::Value addIfAny(Node &n, mlir::Value lhs, mlir::Value rhs);

//===--- along axes -------------------------------------------------------===//

/// The reduction `op`; axes that are no neighbours are brought together by a transpose. No axes
/// reduce nothing.
mlir::Value reduce(Node &n, llvm::StringRef op, mlir::Value x, llvm::ArrayRef<int64_t> axes,
                   bool keepDims);
template <typename Op>
mlir::Value reduce(Node &n, mlir::Value x, llvm::ArrayRef<int64_t> axes, bool keepDims = true) {
  return reduce(n, Op::getOperationName(), x, axes, keepDims);
}

mlir::Value softmaxOver(Node &n, mlir::Value x, int64_t axis);
/// x - max - log(sum(exp(x - max)))
mlir::Value logSoftmaxOver(Node &n, mlir::Value x, int64_t axis);
mlir::Value concat(Node &n, llvm::ArrayRef<mlir::Value> parts, int64_t axis);
mlir::Value gather(Node &n, mlir::Value data, mlir::Value indices, int64_t axis);
/// x[..., start:end:step, ...] along `axis`.
mlir::Value sliceAxis(Node &n, mlir::Value x, int64_t axis, int64_t start, int64_t end,
                      int64_t step = 1);

//===--- sizes ------------------------------------------------------------===//

/// A size: `known`, or else `value`, an i64 tensor of one element in one dimension.
struct Size {
  int64_t known = mlir::ShapedType::kDynamic;
  mlir::Value value;

  Size(int64_t known) : known(known) {}
  explicit Size(mlir::Value value) : value(value) {}
  bool isKnown() const { return !mlir::ShapedType::isDynamic(known); }
};

/// The rank of `value`; 0 after a failure.
int64_t rankOf(Node &n, mlir::Value value);
/// The size of dimension `axis`, counted from the end where negative.
Size sizeOf(Node &n, mlir::Value value, int64_t axis);
Size sum(Node &n, Size lhs, Size rhs);
Size product(Node &n, llvm::ArrayRef<Size> sizes);
/// As a one-dimensional i64 tensor.
mlir::Value toVector(Node &n, llvm::ArrayRef<Size> sizes);
/// As an i64 tensor of rank 0.
mlir::Value toScalar(Node &n, Size size);
mlir::Value reshapeTo(Node &n, mlir::Value value, llvm::ArrayRef<Size> sizes);
mlir::Value expandTo(Node &n, mlir::Value value, llvm::ArrayRef<Size> sizes);
/// 0, 1, ... up to and without `size`, as i64.
mlir::Value rangeTo(Node &n, Size size);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_COMPOSE_H
