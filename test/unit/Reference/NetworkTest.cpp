// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Contractions, normalizations, reductions and pools.

#include "ReferenceTest.h"
#include <cmath>
#include <limits>

using namespace bitwright;

static constexpr double infinity = std::numeric_limits<double>::infinity();

//===--- contractions -----------------------------------------------------===//

static std::string convAttributes(const char *strides, const char *pads, const char *dilations,
                                  int groups) {
  return std::string(" strides ") + strides + " pads " + pads + " dilations " + dilations +
         " groups " + std::to_string(groups);
}

TEST_F(ReferenceTest, ConvPadsAndStrides) {
  Tensor x = f32({1, 3, 3, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  Tensor w = f32({1, 2, 2, 1}, {1, 10, 100, 1000}), b = f32({1}, {0.5});
  expectNear(
      eval("qnn.conv2d %a0, %a1, %a2" + convAttributes("[1, 1]", "[0, 0, 0, 0]", "[1, 1]", 1),
           {x, w, b}, "tensor<1x2x2x1xf32>"),
      {5421.5, 6532.5, 8754.5, 9865.5}, 1e-2);
  expectNear(eval("qnn.conv2d %a0, %a1" + convAttributes("[2, 2]", "[1, 1, 0, 0]", "[1, 1]", 1),
                  {x, w}, "tensor<1x2x2x1xf32>"),
             {1000, 3200, 7040, 9865}, 1e-2);
  expectNear(eval("qnn.conv2d %a0, %a1" + convAttributes("[1, 1]", "[0, 0, 0, 0]", "[2, 2]", 1),
                  {x, w}, "tensor<1x1x1x1xf32>"),
             {1 + 30 + 700 + 9000}, 1e-2);
}

TEST_F(ReferenceTest, ConvGroupsAndDepthwise) {
  Tensor x = f32({1, 1, 1, 4}, {1, 2, 3, 4});
  Tensor grouped = f32({2, 1, 1, 2}, {1, 10, 1, 10});
  expectNear(eval("qnn.conv2d %a0, %a1" + convAttributes("[1, 1]", "[0, 0, 0, 0]", "[1, 1]", 2),
                  {x, grouped}, "tensor<1x1x1x2xf32>"),
             {21, 43});
  Tensor depthwise = f32({4, 1, 1, 1}, {1, 2, 3, 4});
  expectNear(eval("qnn.conv2d %a0, %a1" + convAttributes("[1, 1]", "[0, 0, 0, 0]", "[1, 1]", 4),
                  {x, depthwise}, "tensor<1x1x1x4xf32>"),
             {1, 4, 9, 16});
}

TEST_F(ReferenceTest, ConvSumsInDouble) {
  // 1 would vanish beside 1e8 in a float accumulator.
  Tensor x = f32({1, 1, 1, 3}, {1e8, 1, -1e8}), w = f32({1, 1, 1, 3}, {1, 1, 1});
  expectNear(eval("qnn.conv2d %a0, %a1" + convAttributes("[1, 1]", "[0, 0, 0, 0]", "[1, 1]", 1),
                  {x, w}, "tensor<1x1x1x1xf32>"),
             {1});
}

TEST_F(ReferenceTest, ConvTransposeScatters) {
  Tensor x = f32({1, 1, 2, 1}, {1, 2}), w = f32({1, 1, 3, 1}, {1, 10, 100}), b = f32({1}, {0.5});
  std::string op = "qnn.conv_transpose2d %a0, %a1, %a2" +
                   convAttributes("[1, 2]", "[0, 0, 0, 0]", "[1, 1]", 1) + " output_pads [0, 0]";
  expectNear(eval(op, {x, w, b}, "tensor<1x1x5x1xf32>"), {1.5, 10.5, 102.5, 20.5, 200.5});
  op = "qnn.conv_transpose2d %a0, %a1, %a2" +
       convAttributes("[1, 2]", "[0, 1, 0, 1]", "[1, 1]", 1) + " output_pads [0, 1]";
  expectNear(eval(op, {x, w, b}, "tensor<1x1x4x1xf32>"), {10.5, 102.5, 20.5, 200.5});
  // Two groups of one channel, two outputs each: weight is O/groups x KH x KW x C.
  Tensor y = f32({1, 1, 1, 2}, {1, 2}), v = f32({2, 1, 1, 2}, {1, 10, 100, 1000});
  op = "qnn.conv_transpose2d %a0, %a1" + convAttributes("[1, 1]", "[0, 0, 0, 0]", "[1, 1]", 2) +
       " output_pads [0, 0]";
  expectNear(eval(op, {y, v}, "tensor<1x1x1x4xf32>"), {1, 100, 20, 2000});
}

TEST_F(ReferenceTest, LinearTransposesTheWeight) {
  Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6}), w = f32({2, 3}, {1, 10, 100, 1, 1, 1});
  EXPECT_EQ(
      valuesOf(eval("qnn.linear %a0, %a1, %a2", {x, w, f32({2}, {0, 0.5})}, "tensor<2x2xf32>")),
      (Values{321, 6.5, 654, 15.5}));
  EXPECT_EQ(valuesOf(eval("qnn.linear %a0, %a1", {f32({3}, {1, 1, 1}), w}, "tensor<2xf32>")),
            (Values{111, 3}));
  EXPECT_EQ(eval("qnn.linear %a0, %a1", {f32({0, 3}, {}), w}, "tensor<0x2xf32>").dims,
            (Dims{0, 2}));
  EXPECT_EQ(
      valuesOf(eval("qnn.linear %a0, %a1", {f32({1, 0}, {}), f32({2, 0}, {})}, "tensor<1x2xf32>")),
      (Values{0, 0}));
}

