// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Round-to-nearest of weight blocks, with numbers worked out by hand.

#include "bitwright/Numerics/BlockWeights.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace bitwright;

/// Integers of `bits` in blocks.
static BlockFormat intBlocks(unsigned bits, int64_t size, bool symmetric) {
  static FormatRegistry formats;
  return {formats.lookup("int" + std::to_string(bits)), size, symmetric};
}

TEST(BlockWeights, AsymmetricInt4MapsTheExtremes) {
  // 0 ... 15 in steps of 1 from -5: scale 1, zero point 5.
  BlockWeights q = quantizeBlocks({-5, 10, 0, 3.4f}, 1, 4, intBlocks(4, 4, false));
  EXPECT_EQ(q.scales, (std::vector<float>{1.0f}));
  EXPECT_EQ(q.zeroPoints, (std::vector<int8_t>{5}));
  EXPECT_EQ(q.values, (std::vector<int8_t>{0, 15, 5, 8}));
  EXPECT_EQ(dequantizeBlocks(q), (std::vector<float>{-5, 10, 0, 3}));
}

TEST(BlockWeights, SymmetricInt4HasZeroPointZero) {
  BlockWeights q = quantizeBlocks({-14, 7, 1, 3}, 1, 4, intBlocks(4, 4, true));
  EXPECT_EQ(q.scales, (std::vector<float>{2.0f}));
  EXPECT_EQ(q.zeroPoints, (std::vector<int8_t>{0}));
  EXPECT_EQ(q.values, (std::vector<int8_t>{-7, 4, 0, 2})); // 3.5 -> 4, 0.5 -> 0, 1.5 -> 2: to even
}

TEST(BlockWeights, Int8RowsUseTheNarrowRange) {
  BlockWeights q = quantizeBlocks({-127, 1, 254, 2}, 2, 2, intBlocks(8, 2, true));
  EXPECT_EQ(q.scales, (std::vector<float>{1, 2}));
  EXPECT_EQ(q.values, (std::vector<int8_t>{-127, 1, 127, 1}));
}

TEST(BlockWeights, TheLastBlockOfARowMayBeShort) {
  BlockFormat format = intBlocks(4, 4, false);
  EXPECT_EQ(format.countBlocks(6), 2);
  BlockWeights q = quantizeBlocks({0, 15, 0, 0, 0, 30, /*row 2*/ 0, 0, 0, 0, 0, 0}, 2, 6, format);
  EXPECT_EQ(q.scales, (std::vector<float>{1, 2, 1, 1})); // all-zero blocks get scale 1
  EXPECT_EQ(q.values[5], 15);
  EXPECT_EQ(dequantizeBlocks(q)[5], 30);
}

TEST(BlockWeights, PositiveBlocksStillHoldZero) {
  BlockWeights q = quantizeBlocks({10, 15, 12, 11}, 1, 4, intBlocks(4, 4, false));
  EXPECT_EQ(q.scales[0], 1.0f);
  EXPECT_EQ(q.zeroPoints[0], 0);
}

TEST(BlockWeights, ClipShrinksTheRangeAndSaturates) {
  BlockWeights q = quantizeBlocks({-10, 10}, 1, 2, intBlocks(4, 2, true), {0.7f});
  EXPECT_FLOAT_EQ(q.scales[0], 1.0f);
  EXPECT_EQ(q.values, (std::vector<int8_t>{-7, 7}));
}

TEST(BlockWeights, ErrorIsAtMostHalfAStep) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 1);
  for (int64_t columns : {1, 31, 32, 33, 100}) {
    std::vector<float> weights(3 * columns);
    for (float &w : weights)
      w = normal(random);
    for (bool symmetric : {false, true}) {
      BlockWeights q = quantizeBlocks(weights, 3, columns, intBlocks(4, 32, symmetric));
      std::vector<float> back = dequantizeBlocks(q);
      int64_t blocks = q.format.countBlocks(columns);
      for (int64_t i = 0; i < 3 * columns; ++i) {
        float scale = q.scales[i / columns * blocks + i % columns / 32];
        // The zero point is rounded too: half a step more at the ends.
        EXPECT_LE(std::fabs(back[i] - weights[i]), scale * (symmetric ? 0.501f : 1.001f));
      }
    }
  }
}

TEST(BlockWeights, PacksRowsOfNibbles) {
  std::vector<char> packed = packValues({1, 2, 3, -1, 0, 7}, 3, 4);
  EXPECT_EQ(packed, (std::vector<char>{0x21, 0x03, 0x0F, 0x07}));
  EXPECT_EQ(packValues({1, -1}, 2, 8), (std::vector<char>{1, -1}));
}

TEST(BlockWeights, LeastScalesWidenSymmetricRows) {
  BlockWeights q = quantizeBlocks({-7, 7, 14, 0, 0, 0}, 3, 2, intBlocks(4, 2, true), {}, {2, 1, 3});
  EXPECT_EQ(q.scales, (std::vector<float>{2, 2, 3}));
  EXPECT_EQ(q.values, (std::vector<int8_t>{-4, 4, 7, 0, 0, 0})); // 3.5 -> 4: to even
  // A row of zeros takes what it may; one that may have anything keeps 1.
  EXPECT_EQ(quantizeBlocks({0, 0}, 2, 1, intBlocks(8, 1, true), {}, {0.25f, 0}).scales,
            (std::vector<float>{0.25f, 1}));
}
