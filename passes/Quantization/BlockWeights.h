// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Round-to-nearest of weight matrices in blocks along their rows: the storage
/// that weight-only schemes write, and its value in float.

#ifndef BITWRIGHT_PASSES_QUANTIZATION_BLOCKWEIGHTS_H
#define BITWRIGHT_PASSES_QUANTIZATION_BLOCKWEIGHTS_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace bitwright {

/// How blocks are stored: 4 or 8 bits, `blockSize` consecutive elements of a row
/// to a block (the last block of a row may be shorter). Symmetric weights are
/// signed with zero point 0, asymmetric ones unsigned.
struct BlockFormat {
  unsigned bits = 4;
  int64_t blockSize = 32;
  bool symmetric = false;

  int64_t countBlocks(int64_t columns) const { return (columns + blockSize - 1) / blockSize; }
};

/// A quantized `rows` x `columns` matrix; scales and zero points are
/// `rows` x countBlocks(columns). `values` holds one element to a byte.
struct BlockWeights {
  BlockFormat format;
  int64_t rows = 0, columns = 0;
  std::vector<int8_t> values;
  std::vector<float> scales;
  std::vector<int8_t> zeroPoints;
};

/// The part of each block's range that is kept, as found by a clip search:
/// factors in (0, 1], `rows` x countBlocks(columns). Empty keeps all.
using ClipFactors = std::vector<float>;

/// Rounds to nearest. Each block's range is its extremes, 0 included, times its
/// clip factor.
BlockWeights quantizeBlocks(llvm::ArrayRef<float> weights, int64_t rows, int64_t columns,
                            const BlockFormat &format, const ClipFactors &clip = {});

/// (value - zero point) * scale, in float.
std::vector<float> dequantizeBlocks(const BlockWeights &weights);

/// dequantizeBlocks(quantizeBlocks(...)) of one block, in place of `out`.
void roundTripBlock(llvm::ArrayRef<float> block, const BlockFormat &format, float clip, float *out);

/// The storage bytes: i8 as it is, i4 packed as at `#qnn.weight`.
std::vector<char> packValues(llvm::ArrayRef<int8_t> values, int64_t columns, unsigned bits);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_QUANTIZATION_BLOCKWEIGHTS_H
