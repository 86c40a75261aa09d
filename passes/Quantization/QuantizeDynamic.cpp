// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Linear ops on activations that are quantized at run time, with parameters that no constant can
/// state: they are written as the ops that do it.

#include "passes/Common/Precision.h"
#include "passes/Quantization/Passes.h"
#include "llvm/ADT/DenseMap.h"

namespace bitwright {
#define GEN_PASS_DEF_QUANTIZEDYNAMICPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

namespace {

struct QuantizeDynamicPass final : bitwright::impl::QuantizeDynamicPassBase<QuantizeDynamicPass> {
  using QuantizeDynamicPassBase::QuantizeDynamicPassBase;

  void runOnOperation() override {
    if (failed(verifyPrecisions(getOperation())))
      return signalPassFailure();
    SmallVector<qnn::LinearOp> ops;
    getOperation().walk<WalkOrder::PreOrder>([&](qnn::LinearOp op) { ops.push_back(op); });
    for (qnn::LinearOp linear : ops) {
      qnn::PrecisionAttr precision = qnn::getPrecision(linear);
      auto weight = linear.getWeight().getDefiningOp<qnn::DequantizeOp>();
      if (!precision || !weight)
        continue;
      if (precision.getActivations() == qnn::ActivationForm::Dynamic)
        makeDynamic(linear, weight);
      else if (precision.getActivations() == qnn::ActivationForm::Int8)
        makeBlockLinear(linear, weight);
      else
        continue;
      ++numQuantized;
    }
    eraseDeadConstants(getOperation());
  }

  /// One quantization for all linear ops of a block that read the same tensor.
  qnn::DynamicQuantizeOp getQuantizedInput(qnn::LinearOp linear, qnn::DequantizeOp weight) {
    qnn::DynamicQuantizeOp &quantize = quantized[{linear.getInput(), linear->getBlock()}];
    if (!quantize) {
      OpBuilder builder(linear);
      if (Operation *constant = weight.getInput().getDefiningOp())
        if (constant->getBlock() == linear->getBlock() &&
            !isDefinedAfter(linear.getInput(), constant))
          builder.setInsertionPoint(constant); // in front of all that the op needs
      quantize = qnn::DynamicQuantizeOp::create(builder, linear.getLoc(), linear.getInput());
    }
    return quantize;
  }

  static bool isDefinedAfter(Value value, Operation *op) {
    Operation *maker = value.getDefiningOp();
    return maker && maker->getBlock() == op->getBlock() && !maker->isBeforeInBlock(op);
  }

  void makeDynamic(qnn::LinearOp linear, qnn::DequantizeOp weight) {
    qnn::DynamicQuantizeOp input = getQuantizedInput(linear, weight);
    OpBuilder builder(linear);
    auto result = qnn::DynamicQLinearOp::create(
        builder, linear.getLoc(), linear.getType(), input.getResult(), weight.getInput(),
        input.getScale(), input.getZeroPoint(), weight.getScale(), linear.getBias());
    replace(linear, weight, result.getResult());
  }

  void makeBlockLinear(qnn::LinearOp linear, qnn::DequantizeOp weight) {
    OpBuilder builder(linear);
    auto result = qnn::BlockLinearOp::create(
        builder, linear.getLoc(), linear.getType(), linear.getInput(), weight.getInput(),
        weight.getScale(), weight.getZeroPoint(), linear.getBias(), weight.getBlockSize(),
        weight.getIsUnsigned(), qnn::ActivationMode::Int8);
    replace(linear, weight, result.getResult());
  }

  static void replace(qnn::LinearOp linear, qnn::DequantizeOp weight, Value result) {
    linear.replaceAllUsesWith(result);
    linear.erase();
    if (weight->use_empty())
      weight.erase();
  }

  llvm::DenseMap<std::pair<Value, Block *>, qnn::DynamicQuantizeOp> quantized;
};

} // namespace
