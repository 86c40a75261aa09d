// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Elementwise ops: values computed by hand, broadcasting, special values, and
/// integers of every width.

#include "ReferenceTest.h"
#include <cmath>
#include <limits>

using namespace bitwright;

static constexpr double infinity = std::numeric_limits<double>::infinity();

TEST_F(ReferenceTest, UnaryFloatOps) {
  struct Case {
    const char *op;
    Values inputs, expected;
  } cases[] = {
      {"abs", {-1.5, 0, 2}, {1.5, 0, 2}},
      {"neg", {-1.5, 0, 2}, {1.5, 0, -2}},
      {"ceil", {-1.5, 0.1, 2}, {-1, 1, 2}},
      {"floor", {-1.5, 0.1, 2}, {-2, 0, 2}},
      {"round", {0.5, 1.5, 2.5, -0.5, -2.5}, {0, 2, 2, 0, -2}},
      {"relu", {-1, 0, 3}, {0, 0, 3}},
      {"sign", {-3, 0, 0.1}, {-1, 0, 1}},
      {"sqrt", {0, 4, 2}, {0, 2, std::sqrt(2.0)}},
      {"reciprocal", {2, -4, infinity}, {0.5, -0.25, 0}},
      {"exp", {0, 1, -infinity}, {1, M_E, 0}},
      {"log", {1, M_E}, {0, 1}},
      {"sin", {0, M_PI / 6}, {0, 0.5}},
      {"cos", {0, M_PI / 3}, {1, 0.5}},
      {"tanh", {0, 0.5, 100}, {0, std::tanh(0.5), 1}},
      {"erf", {0, 0.5, -10}, {0, std::erf(0.5), -1}},
      {"sigmoid", {0, 2, -2}, {0.5, 1 / (1 + std::exp(-2.0)), 1 / (1 + std::exp(2.0))}},
      {"silu", {0, 2}, {0, 2 / (1 + std::exp(-2.0))}},
      {"softplus", {0, 30}, {std::log(2.0), 30}},
      {"hard_swish", {-4, -1, 1, 4}, {0, -1.0 / 3, 2.0 / 3, 4}},
      {"gelu", {0, 1, -1}, {0, 0.8413447, -0.1586553}},
      {"gelu {tanh_approximation}", {0, 1}, {0, 0.8411920}},
      {"clip {min = -1.0 : f64, max = 2.0 : f64}", {-5, 0.5, 5}, {-1, 0.5, 2}},
      {"elu {alpha = 2.0 : f64}", {-1, 1}, {2 * (std::exp(-1.0) - 1), 1}},
      {"leaky_relu {alpha = 0.1 : f64}", {-2, 3}, {-0.2, 3}},
      {"hard_sigmoid {alpha = 0.2 : f64, beta = 0.5 : f64}", {-9, 1, 9}, {0, 0.7, 1}},
  };
  for (const Case &test : cases) {
    std::string op = test.op;
    size_t space = op.find(' ');
    std::string name = op.substr(0, space), attributes = space < op.size() ? op.substr(space) : "";
    SCOPED_TRACE(op);
    Tensor input = f32({int64_t(test.inputs.size())}, test.inputs);
    expectNear(eval("qnn." + name + " %a0" + attributes, {input}, typeOf(input)), test.expected);
  }
}

TEST_F(ReferenceTest, NanPropagates) {
  Tensor input = f32({1}, {std::nan("")});
  for (const char *op : {"relu", "sigmoid", "exp", "round", "softplus", "hard_swish", "sign",
                         "clip {min = 0.0 : f64, max = 6.0 : f64}"}) {
    std::string name = op, attributes;
    if (size_t space = name.find(' '); space != std::string::npos) {
      attributes = name.substr(space);
      name.resize(space);
    }
    Values values = valuesOf(eval("qnn." + name + " %a0" + attributes, {input}, "tensor<1xf32>"));
    ASSERT_EQ(values.size(), 1u);
    EXPECT_TRUE(std::isnan(values[0])) << op;
  }
}

