// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Ops that move elements: reshapes, slices with negative steps, every pad mode,
/// 4-bit rows, resizes and ranges.

#include "ReferenceTest.h"

using namespace bitwright;

TEST_F(ReferenceTest, ReshapeInfersAndCopies) {
  Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(eval("qnn.reshape %a0, %a1", {x, i64({2}, {0, -1})}, "tensor<?x?xf32>").dims,
            (Dims{2, 3}));
  EXPECT_EQ(eval("qnn.reshape %a0, %a1", {x, i64({3}, {3, 1, -1})}, "tensor<?x?x?xf32>").dims,
            (Dims{3, 1, 2}));
  EXPECT_EQ(eval("qnn.reshape %a0, %a1 {allow_zero}", {f32({0, 3}, {}), i64({2}, {3, 0})},
                 "tensor<?x?xf32>")
                .dims,
            (Dims{3, 0}));
  EXPECT_EQ(eval("qnn.reshape %a0, %a1", {f32({1}, {7}), i64({0}, {})}, "tensor<f32>").dims,
            Dims());
  EXPECT_NE(errorOf("qnn.reshape %a0, %a1", {x, i64({1}, {4})}, "tensor<?xf32>")
                .find("cannot reshape 2x3 to 4"),
            std::string::npos);
}

TEST_F(ReferenceTest, FourBitRowsAreRepacked) {
  // 2 x 3 nibbles take 4 bytes, 3 x 2 take 3.
  Tensor x = i4({2, 3}, {1, -2, 3, -4, 5, -6});
  Tensor y = eval("qnn.reshape %a0, %a1", {x, i64({2}, {3, 2})}, "tensor<3x2xi4>");
  EXPECT_EQ(y.data.size(), 3u);
  EXPECT_EQ(valuesOf(y), (Values{1, -2, 3, -4, 5, -6}));
  EXPECT_EQ(valuesOf(eval("qnn.transpose %a0 perm [1, 0]", {x}, "tensor<3x2xi4>")),
            (Values{1, -4, -2, 5, 3, -6}));
}

