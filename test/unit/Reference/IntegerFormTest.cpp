// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The integer forms with numbers worked out by hand, their extremes, and the
/// overflow of the accumulator.

#include "ReferenceTest.h"
#include <cmath>

using namespace bitwright;

TEST_F(ReferenceTest, QConvAppliesTheEpilogue) {
  Tensor x = i8({1, 1, 1, 2}, {10, -3}), w = i8({2, 1, 1, 2}, {1, 2, -128, 127});
  Tensor bias = i32({2}, {3, 0}), zx = i8({}, {1}), m = f32({2}, {0.5, 0.25}), zo = i8({}, {-5});
  // acc = 9 - 8 + 3 = 4 -> 2 - 5; acc = -1152 - 508 = -1660 -> -415 - 5 saturates.
  EXPECT_EQ(
      valuesOf(eval("qnn.qconv2d %a0, %a1 bias %a2 zero_point %a3 requantize %a4, %a5 "
                    "strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 clamp -128 to 127",
                    {x, w, bias, zx, m, zo}, "tensor<1x1x1x2xi8>", true)),
      (Values{-3, -128}));
}

TEST_F(ReferenceTest, QConvPadsWithTheZeroPoint) {
  Tensor x = i8({1, 1, 1, 1}, {7}), w = i8({1, 3, 3, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1});
  EXPECT_EQ(
      valuesOf(eval("qnn.qconv2d %a0, %a1 zero_point %a2 requantize %a3, %a4 strides [1, 1] "
                    "pads [1, 1, 1, 1] dilations [1, 1] groups 1 clamp -128 to 127",
                    {x, w, i8({}, {5}), f32({}, {1}), i8({}, {0})}, "tensor<1x1x1x1xi8>", true)),
      (Values{2}));
}

TEST_F(ReferenceTest, QConvReadsUnsignedAndAddsTheResidual) {
  Tensor x = i8({1, 1, 1, 1}, {-56}), w = i8({1, 1, 1, 1}, {1}); // 200 unsigned
  Tensor residual = i8({1, 1, 1, 1}, {-1});                      // 255 unsigned
  std::string op = "qnn.qconv2d %a0, %a1 zero_point %a2 requantize %a3, %a4 residual %a5, %a6, %a7 "
                   "strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 clamp 0 to 255 "
                   "{unsigned_input, unsigned_output, unsigned_residual}";
  // (200 - 0) * 0.5 + (255 - 5) * 0.125 = 131.25, + 1
  EXPECT_EQ(valuesOf(eval(op,
                          {x, w, i8({}, {0}), f32({}, {0.5}), i8({}, {1}), residual, i8({}, {5}),
                           f32({}, {0.125})},
                          "tensor<1x1x1x1xi8>", true),
                     true),
            (Values{132}));
}

TEST_F(ReferenceTest, QConvGroups) {
  Tensor x = i8({1, 1, 1, 4}, {1, 2, 3, 4}), w = i8({4, 1, 1, 1}, {1, 2, 3, -4});
  EXPECT_EQ(
      valuesOf(eval("qnn.qconv2d %a0, %a1 zero_point %a2 requantize %a3, %a4 strides [1, 1] "
                    "pads [0, 0, 0, 0] dilations [1, 1] groups 4 clamp 0 to 127",
                    {x, w, i8({}, {0}), f32({}, {1}), i8({}, {0})}, "tensor<1x1x1x4xi8>", true)),
      (Values{1, 4, 9, 0}));
}

TEST_F(ReferenceTest, QLinearRoundsTiesToEven) {
  Tensor x = i8({4, 1}, {1, 3, 5, -1}), w = i8({1, 1}, {1});
  EXPECT_EQ(
      valuesOf(eval("qnn.qlinear %a0, %a1 zero_point %a2 requantize %a3, %a4 "
                    "clamp -128 to 127",
                    {x, w, i8({}, {0}), f32({}, {0.5}), i8({}, {0})}, "tensor<4x1xi8>", true)),
      (Values{0, 2, 2, 0}));
}

TEST_F(ReferenceTest, QLinearAccumulatorOverflowIsAnError) {
  // The verifier bounds the sum of products; only the bias can still take it over.
  std::string op =
      "qnn.qlinear %a0, %a1 bias %a2 zero_point %a3 requantize %a4, %a5 clamp 0 to 127";
  std::string error = errorOf(op,
                              {i8({1, 1}, {1}), i8({1, 1}, {1}), i32({1}, {INT32_MAX}), i8({}, {0}),
                               f32({}, {1}), i8({}, {0})},
                              "tensor<1x1xi8>", true);
  EXPECT_NE(error.find("overflows int32"), std::string::npos) << error;
}

TEST_F(ReferenceTest, DynamicQLinearKeepsTheOrderOfSteps) {
  Tensor x = i8({2, 2}, {10, 20, 0, -1}), w = i8({1, 2}, {3, -4});
  Tensor scale = f32({2, 1}, {0.1, 0.3}), zero = i8({2, 1}, {5, -128});
  float scales[] = {0.1f, 0.3f}, third = 1.0f / 3.0f, bias = 0.7f;
  float accs[] = {3 * 5 - 4 * 15, 3 * -128 - 4 * 127};
  Values expected;
  for (int m = 0; m < 2; ++m) {
    float r = accs[m] * third;
    r = r * scales[m];
    expected.push_back(r + bias);
  }
  EXPECT_EQ(valuesOf(eval("qnn.dynamic_qlinear %a0, %a1 scales %a2, %a4 zero_point %a3 bias %a5",
                          {x, w, scale, zero, f32({1}, {third}), f32({1}, {bias})},
                          "tensor<2x1xf32>", true)),
            expected);
}

