// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The scalar form of the functions in Polynomials.h, step by step as written there.

#include "bitwright/Numerics/Polynomials.h"

#include "bitwright/Numerics/Quantize.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

using namespace bitwright;

template <typename To, typename From> static To bitCast(From from) {
  static_assert(sizeof(To) == sizeof(From), "sizes differ");
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

template <typename T, size_t count> static T horner(const T (&coefficients)[count], T t) {
  T p = coefficients[0];
  for (size_t i = 1; i < count; ++i)
    p = p * t + coefficients[i];
  return p;
}

static float powerOfTwo(int32_t n) { return bitCast<float>((n + 127) << 23); }

float poly::exp(float x) {
  if (std::isnan(x))
    return x;
  x = x < expMin ? expMin : x > expMax ? expMax : x;
  float n = roundHalfEven(x * log2e);
  float r = x - n * ln2High;
  r = r - n * ln2Low;
  float p = horner(expCoefficients, r) * (r * r);
  p = p + r;
  p = p + 1.0f;
  int32_t exponent = int32_t(n);
  int32_t half = exponent >> 1;
  p = p * powerOfTwo(half);
  return p * powerOfTwo(exponent - half);
}

float poly::log(float x) {
  if (!(x > 0.0f))
    return x == 0.0f ? -std::numeric_limits<float>::infinity()
                     : std::numeric_limits<float>::quiet_NaN();
  if (std::isinf(x))
    return x;
  int32_t adjust = 0;
  if (x < std::numeric_limits<float>::min()) {
    x = x * 0x1p25f;
    adjust = 25;
  }
  int32_t bits = bitCast<int32_t>(x);
  int32_t k = (bits - bitCast<int32_t>(sqrtHalf)) >> 23;
  float f = bitCast<float>(bits - k * (1 << 23)) - 1.0f;
  float n = float(k - adjust);
  float t = f * f;
  float y = (horner(logCoefficients, f) * f) * t;
  y = y + n * ln2Low;
  y = y - 0.5f * t;
  y = y + f;
  return y + n * ln2High;
}

float poly::tanh(float x) {
  if (std::fabs(x) < tanhSplit) {
    float t = x * x;
    float y = (horner(tanhCoefficients, t) * t) * x;
    return y + x;
  }
  float z = exp(2.0f * std::fabs(x));
  return std::copysign(1.0f - 2.0f / (z + 1.0f), x);
}

float poly::sigmoid(float x) {
  float z = exp(-std::fabs(x));
  return (x < 0.0f ? z : 1.0f) / (1.0f + z);
}

float poly::erf(float x) {
  float a = std::fabs(x);
  if (a < 1.0f)
    return horner(erfSmallCoefficients, x * x) * x;
  float tail = exp(horner(erfTailCoefficients, a > 4.0f ? 4.0f : a));
  return std::copysign(1.0f - tail, x);
}

float poly::softplus(float x) {
  float z = exp(-std::fabs(x));
  float u = 1.0f + z;
  float l = u == 1.0f ? z : log(u) * (z / (u - 1.0f));
  return (x > 0.0f ? x : 0.0f) + l;
}

/// sin (quadrant 0) or cos (quadrant 1).
static float sinOfQuadrant(float x, int quadrant) {
  if (!std::isfinite(x))
    return std::numeric_limits<float>::quiet_NaN();
  double n = roundHalfEven(double(x) * poly::twoOverPi);
  double d = double(x) - n * poly::halfPiHigh;
  d = d - n * poly::halfPiLow;
  float r = float(d);
  float t = r * r;
  float s = (horner(poly::sinCoefficients, t) * t) * r;
  s = s + r;
  float c = (horner(poly::cosCoefficients, t) * t) * t;
  c = c - 0.5f * t;
  c = c + 1.0f;
  int q = (int(std::fmod(n, 4.0)) + 4 + quadrant) & 3;
  float y = (q & 1) ? c : s;
  return q >= 2 ? -y : y;
}

float poly::sin(float x) { return sinOfQuadrant(x, 0); }
float poly::cos(float x) { return sinOfQuadrant(x, 1); }

/// |x|^y in double for finite x != 0 and any y but NaN.
static double powMagnitude(double a, double y) {
  int64_t bits = bitCast<int64_t>(a);
  int64_t k = (bits - bitCast<int64_t>(poly::sqrtHalfDouble)) >> 52;
  double m = bitCast<double>(bits - k * (int64_t(1) << 52));
  double s = (m - 1.0) / (m + 1.0);
  double t = s * s;
  double l = (horner(poly::powLogCoefficients, t) * t) * s;
  l = l + 2.0 * s;
  l = l * poly::log2eDouble + double(k);
  double e = y * l;
  e = e < poly::powMin ? poly::powMin : e > poly::powMax ? poly::powMax : e;
  double n = roundHalfEven(e);
  double f = e - n;
  double p = horner(poly::powExpCoefficients, f) * f + 1.0;
  return p * bitCast<double>((int64_t(n) + 1023) << 52);
}

float poly::pow(float x, float y) {
  if (x == 1.0f || y == 0.0f)
    return 1.0f;
  if (std::isnan(x) || std::isnan(y))
    return std::numeric_limits<float>::quiet_NaN();
  bool yIsInteger = std::isinf(y) || roundHalfEven(y) == y;
  bool yIsOdd = !std::isinf(y) && yIsInteger && std::fmod(y, 2.0f) != 0.0f;
  float a = std::fabs(x);
  float magnitude;
  if (a == 0.0f || std::isinf(a))
    magnitude = (a == 0.0f) == (y > 0.0f) ? 0.0f : std::numeric_limits<float>::infinity();
  else if (a == 1.0f)
    magnitude = 1.0f; // also (-1)^inf, where y * log2(a) has no value
  else
    magnitude = float(powMagnitude(double(a), double(y)));
  bool negativeBase = std::signbit(x);
  if (negativeBase && a != 0.0f && !std::isinf(a) && !yIsInteger)
    return std::numeric_limits<float>::quiet_NaN();
  return negativeBase && yIsOdd ? -magnitude : magnitude;
}
