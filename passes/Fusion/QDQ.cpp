// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reading QDQ form.

#include "passes/Fusion/QDQ.h"

#include "bitwright/Numerics/Quantize.h"
#include "dialects/QNN/Constants.h"
#include "passes/Common/Decisions.h"
#include "passes/Common/Utils.h"

#include <limits>

using namespace mlir;
using namespace bitwright;

/// Shared by quantize and dequantize, whose parameters have the same names.
template <typename OpTy>
static std::optional<TensorParams> readParams(OpTy op, RankedTensorType storage) {
  if (getTensorType(op.getScale()).getRank() != 0 || !storage.getElementType().isInteger(8))
    return std::nullopt;
  auto scale = getFloats(op.getScale());
  auto zeroPoint = getIntegers(op.getZeroPoint());
  if (!scale || !zeroPoint || !(scale->front() > 0.0f) || !std::isfinite(scale->front()))
    return std::nullopt;
  TensorParams params;
  params.scale = op.getScale();
  params.zeroPoint = op.getZeroPoint();
  params.scaleValue = scale->front();
  params.isUnsigned = op.getIsUnsigned();
  params.zeroPointValue = params.isUnsigned ? zeroPoint->front() & 255 : zeroPoint->front();
  return params;
}

std::optional<TensorParams> bitwright::getTensorParams(qnn::QuantizeOp op) {
  return readParams(op, getTensorType(op.getResult()));
}

std::optional<TensorParams> bitwright::getTensorParams(qnn::DequantizeOp op) {
  return readParams(op, getTensorType(op.getInput()));
}

std::optional<QuantizedValue> bitwright::getQuantized(Value value) {
  auto dequantize = value.getDefiningOp<qnn::DequantizeOp>();
  auto params = dequantize ? getTensorParams(dequantize) : std::nullopt;
  if (!params)
    return std::nullopt;
  return QuantizedValue{dequantize.getInput(), *params};
}

/// Differences to an unsigned zero point reach from -255 to 255. A channel that leaves the signed
/// byte is clipped to it, or put on a coarser scale, whichever changes it less; true where it was.
static bool fitSignedByte(ArrayRef<int64_t> values, float &scale, MutableArrayRef<int8_t> bytes) {
  IntegerRange range = integerRange(8, /*isUnsigned=*/false);
  auto store = [&](double step) {
    double error = 0;
    for (auto [value, byte] : llvm::zip_equal(values, bytes)) {
      byte = int8_t(range.clamp(int64_t(roundHalfEven(double(value) / step))));
      error += std::pow(double(value) - step * byte, 2);
    }
    return error;
  };
  double most = 0;
  for (int64_t value : values)
    most = std::max({most, double(value) / double(range.max), double(value) / double(range.min)});
  double clipped = store(1);
  if (clipped == 0)
    return false;
  if (store(most) <= clipped)
    scale = float(scale * most);
  else
    store(1);
  return true;
}

/// The stored weights of a channel minus their zero point.
static void subtract(ArrayRef<char> bytes, int64_t zeroPoint, bool isUnsigned,
                     SmallVectorImpl<int64_t> &differences) {
  differences.clear();
  for (char byte : bytes)
    differences.push_back(isUnsigned ? int64_t(uint8_t(byte)) - (zeroPoint & 255)
                                     : int64_t(int8_t(byte)) - zeroPoint);
}

MatchOr<QuantizedWeights> bitwright::getQuantizedWeights(Value weight) {
  auto dequantize = weight.getDefiningOp<qnn::DequantizeOp>();
  if (!dequantize || !isConstantValue(dequantize.getInput()))
    return "its weights are not quantized constants";
  RankedTensorType type = getTensorType(dequantize.getInput());
  if (!type.getElementType().isInteger(8) || type.getRank() < 2)
    return "its weights do not have 8 bits";
  auto scales = getFloats(dequantize.getScale());
  auto zeroPoints = getIntegers(dequantize.getZeroPoint());
  int64_t scaleRank = getTensorType(dequantize.getScale()).getRank();
  if (!scales || !zeroPoints)
    return "the scales of its weights are not constant";
  if (dequantize.getBlockSize() != 0 || (scaleRank == 1 && dequantize.getAxis() != 0))
    return "its weights have scales along a contracted dimension";
  if (type.getNumElements() == 0)
    return "its weights are empty";
  int64_t channels = type.getDimSize(0), perChannel = type.getNumElements() / channels;
  auto data = getConstant(dequantize.getInput());
  if (!data)
    return "its weights are not in the module";

  QuantizedWeights weights;
  weights.scales =
      scaleRank == 0 ? SmallVector<float>(channels, scales->front()) : SmallVector<float>(*scales);
  weights.bytes.resize(data->bytes.size());
  SmallVector<int64_t> differences;
  for (int64_t c = 0; c < channels; ++c) {
    subtract(data->bytes.slice(c * perChannel, perChannel),
             (*zeroPoints)[zeroPoints->size() == 1 ? 0 : c], dequantize.getIsUnsigned(),
             differences);
    weights.isRounded |=
        fitSignedByte(differences, weights.scales[c],
                      MutableArrayRef(weights.bytes).slice(c * perChannel, perChannel));
  }
  bool isSymmetric = llvm::all_of(*zeroPoints, [](int64_t zero) { return zero == 0; });
  if (isSymmetric && !dequantize.getIsUnsigned())
    weights.data = dequantize.getInput();
  return weights;
}

/// Quantizing grows with its argument, so limits before it are limits after it.
IntegerRange bitwright::getClamp(Operation *clamp, const TensorParams &output) {
  if (!clamp)
    return output.range();
  auto quantizeLimit = [&](double limit) {
    float rounded = float(std::clamp(limit, -double(std::numeric_limits<float>::max()),
                                     double(std::numeric_limits<float>::max())));
    return quantize(rounded, output.scaleValue, output.zeroPointValue, output.range());
  };
  qnn::Limits limits = cast<qnn::QuantizableInterface>(clamp).getLimits();
  return {quantizeLimit(limits.min), quantizeLimit(limits.max)};
}

FusedGroup bitwright::findGroup(qnn::QuantizeOp op) {
  return getFusedGroup(op.getInput(), [](Value value) { return getQuantized(value).has_value(); });
}

void bitwright::recordFused(Operation *op, const Twine &intoWhat) {
  DecisionRecorder(op->getContext(), "qnn-fuse-qdq").applied(op, "fused", intoWhat);
}
