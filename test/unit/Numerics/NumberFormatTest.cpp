// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What holds for every registered number format, and what each costs.

#include "bitwright/Numerics/BlockWeights.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace bitwright;

TEST(NumberFormat, IntegersOfTwoToEightBits) {
  FormatRegistry formats;
  EXPECT_EQ(formats.listNames(), "int2, int3, int4, int5, int6, int7, int8");
  EXPECT_EQ(formats.lookup("int1"), nullptr);
  EXPECT_EQ(formats.lookup("int3")->getRange(true).max, 3);
  EXPECT_EQ(formats.lookup("int3")->getRange(true).min, -3);
  EXPECT_EQ(formats.lookup("int3")->getRange(false).max, 7);
  EXPECT_EQ(formats.lookup("int3")->getStorageBits(), 0u);
  EXPECT_EQ(formats.lookup("int4")->getStorageBits(), 4u);
}

TEST(NumberFormat, NumbersWorkedOutByHand) {
  FormatRegistry formats;
  const NumberFormat *format = formats.lookup("int2");
  std::vector<float> block{-1, 2, 0.4f, 0.5f};
  int8_t codes[4];
  float values[4];
  QuantParams params = format->choose(block, /*symmetric=*/false); // scale 1, zero point 1
  EXPECT_EQ(params.scale, 1);
  EXPECT_EQ(params.zeroPoint, 1);
  format->encode(block, params, false, codes);
  EXPECT_EQ(std::vector<int8_t>(codes, codes + 4), (std::vector<int8_t>{0, 3, 1, 1}));
  format->decode(codes, params, false, values);
  EXPECT_EQ(std::vector<float>(values, values + 4), (std::vector<float>{-1, 2, 0, 0}));
  EXPECT_EQ(format->choose(block, true, 0.5f).scale, 1);
}

TEST(NumberFormat, DecodingAndEncodingAgainChangesNothing) {
  FormatRegistry formats;
  std::mt19937 random(9);
  std::normal_distribution<float> normal(0.3f, 1);
  for (const NumberFormat *format : formats.getAll())
    for (bool symmetric : {false, true}) {
      std::vector<float> block(40), values(40);
      for (float &value : block)
        value = normal(random);
      std::vector<int8_t> codes(40), again(40);
      QuantParams params = format->choose(block, symmetric);
      format->encode(block, params, symmetric, codes.data());
      format->decode(codes, params, symmetric, values.data());
      format->encode(values, params, symmetric, again.data());
      EXPECT_EQ(codes, again) << format->getName().str();
      for (size_t i = 0; i < block.size(); ++i)
        EXPECT_LE(std::fabs(block[i] - values[i]), params.scale * (symmetric ? 0.501f : 1.001f));
      // 0 is exact, and what lies outside of the range saturates.
      std::vector<float> ends{0.0f, 1e30f, -1e30f, INFINITY};
      format->encode(ends, params, symmetric, codes.data());
      format->decode(llvm::ArrayRef<int8_t>(codes).take_front(4), params, symmetric, values.data());
      EXPECT_EQ(values[0], 0);
      EXPECT_EQ(values[1], values[3]);
      EXPECT_GT(values[1], values[2]);
    }
}

TEST(NumberFormat, BitsOfAWeightCountScalesZeroPointsAndTails) {
  FormatRegistry formats;
  const NumberFormat *int4 = formats.lookup("int4");
  EXPECT_EQ((BlockFormat{int4, 32, false}).getBitsPerWeight(64, 16), 4.625);
  EXPECT_EQ((BlockFormat{int4, 32, true}).getBitsPerWeight(64, 16), 4.5);
  // Two blocks for 48 weights.
  EXPECT_EQ((BlockFormat{int4, 32, true}).getBitsPerWeight(48, 16), 4 + 2 * 16 / 48.0);
  EXPECT_EQ((BlockFormat{formats.lookup("int8"), 100, true}).getBitsPerWeight(100), 8.32);
}
