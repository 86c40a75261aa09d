// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Sums, products, means and changes of scale.

#include "passes/Fusion/QDQ.h"

#include "dialects/QNN/Constants.h"
#include "passes/Common/Utils.h"

using namespace mlir;
using namespace bitwright;
using qnn::IntegerForm;

namespace {

UnitAttr getUnit(PatternRewriter &rewriter, bool set) {
  return set ? rewriter.getUnitAttr() : UnitAttr();
}

/// The data operands of `op` as quantized values; nullopt where one is none.
std::optional<SmallVector<QuantizedValue, 2>> getQuantizedData(qnn::QuantizableInterface op) {
  SmallVector<QuantizedValue, 2> data;
  for (OpOperand *operand : op.getQuantizableOperands()) {
    auto quantized = getQuantized(operand->get());
    if (!quantized)
      return std::nullopt;
    data.push_back(*quantized);
  }
  return data;
}

/// add, sub or mul of two quantized tensors, a clamp perhaps, and the quantize.
struct FuseBinary final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto output = getTensorParams(op);
    FusedGroup group = findGroup(op);
    if (!output || qnn::getIntegerForm(group.head) != IntegerForm::Binary ||
        !group.obstacle.empty() || !op.getInput().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no sum or product of its own before it");
    auto head = cast<qnn::QuantizableInterface>(group.head);
    auto data = getQuantizedData(head);
    if (!data)
      return rewriter.notifyMatchFailure(op, "an operand is not quantized");
    Location loc = fuseLocations(group.getOps());
    Operation *fused =
        head.createIntegerForm(rewriter, loc, op.getType(),
                               {*data, *output, getClamp(group.clamp, *output), {}, {}, {}, {}});
    recordFused(fused, group.head->getName().stripDialect() + " of quantized tensors");
    rewriter.replaceOp(op, fused->getResults());
    return success();
  }
};

/// A mean of one operand, no clamp.
struct FuseMean final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto output = getTensorParams(op);
    auto mean = op.getInput().getDefiningOp<qnn::QuantizableInterface>();
    if (!output || qnn::getIntegerForm(mean) != IntegerForm::Mean || !op.getInput().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no mean of its own before it");
    if (std::string reason = mean.explainFloat(); !reason.empty())
      return rewriter.notifyMatchFailure(op, reason);
    auto data = getQuantizedData(mean);
    if (!data)
      return rewriter.notifyMatchFailure(op, "the operand of the mean is not quantized");
    const TensorParams &input = data->front().params;
    int64_t above = input.range().max - input.zeroPointValue,
            below = input.zeroPointValue - input.range().min;
    if (!fitsInt32(mean.getTermCount(), std::max(above, below)))
      return rewriter.notifyMatchFailure(op, "its sum may leave int32");
    Operation *fused = mean.createIntegerForm(rewriter, mean.getLoc(), op.getType(),
                                              {*data, *output, output->range(), {}, {}, {}, {}});
    recordFused(fused, "mean of a quantized tensor");
    rewriter.replaceOp(op, fused->getResults());
    return success();
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
    float ratio = float(double(input->params.scaleValue) / double(output->scaleValue));
    Value multiplier = createFloats(rewriter, op.getLoc(), {}, ratio);
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
  patterns.add<FuseBinary, FuseMean, FuseRequantize>(patterns.getContext(), /*benefit=*/4);
}
