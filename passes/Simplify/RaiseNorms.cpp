// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// rms_norm and layer_norm that exporters write with means and square roots
/// become one op again.

#include "passes/Common/Utils.h"
#include "passes/Simplify/Passes.h"
#include "passes/Simplify/Product.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

#include <cmath>

namespace bitwright {
#define GEN_PASS_DEF_RAISENORMSPASS
#include "passes/Simplify/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

SmallVector<int64_t> getSizesOtherThanOne(RankedTensorType type) {
  SmallVector<int64_t> sizes(type.getShape());
  llvm::erase(sizes, 1);
  return sizes;
}

/// True where the result holds the operand's elements in their order, dimensions of size one
/// aside. A reshape could let two unknown sizes change places, an expand could repeat one.
bool keepsOrder(Operation *op) {
  if (!isa<qnn::ReshapeOp, qnn::UnsqueezeOp, qnn::SqueezeOp, qnn::ExpandOp>(op))
    return false;
  SmallVector<int64_t> sizes = getSizesOtherThanOne(getTensorType(op->getOperand(0)));
  int64_t unknown = llvm::count_if(sizes, ShapedType::isDynamic);
  int64_t allowed = isa<qnn::ExpandOp>(op) ? 0 : isa<qnn::ReshapeOp>(op) ? 1 : unknown;
  return unknown <= allowed && sizes == getSizesOtherThanOne(getTensorType(op->getResult(0)));
}

/// Looks through what only drops dimensions of size one or puts them back after a reduction.
/// Where they are put back decides what a statistic is broadcast along: see `meetsRows`.
Value skipKeptDims(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!keepsOrder(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// True where each element of `statistic`, broadcast against a tensor of `type`, meets the
/// dimensions from `axis` on that it was computed from: every dimension before `axis` is at its
/// place, and those from `axis` on are 1.
bool meetsRows(Value statistic, RankedTensorType type, int64_t axis) {
  ArrayRef<int64_t> sizes = getTensorType(statistic).getShape();
  int64_t missing = type.getRank() - int64_t(sizes.size());
  if (missing < 0)
    return false;
  for (int64_t i = 0; i < type.getRank(); ++i)
    if ((i < missing ? 1 : sizes[i - missing]) != (i < axis ? type.getDimSize(i) : 1))
      return false;
  return true;
}

/// The value of a float constant of one element, which no shape is broadcast by.
std::optional<double> getScalar(Value value) {
  RankedTensorType type = getTensorType(value);
  if (!type.hasStaticShape() || type.getNumElements() != 1)
    return std::nullopt;
  return getSplatFloat(value);
}

/// A mean over trailing dimensions: of what, and the first of them.
struct Mean {
  Value input;
  int64_t axis;
};

std::optional<int64_t> getFirstTrailingAxis(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> sorted(axes);
  llvm::sort(sorted);
  for (auto [i, axis] : llvm::enumerate(sorted))
    if (axis != rank - int64_t(sorted.size()) + int64_t(i))
      return std::nullopt;
  if (sorted.empty())
    return std::nullopt;
  return sorted.front();
}

/// The number of elements from `axis` on; 0 where it is dynamic.
int64_t countFrom(RankedTensorType type, int64_t axis) {
  int64_t count = 1;
  for (int64_t size : type.getShape().drop_front(axis))
    count *= ShapedType::isDynamic(size) ? 0 : size;
  return count;
}

/// value = x * constant, however many scalars it was multiplied with or divided by.
struct Scaled {
  Value input;
  double constant = 1.0;
};

Scaled matchScaled(Value value) {
  Scaled result{skipKeptDims(value)};
  while (Operation *op = result.input.getDefiningOp()) {
    if (!isa<qnn::MulOp, qnn::DivOp>(op))
      break;
    Value lhs = op->getOperand(0), rhs = op->getOperand(1);
    auto right = getScalar(rhs), left = isa<qnn::MulOp>(op) ? getScalar(lhs) : std::nullopt;
    if (!left && !right)
      break;
    double factor = right ? *right : *left;
    result.constant = isa<qnn::MulOp>(op) ? result.constant * factor : result.constant / factor;
    result.input = skipKeptDims(right ? lhs : rhs);
  }
  return result;
}

std::optional<Mean> matchMean(Value value) {
  value = skipKeptDims(value);
  if (auto mean = value.getDefiningOp<qnn::ReduceMeanOp>()) {
    auto axis = getFirstTrailingAxis(mean.getAxes(), getTensorType(mean.getInput()).getRank());
    return axis ? std::optional(Mean{mean.getInput(), *axis}) : std::nullopt;
  }
  Scaled scaled = matchScaled(value); // sum * (1 / n)
  auto sum = scaled.input.getDefiningOp<qnn::ReduceSumOp>();
  if (!sum)
    return std::nullopt;
  RankedTensorType type = getTensorType(sum.getInput());
  auto axis = getFirstTrailingAxis(sum.getAxes(), type.getRank());
  if (!axis || countFrom(type, *axis) == 0 ||
      !isNear(scaled.constant, 1.0 / double(countFrom(type, *axis))))
    return std::nullopt;
  return Mean{sum.getInput(), *axis};
}

/// x * x or x ^ 2: x, unless the exponent makes the result larger.
Value matchSquare(Value value) {
  if (auto mul = value.getDefiningOp<qnn::MulOp>())
    return mul.getLhs() == mul.getRhs() ? mul.getLhs() : nullptr;
  auto pow = value.getDefiningOp<qnn::PowOp>();
  return pow && pow.getType() == pow.getLhs().getType() && isSplatNear(pow.getRhs(), 2.0)
             ? pow.getLhs()
             : nullptr;
}

/// variance + epsilon.
struct Spread {
  Value variance;
  double epsilon;
};

/// value = x * 1 / sqrt(v + eps), as x / sqrt, x * (1 / sqrt) or x * reciprocal(sqrt);
/// in the latter two the constant scale may have been multiplied in first. `divisor` is what
/// stands beside x: the root or its reciprocal.
struct Normalized {
  Value input;
  Value divisor;
  Spread spread;
  Value scale = nullptr;
};

std::optional<Spread> matchSqrt(Value value) {
  value = skipKeptDims(value);
  auto sqrt = value.getDefiningOp<qnn::SqrtOp>();
  if (!sqrt)
    return std::nullopt;
  Value sum = skipKeptDims(sqrt.getInput());
  auto add = sum.getDefiningOp<qnn::AddOp>();
  if (!add)
    return std::nullopt;
  for (auto [variance, constant] :
       {std::pair(add.getLhs(), add.getRhs()), {add.getRhs(), add.getLhs()}})
    if (auto epsilon = getScalar(constant); epsilon && std::isfinite(*epsilon) && *epsilon >= 0)
      return Spread{skipKeptDims(variance), *epsilon};
  return std::nullopt;
}

std::optional<Spread> matchInverseSqrt(Value value) {
  value = skipKeptDims(value);
  if (auto reciprocal = value.getDefiningOp<qnn::ReciprocalOp>())
    return matchSqrt(reciprocal.getInput());
  auto div = value.getDefiningOp<qnn::DivOp>();
  auto one = div ? getScalar(div.getLhs()) : std::nullopt;
  return one && isNear(*one, 1.0) ? matchSqrt(div.getRhs()) : std::nullopt;
}

std::optional<Normalized> matchNormalized(Operation *op) {
  if (auto div = dyn_cast<qnn::DivOp>(op))
    if (auto spread = matchSqrt(div.getRhs()))
      return Normalized{div.getLhs(), div.getRhs(), *spread};
  auto mul = dyn_cast<qnn::MulOp>(op);
  if (!mul)
    return std::nullopt;
  for (auto [x, factor] : {std::pair(mul.getLhs(), mul.getRhs()), {mul.getRhs(), mul.getLhs()}}) {
    if (auto spread = matchInverseSqrt(factor))
      return Normalized{x, factor, *spread};
    auto scaled = factor.getDefiningOp<qnn::MulOp>();
    if (!scaled)
      continue;
    for (auto [inverse, scale] :
         {std::pair(scaled.getLhs(), scaled.getRhs()), {scaled.getRhs(), scaled.getLhs()}})
      if (isConstantValue(scale))
        if (auto spread = matchInverseSqrt(inverse))
          return Normalized{x, inverse, *spread, scale};
  }
  return std::nullopt;
}

/// d = x - mean(x) over trailing dimensions: x and the axis.
std::optional<Mean> matchCentered(Value value) {
  auto sub = value.getDefiningOp<qnn::SubOp>();
  if (!sub)
    return std::nullopt;
  auto mean = matchMean(sub.getRhs());
  if (!mean || mean->input != sub.getLhs() || sub.getType() != mean->input.getType() ||
      !meetsRows(sub.getRhs(), sub.getType(), mean->axis))
    return std::nullopt;
  return mean;
}

/// mean(d^2), or mean(x^2) - mean(x)^2 perhaps kept from going below zero.
bool isVariance(Value value, Value centered, const Mean &of) {
  value = skipKeptDims(value);
  if (auto mean = matchMean(value))
    return mean->axis == of.axis && matchSquare(mean->input) == centered;
  if (auto relu = value.getDefiningOp<qnn::ReluOp>())
    value = relu.getInput();
  auto sub = value.getDefiningOp<qnn::SubOp>();
  if (!sub || sub.getLhs().getType() != sub.getType() || sub.getRhs().getType() != sub.getType())
    return false;
  auto ofSquare = matchMean(sub.getLhs());
  Value meanValue = matchSquare(sub.getRhs());
  auto mean = meanValue ? matchMean(meanValue) : std::nullopt;
  return ofSquare && mean && matchSquare(ofSquare->input) == of.input && mean->input == of.input &&
         ofSquare->axis == of.axis && mean->axis == of.axis;
}

/// The elements of a constant of exactly the shape of the normalized dimensions
/// (before which ones may stand).
std::optional<SmallVector<float>> getParameter(Value constant, ArrayRef<int64_t> shape) {
  RankedTensorType type = getTensorType(constant);
  int64_t extra = type.getRank() - int64_t(shape.size());
  if (!isConstantValue(constant) || !type.getElementType().isF32() || extra < 0 ||
      type.getShape().drop_front(extra) != shape ||
      llvm::any_of(type.getShape().take_front(extra), [](int64_t size) { return size != 1; }))
    return std::nullopt;
  return getFloats(constant);
}

/// The user of `value` if it is the only one and an OpTy with such a constant.
template <typename OpTy>
std::pair<OpTy, SmallVector<float>> matchParameter(Value value, ArrayRef<int64_t> shape) {
  if (!value.hasOneUse())
    return {};
  auto op = dyn_cast<OpTy>(*value.getUsers().begin());
  if (!op || op.getType() != value.getType())
    return {};
  auto floats = getParameter(op.getLhs() == value ? op.getRhs() : op.getLhs(), shape);
  return floats ? std::pair(op, *floats) : std::pair<OpTy, SmallVector<float>>();
}

template <typename OpTy> struct RaiseNorm final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    auto normalized = matchNormalized(op);
    if (!normalized || normalized->input.getType() != op.getType() ||
        !op.getType().getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "no division by a square root");
    // First, for the norm of centered values is an rms_norm too.
    auto centered = matchCentered(normalized->input);
    if (centered && isVariance(normalized->spread.variance, normalized->input, *centered) &&
        meetsRows(normalized->divisor, op.getType(), centered->axis))
      return raise(op, *normalized, *centered, /*rms=*/false, rewriter);
    auto mean = matchMean(normalized->spread.variance);
    if (mean && matchSquare(mean->input) == normalized->input &&
        mean->axis == op.getType().getRank() - 1 &&
        meetsRows(normalized->divisor, op.getType(), mean->axis))
      return raise(op, *normalized, Mean{normalized->input, mean->axis}, /*rms=*/true, rewriter);
    return rewriter.notifyMatchFailure(op, "no norm");
  }

  /// Takes a scale and a bias that follow along.
  static LogicalResult raise(OpTy op, const Normalized &normalized, const Mean &of, bool rms,
                             PatternRewriter &rewriter) {
    ArrayRef<int64_t> shape = op.getType().getShape().drop_front(of.axis);
    if (llvm::any_of(shape, ShapedType::isDynamic))
      return rewriter.notifyMatchFailure(op, "normalizes dimensions that are not known");
    Operation *last = op;
    SmallVector<Operation *> merged{op};
    SmallVector<float> scale(countFrom(op.getType(), of.axis), 1.0f), bias;
    if (normalized.scale) {
      auto values = getParameter(normalized.scale, shape);
      if (!values)
        return rewriter.notifyMatchFailure(op, "the scale is not one for each element");
      scale = *values;
    } else if (auto [mul, values] = matchParameter<qnn::MulOp>(op.getResult(), shape); mul) {
      scale = values;
      merged.push_back(last = mul);
    }
    if (auto [add, values] = matchParameter<qnn::AddOp>(last->getResult(0), shape); add && !rms) {
      bias = values;
      merged.push_back(last = add);
    }
    rewriter.setInsertionPoint(last);
    Location loc = fuseLocations(merged);
    Value scaleValue = createFloats(rewriter, loc, shape, scale), norm;
    auto epsilonAttr = rewriter.getF64FloatAttr(normalized.spread.epsilon);
    if (rms)
      norm = qnn::RmsNormOp::create(rewriter, loc, op.getType(), of.input, scaleValue, epsilonAttr);
    else
      norm = qnn::LayerNormOp::create(rewriter, loc, op.getType(), of.input, scaleValue,
                                      bias.empty() ? Value()
                                                   : createFloats(rewriter, loc, shape, bias),
                                      epsilonAttr, rewriter.getI64IntegerAttr(of.axis));
    rewriter.replaceOp(last, norm);
    return success();
  }
};

struct RaiseNormsPass final : bitwright::impl::RaiseNormsPassBase<RaiseNormsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseNorm<qnn::MulOp>, RaiseNorm<qnn::DivOp>>(&getContext());
    FailureOr<int64_t> replaced = applyPatterns(getOperation(), std::move(patterns));
    if (failed(replaced))
      return signalPassFailure();
    numRaised += *replaced;
  }
};

} // namespace