TEST_F(ReferenceTest, SqueezeUnsqueezeFlattenTranspose) {
  Tensor x = f32({1, 2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(eval("qnn.squeeze %a0 axes [0]", {x}, "tensor<2x3xf32>").dims, (Dims{2, 3}));
  EXPECT_EQ(eval("qnn.unsqueeze %a0 axes [0, 4]", {x}, "tensor<1x1x2x3x1xf32>").dims,
            (Dims{1, 1, 2, 3, 1}));
  EXPECT_EQ(eval("qnn.flatten %a0 {axis = 0 : i64}", {x}, "tensor<1x6xf32>").dims, (Dims{1, 6}));
  EXPECT_EQ(eval("qnn.flatten %a0 {axis = 3 : i64}", {x}, "tensor<6x1xf32>").dims, (Dims{6, 1}));
  EXPECT_EQ(valuesOf(eval("qnn.transpose %a0 perm [2, 0, 1]", {x}, "tensor<3x1x2xf32>")),
            (Values{1, 4, 2, 5, 3, 6}));
}

TEST_F(ReferenceTest, GatherCountsFromTheEnd) {
  Tensor x = f32({3, 2}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(valuesOf(eval("qnn.gather %a0, %a1 {axis = 0 : i64}", {x, i64({2}, {-1, 0})},
                          "tensor<2x2xf32>")),
            (Values{5, 6, 1, 2}));
  Tensor scalar = eval("qnn.gather %a0, %a1 {axis = 1 : i64}", {x, i32({}, {1})}, "tensor<3xf32>");
  EXPECT_EQ(scalar.dims, (Dims{3}));
  EXPECT_EQ(valuesOf(scalar), (Values{2, 4, 6}));
  EXPECT_NE(errorOf("qnn.gather %a0, %a1 {axis = 0 : i64}", {x, i64({1}, {3})}, "tensor<1x2xf32>")
                .find("index 3 is out of range of axis 0 with 3 elements"),
            std::string::npos);
}

TEST_F(ReferenceTest, GatherNDPicksByTuples) {
  Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6});
  EXPECT_EQ(valuesOf(eval("qnn.gather_nd %a0, %a1 {batch_dims = 0 : i64}",
                          {x, i64({3, 2}, {0, -1, -2, 0, 1, 1})}, "tensor<3xf32>")),
            (Values{3, 1, 5}));
  EXPECT_EQ(valuesOf(eval("qnn.gather_nd %a0, %a1 {batch_dims = 0 : i64}", {x, i64({1, 1}, {-1})},
                          "tensor<1x3xf32>")),
            (Values{4, 5, 6}));
  EXPECT_EQ(valuesOf(eval("qnn.gather_nd %a0, %a1 {batch_dims = 1 : i64}",
                          {x, i32({2, 2, 1}, {0, 2, -1, 1})}, "tensor<2x2xf32>")),
            (Values{1, 3, 6, 5}));
  Tensor nibbles = i4({3, 3}, {1, -2, 3, -4, 5, -6, 7, -8, 0});
  EXPECT_EQ(valuesOf(eval("qnn.gather_nd %a0, %a1 {batch_dims = 0 : i64}",
                          {nibbles, i64({2, 1}, {-1, 1})}, "tensor<2x3xi4>")),
            (Values{7, -8, 0, -4, 5, -6}));
  EXPECT_NE(errorOf("qnn.gather_nd %a0, %a1 {batch_dims = 0 : i64}", {x, i64({1, 2}, {0, 3})},
                    "tensor<1xf32>")
                .find("index 3 is out of range of a dimension of 3 elements"),
            std::string::npos);
}

TEST_F(ReferenceTest, SliceFollowsOnnx) {
  Tensor x = i64({5}, {0, 1, 2, 3, 4});
  auto slice = [&](int64_t start, int64_t end, int64_t step) {
    return valuesOf(eval("qnn.slice %a0, %a1, %a2, %a3 axes [0]",
                         {x, i64({1}, {start}), i64({1}, {end}), i64({1}, {step})},
                         "tensor<?xi64>"));
  };
  EXPECT_EQ(slice(1, 4, 1), (Values{1, 2, 3}));
  EXPECT_EQ(slice(-2, INT64_MAX, 1), (Values{3, 4}));
  EXPECT_EQ(slice(0, 5, 2), (Values{0, 2, 4}));
  EXPECT_EQ(slice(-1, INT64_MIN, -1), (Values{4, 3, 2, 1, 0}));
  EXPECT_EQ(slice(4, 0, -2), (Values{4, 2}));
  EXPECT_EQ(slice(10, 2, -1), (Values{4, 3}));
  EXPECT_EQ(slice(3, 1, 1), Values());
  EXPECT_EQ(slice(0, 5, INT64_MAX), (Values{0}));
  EXPECT_EQ(slice(4, -6, INT64_MIN), (Values{4}));
}

TEST_F(ReferenceTest, ConcatTakesEmptyInputs) {
  EXPECT_EQ(valuesOf(eval("qnn.concat %a0, %a1, %a2 {axis = 1 : i64}",
                          {f32({2, 1}, {1, 2}), f32({2, 0}, {}), f32({2, 2}, {3, 4, 5, 6})},
                          "tensor<2x3xf32>")),
            (Values{1, 3, 4, 2, 5, 6}));
}

TEST_F(ReferenceTest, PadModes) {
  Tensor x = f32({3}, {1, 2, 3}), value = f32({}, {9});
  auto pad = [&](int64_t before, int64_t after, const char *mode) {
    return valuesOf(eval(std::string("qnn.pad %a0, %a1, %a2 ") + mode,
                         {x, i64({2}, {before, after}), value}, "tensor<?xf32>"));
  };
  EXPECT_EQ(pad(1, 2, "constant"), (Values{9, 1, 2, 3, 9, 9}));
  EXPECT_EQ(pad(-1, 1, "constant"), (Values{2, 3, 9}));
  EXPECT_EQ(pad(2, 2, "reflect"), (Values{3, 2, 1, 2, 3, 2, 1}));
  EXPECT_EQ(pad(5, 0, "reflect"), (Values{2, 1, 2, 3, 2, 1, 2, 3}));
  EXPECT_EQ(pad(2, 1, "edge"), (Values{1, 1, 1, 2, 3, 3}));
  EXPECT_EQ(pad(1, 2, "wrap"), (Values{3, 1, 2, 3, 1, 2}));
  EXPECT_EQ(pad(-3, 0, "edge"), Values());
  x = f32({1, 1}, {4});
  EXPECT_EQ(valuesOf(eval("qnn.pad %a0, %a1, %a2 constant", {x, i64({4}, {1, 0, 0, 1}), value},
                          "tensor<2x2xf32>")),
            (Values{9, 9, 4, 9}));
}

TEST_F(ReferenceTest, ExpandAndTile) {
  Tensor x = f32({2, 1}, {1, 2});
  EXPECT_EQ(valuesOf(eval("qnn.expand %a0, %a1", {x, i64({3}, {2, 1, 2})}, "tensor<2x2x2xf32>")),
            (Values{1, 1, 2, 2, 1, 1, 2, 2}));
  EXPECT_EQ(eval("qnn.expand %a0, %a1", {x, i64({2}, {2, 0})}, "tensor<2x0xf32>").dims,
            (Dims{2, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.tile %a0, %a1", {x, i64({2}, {2, 2})}, "tensor<4x2xf32>")),
            (Values{1, 1, 2, 2, 1, 1, 2, 2}));
  EXPECT_NE(errorOf("qnn.expand %a0, %a1", {x, i64({2}, {int64_t(1) << 31, int64_t(1) << 31})},
                    "tensor<?x?xf32>"),
            "");
}

TEST_F(ReferenceTest, ResizeModes) {
  Tensor x = f32({1, 1, 2, 1}, {10, 20});
  auto resize = [&](const char *modes, int64_t size, double scale) {
    std::string op = std::string("qnn.resize %a0, %a1 ") + modes + " scales [1.0, " +
                     std::to_string(scale) + "]";
    return eval(op, {x, i64({2}, {1, size})}, "tensor<1x1x?x1xf32>");
  };
  expectNear(resize("nearest asymmetric floor", 4, 2), {10, 10, 20, 20});
  expectNear(resize("nearest half_pixel round_prefer_floor", 4, 2), {10, 10, 20, 20});
  expectNear(resize("nearest asymmetric round_prefer_floor", 4, 2), {10, 10, 20, 20});
  expectNear(resize("nearest asymmetric round_prefer_ceil", 4, 2), {10, 20, 20, 20});
  expectNear(resize("linear half_pixel floor", 4, 2), {10, 12.5, 17.5, 20});
  expectNear(resize("linear asymmetric floor", 4, 2), {10, 15, 20, 20});
  expectNear(resize("linear align_corners floor", 3, 1.5), {10, 15, 20});
  expectNear(resize("linear pytorch_half_pixel floor", 1, 0.5), {10});
  // The four weights of x = 0.5 are -0.09375, 0.59375, 0.59375, -0.09375.
  expectNear(resize("cubic align_corners floor", 3, 1.5), {10, 15, 20});
}

TEST_F(ReferenceTest, ShapeAndRange) {
  Tensor x = f32({2, 0, 3}, {});
  EXPECT_EQ(valuesOf(eval("qnn.shape %a0 {start = 1 : i64, end = 3 : i64}", {x}, "tensor<2xi64>")),
            (Values{0, 3}));
  auto range = [&](int64_t start, int64_t limit, int64_t delta) {
    return valuesOf(eval("qnn.range %a0, %a1, %a2",
                         {i64({}, {start}), i64({}, {limit}), i64({}, {delta})}, "tensor<?xi64>"));
  };
  EXPECT_EQ(range(1, 8, 3), (Values{1, 4, 7}));
  EXPECT_EQ(range(3, 0, -1), (Values{3, 2, 1}));
  EXPECT_EQ(range(3, 3, 1), Values());
  EXPECT_EQ(valuesOf(eval("qnn.range %a0, %a1, %a2", {f32({}, {0}), f32({}, {1}), f32({}, {0.25})},
                          "tensor<?xf32>")),
            (Values{0, 0.25, 0.5, 0.75}));
  EXPECT_NE(errorOf("qnn.range %a0, %a1, %a2", {i64({}, {0}), i64({}, {INT64_MAX}), i64({}, {1})},
                    "tensor<?xi64>"),
            "");
}
