// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Choice of quantization parameters, accumulator bounds and lookup tables.

#include "bitwright/Numerics/Quantize.h"

#include <algorithm>
#include <limits>

using namespace bitwright;

/// A bound as the formulae can use it: NaN is 0, infinities the largest float.
static double sanitizeBound(float bound) {
  if (std::isnan(bound))
    return 0.0;
  constexpr float largest = std::numeric_limits<float>::max();
  return std::clamp(bound, -largest, largest);
}

/// 1 for an empty interval, else at least the smallest normal float.
static float sanitizeScale(double scale) {
  if (scale == 0.0)
    return 1.0f;
  return std::max(float(scale), std::numeric_limits<float>::min());
}

QuantParams bitwright::chooseAsymmetricParams(float low, float high, IntegerRange range) {
  double min = std::min(sanitizeBound(low), 0.0);
  double max = std::max(sanitizeBound(high), 0.0);
  QuantParams params;
  params.scale = sanitizeScale((max - min) / double(range.steps()));
  double offset = roundHalfEven(-min / double(params.scale));
  double zeroPoint = double(range.min) + offset;
  params.zeroPoint = int64_t(std::clamp(zeroPoint, double(range.min), double(range.max)));
  return params;
}

QuantParams bitwright::chooseSymmetricParams(float absMax, IntegerRange range) {
  QuantParams params;
  params.zeroPoint = range.min < 0 ? 0 : (range.steps() + 1) / 2;
  double largest = std::fabs(sanitizeBound(absMax));
  params.scale = sanitizeScale(largest / double(range.max - params.zeroPoint));
  return params;
}

QuantParams bitwright::chooseBlockParams(llvm::ArrayRef<float> values, IntegerRange range,
                                         bool symmetric, float clip) {
  float low = 0.0f, high = 0.0f;
  for (float value : values) {
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  low *= clip;
  high *= clip;
  if (symmetric)
    return chooseSymmetricParams(std::max(-low, high), range);
  return chooseAsymmetricParams(low, high, range);
}

QuantParams bitwright::chooseDynamicParams(llvm::ArrayRef<float> row) {
  float min = 0.0f, max = 0.0f;
  for (float value : row) {
    min = value < min ? value : min;
    max = value > max ? value : max;
  }
  QuantParams params;
  params.scale = (max - min) / 255.0f;
  if (params.scale == 0.0f)
    params.scale = 1.0f;
  params.zeroPoint = saturatingRound(-min / params.scale, 0, integerRange(8, true));
  return params;
}

float bitwright::chooseDynamicSymmetricScale(llvm::ArrayRef<float> row) {
  float largest = 0.0f;
  for (float value : row)
    largest = std::fabs(value) > largest ? std::fabs(value) : largest;
  float scale = largest / 127.0f;
  return scale == 0.0f ? 1.0f : scale;
}

std::optional<int32_t> bitwright::quantizeBias(double bias, float inputScale, float weightScale) {
  double q = roundHalfEven(double(bias) / (double(inputScale) * double(weightScale)));
  if (!(q >= double(INT32_MIN) && q <= double(INT32_MAX)))
    return std::nullopt;
  return int32_t(q);
}

float bitwright::guardWeightScale(float weightScale, float inputScale, float bias,
                                  int64_t headroom) {
  double room = std::max<double>(1.0, double(INT32_MAX) - double(headroom));
  double needed = std::fabs(double(bias)) / (double(inputScale) * room);
  if (!(needed > double(weightScale)))
    return weightScale;
  float scale = float(needed);
  return double(scale) < needed ? std::nextafter(scale, INFINITY) : scale;
}

std::array<uint8_t, 256> bitwright::buildLookupTable(QuantParams input, bool unsignedInput,
                                                     QuantParams output, IntegerRange clamp,
                                                     llvm::function_ref<float(float)> function) {
  std::array<uint8_t, 256> table;
  for (int i = 0; i < 256; ++i) {
    int64_t q = unsignedInput ? i : int64_t(int8_t(uint8_t(i)));
    float y = function(dequantize(q, input.scale, input.zeroPoint));
    table[i] = uint8_t(quantize(y, output.scale, output.zeroPoint, clamp));
  }
  return table;
}
