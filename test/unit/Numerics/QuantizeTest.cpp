// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Rounding, saturation, parameter choice, accumulators, packing and tables.

#include "bitwright/Numerics/Quantize.h"
#include "bitwright/Numerics/Packing.h"
#include "gtest/gtest.h"
#include <cfloat>
#include <limits>
#include <random>

using namespace bitwright;

static constexpr IntegerRange s8 = integerRange(8, false);
static constexpr IntegerRange u8 = integerRange(8, true);
static constexpr IntegerRange s4 = integerRange(4, false);
static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float quietNaN = std::numeric_limits<float>::quiet_NaN();

TEST(IntegerRange, HoldsTheStorageTypes) {
  EXPECT_EQ(s8.min, -128);
  EXPECT_EQ(s8.max, 127);
  EXPECT_EQ(u8.min, 0);
  EXPECT_EQ(u8.max, 255);
  EXPECT_EQ(s4.min, -8);
  EXPECT_EQ(integerRange(4, true).max, 15);
  EXPECT_EQ(integerRange(32, true).max, 4294967295);
  EXPECT_EQ(integerRange(32, false).min, INT32_MIN);
  EXPECT_EQ(narrowRange(8).min, -127);
  EXPECT_EQ(narrowRange(4).max, 7);
}

TEST(RoundHalfEven, TiesGoToEven) {
  EXPECT_EQ(roundHalfEven(0.5f), 0.0f);
  EXPECT_EQ(roundHalfEven(1.5f), 2.0f);
  EXPECT_EQ(roundHalfEven(2.5f), 2.0f);
  EXPECT_EQ(roundHalfEven(-0.5f), 0.0f);
  EXPECT_TRUE(std::signbit(roundHalfEven(-0.5f)));
  EXPECT_EQ(roundHalfEven(-1.5f), -2.0f);
  EXPECT_EQ(roundHalfEven(0x1.fffffep-2f), 0.0f); // just below one half
  EXPECT_EQ(roundHalfEven(8388607.5f), 8388608.0f);
  EXPECT_EQ(roundHalfEven(8388609.0f), 8388609.0f);
  EXPECT_EQ(roundHalfEven(infinity), infinity);
  EXPECT_TRUE(std::isnan(roundHalfEven(quietNaN)));
}

TEST(RoundHalfEven, AgreesWithTheLibrary) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000000; ++i) {
    uint32_t bits = random();
    float x;
    std::memcpy(&x, &bits, sizeof(x));
    if (!std::isnan(x)) {
      ASSERT_EQ(roundHalfEven(x), std::nearbyint(x)) << x;
      ASSERT_EQ(roundHalfEven(double(x)), std::nearbyint(double(x))) << x;
    }
  }
}

TEST(Quantize, RoundsBeforeAddingTheZeroPoint) {
  // With the zero point first, 0.5 + 1 would round to 2.
  EXPECT_EQ(quantize(0.5f, 1.0f, 1, s8), 1);
  EXPECT_EQ(quantize(1.5f, 1.0f, 1, s8), 3);
  EXPECT_EQ(quantize(2.5f, 1.0f, 1, s8), 3);
}

TEST(Quantize, DividesAndDoesNotMultiplyByAReciprocal) {
  // A value whose quotient is a tie, where x * (1 / scale) is not.
  int differences = 0;
  for (int k = 1; k < 4000; ++k) {
    float scale = float(k) * 0.001f, x = scale * 2.5f;
    differences += std::nearbyint(x / scale) != std::nearbyint(x * (1.0f / scale));
    EXPECT_EQ(quantize(x, scale, 0, s8), int64_t(std::nearbyint(x / scale)));
  }
  EXPECT_GT(differences, 0);
}

