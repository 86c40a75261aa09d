// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Every value of every narrow format, against LLVM's APFloat.

#include "bitwright/Numerics/FloatFormats.h"
#include "llvm/ADT/APFloat.h"
#include "gtest/gtest.h"
#include <cmath>
#include <limits>
#include <random>

using namespace bitwright;
using llvm::APFloat;
using llvm::APInt;

static double decodeWithLLVM(const llvm::fltSemantics &semantics, unsigned width, uint32_t bits) {
  return APFloat(semantics, APInt(width, bits)).convertToDouble();
}

/// All bit patterns decode as LLVM does, and encode to themselves.
template <typename Bits>
static void checkAll(const llvm::fltSemantics &semantics, Bits (*encode)(double),
                     float (*decode)(Bits), bool saturates) {
  unsigned width = sizeof(Bits) * 8;
  for (uint32_t bits = 0; bits < (1u << width); ++bits) {
    double want = decodeWithLLVM(semantics, width, bits);
    double got = decode(Bits(bits));
    if (std::isnan(want)) {
      ASSERT_TRUE(std::isnan(got)) << bits;
      ASSERT_TRUE(std::isnan(decode(encode(got)))) << bits;
      continue;
    }
    ASSERT_EQ(got, want) << bits;
    ASSERT_EQ(std::signbit(got), std::signbit(want)) << bits;
    if (!(saturates && std::isinf(want))) {
      ASSERT_EQ(encode(got), Bits(bits));
    }
  }
}

TEST(FloatFormats, AllValuesRoundTrip) {
  checkAll(APFloat::IEEEhalf(), encodeF16, decodeF16, false);
  checkAll(APFloat::BFloat(), encodeBF16, decodeBF16, false);
  checkAll(APFloat::Float8E4M3FN(), encodeF8E4M3FN, decodeF8E4M3FN, true);
  checkAll(APFloat::Float8E5M2(), encodeF8E5M2, decodeF8E5M2, true);
}

/// Random doubles and midpoints round as LLVM does (where nothing saturates).
template <typename Bits>
static void checkRounding(const llvm::fltSemantics &semantics, Bits (*encode)(double),
                          float (*decode)(Bits), uint32_t maxFinite) {
  auto check = [&](double value) {
    APFloat exact(value);
    bool lossy;
    exact.convert(semantics, APFloat::rmNearestTiesToEven, &lossy);
    ASSERT_EQ(encode(value), Bits(exact.bitcastToAPInt().getZExtValue())) << value;
  };
  for (uint32_t bits = 0; bits < maxFinite; ++bits) {
    double low = decode(Bits(bits)), high = decode(Bits(bits + 1));
    double middle = (low + high) / 2;
    check(middle);
    check(std::nextafter(middle, 0.0));
    check(std::nextafter(middle, 1e300));
    check(-middle);
  }
}

TEST(FloatFormats, TiesGoToEven) {
  checkRounding(APFloat::IEEEhalf(), encodeF16, decodeF16, 0x7BFF);
  checkRounding(APFloat::BFloat(), encodeBF16, decodeBF16, 0x7F7F);
  checkRounding(APFloat::Float8E4M3FN(), encodeF8E4M3FN, decodeF8E4M3FN, 0x7E);
  checkRounding(APFloat::Float8E5M2(), encodeF8E5M2, decodeF8E5M2, 0x7B);
}

TEST(FloatFormats, OverflowAndUnderflow) {
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(encodeF16(65519.0), 0x7BFF);
  EXPECT_EQ(encodeF16(65520.0), 0x7C00);
  EXPECT_EQ(encodeF16(-1e300), 0xFC00);
  EXPECT_EQ(encodeF16(1e-300), 0x0000);
  EXPECT_EQ(encodeF16(-5e-324), 0x8000);
  EXPECT_EQ(encodeBF16(infinity), 0x7F80);
  EXPECT_EQ(decodeF8E4M3FN(encodeF8E4M3FN(1e9)), 448.0f);
  EXPECT_EQ(decodeF8E4M3FN(encodeF8E4M3FN(-infinity)), -448.0f);
  EXPECT_EQ(decodeF8E5M2(encodeF8E5M2(infinity)), 57344.0f);
  EXPECT_EQ(decodeF8E4M3FN(encodeF8E4M3FN(0x1p-10)), 0.0f); // tie with the smallest denormal
  EXPECT_EQ(decodeF8E4M3FN(encodeF8E4M3FN(0x1.1p-10)), 0x1p-9f);
}

TEST(FloatFormats, RoundOnceFromDouble) {
  // Through binary32 this would round to a tie and then down.
  double value = 1.0 + 0x1p-11 + 0x1p-40;
  EXPECT_EQ(encodeF16(value), 0x3C01);
  EXPECT_EQ(encodeF16(double(float(value))), 0x3C00);
}
