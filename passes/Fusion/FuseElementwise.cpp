// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Sums, products, means and changes of scale.

#include "passes/Fusion/QDQ.h"

#include "dialects/QNN/Constants.h"
#include "passes/Common/Utils.h"

using namespace mlir;
using namespace bitwright;

namespace {

UnitAttr getUnit(PatternRewriter &rewriter, bool set) {
  return set ? rewriter.getUnitAttr() : UnitAttr();
}

/// Two quantized operands, a clamp perhaps, and the quantize.
struct BinaryMatch {
  Operation *op = nullptr, *clamp = nullptr;
  QuantizedValue lhs, rhs;
  TensorParams output;
  IntegerRange range;

  Location getLoc() const { return clamp ? fuseLocations({op, clamp}) : fuseLocations({op}); }
};

template <typename... OpTys> std::optional<BinaryMatch> matchBinary(qnn::QuantizeOp op) {
  auto output = getTensorParams(op);
  ClampedValue clamped = skipClamp(op.getInput());
  Operation *binary = clamped.value.getDefiningOp();
  if (!output || !isa_and_nonnull<OpTys...>(binary) || !clamped.value.hasOneUse())
    return std::nullopt;
  auto lhs = getQuantized(binary->getOperand(0)), rhs = getQuantized(binary->getOperand(1));
  if (!lhs || !rhs)
    return std::nullopt;
  return BinaryMatch{binary, clamped.clamp, *lhs, *rhs, *output, getClamp(clamped.clamp, *output)};
}

struct FuseAdd final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto match = matchBinary<qnn::AddOp, qnn::SubOp>(op);
    if (!match)
      return rewriter.notifyMatchFailure(op, "no sum of quantized tensors");
    Location loc = match->getLoc();
    double sign = isa<qnn::SubOp>(match->op) ? -1.0 : 1.0, scale = match->output.scaleValue;
    Value lhsMultiplier =
        createMultiplier(rewriter, loc, double(match->lhs.params.scaleValue) / scale);
    Value rhsMultiplier =
        createMultiplier(rewriter, loc, sign * double(match->rhs.params.scaleValue) / scale);
    auto fused = qnn::QAddOp::create(
        rewriter, loc, op.getType(), match->lhs.data, match->lhs.params.zeroPoint, lhsMultiplier,
        match->rhs.data, match->rhs.params.zeroPoint, rhsMultiplier, match->output.zeroPoint,
        rewriter.getI64IntegerAttr(match->range.min), rewriter.getI64IntegerAttr(match->range.max),
        getUnit(rewriter, match->lhs.params.isUnsigned),
        getUnit(rewriter, match->rhs.params.isUnsigned),
        getUnit(rewriter, match->output.isUnsigned));
    recordFused(fused, "sum of quantized tensors");
    rewriter.replaceOp(op, fused);
    return success();
  }
};

struct FuseMul final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto match = matchBinary<qnn::MulOp>(op);
    if (!match)
      return rewriter.notifyMatchFailure(op, "no product of quantized tensors");
    Location loc = match->getLoc();
    Value multiplier = createMultiplier(rewriter, loc,
                                        double(match->lhs.params.scaleValue) *
                                            double(match->rhs.params.scaleValue) /
                                            double(match->output.scaleValue));
    auto fused = qnn::QMulOp::create(
        rewriter, loc, op.getType(), match->lhs.data, match->lhs.params.zeroPoint, match->rhs.data,
        match->rhs.params.zeroPoint, multiplier, match->output.zeroPoint,
        rewriter.getI64IntegerAttr(match->range.min), rewriter.getI64IntegerAttr(match->range.max),
        getUnit(rewriter, match->lhs.params.isUnsigned),
        getUnit(rewriter, match->rhs.params.isUnsigned),
        getUnit(rewriter, match->output.isUnsigned));
    recordFused(fused, "product of quantized tensors");
    rewriter.replaceOp(op, fused);
    return success();
  }
};

