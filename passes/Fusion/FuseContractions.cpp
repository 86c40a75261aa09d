// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Convolutions and linear ops with their epilogues.

#include "passes/Fusion/QDQ.h"

#include "bitwright/Numerics/Quantize.h"
#include "dialects/QNN/Constants.h"
#include "passes/Common/Utils.h"

using namespace mlir;
using namespace bitwright;

/// The bias as real numbers: float constants, or int32 ones with a scale of their own, as ONNX
/// models have them.
static std::optional<SmallVector<double>> getBiases(Value bias) {
  if (auto floats = getFloats(bias))
    return SmallVector<double>(floats->begin(), floats->end());
  auto dequantize = bias.getDefiningOp<qnn::DequantizeOp>();
  if (!dequantize || !getTensorType(dequantize.getInput()).getElementType().isInteger(32))
    return std::nullopt;
  auto values = getIntegers(dequantize.getInput());
  auto scales = getFloats(dequantize.getScale());
  if (!values || !scales || (scales->size() != 1 && scales->size() != values->size()))
    return std::nullopt;
  SmallVector<double> result;
  for (auto [i, value] : llvm::enumerate(*values))
    result.push_back(double(value) * double((*scales)[scales->size() == 1 ? 0 : i]));
  return result;
}

/// Quantizes the bias and checks that no sum can leave int32.
static MatchOr<SmallVector<int32_t>> quantizeBiases(const ContractionMatch &match) {
  OpOperand *operand = match.getContraction().getBiasOperand();
  SmallVector<int32_t> result;
  std::optional<SmallVector<double>> biases;
  if (operand && operand->get()) {
    biases = getBiases(operand->get());
    if (!biases || biases->size() != match.weights.scales.size())
      return "its bias is not constant";
  }
  int64_t channels = match.weights.scales.size(),
          perChannel = match.weights.bytes.size() / channels;
  for (int64_t c = 0; c < channels; ++c) {
    int32_t bias = 0;
    if (biases) {
      auto quantized =
          quantizeBias((*biases)[c], match.input.params.scaleValue, match.weights.scales[c]);
      if (!quantized)
        return "its bias does not fit int32 in channel " + std::to_string(c);
      result.push_back(bias = *quantized);
    }
    auto row = ArrayRef<int8_t>(match.weights.bytes).slice(c * perChannel, perChannel);
    if (!accumulatorBounds(row, match.input.params.range(), match.input.params.zeroPointValue, bias)
             .fitsInt32())
      return "its sums may leave int32 in channel " + std::to_string(c);
  }
  return result;
}

MatchOr<ContractionMatch> bitwright::matchContraction(qnn::QuantizeOp op) {
  ContractionMatch match;
  match.group = findGroup(op);
  if (!isa_and_nonnull<qnn::ContractionInterface>(match.group.head))
    return "no contraction";
  if (std::string reason = qnn::explainFloat(match.group.head); !reason.empty())
    return reason;
  if (!match.group.obstacle.empty())
    return match.group.obstacle;
  if (!op.getInput().hasOneUse())
    return "its float result has other uses";
  auto output = getTensorParams(op);
  if (!output)
    return "its result is not quantized as a whole to 8 bits";
  match.output = *output;
  auto input = getQuantized(match.getContraction().getActivationOperand().get());
  if (!input)
    return "its input is not quantized as a whole to 8 bits";
  match.input = *input;
  if (match.group.add)
    match.residual = getQuantized(match.group.residual);
  auto weights = getQuantizedWeights(match.getContraction().getWeightOperand().get());
  if (!weights)
    return weights.reason;
  match.weights = std::move(*weights);
  auto bias = quantizeBiases(match);
  if (!bias)
    return bias.reason;
  match.bias = std::move(*bias);
  return match;
}

/// s_x * s_w[c] / s_y in double, rounded once; a scalar where all are equal.
static Value createMultipliers(const ContractionMatch &match, Location loc,
                               PatternRewriter &rewriter) {
  SmallVector<float> values;
  for (float scale : match.weights.scales)
    values.push_back(float(double(match.input.params.scaleValue) * double(scale) /
                           double(match.output.scaleValue)));
  if (llvm::all_equal(values))
    return createFloats(rewriter, loc, {}, values.front());
  return createFloats(rewriter, loc, {int64_t(values.size())}, values);
}

static IntegerOperands createOperands(const ContractionMatch &match, Location loc,
                                      PatternRewriter &rewriter) {
  IntegerOperands operands;
  operands.data = {match.input};
  operands.output = match.output;
  operands.residual = match.residual;
  operands.clamp = getClamp(match.group.clamp, match.output);
  RankedTensorType type = getTensorType(match.getContraction().getWeightOperand().get());
  operands.weight = match.weights.data;
  if (!operands.weight)
    operands.weight = createConstant(
        rewriter, loc, type.clone(rewriter.getI8Type()),
        {reinterpret_cast<const char *>(match.weights.bytes.data()), match.weights.bytes.size()});
  if (!match.bias.empty())
    operands.bias =
        createIntegers(rewriter, loc, rewriter.getI32Type(), {int64_t(match.bias.size())},
                       SmallVector<int64_t>(match.bias.begin(), match.bias.end()));
  operands.multiplier = createMultipliers(match, loc, rewriter);
  return operands;
}

namespace {

struct FuseContraction final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto match = matchContraction(op);
    if (!match)
      return rewriter.notifyMatchFailure(op, match.reason);
    Location loc = fuseLocations(match->group.getOps());
    auto head = cast<qnn::QuantizableInterface>(match->group.head);
    IntegerOperands operands = createOperands(*match, loc, rewriter);
    Operation *fused = head.createIntegerForm(rewriter, loc, op.getType(), operands);
    recordFused(fused, describe(*match));
    rewriter.replaceOp(op, fused->getResults());
    return success();
  }

  static std::string describe(const ContractionMatch &match) {
    std::string text = "with requantization";
    if (!match.bias.empty())
      text += ", bias";
    if (match.group.add)
      text += ", residual add";
    if (Operation *clamp = match.group.clamp)
      text += ", " + clamp->getName().stripDialect().str();
    if (match.weights.isRounded)
      text += "; weights that leave the signed byte are rounded to it";
    return text;
  }
};

} // namespace

void bitwright::populateContractionPatterns(RewritePatternSet &patterns) {
  patterns.add<FuseContraction>(patterns.getContext(), /*benefit=*/8);
}
