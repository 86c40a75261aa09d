// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Shape arithmetic shared by the type inference of the ops.

#include "dialects/QNN/ShapeInference.h"

#include "dialects/QNN/QNNOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/SmallBitVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace bitwright::qnn {

bool areCompatibleTypes(TypeRange lhs, TypeRange rhs) {
  if (lhs.size() != rhs.size())
    return false;
  for (auto [left, right] : llvm::zip(lhs, rhs)) {
    auto l = dyn_cast<RankedTensorType>(left);
    auto r = dyn_cast<RankedTensorType>(right);
    if (!l || !r || l.getElementType() != r.getElementType() || failed(verifyCompatibleShape(l, r)))
      return false;
  }
  return true;
}

std::string toString(ArrayRef<int64_t> dims) {
  if (dims.empty())
    return "scalar";
  return llvm::join(llvm::map_range(dims,
                                    [](int64_t dim) {
                                      return isDynamic(dim) ? std::string("?")
                                                            : std::to_string(dim);
                                    }),
                    "x");
}

FailureOr<Dims> broadcast(const Site &site, ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs) {
  size_t rank = std::max(lhs.size(), rhs.size());
  Dims result(rank);
  for (size_t i = 0; i < rank; ++i) {
    int64_t l = i + lhs.size() < rank ? 1 : lhs[i + lhs.size() - rank];
    int64_t r = i + rhs.size() < rank ? 1 : rhs[i + rhs.size() - rank];
    if (l == 1 || r == 1)
      result[i] = l == 1 ? r : l;
    else if (isDynamic(l) || isDynamic(r))
      result[i] = isDynamic(l) ? r : l;
    else if (l == r)
      result[i] = l;
    else
      return site.fail("expects shapes that broadcast, but got ", toString(lhs), " and ",
                       toString(rhs));
  }
  return result;
}

LogicalResult checkAxis(const Site &site, int64_t axis, int64_t rank, bool orEnd) {
  if (axis < 0 || axis >= rank + orEnd)
    return site.fail("expects an axis from 0 to ", rank - !orEnd, ", but got ", axis);
  return success();
}

LogicalResult checkAxes(const Site &site, ArrayRef<int64_t> axes, int64_t rank) {
  llvm::SmallBitVector seen(rank);
  for (int64_t axis : axes) {
    if (failed(checkAxis(site, axis, rank)))
      return failure();
    if (seen.test(axis))
      return site.fail("expects each axis once, but got ", axis, " twice");
    seen.set(axis);
  }
  return success();
}

LogicalResult checkRank(const Site &site, StringRef what, ArrayRef<int64_t> dims, int64_t count) {
  if (int64_t(dims.size()) != count)
    return site.fail("expects ", what, " of rank ", count, ", but got ", toString(dims));
  return success();
}

LogicalResult checkVector(const Site &site, StringRef what, Value value, int64_t size) {
  ArrayRef<int64_t> dims = dimsOf(value);
  if (dims.size() != 1 || !dimsAgree(dims[0], size))
    return site.fail("expects ", what, " of shape ", toString({size}), ", but got ",
                     toString(dims));
  return success();
}

LogicalResult checkSameElement(const Site &site, StringRef what, Value value, Value other) {
  if (elementOf(value) != elementOf(other))
    return site.fail("expects ", what, " of element type ", elementOf(other), ", but got ",
                     elementOf(value));
  return success();
}

LogicalResult checkWindow(const Site &site, const Window &window) {
  auto positive = [](int64_t value) { return value > 0; };
  auto checkPair = [&](StringRef what, ArrayRef<int64_t> values) -> LogicalResult {
    if (values.size() != 2 || !llvm::all_of(values, positive))
      return site.fail(
          "expects two positive ", what, ", but got [",
          llvm::join(llvm::map_range(values, [](int64_t v) { return std::to_string(v); }), ", "),
          "]");
    return success();
  };
  if (failed(checkPair("strides", window.strides)) ||
      failed(checkPair("dilations", window.dilations)))
    return failure();
  if (window.kernel.size() != 2 ||
      !llvm::all_of(window.kernel, [](int64_t k) { return isDynamic(k) || k > 0; }))
    return site.fail("expects two positive kernel sizes, but got ", toString(window.kernel));
  if (window.pads.size() != 4 || llvm::any_of(window.pads, [](int64_t p) { return p < 0; }))
    return site.fail("expects four pads of at least 0");
  auto huge = [](int64_t value) { return !isDynamic(value) && value > INT32_MAX; };
  if (llvm::any_of(window.strides, huge) || llvm::any_of(window.dilations, huge) ||
      llvm::any_of(window.kernel, huge) || llvm::any_of(window.pads, huge))
    return site.fail("expects a window smaller than 2^31");
  return success();
}