TEST(Quantize, Saturates) {
  EXPECT_EQ(quantize(1e30f, 1.0f, 0, s8), 127);
  EXPECT_EQ(quantize(-1e30f, 1.0f, 0, s8), -128);
  EXPECT_EQ(quantize(infinity, 1.0f, 3, u8), 255);
  EXPECT_EQ(quantize(-infinity, 1.0f, 3, u8), 0);
  EXPECT_EQ(quantize(-128.0f, 1.0f, 0, s8), -128);
  EXPECT_EQ(quantize(-128.5f, 1.0f, 0, s8), -128);
  EXPECT_EQ(quantize(7.5f, 1.0f, 0, s4), 7);
  EXPECT_EQ(quantize(3e9f, 1.0f, 0, integerRange(32, false)), INT32_MAX);
}

TEST(Quantize, HandlesNanAndScaleZero) {
  EXPECT_EQ(quantize(quietNaN, 1.0f, 7, s8), 7);
  EXPECT_EQ(quantize(1.0f, 0.0f, 7, s8), 127);
  EXPECT_EQ(quantize(-1.0f, 0.0f, 7, s8), -128);
  EXPECT_EQ(quantize(0.0f, 0.0f, 7, s8), 7);
}

TEST(Quantize, EveryByteSurvivesARoundTrip) {
  for (bool isUnsigned : {false, true}) {
    IntegerRange range = integerRange(8, isUnsigned);
    for (float scale : {1.0f, 0.1f, 1.0f / 3.0f, 7.3e-5f, 123.456f, 1e-30f, 1e30f})
      for (int64_t zeroPoint = range.min; zeroPoint <= range.max; zeroPoint += 17)
        for (int64_t q = range.min; q <= range.max; ++q)
          ASSERT_EQ(quantize(dequantize(q, scale, zeroPoint), scale, zeroPoint, range), q);
  }
}

TEST(Requantize, RoundsEachStep) {
  EXPECT_EQ(requantize(5, 0.5f, 0, s8), 2); // 2.5 to even
  EXPECT_EQ(requantize(7, 0.5f, 0, s8), 4);
  EXPECT_EQ(requantize(INT32_MIN, 1.0f, 0, s8), -128);
  EXPECT_EQ(requantize(INT32_MAX, 1.0f, 0, s8), 127);
  // 16777217 is not a float: it becomes 16777216 before the product.
  EXPECT_EQ(requantize(16777217, 0x1p-20f, 0, s8), 16);
}

TEST(Requantize, ClampCarriesTheActivation) {
  IntegerRange relu = {-10, 127};
  EXPECT_EQ(requantize(-100, 1.0f, -10, relu), -10);
  EXPECT_EQ(requantize(20, 1.0f, -10, relu), 10);
}

TEST(Requantize, ResidualIsRoundedBeforeTheSum) {
  // The product 3 * (1/3) rounds up to 1: a fused multiply-add would see less.
  float third = 1.0f / 3.0f;
  float product = 3.0f * third;
  EXPECT_EQ(requantizeWithResidual(1, 1.5f, 13, 10, third, 0, s8),
            int64_t(std::nearbyint(1.5f + product)));
  EXPECT_EQ(requantizeWithResidual(0, 1.0f, -128, 127, 1.0f, 0, s8), -128);
}

TEST(QuantizedAdd, AddsRoundedProducts) {
  EXPECT_EQ(quantizedAdd(10, 0, 0.5f, 4, 1, 0.5f, 0, s8), 6); // 5 + 1.5 = 6.5
  EXPECT_EQ(quantizedAdd(255, 0, 1.0f, 255, 0, 1.0f, 0, u8), 255);
}

//===--- parameters -------------------------------------------------------===//

TEST(AsymmetricParams, IncludeZero) {
  QuantParams params = chooseAsymmetricParams(2.0f, 255.0f, u8);
  EXPECT_EQ(params.scale, 1.0f);
  EXPECT_EQ(params.zeroPoint, 0);
  params = chooseAsymmetricParams(-255.0f, -2.0f, u8);
  EXPECT_EQ(params.scale, 1.0f);
  EXPECT_EQ(params.zeroPoint, 255);
  params = chooseAsymmetricParams(-1.5f, 253.5f, s8);
  EXPECT_EQ(params.scale, 1.0f);
  EXPECT_EQ(params.zeroPoint, -126); // -128 + 1.5 to even
}

