// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The short ways of Compose.h.

#include "Compose.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace bitwright::onnximport {

//===--- elementwise ------------------------------------------------------===//

Value add(Node &n, Value lhs, Value rhs) { return n.create<qnn::AddOp>({lhs, rhs}); }
Value sub(Node &n, Value lhs, Value rhs) { return n.create<qnn::SubOp>({lhs, rhs}); }
Value mul(Node &n, Value lhs, Value rhs) { return n.create<qnn::MulOp>({lhs, rhs}); }
Value div(Node &n, Value lhs, Value rhs) { return n.create<qnn::DivOp>({lhs, rhs}); }

Value where(Node &n, Value condition, Value lhs, Value rhs) {
  return n.create<qnn::WhereOp>({condition, lhs, rhs});
}

Value scalarLike(Node &n, Value like, double value) {
  if (n.failed() || !like)
    return {};
  return n.createScalar(cast<RankedTensorType>(like.getType()).getElementType(), value);
}

Value addIfAny(Node &n, Value lhs, Value rhs) { return rhs ? add(n, lhs, rhs) : lhs; }

//===--- along axes -------------------------------------------------------===//

Value reduce(Node &n, StringRef name, Value x, ArrayRef<int64_t> axes, bool keepDims) {
  if (axes.empty())
    return x;
  auto create = [&](Value from, ArrayRef<int64_t> over, bool keep) {
    Operation *op =
        n.createOperation(name, {from}, {{"axes", n.ints(over)}, {"keep_dims", n.unit(keep)}});
    return op ? op->getResult(0) : Value();
  };
  auto [least, largest] = std::minmax_element(axes.begin(), axes.end());
  if (*largest - *least + 1 == static_cast<int64_t>(axes.size()))
    return create(x, axes, keepDims);
  int64_t rank = rankOf(n, x), count = static_cast<int64_t>(axes.size());
  SmallVector<int64_t> sorted(axes), perm;
  llvm::sort(sorted);
  llvm::copy_if(axesBetween(0, rank), std::back_inserter(perm),
                [&](int64_t axis) { return !llvm::is_contained(sorted, axis); });
  perm.append(sorted);
  Value result = create(n.transpose(x, perm), axesBetween(rank - count, rank), /*keep=*/false);
  return keepDims ? n.unsqueeze(result, sorted) : result;
}

Value softmaxOver(Node &n, Value x, int64_t axis) {
  return n.create<qnn::SoftmaxOp>({x}, {{"axis", n.integer(axis)}});
}

Value logSoftmaxOver(Node &n, Value x, int64_t axis) {
  Value shifted = sub(n, x, reduce<qnn::ReduceMaxOp>(n, x, axis));
  Value sum = reduce<qnn::ReduceSumOp>(n, n.create<qnn::ExpOp>({shifted}), axis);
  return sub(n, shifted, n.create<qnn::LogOp>({sum}));
}

Value concat(Node &n, ArrayRef<Value> parts, int64_t axis) {
  if (parts.size() == 1)
    return parts.front();
  return n.create<qnn::ConcatOp>(parts, {{"axis", n.integer(axis)}});
}

Value gather(Node &n, Value data, Value indices, int64_t axis) {
  return n.create<qnn::GatherOp>({data, indices}, {{"axis", n.integer(axis)}});
}

Value sliceAxis(Node &n, Value x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  return n.create<qnn::SliceOp>(
      {x, n.createIntegers({start}), n.createIntegers({end}), n.createIntegers({step})},
      {{"axes", n.ints({axis})}});
}

//===--- sizes ------------------------------------------------------------===//

int64_t rankOf(Node &n, Value value) {
  return n.failed() || !value ? 0 : cast<RankedTensorType>(value.getType()).getRank();
}

Size sizeOf(Node &n, Value value, int64_t axis) {
  if (n.failed() || !value)
    return 1;
  auto type = cast<RankedTensorType>(value.getType());
  axis += axis < 0 ? type.getRank() : 0;
  if (!type.isDynamicDim(axis))
    return type.getDimSize(axis);
  return Size(
      n.create<qnn::ShapeOp>({value}, {{"start", n.integer(axis)}, {"end", n.integer(axis + 1)}}));
}

static Value toVector(Node &n, Size size) {
  return size.isKnown() ? n.createIntegers({size.known}) : size.value;
}

Size sum(Node &n, Size lhs, Size rhs) {
  if (lhs.isKnown() && rhs.isKnown())
    return lhs.known + rhs.known;
  return Size(add(n, toVector(n, lhs), toVector(n, rhs)));
}

Size product(Node &n, ArrayRef<Size> sizes) {
  Size result = 1;
  int64_t known = 1;
  for (Size size : sizes) {
    if (size.isKnown())
      n.expect(!llvm::MulOverflow(known, size.known, known), "the result is too large");
    else
      result = result.isKnown() ? size : Size(mul(n, result.value, size.value));
  }
  if (result.isKnown())
    return known;
  return known == 1 ? result : Size(mul(n, result.value, n.createIntegers({known})));
}

Value toVector(Node &n, ArrayRef<Size> sizes) {
  SmallVector<int64_t> known;
  SmallVector<Value> parts;
  auto flush = [&] {
    if (!known.empty())
      parts.push_back(n.createIntegers(known));
    known.clear();
  };
  for (Size size : sizes) {
    if (size.isKnown()) {
      known.push_back(size.known);
      continue;
    }
    flush();
    parts.push_back(size.value);
  }
  flush();
  return parts.empty() ? n.createIntegers({}) : concat(n, parts, 0);
}

Value toScalar(Node &n, Size size) {
  return size.isKnown() ? n.createInteger(size.known) : n.squeeze(size.value, {0});
}

Value reshapeTo(Node &n, Value value, ArrayRef<Size> sizes) {
  bool hasZero = llvm::any_of(sizes, [](Size size) { return size.known == 0; });
  return n.create<qnn::ReshapeOp>({value, toVector(n, sizes)}, {{"allow_zero", n.unit(hasZero)}});
}

Value expandTo(Node &n, Value value, ArrayRef<Size> sizes) {
  return n.create<qnn::ExpandOp>({value, toVector(n, sizes)});
}

Value rangeTo(Node &n, Size size) {
  return n.create<qnn::RangeOp>({n.createInteger(0), toScalar(n, size), n.createInteger(1)});
}

} // namespace bitwright::onnximport