int64_t contractedSize(Value weight) {
  int64_t size = 1;
  for (int64_t dim : dimsOf(weight).drop_front())
    if (llvm::MulOverflow(size, isDynamic(dim) ? 1 : dim, size))
      return std::numeric_limits<int64_t>::max();
  return size;
}

FailureOr<Dims> slideWindow(const Site &site, const Window &window, ArrayRef<int64_t> input) {
  if (failed(checkRank(site, "an image", input, 4)) || failed(checkWindow(site, window)))
    return failure();
  Dims result;
  for (int i = 0; i < 2; ++i) {
    int64_t size = input[1 + i], kernel = window.kernel[i];
    if (isDynamic(size) || isDynamic(kernel)) {
      result.push_back(ShapedType::kDynamic);
      continue;
    }
    int64_t padded = 0;
    if (llvm::AddOverflow(size, window.pads[i] + window.pads[i + 2], padded))
      return site.fail("expects a padded image smaller than 2^63");
    int64_t reach = window.dilations[i] * (kernel - 1) + 1;
    if (padded < reach)
      return site.fail("expects a window of at most the padded image, but got ", reach, " over ",
                       padded);
    result.push_back((padded - reach) / window.strides[i] + 1);
  }
  return result;
}

FailureOr<Dims> inferConv(const Site &site, Value input, Value weight, Value bias, Window window,
                          int64_t groups) {
  ArrayRef<int64_t> in = dimsOf(input), w = dimsOf(weight);
  if (failed(checkRank(site, "an input", in, 4)) || failed(checkRank(site, "a weight", w, 4)))
    return failure();
  window.kernel = w.slice(1, 2);
  FailureOr<Dims> spatial = slideWindow(site, window, in);
  if (failed(spatial))
    return failure();
  if (groups <= 0)
    return site.fail("expects groups of at least 1, but got ", groups);
  if (!isDynamic(w[0]) && w[0] % groups != 0)
    return site.fail("expects groups to divide ", w[0], " output channels, but got ", groups);
  if (!isDynamic(in[3]) && in[3] % groups != 0)
    return site.fail("expects groups to divide ", in[3], " input channels, but got ", groups);
  if (!isDynamic(in[3]) && !dimsAgree(w[3], in[3] / groups))
    return site.fail("expects a weight of ", in[3] / groups, " input channels, but got ", w[3]);
  if (bias && failed(checkVector(site, "a bias", bias, w[0])))
    return failure();
  return Dims{in[0], (*spatial)[0], (*spatial)[1], w[0]};
}

FailureOr<Dims> inferLinear(const Site &site, Value input, Value weight, Value bias) {
  ArrayRef<int64_t> in = dimsOf(input), w = dimsOf(weight);
  if (in.empty())
    return site.fail("expects an input of rank 1 or more, but got a scalar");
  if (failed(checkRank(site, "a weight", w, 2)))
    return failure();
  if (!dimsAgree(in.back(), w[1]))
    return site.fail("expects a weight of ", toString(in.back()), " input features, but got ",
                     toString(w[1]));
  if (bias && failed(checkVector(site, "a bias", bias, w[0])))
    return failure();
  Dims result(in);
  result.back() = w[0];
  return result;
}

FailureOr<Dims> inferReduce(const Site &site, ArrayRef<int64_t> input, ArrayRef<int64_t> axes,
                            bool keepDims) {
  if (failed(checkAxes(site, axes, input.size())))
    return failure();
  Dims result;
  for (auto [index, dim] : llvm::enumerate(input)) {
    if (!llvm::is_contained(axes, int64_t(index)))
      result.push_back(dim);
    else if (keepDims)
      result.push_back(1);
  }
  return result;
}

} // namespace bitwright::qnn
