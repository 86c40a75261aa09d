// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The elementary functions against libm in double: every bound stated in
/// Polynomials.h, on a dense sample of all floats, and the special values.

#include "bitwright/Numerics/Polynomials.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

using namespace bitwright;

static constexpr float infinity = std::numeric_limits<float>::infinity();
static constexpr float quietNaN = std::numeric_limits<float>::quiet_NaN();

/// Distance of `got` from `want` in units of the last place of `want`.
static double distance(float got, double want) {
  constexpr double wrong = 1e9;
  if (std::isnan(want))
    return std::isnan(got) ? 0 : wrong;
  if (std::isinf(float(want)) || std::isinf(got))
    return got == float(want) ? 0 : wrong;
  int exponent;
  std::frexp(want, &exponent);
  return std::fabs(got - want) / std::ldexp(1.0, std::max(exponent, -125) - 24);
}

/// The largest distance over every `step`-th float in [low, high].
template <typename F, typename G>
static double worst(F function, G reference, float low, float high, uint64_t step = 1009) {
  double largest = 0;
  for (uint64_t i = 0; i < (uint64_t(1) << 32); i += step) {
    uint32_t bits = uint32_t(i);
    float x;
    std::memcpy(&x, &bits, sizeof(x));
    if (x >= low && x <= high)
      largest = std::max(largest, distance(function(x), reference(double(x))));
  }
  return largest;
}

TEST(Polynomials, StayWithinTheirBounds) {
  auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  auto softplus = [](double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); };
  EXPECT_LE(worst(poly::exp, [](double x) { return std::exp(x); }, -infinity, infinity), 1.0);
  EXPECT_LE(worst(poly::log, [](double x) { return std::log(x); }, -infinity, infinity), 1.0);
  EXPECT_LE(worst(poly::tanh, [](double x) { return std::tanh(x); }, -infinity, infinity), 2.0);
  EXPECT_LE(worst(poly::erf, [](double x) { return std::erf(x); }, -infinity, infinity), 3.0);
  EXPECT_LE(worst(poly::sigmoid, sigmoid, -87.0f, infinity), 3.0);
  EXPECT_LE(worst(poly::softplus, softplus, -87.0f, infinity), 4.0);
  EXPECT_LE(
      worst(poly::sin, [](double x) { return std::sin(x); }, -poly::sinMax, poly::sinMax), 2.0);
  EXPECT_LE(
      worst(poly::cos, [](double x) { return std::cos(x); }, -poly::sinMax, poly::sinMax), 2.0);
}

TEST(Polynomials, PowStaysWithinItsBound) {
  for (float y : {0.5f, 2.0f, 3.0f, -1.0f, -0.5f, 0.1f, 7.3f, -19.7f, 1e-5f, 100.0f, infinity})
    EXPECT_LE(worst([=](float x) { return poly::pow(x, y); },
                    [=](double x) { return std::pow(x, double(y)); }, -infinity, infinity, 10007),
              1.0)
        << y;
}

TEST(Polynomials, SpecialValues) {
  EXPECT_EQ(poly::exp(0.0f), 1.0f);
  EXPECT_EQ(poly::exp(infinity), infinity);
  EXPECT_EQ(poly::exp(-infinity), 0.0f);
  EXPECT_EQ(poly::log(1.0f), 0.0f);
  EXPECT_EQ(poly::log(0.0f), -infinity);
  EXPECT_EQ(poly::log(infinity), infinity);
  EXPECT_TRUE(std::isnan(poly::log(-1.0f)));
  EXPECT_EQ(poly::tanh(infinity), 1.0f);
  EXPECT_EQ(poly::tanh(-0.0f), 0.0f);
  EXPECT_EQ(poly::sigmoid(-infinity), 0.0f);
  EXPECT_EQ(poly::sigmoid(0.0f), 0.5f);
  EXPECT_EQ(poly::erf(5.0f), 1.0f);
  EXPECT_EQ(poly::erf(-infinity), -1.0f);
  EXPECT_EQ(poly::cos(0.0f), 1.0f);
  EXPECT_TRUE(std::isnan(poly::sin(infinity)));
  for (auto *function : {poly::exp, poly::log, poly::tanh, poly::sigmoid, poly::erf, poly::softplus,
                         poly::sin, poly::cos})
    EXPECT_TRUE(std::isnan(function(quietNaN)));
}

TEST(Polynomials, PowFollowsC) {
  const float values[] = {0.0f, -0.0f, 1.0f,     -1.0f,     2.0f,    -2.0f,
                          0.5f, -3.0f, infinity, -infinity, quietNaN};
  for (float x : values)
    for (float y : values) {
      float want = std::pow(x, y), got = poly::pow(x, y);
      EXPECT_TRUE(got == want || (std::isnan(got) && std::isnan(want)))
          << x << "^" << y << " = " << got << ", not " << want;
    }
}
