// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Convolutions and linear ops with their epilogues.

#include "passes/Fusion/QDQ.h"

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
  OpOperand *operand = cast<qnn::ContractionInterface>(match.contraction).getBiasOperand();
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

/// The contraction that the operand of the quantize comes from, through clamp and residual add.
static MatchOr<ContractionMatch> findContraction(qnn::QuantizeOp op) {
  ContractionMatch match;
  ClampedValue clamped = skipClamp(op.getInput());
  match.clamp = clamped.clamp;
  Value value = clamped.value;
  if (auto add = value.getDefiningOp<qnn::AddOp>(); add && value.hasOneUse()) {
    for (auto [sum, other] :
         {std::pair(add.getLhs(), add.getRhs()), {add.getRhs(), add.getLhs()}}) {
      auto residual = getQuantized(other);
      if (match.add || !residual ||
          !isa_and_nonnull<qnn::ContractionInterface>(sum.getDefiningOp()))
        continue;
      if (!fitsOnSums(add, sum, other))
        return "the tensor added to it is broadcast";
      match.add = add;
      match.residual = *residual;
      value = sum;
    }
  }
  match.contraction = value.getDefiningOp();
  if (!isa_and_nonnull<qnn::ContractionInterface>(match.contraction))
    return "no contraction";
  if (!hasIntegerSums(match.contraction))
    return match.contraction->getName().getStringRef().str() + " has no integer form";
  if (!value.hasOneUse())
    return "its float result has other uses";
  return match;
}

MatchOr<ContractionMatch> bitwright::matchContraction(qnn::QuantizeOp op) {
  auto match = findContraction(op);
  if (!match)
    return match;
  auto output = getTensorParams(op);
  if (!output)
    return "its result is not quantized as a whole to 8 bits";
  match->output = *output;
  auto contraction = cast<qnn::ContractionInterface>(match->contraction);
  auto input = getQuantized(contraction.getActivationOperand().get());
  if (!input)
    return "its input is not quantized as a whole to 8 bits";
  match->input = *input;
  auto weights = getQuantizedWeights(contraction.getWeightOperand().get());
  if (!weights)
    return weights.reason;
  match->weights = std::move(*weights);
  auto bias = quantizeBiases(*match);
  if (!bias)
    return bias.reason;
  match->bias = std::move(*bias);
  return match;
}

namespace {

struct FuseContraction final : OpRewritePattern<qnn::QuantizeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnn::QuantizeOp op, PatternRewriter &rewriter) const override {
    auto match = matchContraction(op);
    if (!match)
      return rewriter.notifyMatchFailure(op, match.reason);
    Location loc = getLocation(*match, op);
    Operation *fused = isa<qnn::Conv2dOp>(match->contraction)
                           ? createConv(*match, op, loc, rewriter)
                           : createLinear(*match, op, loc, rewriter);
    recordFused(fused, describe(*match));
    rewriter.replaceOp(op, fused->getResults());
    return success();
  }

  static Location getLocation(const ContractionMatch &match, qnn::QuantizeOp op) {
    SmallVector<Operation *> ops{match.contraction};
    if (match.add)
      ops.push_back(match.add);
    if (match.clamp)
      ops.push_back(match.clamp);
    return fuseLocations(ops);
  }

  static std::string describe(const ContractionMatch &match) {
    std::string text = "with requantization";
    if (!match.bias.empty())
      text += ", bias";
    if (match.add)
      text += ", residual add";
    if (match.clamp)
      text += isa<qnn::ReluOp>(match.clamp) ? ", relu" : ", clip";
    if (match.weights.isRounded)
      text += "; weights that leave the signed byte are rounded to it";
    return text;
  }

  /// The constants that both forms have.
  struct Operands {
    Value weight, bias, multiplier, residual, residualZeroPoint, residualMultiplier;
    IntegerAttr clampMin, clampMax;
    UnitAttr unsignedInput, unsignedOutput, unsignedResidual;
  };

  static Operands createOperands(const ContractionMatch &match, Location loc,
                                 PatternRewriter &rewriter) {
    Operands operands;
    auto unit = [&](bool set) { return set ? rewriter.getUnitAttr() : UnitAttr(); };
    RankedTensorType type =
        getTensorType(cast<qnn::ContractionInterface>(match.contraction).getWeightOperand().get());
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
    if (match.residual) {
      operands.residual = match.residual->data;
      operands.residualZeroPoint = match.residual->params.zeroPoint;
      operands.residualMultiplier = createMultiplier(rewriter, loc,
                                                     double(match.residual->params.scaleValue) /
                                                         double(match.output.scaleValue));
      operands.unsignedResidual = unit(match.residual->params.isUnsigned);
    }
    IntegerRange clamp = getClamp(match.clamp, match.output);
    operands.clampMin = rewriter.getI64IntegerAttr(clamp.min);
    operands.clampMax = rewriter.getI64IntegerAttr(clamp.max);
    operands.unsignedInput = unit(match.input.params.isUnsigned);
    operands.unsignedOutput = unit(match.output.isUnsigned);
    return operands;
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

  static Operation *createConv(const ContractionMatch &match, qnn::QuantizeOp op, Location loc,
                               PatternRewriter &rewriter) {
    auto conv = cast<qnn::Conv2dOp>(match.contraction);
    Operands o = createOperands(match, loc, rewriter);
    return qnn::QConv2dOp::create(
        rewriter, loc, op.getType(), match.input.data, o.weight, o.bias,
        match.input.params.zeroPoint, o.multiplier, match.output.zeroPoint, o.residual,
        o.residualZeroPoint, o.residualMultiplier, conv.getStridesAttr(), conv.getPadsAttr(),
        conv.getDilationsAttr(), conv.getGroupsAttr(), o.clampMin, o.clampMax, o.unsignedInput,
        o.unsignedOutput, o.unsignedResidual);
  }

  static Operation *createLinear(const ContractionMatch &match, qnn::QuantizeOp op, Location loc,
                                 PatternRewriter &rewriter) {
    Operands o = createOperands(match, loc, rewriter);
    return qnn::QLinearOp::create(rewriter, loc, op.getType(), match.input.data, o.weight, o.bias,
                                  match.input.params.zeroPoint, o.multiplier,
                                  match.output.zeroPoint, o.residual, o.residualZeroPoint,
                                  o.residualMultiplier, o.clampMin, o.clampMax, o.unsignedInput,
                                  o.unsignedOutput, o.unsignedResidual);
  }
};

} // namespace

void bitwright::populateContractionPatterns(RewritePatternSet &patterns) {
  patterns.add<FuseContraction>(patterns.getContext(), /*benefit=*/8);
}