TEST_F(ReferenceTest, MatmulFollowsNumpy) {
  Tensor a = f32({2, 2}, {1, 2, 3, 4}), v = f32({2}, {1, 10});
  EXPECT_EQ(valuesOf(eval("qnn.matmul %a0, %a1", {a, a}, "tensor<2x2xf32>")),
            (Values{7, 10, 15, 22}));
  EXPECT_EQ(valuesOf(eval("qnn.matmul %a0, %a1", {a, v}, "tensor<2xf32>")), (Values{21, 43}));
  EXPECT_EQ(valuesOf(eval("qnn.matmul %a0, %a1", {v, a}, "tensor<2xf32>")), (Values{31, 42}));
  EXPECT_EQ(valuesOf(eval("qnn.matmul %a0, %a1", {v, v}, "tensor<f32>")), (Values{101}));
  Tensor batch = f32({2, 1, 2}, {1, 0, 0, 1});
  EXPECT_EQ(valuesOf(eval("qnn.matmul %a0, %a1", {batch, a}, "tensor<2x1x2xf32>")),
            (Values{1, 2, 3, 4}));
  EXPECT_EQ(valuesOf(eval("qnn.matmul %a0, %a1", {i32({1, 2}, {3, 4}), i32({2, 1}, {5, 6})},
                          "tensor<1x1xi32>")),
            (Values{39}));
}

//===--- normalizations ---------------------------------------------------===//

TEST_F(ReferenceTest, BatchNormTakesItsAxis) {
  Tensor x = f32({1, 2, 2}, {1, 2, 3, 4}), one = f32({2}, {1, 2}), zero = f32({2}, {0, 1});
  Tensor mean = f32({2}, {1, 2}), variance = f32({2}, {4, 0.25});
  std::string op = "qnn.batch_norm %a0, %a1, %a2, %a3, %a4 {epsilon = 0.0 : f64, axis = ";
  expectNear(eval(op + "2 : i64}", {x, one, zero, mean, variance}, "tensor<1x2x2xf32>"),
             {0, 1, 1, 9});
  expectNear(eval(op + "1 : i64}", {x, one, zero, mean, variance}, "tensor<1x2x2xf32>"),
             {0, 0.5, 5, 9});
}

TEST_F(ReferenceTest, LayerAndRmsNorm) {
  Tensor x = f32({2, 2}, {1, 3, -2, 2}), scale = f32({2}, {1, 10}), bias = f32({2}, {0, 1});
  expectNear(eval("qnn.layer_norm %a0, %a1, %a2 {epsilon = 0.0 : f64, axis = 1 : i64}",
                  {x, scale, bias}, "tensor<2x2xf32>"),
             {-1, 11, -1, 11});
  Tensor all = f32({2, 2}, {1, 1, 1, 1});
  double deviation = std::sqrt((0 + 4 + 9 + 1) / 4.0);
  expectNear(eval("qnn.layer_norm %a0, %a1 {epsilon = 0.0 : f64, axis = 0 : i64}", {x, all},
                  "tensor<2x2xf32>"),
             {0, 2 / deviation, -3 / deviation, 1 / deviation});
  expectNear(eval("qnn.rms_norm %a0, %a1 {epsilon = 0.0 : f64}", {x, scale}, "tensor<2x2xf32>"),
             {1 / std::sqrt(5.0), 30 / std::sqrt(5.0), -1, 10});
}

TEST_F(ReferenceTest, SoftmaxIsStable) {
  expectNear(eval("qnn.softmax %a0 {axis = 1 : i64}", {f32({2, 2}, {1000, 1000, 0, std::log(3.0)})},
                  "tensor<2x2xf32>"),
             {0.5, 0.5, 0.25, 0.75});
  expectNear(
      eval("qnn.softmax %a0 {axis = 0 : i64}", {f32({2, 1}, {-infinity, 5})}, "tensor<2x1xf32>"),
      {0, 1});
}

