// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Matrices block by block; what happens in a block is the number format's.

#include "bitwright/Numerics/BlockWeights.h"

#include "bitwright/Numerics/Packing.h"

#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <limits>

using namespace bitwright;
using llvm::ArrayRef;

void bitwright::roundTripBlock(ArrayRef<float> block, const BlockFormat &format, float clip,
                               float *out) {
  QuantParams params = format.number->choose(block, format.symmetric, clip);
  llvm::SmallVector<int8_t, 256> codes(block.size());
  format.number->encode(block, params, format.symmetric, codes.data());
  format.number->decode(codes, params, format.symmetric, out);
}

/// Weights that are all 0 ask for no scale of their own: what the row adds to decides.
static float widenScale(ArrayRef<float> block, float scale, float least) {
  bool isZero = llvm::all_of(block, [](float value) { return value == 0.0f; });
  if (isZero && least > 0)
    return std::max(least, std::numeric_limits<float>::min());
  return std::max(scale, least);
}

BlockWeights bitwright::quantizeBlocks(ArrayRef<float> weights, int64_t rows, int64_t columns,
                                       const BlockFormat &format, const ClipFactors &clip,
                                       ArrayRef<float> leastScales) {
  BlockWeights result{format, rows, columns, {}, {}, {}};
  int64_t blocks = format.countBlocks(columns);
  result.values.resize(rows * columns);
  result.scales.resize(rows * blocks);
  result.zeroPoints.resize(rows * blocks);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t b = 0; b < blocks; ++b) {
      int64_t begin = row * columns + b * format.blockSize;
      int64_t size = std::min(format.blockSize, columns - b * format.blockSize);
      ArrayRef<float> block = weights.slice(begin, size);
      int64_t index = row * blocks + b;
      QuantParams params =
          format.number->choose(block, format.symmetric, clip.empty() ? 1.0f : clip[index]);
      if (format.symmetric && !leastScales.empty())
        params.scale = widenScale(block, params.scale, leastScales[row]);
      result.scales[index] = params.scale;
      result.zeroPoints[index] = static_cast<int8_t>(params.zeroPoint);
      format.number->encode(block, params, format.symmetric, result.values.data() + begin);
    }
  return result;
}

std::vector<float> bitwright::dequantizeBlocks(const BlockWeights &weights) {
  const BlockFormat &format = weights.format;
  std::vector<float> result(weights.values.size());
  int64_t blocks = format.countBlocks(weights.columns);
  for (int64_t row = 0; row < weights.rows; ++row)
    for (int64_t b = 0; b < blocks; ++b) {
      int64_t begin = row * weights.columns + b * format.blockSize;
      int64_t size = std::min(format.blockSize, weights.columns - b * format.blockSize);
      format.number->decode(ArrayRef<int8_t>(weights.values).slice(begin, size),
                            weights.getParams(row, b), format.symmetric, result.data() + begin);
    }
  return result;
}

std::vector<char> bitwright::packValues(ArrayRef<int8_t> values, int64_t columns, unsigned bits) {
  if (bits == 4)
    return packNibbles(values, columns);
  return std::vector<char>(values.begin(), values.end());
}
