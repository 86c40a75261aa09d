// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Parts are followed back through ops that keep elements apart. The criterion: rounding to a
/// step s adds noise of s^2 / 12 to a part of variance v, and the part keeps 10 log10(12 v / s^2).
/// Of a part only the range w is known. Where tails reach to 10 standard deviations on both
/// sides, as in the wildest tensors worth quantizing at all, v = (w / 20)^2; so
/// w >= 64 s leaves 20 log10(64 sqrt(12) / 20) = 20.9 dB.

#include "passes/Quantization/JoinedParts.h"

#include "bitwright/Numerics/Quantize.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "passes/Common/Precision.h"

#include "llvm/Support/FormatVariadic.h"

using namespace bitwright;
using namespace mlir;

/// Steps of the common scale that a part must span to keep 20 dB.
static constexpr double kMinSteps = 64;
/// What a constant part must keep: signal over noise, 20 dB as a ratio.
static constexpr double kMinRatio = 100;
/// Constants that are remembered of one tensor; models that join more are not in sight.
static constexpr size_t kMaxConstants = 64;
static constexpr IntegerRange kActivations = integerRange(8, /*isUnsigned=*/true);

std::string bitwright::getTensorName(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return "input " + std::to_string(argument.getArgNumber());
  return "'" + getNodeName(value.getLoc()) + "'";
}

/// The interval with the 0 that every activation's scale has to represent.
static double getWidth(std::pair<double, double> range) {
  return std::max(range.second, 0.0) - std::min(range.first, 0.0);
}

/// The operands whose elements appear side by side in the result of `op`; empty where it
/// computes new ones.
static SmallVector<Value> getJoined(Operation *op) {
  auto quantizable = dyn_cast<qnn::QuantizableInterface>(op);
  return quantizable ? quantizable.getJoinedOperands() : SmallVector<Value>();
}

/// The tensor and the factor where `op` multiplies one with a scalar constant.
static std::optional<std::pair<Value, double>> getScaled(Operation *op) {
  if (!isa<qnn::MulOp, qnn::DivOp>(op))
    return std::nullopt;
  for (unsigned side : {1u, 0u}) {
    auto type = dyn_cast<RankedTensorType>(op->getOperand(side).getType());
    if (!type || !type.hasStaticShape() || type.getNumElements() != 1 ||
        (side == 0 && isa<qnn::DivOp>(op)))
      continue;
    if (auto factor = getFiniteFloats(op->getOperand(side)); factor && factor->front() != 0.0f) {
      double value = std::fabs(factor->front());
      return std::pair(op->getOperand(1 - side), isa<qnn::DivOp>(op) ? 1 / value : value);
    }
  }
  return std::nullopt;
}

JoinedParts::JoinedParts(Operation *root, const RangeMap &ranges) : ranges(ranges) {
  root->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op->getNumResults() == 1 && (getScaled(op) || !getJoined(op).empty()))
      known[op->getResult(0)] = findParts(op);
  });
}

JoinedParts::Parts JoinedParts::getParts(Value value) const {
  if (auto it = known.find(value); it != known.end())
    return it->second;
  Parts parts;
  if (getFiniteFloats(value))
    parts.constants.push_back({value});
  else
    parts.narrowest = {value};
  return parts;
}

JoinedParts::Parts JoinedParts::findParts(Operation *op) const {
  Parts parts;
  if (auto scaled = getScaled(op)) {
    parts = getParts(scaled->first);
    parts.narrowest.factor *= scaled->second;
    for (Part &part : parts.constants)
      part.factor *= scaled->second;
    return parts;
  }
  SmallVector<Value> joined = getJoined(op);
  parts = getParts(joined.front());
  for (Value operand : ArrayRef(joined).drop_front())
    add(parts, getParts(operand));
  parts.isJoined |= joined.size() > 1;
  return parts;
}

void JoinedParts::add(Parts &parts, const Parts &more) const {
  double width = getWidth(more.narrowest), least = getWidth(parts.narrowest);
  if (width > 0 && (least == 0 || width < least))
    parts.narrowest = more.narrowest;
  for (const Part &part : more.constants)
    if (parts.constants.size() < kMaxConstants)
      parts.constants.push_back(part);
  parts.isJoined |= more.isJoined;
}

/// What a part spans; 0 where it is all zeros or nothing is known of it.
double JoinedParts::getWidth(const Part &part) const {
  double width = 0;
  if (!part.origin)
    return 0;
  if (auto values = getFiniteFloats(part.origin)) {
    for (float value : *values)
      width = std::max(width, std::fabs(double(value)));
  } else if (auto it = ranges.find(part.origin); it != ranges.end()) {
    width = ::getWidth(it->second);
  }
  return width * part.factor;
}

/// Whether a constant keeps 20 dB: it is rounded to see.
bool JoinedParts::survives(const Part &part, std::pair<double, double> range) const {
  QuantParams params =
      chooseAsymmetricParams(float(range.first), float(range.second), kActivations);
  SmallVector<float> values = *getFiniteFloats(part.origin);
  double signal = 0, noise = 0;
  for (float value : values) {
    float scaled = float(value * part.factor);
    int64_t stored = quantize(scaled, params.scale, params.zeroPoint, kActivations);
    double error = double(dequantize(stored, params.scale, params.zeroPoint)) - scaled;
    signal += double(scaled) * scaled;
    noise += error * error;
  }
  return signal >= kMinRatio * noise;
}

std::string JoinedParts::explainLoss(Value value, std::pair<double, double> range) const {
  Parts parts = getParts(value);
  double steps = double(kActivations.steps()) / ::getWidth(range);
  if (!parts.isJoined || ::getWidth(range) == 0)
    return "";
  auto explain = [&](const Part &part) {
    return llvm::formatv("it joins tensors of unlike range: {0} would span {1:F1} of the {2} "
                         "steps of a common scale",
                         getTensorName(part.origin), getWidth(part) * steps, kActivations.steps())
        .str();
  };
  double narrowest = getWidth(parts.narrowest) * steps;
  if (narrowest > 0 && narrowest < kMinSteps)
    return explain(parts.narrowest);
  for (const Part &part : parts.constants)
    if (!survives(part, range))
      return explain(part);
  return "";
}