TEST_F(ReferenceTest, HalfIsRoundedOnce) {
  // 2048 + 1 has no f16; ties go to even.
  Tensor a = f16({2}, {2048, 2048}), b = f16({2}, {1, 3});
  EXPECT_EQ(valuesOf(eval("qnn.add %a0, %a1", {a, b}, "tensor<2xf16>")), (Values{2048, 2052}));
}

TEST_F(ReferenceTest, IntegersWrapAndTruncate) {
  EXPECT_EQ(
      valuesOf(eval("qnn.add %a0, %a1", {i8({2}, {127, -128}), i8({2}, {1, -1})}, "tensor<2xi8>")),
      (Values{-128, 127}));
  EXPECT_EQ(valuesOf(eval("qnn.div %a0, %a1", {i64({3}, {-7, 7, INT64_MIN}), i64({3}, {2, -2, -1})},
                          "tensor<3xi64>")),
            (Values{-3, -3, double(INT64_MIN)}));
  EXPECT_EQ(valuesOf(eval("qnn.mod %a0, %a1", {i32({3}, {-7, 7, 6}), i32({3}, {3, -3, 3})},
                          "tensor<3xi32>")),
            (Values{2, -2, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.mod %a0, %a1 {fmod}", {i32({2}, {-7, 7}), i32({2}, {3, -3})},
                          "tensor<2xi32>")),
            (Values{-1, 1}));
  EXPECT_EQ(valuesOf(eval("qnn.pow %a0, %a1", {i64({3}, {3, -1, 2}), i64({3}, {4, -3, -1})},
                          "tensor<3xi64>")),
            (Values{81, -1, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.abs %a0", {i32({2}, {-5, 5})}, "tensor<2xi32>")), (Values{5, 5}));
  EXPECT_EQ(valuesOf(eval("qnn.clip %a0 {min = -1.5 : f64, max = 2.5 : f64}",
                          {i64({3}, {-5, 0, 5})}, "tensor<3xi64>")),
            (Values{-1, 0, 2}));
}

TEST_F(ReferenceTest, DivisionByZeroIsAnError) {
  EXPECT_NE(errorOf("qnn.div %a0, %a1", {i64({1}, {1}), i64({1}, {0})}, "tensor<1xi64>")
                .find("division by zero"),
            std::string::npos);
  EXPECT_EQ(valuesOf(eval("qnn.div %a0, %a1", {f32({1}, {1}), f32({1}, {0})}, "tensor<1xf32>")),
            (Values{infinity}));
}

TEST_F(ReferenceTest, BinaryOpsBroadcast) {
  Tensor column = f32({2, 1}, {10, 20}), row = f32({3}, {1, 2, 3}), scalar = f32({}, {5});
  EXPECT_EQ(valuesOf(eval("qnn.add %a0, %a1", {column, row}, "tensor<2x3xf32>")),
            (Values{11, 12, 13, 21, 22, 23}));
  EXPECT_EQ(valuesOf(eval("qnn.sub %a0, %a1", {scalar, row}, "tensor<3xf32>")), (Values{4, 3, 2}));
  EXPECT_EQ(valuesOf(eval("qnn.mul %a0, %a1", {scalar, scalar}, "tensor<f32>")), (Values{25}));
  Tensor empty = f32({0, 1}, {});
  EXPECT_EQ(eval("qnn.add %a0, %a1", {empty, row}, "tensor<0x3xf32>").dims, (Dims{0, 3}));
}

TEST_F(ReferenceTest, MaxAndMinLetNanWin) {
  double nan = std::nan("");
  Tensor a = f32({3}, {1, nan, 2}), b = f32({3}, {nan, 1, 3});
  for (const char *op : {"max", "min"}) {
    Values values = valuesOf(eval(std::string("qnn.") + op + " %a0, %a1", {a, b}, "tensor<3xf32>"));
    ASSERT_EQ(values.size(), 3u);
    EXPECT_TRUE(std::isnan(values[0]) && std::isnan(values[1])) << op;
    EXPECT_EQ(values[2], op[1] == 'a' ? 3 : 2);
  }
}

TEST_F(ReferenceTest, ComparisonsAndLogic) {
  Tensor a = f32({3}, {1, 2, 3}), b = f32({3}, {2, 2, 2});
  std::string flags = "tensor<3xi1>";
  EXPECT_EQ(valuesOf(eval("qnn.less %a0, %a1", {a, b}, flags)), (Values{1, 0, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.less_equal %a0, %a1", {a, b}, flags)), (Values{1, 1, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.greater %a0, %a1", {a, b}, flags)), (Values{0, 0, 1}));
  EXPECT_EQ(valuesOf(eval("qnn.greater_equal %a0, %a1", {a, b}, flags)), (Values{0, 1, 1}));
  EXPECT_EQ(valuesOf(eval("qnn.equal %a0, %a1", {a, b}, flags)), (Values{0, 1, 0}));
  Tensor p = i1({4}, {0, 0, 1, 1}), q = i1({4}, {0, 1, 0, 1});
  flags = "tensor<4xi1>";
  EXPECT_EQ(valuesOf(eval("qnn.and %a0, %a1", {p, q}, flags)), (Values{0, 0, 0, 1}));
  EXPECT_EQ(valuesOf(eval("qnn.or %a0, %a1", {p, q}, flags)), (Values{0, 1, 1, 1}));
  EXPECT_EQ(valuesOf(eval("qnn.xor %a0, %a1", {p, q}, flags)), (Values{0, 1, 1, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.not %a0", {p}, flags)), (Values{1, 1, 0, 0}));
}

TEST_F(ReferenceTest, WhereBroadcastsAllThree) {
  Tensor condition = i1({2, 1}, {1, 0}), a = i64({3}, {1, 2, 3}), b = i64({}, {-9});
  EXPECT_EQ(valuesOf(eval("qnn.where %a0, %a1, %a2", {condition, a, b}, "tensor<2x3xi64>")),
            (Values{1, 2, 3, -9, -9, -9}));
}

TEST_F(ReferenceTest, PReluTakesSlopesFromTheRight) {
  EXPECT_EQ(valuesOf(eval("qnn.prelu %a0, %a1", {f32({2, 2}, {-1, -1, 1, 0}), f32({2}, {2, 0.5})},
                          "tensor<2x2xf32>")),
            (Values{-2, -0.5, 1, 0}));
}

TEST_F(ReferenceTest, CastsSaturateAndTruncate) {
  double nan = std::nan("");
  Tensor x = f32({7}, {-1.9, 1.9, 300, -300, nan, 1e30, 0.4});
  EXPECT_EQ(valuesOf(eval("qnn.cast %a0", {x}, "tensor<7xi8>")),
            (Values{-1, 1, 127, -128, 0, 127, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.cast %a0 {unsigned_result}", {x}, "tensor<7xi8>"), true),
            (Values{0, 1, 255, 0, 0, 255, 0}));
  EXPECT_EQ(valuesOf(eval("qnn.cast %a0", {x}, "tensor<7xi1>")), (Values{1, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(valuesOf(eval("qnn.cast %a0", {f32({2}, {0, -0.0})}, "tensor<2xi1>")), (Values{0, 0}));
  Tensor wide = eval("qnn.cast %a0", {f32({2}, {1e30, -1e30})}, "tensor<2xi64>");
  EXPECT_EQ(toIntegers(wide), (std::vector<int64_t>{INT64_MAX, INT64_MIN}));
  EXPECT_EQ(valuesOf(eval("qnn.cast %a0", {i64({2}, {300, -1})}, "tensor<2xi8>")),
            (Values{44, -1}));
  EXPECT_EQ(valuesOf(eval("qnn.cast %a0 {unsigned_input}", {i8({1}, {-1})}, "tensor<1xf32>")),
            (Values{255}));
  // 2^60 + 2^36 + 1 is above the midpoint of two floats, but rounds to it as double.
  int64_t hard = (int64_t(1) << 60) + (int64_t(1) << 36) + 1;
  EXPECT_EQ(valuesOf(eval("qnn.cast %a0", {i64({1}, {hard})}, "tensor<1xf32>")),
            (Values{double(float(hard))}));
}
