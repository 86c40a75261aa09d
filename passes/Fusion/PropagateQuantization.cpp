// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Quantize moves up, dequantize moves down, through ops that move elements.

#include "bitwright/Numerics/Quantize.h"
#include "passes/Common/Utils.h"
#include "passes/Fusion/Passes.h"
#include "passes/Fusion/QDQ.h"

#include "dialects/QNN/Constants.h"

namespace bitwright {
#define GEN_PASS_DEF_PROPAGATEQUANTIZATIONPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

/// How many leading operands hold the elements; 0 for ops that compute.
unsigned countDataOperands(Operation *op) {
  auto transparent = dyn_cast_or_null<qnn::TransparentInterface>(op);
  return transparent && qnn::explainFloat(op).empty() ? transparent.getNumDataOperands() : 0;
}

Value createDequantize(OpBuilder &builder, Location loc, Type type, Value data,
                       const TensorParams &params) {
  return qnn::DequantizeOp::create(builder, loc, type, data, params.scale, params.zeroPoint,
                                   builder.getI64IntegerAttr(0), builder.getI64IntegerAttr(0),
                                   params.isUnsigned ? builder.getUnitAttr() : UnitAttr());
}

Value createQuantize(OpBuilder &builder, Location loc, Value value, const TensorParams &params) {
  Type type = getTensorType(value).clone(builder.getI8Type());
  return qnn::QuantizeOp::create(builder, loc, type, value, params.scale, params.zeroPoint,
                                 builder.getI64IntegerAttr(0), builder.getI64IntegerAttr(0),
                                 params.isUnsigned ? builder.getUnitAttr() : UnitAttr());
}

int64_t quantizeFill(OpOperand &fill, const TensorParams &params) {
  return quantize(float(*getSplatFloat(fill.get())), params.scaleValue, params.zeroPointValue,
                  params.range());
}

/// The op on bytes: `operands` hold the quantized data at the data operands.
Value createOnBytes(OpBuilder &builder, qnn::TransparentInterface op, SmallVector<Value> operands,
                    const TensorParams &params) {
  if (OpOperand *fill = op.getFillOperand())
    operands[fill->getOperandNumber()] = createIntegers(builder, op.getLoc(), builder.getI8Type(),
                                                        {}, {quantizeFill(*fill, params)});
  Type type = getTensorType(op->getResult(0)).clone(builder.getI8Type());
  auto onBytes = cast<qnn::TransparentInterface>(cloneWith(builder, op, operands, type));
  onBytes.setStorage(params.isUnsigned);
  return onBytes->getResult(0);
}

/// Moving a quantize up does more work where it would quantize elements that are then dropped.
bool isWorthMoving(Operation *op, Value operand) {
  if (getQuantized(operand) || !isa<qnn::GatherOp, qnn::SliceOp>(op))
    return true;
  return estimateElements(getTensorType(operand)) <=
         estimateElements(getTensorType(op->getResult(0)));
}

struct MoveQuantizeUp final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto params = getTensorParams(op);
    Operation *moved = op.getInput().getDefiningOp();
    unsigned count = countDataOperands(moved);
    if (!params || count == 0 || !op.getInput().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no op of its own that moves elements before it");
    SmallVector<Value> operands(moved->getOperands());
    for (Value operand : ArrayRef(operands).take_front(count))
      if (!isWorthMoving(moved, operand) || !getTensorType(operand).getElementType().isF32())
        return rewriter.notifyMatchFailure(op, "more elements before than after");
    rewriter.setInsertionPoint(moved);
    if (!dominates(params->scale, moved) || !dominates(params->zeroPoint, moved))
      rewriter.setInsertionPoint(op);
    for (Value &operand : MutableArrayRef(operands).take_front(count))
      operand = createQuantize(rewriter, op.getLoc(), operand, *params);
    Value result =
        createOnBytes(rewriter, cast<qnn::TransparentInterface>(moved), operands, *params);
    rewriter.replaceOp(op, result);
    return success();
  }

  /// Parameters are constants; in one block the order decides.
  static bool dominates(Value value, Operation *op) {
    Operation *def = value.getDefiningOp();
    return def && def->getBlock() == op->getBlock() && def->isBeforeInBlock(op);
  }
};

struct MoveDequantizeDown final : RewritePattern {
  MoveDequantizeDown(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    unsigned count = countDataOperands(op);
    if (count == 0 || op->getNumResults() != 1)
      return rewriter.notifyMatchFailure(op, "does not only move elements");
    SmallVector<Value> operands(op->getOperands());
    std::optional<TensorParams> params;
    for (Value &operand : MutableArrayRef(operands).take_front(count)) {
      auto quantized = getQuantized(operand);
      if (!quantized || (params && *params != quantized->params))
        return rewriter.notifyMatchFailure(op, "not quantized, or with several scales");
      params = quantized->params;
      operand = quantized->data;
    }
    auto move = cast<qnn::TransparentInterface>(op);
    OpOperand *fill = move.getFillOperand();
    if (fill && dequantize(quantizeFill(*fill, *params), params->scaleValue,
                           params->zeroPointValue) != float(*getSplatFloat(fill->get())))
      return rewriter.notifyMatchFailure(op, "the pad value has no exact quantized form");
    Value onBytes = createOnBytes(rewriter, move, operands, *params);
    rewriter.replaceOp(
        op, createDequantize(rewriter, op->getLoc(), op->getResult(0).getType(), onBytes, *params));
    return success();
  }
};

/// quantize(dequantize(x)) with equal parameters is x.
struct RemovePair final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto params = getTensorParams(op);
    auto quantized = getQuantized(op.getInput());
    if (!params || !quantized || quantized->params != *params)
      return rewriter.notifyMatchFailure(op, "no dequantize with equal parameters before it");
    rewriter.replaceOp(op, quantized->data);
    return success();
  }
};

struct PropagateQuantizationPass final
    : bitwright::impl::PropagateQuantizationPassBase<PropagateQuantizationPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<MoveQuantizeUp, MoveDequantizeDown, RemovePair>(&getContext());
    FailureOr<int64_t> replaced = applyPatterns(getOperation(), std::move(patterns));
    if (failed(replaced))
      return signalPassFailure();
    numMoved += *replaced;
  }
};

} // namespace