TEST_F(ReferenceTest, BlockLinearFloat) {
  Tensor x = f32({1, 3}, {1, 2, 3}), w = i4({2, 3}, {1, 2, 3, -8, 7, 0});
  Tensor scale = f32({2, 2}, {1, 2, 0.5, 10}), zero = i4({2, 2}, {0, 1, -1, 2});
  EXPECT_EQ(valuesOf(eval("qnn.block_linear %a0, %a1 scales %a2 zero_points %a3 bias %a4 block 2 "
                          "activations float",
                          {x, w, scale, zero, f32({2}, {0, 1})}, "tensor<1x2xf32>", true)),
            (Values{1 + 4 + 12, -3.5 + 8 - 60 + 1}));
}

TEST_F(ReferenceTest, BlockLinearInt8AddsBlocksInOrder) {
  Tensor x = f32({1, 3}, {127, -63.5, 1.4}), w = i8({1, 3}, {2, 3, 5});
  Tensor scale = f32({1, 2}, {0.1, 0.7}), zero = i8({1, 2}, {1, -1});
  // scale_a = 1; q = 127, -64 (tie to even), 1.
  float r = 0.0f;
  r = r + float(127 * 1 + -64 * 2) * 0.1f;
  r = r + float(1 * 6) * 0.7f;
  EXPECT_EQ(valuesOf(eval("qnn.block_linear %a0, %a1 scales %a2 zero_points %a3 block 2 "
                          "activations int8",
                          {x, w, scale, zero}, "tensor<1x1xf32>", true)),
            (Values{r}));
  EXPECT_EQ(valuesOf(eval("qnn.block_linear %a0, %a1 scales %a2 zero_points %a3 block 2 "
                          "activations int8 {is_unsigned}",
                          {f32({1, 3}, {0, 0, 0}), w, scale, zero}, "tensor<1x1xf32>", true)),
            (Values{0}));
}

TEST_F(ReferenceTest, QAddBroadcasts) {
  Tensor a = i8({2, 1}, {10, -128}), b = i8({2}, {3, -1});
  std::string op = "qnn.qadd %a0, %a1, %a2 and %a3, %a4, %a5 zero_point %a6 clamp -100 to 127";
  // (a - 2) * 0.5 + (b - 1) * 0.25 + 1
  EXPECT_EQ(valuesOf(eval(
                op, {a, i8({}, {2}), f32({}, {0.5}), b, i8({}, {1}), f32({}, {0.25}), i8({}, {1})},
                "tensor<2x2xi8>", true)),
            (Values{5, 5, -63, -65})); // 4.5 -> 4, 3.5 -> 4, -64.5 -> -64, -65.5 -> -66 (+ 1)
}

TEST_F(ReferenceTest, QMulIsExactBeforeItScales) {
  Tensor a = i8({2}, {-128, 127}), b = i8({2}, {-128, 127});
  std::string op = "qnn.qmul %a0, %a1 and %a2, %a3 requantize %a4, %a5 clamp -128 to 127";
  // (-255)(-255) = 65025; 0 * 0.
  EXPECT_EQ(valuesOf(eval(op, {a, i8({}, {127}), b, i8({}, {127}), f32({}, {0.001}), i8({}, {0})},
                          "tensor<2xi8>", true)),
            (Values{65, 0}));
}

TEST_F(ReferenceTest, QReduceMeanDividesTheMultiplier) {
  Tensor x = i8({1, 3}, {1, 2, 4});
  EXPECT_EQ(valuesOf(eval("qnn.qreduce_mean %a0 zero_point %a1 requantize %a2, %a3 axes [1]",
                          {x, i8({}, {0}), f32({}, {1}), i8({}, {10})}, "tensor<1xi8>", true)),
            (Values{12}));
}

TEST_F(ReferenceTest, QAvgPoolDividesLikeTheFloatOp) {
  Tensor x = i8({1, 2, 2, 1}, {4, 8, 12, 16});
  std::string op = "qnn.qavg_pool2d %a0 zero_point %a1 requantize %a2, %a3 kernel [2, 2] "
                   "strides [2, 2] pads [1, 1, 1, 1]";
  std::vector<Tensor> inputs = {x, i8({}, {0}), f32({}, {1}), i8({}, {1})};
  EXPECT_EQ(valuesOf(eval(op, inputs, "tensor<1x2x2x1xi8>", true)), (Values{5, 9, 13, 17}));
  EXPECT_EQ(valuesOf(eval(op + " {count_include_pad}", inputs, "tensor<1x2x2x1xi8>", true)),
            (Values{2, 3, 4, 5}));
}

TEST_F(ReferenceTest, RequantizeChangesSign) {
  Tensor x = i8({3}, {-128, 0, 127});
  EXPECT_EQ(valuesOf(eval("qnn.requantize %a0 zero_point %a1 requantize %a2, %a3 clamp 0 to 255 "
                          "{unsigned_output}",
                          {x, i8({}, {-128}), f32({}, {1}), i8({}, {0})}, "tensor<3xi8>", true),
                     true),
            (Values{0, 128, 255}));
}

TEST_F(ReferenceTest, LookupReadsUnsignedIndices) {
  std::vector<int64_t> table(256);
  for (int i = 0; i < 256; ++i)
    table[i] = 255 - i;
  EXPECT_EQ(
      valuesOf(eval("qnn.lookup %a0, %a1", {i8({3}, {0, -1, 5}), i8({256}, table)}, "tensor<3xi8>"),
               true),
      (Values{255, 0, 250}));
}
