// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Arithmetic that does nothing, clips that follow each other, and additions
/// that are really a bias.

#include "passes/Simplify/Patterns.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

#include <limits>

using namespace mlir;
using namespace bitwright;
using qnn::Limits;

namespace {

LogicalResult replaceIfSameType(PatternRewriter &rewriter, Operation *op, Value value) {
  if (op->getResult(0).getType() != value.getType())
    return rewriter.notifyMatchFailure(op, "the constant widens the shape or the type");
  rewriter.replaceOp(op, value);
  return success();
}

bool isSplat(Value value, double expected) {
  if (auto splat = getSplatFloat(value))
    return *splat == expected;
  auto integer = getSplatInteger(value);
  return integer && double(*integer) == expected;
}

struct RemoveIdentityCast final : OpRewritePattern<qnn::CastOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::CastOp op, PatternRewriter &rewriter) const override {
    if (isa<IntegerType>(getTensorType(op.getInput()).getElementType()) &&
        op.getUnsignedInput() != op.getUnsignedResult() &&
        !getTensorType(op.getInput()).getElementType().isInteger(1))
      return rewriter.notifyMatchFailure(op, "changes signedness"); // same bits, but keep the mark
    return replaceIfSameType(rewriter, op, op.getInput());
  }
};

/// x + 0, x - 0, x * 1, x / 1, x ^ 1, in both orders where that is allowed.
template <typename OpTy> struct RemoveNeutral final : OpRewritePattern<OpTy> {
  RemoveNeutral(MLIRContext *context, double neutral, bool commutes)
      : OpRewritePattern<OpTy>(context), neutral(neutral), commutes(commutes) {}
  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    if (isSplat(op.getRhs(), neutral))
      return replaceIfSameType(rewriter, op, op.getLhs());
    if (commutes && isSplat(op.getLhs(), neutral))
      return replaceIfSameType(rewriter, op, op.getRhs());
    return rewriter.notifyMatchFailure(op, "no neutral operand");
  }
  double neutral;
  bool commutes;
};

/// x ^ 2 is a product, which every target has.
struct SquareByMul final : OpRewritePattern<qnn::PowOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::PowOp op, PatternRewriter &rewriter) const override {
    if (!isSplat(op.getRhs(), 2.0) || op.getLhs().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "not a square");
    rewriter.replaceOpWithNewOp<qnn::MulOp>(op, op.getType(), op.getLhs(), op.getLhs());
    return success();
  }
};

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The interval that a relu or clip keeps.
std::optional<Limits> getLimits(Operation *op) {
  if (!qnn::isClamp(op))
    return std::nullopt;
  return cast<qnn::QuantizableInterface>(op).getLimits();
}

void replaceByClip(PatternRewriter &rewriter, Operation *op, Value input, Limits limits,
                   Location loc) {
  Type type = op->getResult(0).getType();
  Value clipped;
  if (limits.min == 0.0 && limits.max == infinity)
    clipped = qnn::ReluOp::create(rewriter, loc, type, input);
  else
    clipped = qnn::ClipOp::create(rewriter, loc, type, input, rewriter.getF64FloatAttr(limits.min),
                                  rewriter.getF64FloatAttr(limits.max));
  rewriter.replaceOp(op, clipped);
}

/// clip(clip(x)), relu(clip(x)), ...: the intersection, in the order of application.
template <typename OpTy> struct MergeClips final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    Operation *inner = op.getInput().getDefiningOp();
    auto outerLimits = getLimits(op), innerLimits = getLimits(inner);
    if (!innerLimits)
      return rewriter.notifyMatchFailure(op, "no clip before it");
    Limits merged{std::clamp(innerLimits->min, outerLimits->min, outerLimits->max),
                  std::clamp(innerLimits->max, outerLimits->min, outerLimits->max)};
    replaceByClip(rewriter, op, inner->getOperand(0), merged, fuseLocations({inner, op}));
    return success();
  }
};

struct SimplifyClip final : OpRewritePattern<qnn::ClipOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::ClipOp op, PatternRewriter &rewriter) const override {
    Limits limits = *getLimits(op);
    constexpr double floatMax = std::numeric_limits<float>::max();
    bool noMin = limits.min <= -floatMax, noMax = limits.max >= floatMax;
    if (noMin && noMax && isa<FloatType>(op.getType().getElementType()))
      return replaceIfSameType(rewriter, op, op.getInput());
    if (limits.min != 0.0 || !noMax)
      return rewriter.notifyMatchFailure(op, "limits are needed");
    rewriter.replaceOpWithNewOp<qnn::ReluOp>(op, op.getType(), op.getInput());
    return success();
  }
};