/// avg_pool2d and reduce_mean: one operand, no clamp.
template <typename OpTy> struct FuseMean final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto output = getTensorParams(op);
    auto mean = op.getInput().getDefiningOp<OpTy>();
    if (!output || !mean || !op.getInput().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no mean of its own before it");
    auto input = getQuantized(mean.getInput());
    if (!input)
      return rewriter.notifyMatchFailure(op, "the operand of the mean is not quantized");
    if (!isSupported(mean))
      return rewriter.notifyMatchFailure(op, "the window is dilated");
    IntegerRange range = input->params.range();
    int64_t zeroPoint = input->params.zeroPointValue;
    if (!fitsInt32(countElements(mean), std::max(range.max - zeroPoint, zeroPoint - range.min)))
      return rewriter.notifyMatchFailure(op, "its sum may leave int32");
    Value multiplier = createMultiplier(
        rewriter, mean.getLoc(), double(input->params.scaleValue) / double(output->scaleValue));
    Operation *fused = create(mean, op, *input, *output, multiplier, rewriter);
    recordFused(fused, "mean of a quantized tensor");
    rewriter.replaceOp(op, fused->getResults());
    return success();
  }

  static bool isSupported(qnn::ReduceMeanOp) { return true; }
  static bool isSupported(qnn::AvgPool2dOp pool) {
    return llvm::all_of(pool.getDilations(), [](int64_t dilation) { return dilation == 1; });
  }

  /// What a mean is over, as far as is known.
  static int64_t countElements(qnn::ReduceMeanOp mean) {
    int64_t count = 1;
    for (int64_t axis : mean.getAxes())
      if (int64_t size = getTensorType(mean.getInput()).getDimSize(axis);
          !ShapedType::isDynamic(size) && llvm::MulOverflow(count, size, count))
        return INT64_MAX;
    return count;
  }
  static int64_t countElements(qnn::AvgPool2dOp pool) {
    int64_t count = 0;
    return llvm::MulOverflow(pool.getKernel()[0], pool.getKernel()[1], count) ? INT64_MAX : count;
  }

  static Operation *create(qnn::ReduceMeanOp mean, qnn::QuantizeOp op, const QuantizedValue &input,
                           const TensorParams &output, Value multiplier,
                           PatternRewriter &rewriter) {
    return qnn::QReduceMeanOp::create(
        rewriter, mean.getLoc(), op.getType(), input.data, input.params.zeroPoint, multiplier,
        output.zeroPoint, mean.getAxesAttr(), getUnit(rewriter, mean.getKeepDims()),
        getUnit(rewriter, input.params.isUnsigned), getUnit(rewriter, output.isUnsigned));
  }
  static Operation *create(qnn::AvgPool2dOp pool, qnn::QuantizeOp op, const QuantizedValue &input,
                           const TensorParams &output, Value multiplier,
                           PatternRewriter &rewriter) {
    return qnn::QAvgPool2dOp::create(
        rewriter, pool.getLoc(), op.getType(), input.data, input.params.zeroPoint, multiplier,
        output.zeroPoint, pool.getKernelAttr(), pool.getStridesAttr(), pool.getPadsAttr(),
        getUnit(rewriter, pool.getCountIncludePad()), getUnit(rewriter, input.params.isUnsigned),
        getUnit(rewriter, output.isUnsigned));
  }
};

/// quantize(dequantize(x)) with other parameters.
struct FuseRequantize final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto output = getTensorParams(op);
    auto input = getQuantized(op.getInput());
    if (!output || !input)
      return rewriter.notifyMatchFailure(op, "no dequantize before it");
    if (*output == input->params) {
      rewriter.replaceOp(op, input->data);
      return success();
    }
    Value multiplier = createMultiplier(
        rewriter, op.getLoc(), double(input->params.scaleValue) / double(output->scaleValue));
    IntegerRange range = output->range();
    auto fused = qnn::RequantizeOp::create(
        rewriter, op.getLoc(), op.getType(), input->data, input->params.zeroPoint, multiplier,
        output->zeroPoint, rewriter.getI64IntegerAttr(range.min),
        rewriter.getI64IntegerAttr(range.max), getUnit(rewriter, input->params.isUnsigned),
        getUnit(rewriter, output->isUnsigned));
    recordFused(fused, "change of scale");
    rewriter.replaceOp(op, fused);
    return success();
  }
};

} // namespace

void bitwright::populateElementwisePatterns(RewritePatternSet &patterns) {
  patterns.add<FuseAdd, FuseMul, FuseMean<qnn::ReduceMeanOp>, FuseMean<qnn::AvgPool2dOp>,
               FuseRequantize>(patterns.getContext(), /*benefit=*/4);
}
