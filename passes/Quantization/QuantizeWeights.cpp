// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Weight-only quantization in blocks.

#include "passes/Calibration/Statistic.h"
#include "passes/Quantization/Common.h"
#include "passes/Quantization/Passes.h"
#include "passes/Quantization/ScaleFolding.h"
#include "passes/Quantization/ScaleSearch.h"

namespace bitwright {
#define GEN_PASS_DEF_QUANTIZEWEIGHTSPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

/// True where the ops between `value` and a softmax only move, combine or compare elements.
static bool reachesSoftmax(Value value, llvm::DenseSet<Value> &seen, bool beforeMatmul) {
  if (!seen.insert(value).second)
    return false;
  for (Operation *user : value.getUsers()) {
    if (isa<qnn::SoftmaxOp>(user) && !beforeMatmul)
      return true;
    bool isMatmul = isa<qnn::MatmulOp>(user) && beforeMatmul;
    if (!isMatmul &&
        !isa<qnn::ElementwiseInterface, qnn::TransparentInterface, qnn::ObserveOp>(user))
      continue;
    if (reachesSoftmax(user->getResult(0), seen, beforeMatmul && !isMatmul))
      return true;
  }
  return false;
}

/// Queries and keys: their product goes through a softmax. Clipping them hurts.
static bool makesAttentionScores(qnn::LinearOp linear) {
  llvm::DenseSet<Value> seen;
  return reachesSoftmax(linear.getResult(), seen, /*beforeMatmul=*/true);
}

namespace {

/// A weight in the IR, quantized.
struct StoredWeight {
  Value values, scales, zeroPoints;
};

struct QuantizeWeightsPass final : bitwright::impl::QuantizeWeightsPassBase<QuantizeWeightsPass> {
  using QuantizeWeightsPassBase::QuantizeWeightsPassBase;

  void runOnOperation() override;
  LogicalResult checkOptions();
  void quantize(qnn::LinearOp linear);
  ClipFactors findClip(qnn::LinearOp linear, ArrayRef<float> weights, BlockFormat format);
  StoredWeight store(qnn::LinearOp linear, const BlockWeights &weights);
  void replace(qnn::LinearOp linear, const StoredWeight &weight, const BlockFormat &format);

  KeepFilter filter;
  std::optional<DecisionRecorder> record;
};

} // namespace

LogicalResult QuantizeWeightsPass::checkOptions() {
  Operation *module = getOperation();
  if (bits != 4 && bits != 8)
    return module->emitError() << "option 'bits' expects 4 or 8, but got " << unsigned(bits);
  if (group < 0)
    return module->emitError() << "option 'group' expects 0 or more, but got " << int64_t(group);
  if (activations != "float" && activations != "int8")
    return module->emitError() << "option 'activations' expects float or int8, but got '"
                               << activations.getValue() << "'";
  return filter.parse(keep, module);
}

void QuantizeWeightsPass::runOnOperation() {
  if (failed(checkOptions()) || failed(verifyStatistics(getOperation())))
    return signalPassFailure();
  record.emplace(&getContext(), getArgument());
  SmallVector<Operation *> ops;
  getOperation().walk([&](qnn::ContractionInterface op) { ops.push_back(op); });
  for (Operation *op : ops) {
    if (auto linear = dyn_cast<qnn::LinearOp>(op))
      quantize(linear);
    else if (isa<qnn::Conv2dOp, qnn::ConvTranspose2dOp>(op))
      record->missed(op, "kept float", "weight-only quantization applies to linear ops");
  }
  eraseDeadConstants(getOperation());
}

void QuantizeWeightsPass::quantize(qnn::LinearOp linear) {
  if (filter.matches(linear))
    return record->missed(linear, "kept float", "its name matches 'keep'");
  Value weight = linear.getWeight();
  if (!weight.getDefiningOp<qnn::ConstantOp>())
    return record->missed(linear, "kept float", "weights are not constant");
  auto values = getFiniteFloats(weight);
  auto type = cast<RankedTensorType>(weight.getType());
  if (!values || values->empty())
    return record->missed(linear, "kept float", "weights are not finite f32 numbers");
  if (!getElementTypeOrSelf(linear.getInput()).isF32())
    return record->missed(linear, "kept float", "the input is not f32");
  int64_t rows = type.getDimSize(0), columns = type.getDimSize(1);
  BlockFormat format{bits, group == 0 ? columns : std::min<int64_t>(group, columns), symmetric};
  ClipFactors factors = clip ? findClip(linear, *values, format) : ClipFactors();
  BlockWeights quantized = quantizeBlocks(*values, rows, columns, format, factors);
  replace(linear, store(linear, quantized), format);
}

ClipFactors QuantizeWeightsPass::findClip(qnn::LinearOp linear, ArrayRef<float> weights,
                                          BlockFormat format) {
  SmallVector<float> samples = getStatistic(findObserver(linear.getInput()), "samples");
  if (samples.empty()) {
    record->missed(linear, "not clipped", "its input has no sample rows");
    return {};
  }
  if (makesAttentionScores(linear)) {
    record->missed(linear, "not clipped", "it makes queries or keys of an attention");
    return {};
  }
  auto type = cast<RankedTensorType>(linear.getWeight().getType());
  return searchClipping(weights, type.getDimSize(0), type.getDimSize(1), samples, format);
}

StoredWeight QuantizeWeightsPass::store(qnn::LinearOp linear, const BlockWeights &weights) {
  OpBuilder builder(linear);
  Location loc = linear.getWeight().getLoc();
  unsigned width = weights.format.bits;
  SmallVector<int64_t> blocks{weights.rows, weights.format.countBlocks(weights.columns)};
  return {createStorage(builder, loc, width, {weights.rows, weights.columns}, weights.values),
          createFloats(builder, loc, blocks, weights.scales),
          createStorage(builder, loc, width, blocks, weights.zeroPoints)};
}

void QuantizeWeightsPass::replace(qnn::LinearOp linear, const StoredWeight &weight,
                                  const BlockFormat &format) {
  OpBuilder builder(linear);
  bool isUnsigned = !format.symmetric;
  record->applied(linear, "quantized",
                  "int" + Twine(format.bits) + " weights, " +
                      (format.symmetric ? "symmetric" : "asymmetric") + ", blocks of " +
                      Twine(format.blockSize) + ", " + activations + " activations");
  if (activations == "float") {
    auto dequantize = qnn::DequantizeOp::create(
        builder, linear.getWeight().getLoc(), linear.getWeight().getType(), weight.values,
        weight.scales, weight.zeroPoints, /*axis=*/1, uint64_t(format.blockSize), isUnsigned);
    linear.getWeightMutable().assign(dequantize);
    return;
  }
  auto block =
      qnn::BlockLinearOp::create(builder, linear.getLoc(), linear.getType(), linear.getInput(),
                                 weight.values, weight.scales, weight.zeroPoints, linear.getBias(),
                                 uint64_t(format.blockSize), isUnsigned, qnn::ActivationMode::Int8);
  linear.replaceAllUsesWith(block.getResult());
  linear.erase();
}
