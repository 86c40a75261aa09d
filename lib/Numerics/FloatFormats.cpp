// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// One encoder and one decoder for all narrow float formats, driven by a
/// description of the format.

#include "bitwright/Numerics/FloatFormats.h"

#include "bitwright/Numerics/Quantize.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace bitwright;

namespace {
struct Format {
  int exponentBits;
  int mantissaBits;
  uint32_t maxFinite; // magnitude bits of the largest finite value
  uint32_t infinity;  // magnitude bits, or maxFinite where conversion saturates
  uint32_t quietNan;  // magnitude bits
  bool hasInfinity;   // the format itself has infinities

  int bias() const { return (1 << (exponentBits - 1)) - 1; }
  int signShift() const { return exponentBits + mantissaBits; }
};
} // namespace

static constexpr Format f16 = {5, 10, 0x7BFF, 0x7C00, 0x7E00, true};
static constexpr Format bf16 = {8, 7, 0x7F7F, 0x7F80, 0x7FC0, true};
static constexpr Format f8E4M3FN = {4, 3, 0x7E, 0x7E, 0x7F, false};
static constexpr Format f8E5M2 = {5, 2, 0x7B, 0x7B, 0x7E, true};

/// floor(log2(a)) of a positive finite double.
static int exponentOf(double a) {
  uint64_t bits;
  std::memcpy(&bits, &a, sizeof(bits));
  int field = int(bits >> 52);
  return field == 0 ? -1022 : field - 1023; // a denormal is below every format's own range
}

/// 2^e for -1022 <= e <= 1023.
static double powerOfTwo(int e) {
  uint64_t bits = uint64_t(e + 1023) << 52;
  double result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

static uint32_t encode(double value, const Format &format) {
  uint32_t sign = std::signbit(value) ? 1u << format.signShift() : 0;
  if (std::isnan(value))
    return sign | format.quietNan;
  double a = std::fabs(value);
  if (std::isinf(a))
    return sign | format.infinity;
  if (a == 0)
    return sign;
  // The grid near `a` has steps of 2^(e - mantissaBits); q counts them. Adding q
  // to the exponent field carries into the next binade by itself.
  int minExponent = 1 - format.bias();
  int e = std::max(exponentOf(a), minExponent);
  if (e > format.bias() + 1)
    return sign | format.infinity;
  double q = roundHalfEven(a * powerOfTwo(format.mantissaBits - e));
  uint32_t magnitude = (uint32_t(e - minExponent) << format.mantissaBits) + uint32_t(q);
  return sign | (magnitude > format.maxFinite ? format.infinity : magnitude);
}

static float decode(uint32_t bits, const Format &format) {
  uint32_t magnitude = bits & ((1u << format.signShift()) - 1);
  uint32_t mantissa = magnitude & ((1u << format.mantissaBits) - 1);
  int exponent = int(magnitude >> format.mantissaBits);
  double result;
  if (magnitude > format.maxFinite)
    result = format.hasInfinity && mantissa == 0 ? std::numeric_limits<double>::infinity()
                                                 : std::numeric_limits<double>::quiet_NaN();
  else if (exponent == 0)
    result = mantissa * powerOfTwo(1 - format.bias() - format.mantissaBits);
  else
    result = (mantissa + (1u << format.mantissaBits)) *
             powerOfTwo(exponent - format.bias() - format.mantissaBits);
  return float((bits >> format.signShift()) & 1 ? -result : result);
}

uint16_t bitwright::encodeF16(double value) { return uint16_t(encode(value, f16)); }
float bitwright::decodeF16(uint16_t bits) { return decode(bits, f16); }
uint16_t bitwright::encodeBF16(double value) { return uint16_t(encode(value, bf16)); }
float bitwright::decodeBF16(uint16_t bits) { return decode(bits, bf16); }
uint8_t bitwright::encodeF8E4M3FN(double value) { return uint8_t(encode(value, f8E4M3FN)); }
float bitwright::decodeF8E4M3FN(uint8_t bits) { return decode(bits, f8E4M3FN); }
uint8_t bitwright::encodeF8E5M2(double value) { return uint8_t(encode(value, f8E5M2)); }
float bitwright::decodeF8E5M2(uint8_t bits) { return decode(bits, f8E5M2); }
