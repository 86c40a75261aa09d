// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Our own elementary functions: the coefficients, the order of steps, and a
/// scalar form of each. Code generation emits the same steps on vectors, so that
/// kernels call no libm; the tests compare both with libm.
///
/// Every step is one IEEE operation in single precision unless it says double;
/// "horner(c, t)" is  p = c[0]; for each further c[i]: p = p * t + c[i]. Kernels
/// may fuse a multiply and an add, which changes no stated bound. Coefficients
/// are highest power first, fitted by lib/Numerics/fit-polynomials.py. Errors are
/// the largest found over all floats in the stated domain by the unit tests.
/// NaN gives NaN everywhere (but pow(NaN, 0) = pow(1, NaN) = 1).

#ifndef BITWRIGHT_NUMERICS_POLYNOMIALS_H
#define BITWRIGHT_NUMERICS_POLYNOMIALS_H

namespace bitwright::poly {

inline constexpr float log2e = 0x1.715476p+0f;
inline constexpr float ln2High = 0x1.62e4p-1f; // 15 bits: n * ln2High is exact
inline constexpr float ln2Low = 0x1.7f7d1cp-20f;

/// exp, 1 ulp where the result is normal:
///   x = clamp(x, expMin, expMax)        NaN stays NaN
///   n = round_half_even(x * log2e)
///   r = x - n * ln2High;  r = r - n * ln2Low
///   p = horner(expCoefficients, r) * (r * r);  p = p + r;  p = p + 1
///   h = n >> 1 (as integer);  p = p * 2^h;  p = p * 2^(n - h)
/// Overflow gives infinity, underflow denormals and 0.
inline constexpr float expMin = -104.0f;
inline constexpr float expMax = 89.0f;
inline constexpr float expCoefficients[] = {0x1.6a234ep-10f, 0x1.123a6cp-7f, 0x1.5558f4p-5f,
                                            0x1.555490p-3f, 0x1.fffffcp-2f};
float exp(float x);

/// log, 1 ulp; log(0) = -inf, negative gives NaN, inf gives inf:
///   denormal x: x = x * 2^25, and 25 is taken from k below
///   k = (bits(x) - bits(sqrt(1/2))) >> 23 (arithmetic);  m = float(bits(x) - (k << 23))
///   f = m - 1;  t = f * f
///   y = (horner(logCoefficients, f) * f) * t
///   y = y + k * ln2Low;  y = y - 0.5 * t;  y = y + f;  y = y + k * ln2High
inline constexpr float sqrtHalf = 0x1.6a09e6p-1f;
inline constexpr float logCoefficients[] = {0x1.1462aep-4f,  -0x1.de4f84p-4f, 0x1.e6f626p-4f,
                                            -0x1.fc1f72p-4f, 0x1.2336e0p-3f,  -0x1.555c5ap-3f,
                                            0x1.99a4bcp-3f,  -0x1.000006p-2f, 0x1.555548p-2f};
float log(float x);

/// tanh, 2 ulp:
///   |x| < tanhSplit:  t = x * x;  y = (horner(tanhCoefficients, t) * t) * x;  y = y + x
///   else:  y = copysign(1 - 2 / (exp(2 |x|) + 1), x)
inline constexpr float tanhSplit = 0.625f;
inline constexpr float tanhCoefficients[] = {-0x1.75d51cp-8f, 0x1.5223e2p-6f, -0x1.b83bf4p-5f,
                                             0x1.110724p-3f, -0x1.555532p-2f};
float tanh(float x);

/// 1 / (1 + exp(-x)), 3 ulp where the result is normal:
///   z = exp(-|x|);  y = (x < 0 ? z : 1) / (1 + z)
float sigmoid(float x);

/// erf, 3 ulp:
///   |x| < 1:  y = horner(erfSmallCoefficients, x * x) * x
///   else:  y = copysign(1 - exp(horner(erfTailCoefficients, min(|x|, 4))), x)
inline constexpr float erfSmallCoefficients[] = {0x1.496bf8p-14f, -0x1.a3f7bap-11f, 0x1.5405d0p-8f,
                                                 -0x1.b7f912p-6f, 0x1.ce2cf8p-4f,   -0x1.81273ep-2f,
                                                 0x1.20dd74p+0f};
inline constexpr float erfTailCoefficients[] = {0x1.867120p-13f, -0x1.821b80p-9f, 0x1.65ad9ep-6f,
                                                -0x1.a644dcp-4f, -0x1.46bccap-1f, -0x1.20886cp+0f,
                                                -0x1.67c298p-12f};
float erf(float x);

/// log(1 + exp(x)), 4 ulp where the result is normal:
///   z = exp(-|x|);  u = 1 + z;  l = u == 1 ? z : log(u) * (z / (u - 1));  y = max(x, 0) + l
float softplus(float x);

/// sin and cos, 2 ulp for |x| <= sinMax; less accurate beyond, NaN for infinities.
/// The reduction is in double, the rest in single precision:
///   n = round_half_even(double(x) * twoOverPi)
///   d = double(x) - n * halfPiHigh;  d = d - n * halfPiLow;  r = float(d);  t = r * r
///   s = (horner(sinCoefficients, t) * t) * r;  s = s + r
///   c = (horner(cosCoefficients, t) * t) * t;  c = c - 0.5 * t;  c = c + 1
///   q = n (for cos: n + 1) modulo 4;  y = q odd ? c : s;  q >= 2: y = -y
inline constexpr float sinMax = 0x1p26f;
inline constexpr double twoOverPi = 0x1.45f306dc9c883p-1;
inline constexpr double halfPiHigh = 0x1.921fb58p+0; // 26 bits: n * halfPiHigh is exact
inline constexpr double halfPiLow = -0x1.dde973dcb3b3ap-27;
inline constexpr float sinCoefficients[] = {0x1.6ccf5ep-19f, -0x1.a00f74p-13f, 0x1.111108p-7f,
                                            -0x1.555556p-3f};
inline constexpr float cosCoefficients[] = {0x1.99e86ap-16f, -0x1.6c0c28p-10f, 0x1.55554ap-5f};
float sin(float x);
float cos(float x);

/// x to the power y, 1 ulp, with the special cases of C's pow. In double:
///   a = |x|;  k = (bits(a) - bits(sqrtHalfDouble)) >> 52;  m = double(bits(a) - (k << 52))
///   s = (m - 1) / (m + 1);  t = s * s
///   l = (horner(powLogCoefficients, t) * t) * s;  l = l + 2 * s
///   l = l * log2eDouble + k;  e = clamp(y * l, -160, 130)
///   n = round_half_even(e);  f = e - n;  p = horner(powExpCoefficients, f) * f + 1
///   result = float(p * 2^n), negative where x < 0 and y is odd
inline constexpr double sqrtHalfDouble = 0x1.6a09e667f3bcdp-1;
inline constexpr double log2eDouble = 0x1.71547652b82fep+0;
inline constexpr double powMin = -160.0;
inline constexpr double powMax = 130.0;
inline constexpr double powLogCoefficients[] = {0x1.911d2738e87c2p-3, 0x1.c62a9c9aa27d4p-3,
                                                0x1.2494132c74200p-2, 0x1.999996a6cac68p-2,
                                                0x1.555555561efefp-1};
inline constexpr double powExpCoefficients[] = {
    0x1.61c3e97c2e0d3p-20, 0x1.00d949b502484p-16, 0x1.430aabc818c30p-13, 0x1.5d874b9e5cdf0p-10,
    0x1.3b2ab5ea2c405p-7,  0x1.c6b08dcff2ed2p-5,  0x1.ebfbdff8f1064p-3,  0x1.62e42fef8969fp-1};
float pow(float x, float y);

} // namespace bitwright::poly

#endif // BITWRIGHT_NUMERICS_POLYNOMIALS_H