TEST(AsymmetricParams, GuardDegenerateRanges) {
  EXPECT_EQ(chooseAsymmetricParams(0.0f, 0.0f, s8).scale, 1.0f);
  EXPECT_EQ(chooseAsymmetricParams(0.0f, 0.0f, s8).zeroPoint, -128);
  EXPECT_EQ(chooseAsymmetricParams(quietNaN, quietNaN, s8).scale, 1.0f);
  EXPECT_EQ(chooseAsymmetricParams(0.0f, 1e-44f, s8).scale, FLT_MIN);
  EXPECT_TRUE(std::isfinite(chooseAsymmetricParams(-infinity, infinity, s8).scale));
}

TEST(AsymmetricParams, RepresentBothEnds) {
  std::mt19937 random(2);
  std::uniform_real_distribution<float> value(-10.0f, 10.0f);
  for (int i = 0; i < 1000; ++i) {
    float low = value(random), high = value(random);
    if (low > high)
      std::swap(low, high);
    for (IntegerRange range : {s8, u8, s4}) {
      QuantParams params = chooseAsymmetricParams(low, high, range);
      ASSERT_TRUE(range.contains(params.zeroPoint));
      for (float end : {std::min(low, 0.0f), std::max(high, 0.0f), 0.0f}) {
        int64_t q = quantize(end, params.scale, params.zeroPoint, range);
        ASSERT_NEAR(dequantize(q, params.scale, params.zeroPoint), end, params.scale * 0.5001f);
      }
      ASSERT_EQ(dequantize(params.zeroPoint, params.scale, params.zeroPoint), 0.0f);
    }
  }
}

TEST(SymmetricParams, UseTheWholeRange) {
  EXPECT_EQ(chooseSymmetricParams(127.0f, narrowRange(8)).scale, 1.0f);
  EXPECT_EQ(chooseSymmetricParams(-7.0f, narrowRange(4)).scale, 1.0f);
  EXPECT_EQ(chooseSymmetricParams(127.0f, u8).zeroPoint, 128);
  EXPECT_EQ(chooseSymmetricParams(127.0f, u8).scale, 1.0f);
  EXPECT_EQ(chooseSymmetricParams(0.0f, s8).scale, 1.0f);
}

TEST(BlockParams, FollowTheExtremes) {
  float values[] = {-3.0f, 0.5f, 12.0f};
  EXPECT_EQ(chooseBlockParams(values, integerRange(4, true), false).scale, 1.0f);
  EXPECT_EQ(chooseBlockParams(values, integerRange(4, true), false).zeroPoint, 3);
  EXPECT_EQ(chooseBlockParams(values, narrowRange(4), true).scale, 12.0f / 7.0f);
  EXPECT_EQ(chooseBlockParams({}, s4, false).scale, 1.0f);
}

TEST(DynamicParams, FollowTheDialect) {
  float values[] = {-51.0f, quietNaN, 204.0f};
  QuantParams params = chooseDynamicParams(values);
  EXPECT_EQ(params.scale, 1.0f);
  EXPECT_EQ(params.zeroPoint, 51);
  float zeros[] = {0.0f, -0.0f};
  EXPECT_EQ(chooseDynamicParams(zeros).scale, 1.0f);
  EXPECT_EQ(chooseDynamicParams(zeros).zeroPoint, 0);
  EXPECT_EQ(chooseDynamicSymmetricScale(values), 204.0f / 127.0f);
  EXPECT_EQ(chooseDynamicSymmetricScale({}), 1.0f);
}

//===--- accumulators and biases ------------------------------------------===//

