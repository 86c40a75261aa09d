// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Linear ops on quantized weights and float activations.

#include "passes/Common/Utils.h"
#include "passes/Fusion/Passes.h"
#include "passes/Fusion/QDQ.h"

#include "dialects/QNN/Constants.h"

namespace bitwright {
#define GEN_PASS_DEF_FUSEBLOCKLINEARPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

struct FuseBlockLinear final : OpRewritePattern<qnn::LinearOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnn::LinearOp op, PatternRewriter &rewriter) const override {
    auto dequantize = op.getWeight().getDefiningOp<qnn::DequantizeOp>();
    if (!dequantize || !isConstantValue(dequantize.getInput()))
      return rewriter.notifyMatchFailure(op, "the weights are not quantized constants");
    RankedTensorType type = getTensorType(dequantize.getInput());
    if (!type.getElementType().isInteger(4) && !type.getElementType().isInteger(8))
      return rewriter.notifyMatchFailure(op, "the weights have neither 4 nor 8 bits");
    auto blocks = getBlocks(dequantize, type, rewriter);
    if (!blocks)
      return rewriter.notifyMatchFailure(op, "the scales are not for blocks of a row");
    Location loc = fuseLocations({op});
    auto fused = qnn::BlockLinearOp::create(
        rewriter, loc, op.getType(), op.getInput(), dequantize.getInput(), blocks->scales,
        blocks->zeroPoints, op.getBias(), rewriter.getI64IntegerAttr(blocks->size),
        dequantize.getIsUnsigned() ? rewriter.getUnitAttr() : UnitAttr(),
        qnn::ActivationModeAttr::get(getContext(), qnn::ActivationMode::Float));
    recordFused(fused, "with " + Twine(type.getElementTypeBitWidth()) +
                           "-bit weights in blocks of " + Twine(blocks->size));
    rewriter.replaceOp(op, fused);
    return success();
  }

  struct Blocks {
    Value scales, zeroPoints; // N x ceil(K / size)
    int64_t size;
  };

  /// Scales in blocks along the row stay; one for each row, or one for all, is a block of K.
  static std::optional<Blocks> getBlocks(qnn::DequantizeOp op, RankedTensorType type,
                                         PatternRewriter &rewriter) {
    int64_t rows = type.getDimSize(0), columns = type.getDimSize(1);
    if (op.getBlockSize() > 0)
      return op.getAxis() == 1 ? std::optional(Blocks{op.getScale(), op.getZeroPoint(),
                                                      int64_t(op.getBlockSize())})
                               : std::nullopt;
    int64_t rank = getTensorType(op.getScale()).getRank();
    auto scales = getFloats(op.getScale());
    auto zeroPoints = getIntegers(op.getZeroPoint());
    if ((rank == 1 && op.getAxis() != 0) || !scales || !zeroPoints || columns == 0)
      return std::nullopt;
    if (rank == 0) {
      scales->assign(rows, float(scales->front()));
      zeroPoints->assign(rows, int64_t(zeroPoints->front()));
    }
    return Blocks{
        createFloats(rewriter, op.getLoc(), {rows, 1}, *scales),
        createIntegers(rewriter, op.getLoc(), type.getElementType(), {rows, 1}, *zeroPoints),
        columns};
  }
};

struct FuseBlockLinearPass final : bitwright::impl::FuseBlockLinearPassBase<FuseBlockLinearPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FuseBlockLinear>(&getContext());
    FailureOr<int64_t> replaced = applyPatterns(getOperation(), std::move(patterns));
    if (failed(replaced))
      return signalPassFailure();
    numFused += *replaced;
  }
};

} // namespace