//===--- reductions and pools ---------------------------------------------===//

TEST_F(ReferenceTest, Reductions) {
  Tensor x = f32({2, 3}, {1, -2, 3, 4, 5, -6});
  EXPECT_EQ(valuesOf(eval("qnn.reduce_sum %a0 axes [1]", {x}, "tensor<2xf32>")), (Values{2, 3}));
  EXPECT_EQ(valuesOf(eval("qnn.reduce_max %a0 axes [0] {keep_dims}", {x}, "tensor<1x3xf32>")),
            (Values{4, 5, 3}));
  EXPECT_EQ(valuesOf(eval("qnn.reduce_min %a0 axes [0, 1]", {x}, "tensor<f32>")), (Values{-6}));
  EXPECT_EQ(valuesOf(eval("qnn.reduce_prod %a0 axes [1]", {x}, "tensor<2xf32>")),
            (Values{-6, -120}));
  expectNear(eval("qnn.reduce_mean %a0 axes [1]", {x}, "tensor<2xf32>"), {2.0 / 3, 1});
  EXPECT_EQ(valuesOf(eval("qnn.reduce_mean %a0 axes [0]", {i64({2}, {-3, 0})}, "tensor<i64>")),
            (Values{-1}));
  EXPECT_EQ(valuesOf(eval("qnn.reduce_sum %a0 axes [0]", {f32({0, 2}, {})}, "tensor<2xf32>")),
            (Values{0, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.reduce_max %a0 axes [0]", {f32({0}, {})}, "tensor<f32>")),
            (Values{-infinity}));
}

TEST_F(ReferenceTest, ArgMaxTakesTheFirst) {
  Tensor x = f32({2, 3}, {1, 7, 7, -1, -3, -2});
  EXPECT_EQ(valuesOf(eval("qnn.arg_max %a0 {axis = 1 : i64}", {x}, "tensor<2xi64>")),
            (Values{1, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.arg_max %a0 {axis = 0 : i64, keep_dims}", {x}, "tensor<1x3xi64>")),
            (Values{0, 0, 0}));
}

TEST_F(ReferenceTest, CumSumAddsAlongTheAxis) {
  Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6});
  auto sum = [&](const std::string &attributes) {
    return valuesOf(eval("qnn.cum_sum %a0 {" + attributes + "}", {x}, "tensor<2x3xf32>"));
  };
  EXPECT_EQ(sum("axis = 1 : i64"), (Values{1, 3, 6, 4, 9, 15}));
  EXPECT_EQ(sum("axis = 0 : i64"), (Values{1, 2, 3, 5, 7, 9}));
  EXPECT_EQ(sum("axis = 1 : i64, exclusive"), (Values{0, 1, 3, 0, 4, 9}));
  EXPECT_EQ(sum("axis = 1 : i64, reverse"), (Values{6, 5, 3, 15, 11, 6}));
  EXPECT_EQ(sum("axis = 1 : i64, exclusive, reverse"), (Values{5, 3, 0, 11, 6, 0}));
}

TEST_F(ReferenceTest, MaxPoolIgnoresPadding) {
  Tensor x = f32({1, 2, 2, 1}, {-1, -2, -3, -4});
  EXPECT_EQ(valuesOf(eval("qnn.max_pool2d %a0 kernel [2, 2] strides [2, 2] pads [1, 1, 1, 1] "
                          "dilations [1, 1]",
                          {x}, "tensor<1x2x2x1xf32>")),
            (Values{-1, -2, -3, -4}));
  Tensor bytes = i8({1, 1, 2, 1}, {-1, 1});
  std::string op = "qnn.max_pool2d %a0 kernel [1, 2] strides [1, 1] pads [0, 0, 0, 0] "
                   "dilations [1, 1]";
  EXPECT_EQ(valuesOf(eval(op, {bytes}, "tensor<1x1x1x1xi8>")), (Values{1}));
  EXPECT_EQ(valuesOf(eval(op + " {unsigned_storage}", {bytes}, "tensor<1x1x1x1xi8>")),
            (Values{-1}));
}

TEST_F(ReferenceTest, AvgPoolCountsPaddingOnlyWhenAsked) {
  Tensor x = f32({1, 2, 2, 1}, {4, 8, 12, 16});
  std::string op = "qnn.avg_pool2d %a0 kernel [2, 2] strides [2, 2] pads [1, 1, 1, 1] "
                   "dilations [1, 1]";
  EXPECT_EQ(valuesOf(eval(op, {x}, "tensor<1x2x2x1xf32>")), (Values{4, 8, 12, 16}));
  EXPECT_EQ(valuesOf(eval(op + " {count_include_pad}", {x}, "tensor<1x2x2x1xf32>")),
            (Values{1, 2, 3, 4}));
}
