// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Round-to-nearest of weight matrices in blocks along their rows, and the
/// value of what was stored.

#ifndef BITWRIGHT_NUMERICS_BLOCKWEIGHTS_H
#define BITWRIGHT_NUMERICS_BLOCKWEIGHTS_H

#include "bitwright/Numerics/NumberFormat.h"
#include <vector>

namespace bitwright {

/// A quantized `rows` x `columns` matrix; scales and zero points are
/// `rows` x countBlocks(columns). `values` holds one code to a byte.
struct BlockWeights {
  BlockFormat format;
  int64_t rows = 0, columns = 0;
  std::vector<int8_t> values;
  std::vector<float> scales;
  std::vector<int8_t> zeroPoints;

  /// The scale and zero point of a block.
  QuantParams getParams(int64_t row, int64_t block) const {
    int64_t index = row * format.countBlocks(columns) + block;
    int8_t zeroPoint = zeroPoints[index];
    return {scales[index], format.symmetric ? int64_t(zeroPoint) : int64_t(uint8_t(zeroPoint))};
  }
};

/// The part of each block's range that is kept, as found by a clip search:
/// factors in (0, 1], `rows` x countBlocks(columns). Empty keeps all.
using ClipFactors = std::vector<float>;

/// Rounds to nearest. Each block's range is its extremes, 0 included, times its
/// clip factor. `leastScales`, one for each row where it is not empty, widens the scales of
/// symmetric blocks.
BlockWeights quantizeBlocks(llvm::ArrayRef<float> weights, int64_t rows, int64_t columns,
                            const BlockFormat &format, const ClipFactors &clip = {},
                            llvm::ArrayRef<float> leastScales = {});

/// The values that the codes stand for.
std::vector<float> dequantizeBlocks(const BlockWeights &weights);

/// dequantizeBlocks(quantizeBlocks(...)) of one block, in place of `out`.
void roundTripBlock(llvm::ArrayRef<float> block, const BlockFormat &format, float clip, float *out);

/// The storage bytes: i8 as it is, i4 packed as at `#qnn.weight`.
std::vector<char> packValues(llvm::ArrayRef<int8_t> values, int64_t columns, unsigned bits);

} // namespace bitwright

#endif // BITWRIGHT_NUMERICS_BLOCKWEIGHTS_H