/// max(x, c) and min(x, c) with a scalar float.
template <typename OpTy, bool isMax> struct MinMaxToClip final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    Value input = op.getLhs(), bound = op.getRhs();
    if (getSplatFloat(input))
      std::swap(input, bound);
    auto value = getSplatFloat(bound);
    if (!value || std::isnan(*value) || input.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "no scalar bound");
    replaceByClip(rewriter, op, input, isMax ? Limits{*value, infinity} : Limits{-infinity, *value},
                  op.getLoc());
    return success();
  }
};

/// matmul(x, constant K x N) is a linear op with the weight transposed.
struct MatmulToLinear final : OpRewritePattern<qnn::MatmulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::MatmulOp op, PatternRewriter &rewriter) const override {
    RankedTensorType weight = getTensorType(op.getRhs());
    if (!isConstantValue(op.getRhs()) || weight.getRank() != 2 ||
        !isa<FloatType>(weight.getElementType()))
      return rewriter.notifyMatchFailure(op, "no constant float matrix");
    Value transposed =
        qnn::TransposeOp::create(rewriter, op.getRhs().getLoc(), permuteType(weight, {1, 0}),
                                 op.getRhs(), rewriter.getDenseI64ArrayAttr({1, 0}));
    rewriter.replaceOpWithNewOp<qnn::LinearOp>(op, op.getType(), op.getLhs(), transposed, Value());
    return success();
  }
};

/// contraction(x, w, b) + c, with c a constant for each channel: b + c is the bias.
struct AddToBias final : OpRewritePattern<qnn::AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::AddOp op, PatternRewriter &rewriter) const override {
    Value sum = op.getLhs(), addend = op.getRhs();
    if (!sum.getDefiningOp<qnn::ContractionInterface>())
      std::swap(sum, addend);
    Operation *producer = sum.getDefiningOp();
    auto contraction = dyn_cast_or_null<qnn::ContractionInterface>(producer);
    if (!contraction || !contraction.hasFloatWeights())
      return rewriter.notifyMatchFailure(op, "no contraction");
    if (!sum.hasOneUse() || sum.getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "the contraction has other uses or is widened");
    RankedTensorType type = getTensorType(sum);
    auto values = getPerChannel(addend, type.getRank(), type.getRank() - 1, type.getShape().back());
    if (!values || !type.getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "the addend is not a constant for each channel");
    if (OpOperand *bias = contraction.getBiasOperand()) {
      auto old = getFloats(bias->get());
      if (!old || old->size() != values->size())
        return rewriter.notifyMatchFailure(op, "the bias is not constant");
      for (auto [value, before] : llvm::zip_equal(*values, *old))
        value = float(double(value) + double(before));
    }
    rewriter.setInsertionPoint(op);
    Location loc = fuseLocations({producer, op});
    Value bias = createFloats(rewriter, loc, {int64_t(values->size())}, *values);
    Operation *merged =
        cloneWith(rewriter, producer, {producer->getOperand(0), producer->getOperand(1), bias},
                  op->getResultTypes());
    merged->setLoc(loc);
    rewriter.replaceOp(op, merged->getResults());
    return success();
  }
};

} // namespace

void bitwright::populateAlgebraPatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<RemoveIdentityCast, SquareByMul, SimplifyClip, MergeClips<qnn::ClipOp>,
               MergeClips<qnn::ReluOp>, MinMaxToClip<qnn::MaxOp, true>,
               MinMaxToClip<qnn::MinOp, false>, MatmulToLinear, AddToBias>(context);
  patterns.add<RemoveNeutral<qnn::AddOp>>(context, 0.0, true);
  patterns.add<RemoveNeutral<qnn::SubOp>>(context, 0.0, false);
  patterns.add<RemoveNeutral<qnn::MulOp>>(context, 1.0, true);
  patterns.add<RemoveNeutral<qnn::DivOp>>(context, 1.0, false);
  patterns.add<RemoveNeutral<qnn::PowOp>>(context, 1.0, false);
}
