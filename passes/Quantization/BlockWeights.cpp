// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Blocks of weights: parameters from the extremes, then the arithmetic of
/// Numerics for each element.

#include "passes/Quantization/BlockWeights.h"

#include "bitwright/Numerics/Packing.h"
#include "bitwright/Numerics/Quantize.h"

#include <algorithm>

using namespace bitwright;
using llvm::ArrayRef;

static IntegerRange getRange(const BlockFormat &format) {
  return format.symmetric ? narrowRange(format.bits) : integerRange(format.bits, true);
}

static QuantParams chooseParams(ArrayRef<float> block, const BlockFormat &format, float clip) {
  float low = 0, high = 0;
  for (float value : block) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  low *= clip;
  high *= clip;
  if (format.symmetric)
    return chooseSymmetricParams(std::max(-low, high), getRange(format));
  return chooseAsymmetricParams(low, high, getRange(format));
}

void bitwright::roundTripBlock(ArrayRef<float> block, const BlockFormat &format, float clip,
                               float *out) {
  QuantParams params = chooseParams(block, format, clip);
  IntegerRange range = getRange(format);
  for (size_t i = 0; i < block.size(); ++i)
    out[i] = dequantize(quantize(block[i], params.scale, params.zeroPoint, range), params.scale,
                        params.zeroPoint);
}

BlockWeights bitwright::quantizeBlocks(ArrayRef<float> weights, int64_t rows, int64_t columns,
                                       const BlockFormat &format, const ClipFactors &clip) {
  BlockWeights result{format, rows, columns, {}, {}, {}};
  int64_t blocks = format.countBlocks(columns);
  result.values.resize(rows * columns);
  result.scales.resize(rows * blocks);
  result.zeroPoints.resize(rows * blocks);
  IntegerRange range = getRange(format);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t b = 0; b < blocks; ++b) {
      int64_t begin = row * columns + b * format.blockSize;
      int64_t size = std::min(format.blockSize, columns - b * format.blockSize);
      ArrayRef<float> block = weights.slice(begin, size);
      int64_t index = row * blocks + b;
      QuantParams params = chooseParams(block, format, clip.empty() ? 1.0f : clip[index]);
      result.scales[index] = params.scale;
      result.zeroPoints[index] = static_cast<int8_t>(params.zeroPoint);
      for (int64_t i = 0; i < size; ++i)
        result.values[begin + i] =
            static_cast<int8_t>(quantize(block[i], params.scale, params.zeroPoint, range));
    }
  return result;
}

std::vector<float> bitwright::dequantizeBlocks(const BlockWeights &weights) {
  std::vector<float> result(weights.values.size());
  int64_t blocks = weights.format.countBlocks(weights.columns);
  bool isUnsigned = !weights.format.symmetric;
  auto extend = [&](int8_t value) { return isUnsigned ? int64_t(uint8_t(value)) : int64_t(value); };
  for (int64_t row = 0; row < weights.rows; ++row)
    for (int64_t k = 0; k < weights.columns; ++k) {
      int64_t index = row * blocks + k / weights.format.blockSize;
      result[row * weights.columns + k] =
          dequantize(extend(weights.values[row * weights.columns + k]), weights.scales[index],
                     extend(weights.zeroPoints[index]));
    }
  return result;
}

std::vector<char> bitwright::packValues(ArrayRef<int8_t> values, int64_t columns, unsigned bits) {
  if (bits == 4)
    return packNibbles(values, columns);
  return std::vector<char>(values.begin(), values.end());
}