TEST(Accumulator, BoundsAreTight) {
  int8_t weights[] = {127, -128, 1};
  AccumulatorBounds bounds = accumulatorBounds(weights, u8, 128, 5);
  EXPECT_EQ(bounds.max, 5 + 127 * 127 + 128 * 128 + 127);
  EXPECT_EQ(bounds.min, 5 - 127 * 128 - 128 * 127 - 128);
  EXPECT_TRUE(bounds.fitsInt32());
  std::vector<int8_t> many(66000, -128);
  EXPECT_FALSE(accumulatorBounds(many, u8, 0).fitsInt32());
  many.resize(65793);
  EXPECT_TRUE(accumulatorBounds(many, u8, 0).fitsInt32());
}

TEST(Bias, RefusesWhatIsNoInt32) {
  EXPECT_EQ(quantizeBias(1.0f, 0.5f, 0.5f), 4);
  EXPECT_EQ(quantizeBias(-0.125f, 0.5f, 0.5f), 0); // -0.5 to even
  EXPECT_EQ(quantizeBias(1e10f, 0.1f, 0.1f), std::nullopt);
  EXPECT_EQ(quantizeBias(1.0f, 0.0f, 0.1f), std::nullopt);
  EXPECT_EQ(quantizeBias(quietNaN, 0.1f, 0.1f), std::nullopt);
  EXPECT_EQ(quantizeBias(0.0f, 0.0f, 0.1f), std::nullopt);
}

TEST(Bias, GuardLeavesHeadroom) {
  EXPECT_EQ(guardWeightScale(0.1f, 0.1f, 1.0f, 1 << 20), 0.1f);
  int64_t headroom = 1 << 24;
  float scale = guardWeightScale(1e-10f, 1e-3f, 5.0f, headroom);
  std::optional<int32_t> bias = quantizeBias(5.0f, 1e-3f, scale);
  ASSERT_TRUE(bias);
  EXPECT_LE(*bias + headroom, INT32_MAX);
}

//===--- packing and tables -----------------------------------------------===//

TEST(Packing, LowNibbleFirstAndRowsPadded) {
  int8_t values[] = {1, -2, 7, -8, 0, 3};
  std::vector<char> bytes = packNibbles(values, 3);
  ASSERT_EQ(bytes.size(), 4u);
  EXPECT_EQ(uint8_t(bytes[0]), 0xE1);
  EXPECT_EQ(uint8_t(bytes[1]), 0x07);
  EXPECT_EQ(uint8_t(bytes[2]), 0x08);
  EXPECT_EQ(uint8_t(bytes[3]), 0x03);
  EXPECT_EQ(unpackNibbles(bytes, 3, false), std::vector<int8_t>(values, values + 6));
  EXPECT_EQ(unpackNibbles(bytes, 3, true), (std::vector<int8_t>{1, 14, 7, 8, 0, 3}));
  EXPECT_TRUE(packNibbles({}, 0).empty());
}

TEST(LookupTable, IsTheFunctionOnQuantizedValues) {
  auto square = [](float x) { return x * x; };
  QuantParams input = {0.5f, 3}, output = {0.25f, -100};
  auto table = buildLookupTable(input, /*unsignedInput=*/false, output, s8, square);
  for (int q = -128; q < 128; ++q) {
    float x = float(q - 3) * 0.5f;
    EXPECT_EQ(int8_t(table[uint8_t(q)]), quantize(x * x, 0.25f, -100, s8));
  }
  table = buildLookupTable({1.0f, 0}, true, {1.0f, 0}, {0, 6}, [](float x) { return x; });
  EXPECT_EQ(table[255], 6);
  EXPECT_EQ(table[5], 5);
}

TEST(Accumulator, CountsProductsThatFit) {
  IntegerRange u8 = integerRange(8, true), s8 = integerRange(8, false);
  EXPECT_EQ(largestProduct(u8, s8), 255 * 128);
  EXPECT_EQ(largestProduct(u8, narrowRange(8)), 255 * 127);
  EXPECT_LE(countSafeProducts(u8, s8) * 255 * 128, INT32_MAX);
  EXPECT_GT((countSafeProducts(u8, s8) + 1) * 255 * 128, INT32_MAX);
}
