// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// int8 linear ops on activations that are quantized at run time.

#include "passes/Quantization/BlockWeights.h"
#include "passes/Quantization/Common.h"
#include "passes/Quantization/Passes.h"
#include "llvm/ADT/DenseMap.h"

namespace bitwright {
#define GEN_PASS_DEF_QUANTIZEDYNAMICPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

/// |sum((x - zero point) * w)| <= K * 255 * 127 has to fit int32.
static constexpr int64_t kMaxColumns = INT32_MAX / (255 * 127);

namespace {

struct QuantizeDynamicPass final : bitwright::impl::QuantizeDynamicPassBase<QuantizeDynamicPass> {
  using QuantizeDynamicPassBase::QuantizeDynamicPassBase;

  void runOnOperation() override {
    if (failed(filter.parse(keep, getOperation())))
      return signalPassFailure();
    record.emplace(&getContext(), getArgument());
    SmallVector<Operation *> ops;
    getOperation().walk<WalkOrder::PreOrder>(
        [&](qnn::ContractionInterface op) { ops.push_back(op); });
    for (Operation *op : ops) {
      if (auto linear = dyn_cast<qnn::LinearOp>(op))
        quantize(linear);
      else if (isa<qnn::Conv2dOp, qnn::ConvTranspose2dOp>(op))
        record->missed(op, "kept float",
                       "dynamic quantization applies to linear ops; int8 quantizes convolutions");
    }
    eraseDeadConstants(getOperation());
  }

  /// One quantization for all linear ops of a block that read the same tensor.
  qnn::DynamicQuantizeOp getQuantizedInput(qnn::LinearOp linear) {
    qnn::DynamicQuantizeOp &quantize = quantized[{linear.getInput(), linear->getBlock()}];
    if (!quantize) {
      OpBuilder builder(linear);
      quantize = qnn::DynamicQuantizeOp::create(builder, linear.getLoc(), linear.getInput());
    }
    return quantize;
  }

  void quantize(qnn::LinearOp linear) {
    if (filter.matches(linear))
      return record->missed(linear, "kept float", "its name matches 'keep'");
    if (!linear.getWeight().getDefiningOp<qnn::ConstantOp>())
      return record->missed(linear, "kept float", "weights are not constant");
    auto values = getFiniteFloats(linear.getWeight());
    if (!values || values->empty() || !getElementTypeOrSelf(linear.getInput()).isF32())
      return record->missed(linear, "kept float", "weights or input are not finite f32 numbers");
    auto type = cast<RankedTensorType>(linear.getWeight().getType());
    int64_t rows = type.getDimSize(0), columns = type.getDimSize(1);
    if (columns > kMaxColumns)
      return record->missed(linear, "kept float",
                            "a sum of " + Twine(columns) + " products may overflow int32");
    BlockWeights weights =
        quantizeBlocks(*values, rows, columns, BlockFormat{8, columns, /*symmetric=*/true});
    qnn::DynamicQuantizeOp input = getQuantizedInput(linear);
    OpBuilder builder(linear);
    Location loc = linear.getWeight().getLoc();
    Value stored = createStorage(builder, loc, 8, {rows, columns}, weights.values);
    Value scales = createFloats(builder, loc, {rows}, weights.scales);
    auto result = qnn::DynamicQLinearOp::create(builder, linear.getLoc(), linear.getType(),
                                                input.getResult(), stored, input.getScale(),
                                                input.getZeroPoint(), scales, linear.getBias());
    record->applied(linear, "quantized",
                    "int8 weights for each channel, activations quantized at run time");
    linear.replaceAllUsesWith(result.getResult());
    linear.erase();
  }

  KeepFilter filter;
  std::optional<DecisionRecorder> record;
  llvm::DenseMap<std::pair<Value, Block *>, qnn::DynamicQuantizeOp> quantized;
};

} // namespace
