// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The QDQ form: granularity, ties, saturation, dynamic quantization.

#include "ReferenceTest.h"
#include <cmath>
#include <limits>

using namespace bitwright;

TEST_F(ReferenceTest, QuantizePerTensor) {
  double infinity = std::numeric_limits<double>::infinity();
  Tensor x = f32({8}, {0.5, 1.5, 2.5, -0.5, -300, 300, infinity, std::nan("")});
  Tensor scale = f32({}, {1}), zero = i8({}, {3});
  EXPECT_EQ(valuesOf(eval("qnn.quantize %a0, %a1, %a2", {x, scale, zero}, "tensor<8xi8>")),
            (Values{3, 5, 5, 3, -128, 127, 127, 3}));
  EXPECT_EQ(
      valuesOf(eval("qnn.quantize %a0, %a1, %a2 {is_unsigned}", {x, scale, zero}, "tensor<8xi8>"),
               true),
      (Values{3, 5, 5, 3, 0, 255, 255, 3}));
}

TEST_F(ReferenceTest, QuantizePerAxis) {
  Tensor x = f32({2, 2}, {1, 2, 3, 4}), scale = f32({2}, {1, 0.5}), zero = i8({2}, {0, 10});
  EXPECT_EQ(valuesOf(eval("qnn.quantize %a0, %a1, %a2 {axis = 0 : i64}", {x, scale, zero},
                          "tensor<2x2xi8>")),
            (Values{1, 2, 16, 18}));
  EXPECT_EQ(valuesOf(eval("qnn.quantize %a0, %a1, %a2 {axis = 1 : i64}", {x, scale, zero},
                          "tensor<2x2xi8>")),
            (Values{1, 14, 3, 18}));
}

TEST_F(ReferenceTest, QuantizePerBlockWithATail) {
  // Blocks of two along axis 1 of three: the second block has one element.
  Tensor x = f32({2, 3}, {1, 2, 3, 4, 5, 6}), scale = f32({2, 2}, {1, 0.5, 2, 3});
  Tensor zero = i4({2, 2}, {0, -1, 1, 0});
  Tensor q = eval("qnn.quantize %a0, %a1, %a2 {axis = 1 : i64, block_size = 2 : i64}",
                  {x, scale, zero}, "tensor<2x3xi4>");
  EXPECT_EQ(valuesOf(q), (Values{1, 2, 5, 3, 3, 2})); // 5 / 2 = 2.5 to even
  EXPECT_EQ(valuesOf(eval("qnn.dequantize %a0, %a1, %a2 {axis = 1 : i64, block_size = 2 : i64}",
                          {q, scale, zero}, "tensor<2x3xf32>")),
            (Values{1, 2, 3, 4, 4, 6}));
}

TEST_F(ReferenceTest, DequantizeReadsItsSign) {
  Tensor q = i8({2}, {-1, 1}), scale = f32({}, {0.5}), zero = i8({}, {-128});
  EXPECT_EQ(valuesOf(eval("qnn.dequantize %a0, %a1, %a2", {q, scale, zero}, "tensor<2xf32>")),
            (Values{63.5, 64.5}));
  EXPECT_EQ(valuesOf(eval("qnn.dequantize %a0, %a1, %a2 {is_unsigned}", {q, scale, zero},
                          "tensor<2xf32>")),
            (Values{63.5, -63.5}));
  EXPECT_EQ(valuesOf(eval("qnn.dequantize %a0, %a1, %a2",
                          {i32({1}, {INT32_MIN}), scale, i32({}, {INT32_MAX})}, "tensor<1xf32>")),
            (Values{-2147483648.0}));
}

TEST_F(ReferenceTest, DynamicQuantizeTakesEachRow) {
  auto results = tryRun(R"(
    func.func @main(%x: tensor<3x2xf32>) -> (tensor<3x2xi8>, tensor<3x1xf32>, tensor<3x1xi8>) {
      %q, %s, %z = qnn.dynamic_quantize %x : tensor<3x2xf32> -> tensor<3x2xi8>, tensor<3x1xf32>, tensor<3x1xi8>
      return %q, %s, %z : tensor<3x2xi8>, tensor<3x1xf32>, tensor<3x1xi8>
    })",
                        {f32({3, 2}, {-51, 204, 0, 0, 1, 510})});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  EXPECT_EQ(valuesOf((*results)[0], true), (Values{0, 255, 0, 0, 0, 255}));
  EXPECT_EQ(valuesOf((*results)[1]), (Values{1, 1, 2}));
  EXPECT_EQ(valuesOf((*results)[2], true), (Values{51, 0, 0}));
}

TEST_F(ReferenceTest, ObserveIsTheIdentity) {
  mlir::func::FuncOp main = parse(R"(
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = qnn.observe %x "x" : tensor<2xf32>
      return %y : tensor<2xf32>
    })");
  ASSERT_TRUE(main);
  auto results = interpret(main, {f32({2}, {1, 2})});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  EXPECT_EQ(valuesOf((*results)[0]), (Values{1, 2}));
}
