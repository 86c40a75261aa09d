// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Elementary functions step by step as Numerics/Polynomials.h defines them.

#include "passes/Codegen/Build/MathEmitter.h"

#include "bitwright/Numerics/Polynomials.h"

using namespace mlir;
using namespace bitwright::codegen;
using FPred = arith::CmpFPredicate;
using IPred = arith::CmpIPredicate;

template <typename Coefficient>
static Value horner(KernelBuilder &k, ArrayRef<Coefficient> coefficients, Value t) {
  Value p = k.number(t.getType(), coefficients[0]);
  for (Coefficient c : coefficients.drop_front())
    p = k.add(k.mul(p, t), k.number(t.getType(), c));
  return p;
}

/// |x| with the sign of `sign`.
static Value copySign(KernelBuilder &k, Value x, Value sign) {
  Type bits = k.like(k.i32(), x.getType());
  Value mask = k.integer(bits, int32_t(0x80000000));
  Value signBit = k.bitAnd(k.bitcast(sign, bits), mask);
  return k.bitcast(k.bitOr(k.bitcast(k.abs(x), bits), signBit), x.getType());
}

/// 2^n for an integer n whose exponent is normal.
static Value powerOfTwo(KernelBuilder &k, Value n, Type type) {
  return k.bitcast(k.shl(k.add(n, k.integer(n.getType(), 127)), 23), type);
}

Value bitwright::codegen::emitExp(KernelBuilder &k, Value x) {
  Type type = x.getType();
  auto number = [&](double value) { return k.number(type, value); };
  Value isNan = k.compare(FPred::UNO, x, x), original = x;
  x = k.select(k.compare(FPred::OLT, x, number(poly::expMin)), number(poly::expMin), x);
  x = k.select(k.compare(FPred::OGT, x, number(poly::expMax)), number(poly::expMax), x);
  x = k.select(isNan, number(0), x);
  Value n = k.roundEven(k.mul(x, number(poly::log2e)));
  Value r = k.sub(x, k.mul(n, number(poly::ln2High)));
  r = k.sub(r, k.mul(n, number(poly::ln2Low)));
  Value p = k.mul(horner(k, ArrayRef(poly::expCoefficients), r), k.mul(r, r));
  p = k.add(k.add(p, r), number(1));
  Value exponent = k.toInt(n, k.i32(), false);
  Value half = k.shrArithmetic(exponent, 1);
  p = k.mul(p, powerOfTwo(k, half, type));
  p = k.mul(p, powerOfTwo(k, k.sub(exponent, half), type));
  return k.select(isNan, original, p);
}

Value bitwright::codegen::emitLog(KernelBuilder &k, Value x) {
  Type type = x.getType(), ints = k.like(k.i32(), type);
  auto number = [&](double value) { return k.number(type, value); };
  Value original = x;
  Value tiny = k.compare(FPred::OLT, x, number(0x1p-126));
  x = k.select(tiny, k.mul(x, number(0x1p25)), x);
  Value bits = k.bitcast(x, ints);
  Value base = k.bitcast(number(poly::sqrtHalf), ints);
  Value exponent = k.shrArithmetic(k.sub(bits, base), 23);
  Value m = k.bitcast(k.sub(bits, k.shl(exponent, 23)), type);
  exponent = k.select(tiny, k.sub(exponent, k.integer(ints, 25)), exponent);
  Value n = k.toFloat(exponent, k.f32(), false);
  Value f = k.sub(m, number(1)), t = k.mul(f, f);
  Value y = k.mul(k.mul(horner(k, ArrayRef(poly::logCoefficients), f), f), t);
  y = k.add(y, k.mul(n, number(poly::ln2Low)));
  y = k.sub(y, k.mul(number(0.5), t));
  y = k.add(y, f);
  y = k.add(y, k.mul(n, number(poly::ln2High)));
  double inf = std::numeric_limits<double>::infinity();
  y = k.select(k.compare(FPred::OEQ, original, number(inf)), number(inf), y);
  y = k.select(k.compare(FPred::OEQ, original, number(0)), number(-inf), y);
  Value invalid = k.compare(FPred::ULT, original, number(0));
  return k.select(invalid, number(std::numeric_limits<double>::quiet_NaN()), y);
}

Value bitwright::codegen::emitTanh(KernelBuilder &k, Value x) {
  Type type = x.getType();
  auto number = [&](double value) { return k.number(type, value); };
  Value t = k.mul(x, x), magnitude = k.abs(x);
  Value small = k.mul(k.mul(horner(k, ArrayRef(poly::tanhCoefficients), t), t), x);
  small = k.add(small, x);
  Value e = emitExp(k, k.mul(number(2), magnitude));
  Value large = k.sub(number(1), k.fdiv(number(2), k.add(e, number(1))));
  large = copySign(k, large, x);
  return k.select(k.compare(FPred::OLT, magnitude, number(poly::tanhSplit)), small, large);
}

Value bitwright::codegen::emitSigmoid(KernelBuilder &k, Value x) {
  Type type = x.getType();
  Value one = k.number(type, 1);
  Value z = emitExp(k, k.neg(k.abs(x)));
  Value top = k.select(k.compare(FPred::OLT, x, k.number(type, 0)), z, one);
  return k.fdiv(top, k.add(one, z));
}

Value bitwright::codegen::emitErf(KernelBuilder &k, Value x) {
  Type type = x.getType();
  auto number = [&](double value) { return k.number(type, value); };
  Value magnitude = k.abs(x);
  Value small = k.mul(horner(k, ArrayRef(poly::erfSmallCoefficients), k.mul(x, x)), x);
  Value limited = k.select(k.compare(FPred::OGT, magnitude, number(4)), number(4), magnitude);
  Value tail =
      k.sub(number(1), emitExp(k, horner(k, ArrayRef(poly::erfTailCoefficients), limited)));
  return k.select(k.compare(FPred::OLT, magnitude, number(1)), small, copySign(k, tail, x));
}

Value bitwright::codegen::emitSoftplus(KernelBuilder &k, Value x) {
  Type type = x.getType();
  Value zero = k.number(type, 0), one = k.number(type, 1);
  Value z = emitExp(k, k.neg(k.abs(x)));
  Value u = k.add(one, z);
  Value isOne = k.compare(FPred::OEQ, u, one);
  Value rest = k.select(isOne, one, k.sub(u, one));
  Value l = k.select(isOne, z, k.mul(emitLog(k, u), k.fdiv(z, rest)));
  Value positive = k.select(k.compare(FPred::OLT, x, zero), zero, x);
  return k.add(positive, l);
}

Value bitwright::codegen::emitSinCos(KernelBuilder &k, Value x, bool cosine) {
  Type type = x.getType(), wide = k.like(k.f64(), type), ints = k.like(k.i32(), type);
  OpBuilder &b = k.builder();
  Location loc = k.location();
  Value d = arith::ExtFOp::create(b, loc, wide, x);
  Value n = k.roundEven(k.mul(d, k.number(wide, poly::twoOverPi)));
  d = k.sub(d, k.mul(n, k.number(wide, poly::halfPiHigh)));
  d = k.sub(d, k.mul(n, k.number(wide, poly::halfPiLow)));
  Value r = arith::TruncFOp::create(b, loc, type, d);
  Value t = k.mul(r, r);
  Value s = k.mul(k.mul(horner(k, ArrayRef(poly::sinCoefficients), t), t), r);
  s = k.add(s, r);
  Value c = k.mul(k.mul(horner(k, ArrayRef(poly::cosCoefficients), t), t), t);
  c = k.add(k.sub(c, k.mul(k.number(type, 0.5), t)), k.number(type, 1));
  // |n| may exceed 31 bits only beyond the stated domain.
  Value limit = k.number(wide, 0x1p30);
  Value inside = k.compare(FPred::OLT, k.abs(n), limit);
  Value q = k.toInt(k.select(inside, n, k.number(wide, 0)), k.i32(), false);
  if (cosine)
    q = k.add(q, k.integer(ints, 1));
  Value odd = k.compare(IPred::ne, k.bitAnd(q, k.integer(ints, 1)), k.integer(ints, 0));
  Value flip = k.compare(IPred::ne, k.bitAnd(q, k.integer(ints, 2)), k.integer(ints, 0));
  Value y = k.select(odd, c, s);
  y = k.select(flip, k.neg(y), y);
  double inf = std::numeric_limits<double>::infinity();
  Value finite = k.compare(FPred::OLT, k.abs(x), k.number(type, inf));
  return k.select(finite, y, k.number(type, std::numeric_limits<double>::quiet_NaN()));
}

Value bitwright::codegen::emitPow(KernelBuilder &k, Value x, Value y) {
  Type type = x.getType(), wide = k.like(k.f64(), type), ints = k.like(k.i64(), type);
  OpBuilder &b = k.builder();
  Location loc = k.location();
  auto number = [&](double value) { return k.number(wide, value); };
  auto narrow = [&](double value) { return k.number(type, value); };
  double inf = std::numeric_limits<double>::infinity();
  Value exponent = arith::ExtFOp::create(b, loc, wide, y);
  Value a = arith::ExtFOp::create(b, loc, wide, k.abs(x));
  Value bits = k.bitcast(a, ints), base = k.bitcast(number(poly::sqrtHalfDouble), ints);
  Value n = k.shrArithmetic(k.sub(bits, base), 52);
  Value m = k.bitcast(k.sub(bits, k.shl(n, 52)), wide);
  // |n| < 2^11, so the conversion through i32 is exact and cheap everywhere.
  Value whole = arith::SIToFPOp::create(b, loc, wide, k.truncate(n, k.i32()));
  Value s = k.fdiv(k.sub(m, number(1)), k.add(m, number(1))), t = k.mul(s, s);
  Value l = k.mul(k.mul(horner(k, ArrayRef(poly::powLogCoefficients), t), t), s);
  l = k.add(l, k.mul(number(2), s));
  l = k.add(k.mul(l, number(poly::log2eDouble)), whole);
  Value e = k.mul(exponent, l);
  e = k.select(k.compare(FPred::OLT, e, number(poly::powMin)), number(poly::powMin), e);
  e = k.select(k.compare(FPred::OLT, e, number(poly::powMax)), e, number(poly::powMax));
  Value r = k.roundEven(e), f = k.sub(e, r);
  Value p = k.add(k.mul(horner(k, ArrayRef(poly::powExpCoefficients), f), f), number(1));
  Value power = k.extend(k.toInt(r, k.i32(), false), k.i64(), false);
  power = k.bitcast(k.shl(k.add(power, k.integer(ints, 1023)), 52), wide);
  Value result = arith::TruncFOp::create(b, loc, type, k.mul(p, power));

  // The special cases of C's pow.
  Value yWhole = k.compare(FPred::OEQ, k.floor(y), y);
  Value halfY = k.mul(y, narrow(0.5));
  Value yOdd = k.bitAnd(yWhole, k.compare(FPred::UNE, k.floor(halfY), halfY));
  Value negative = k.compare(FPred::OLT, x, narrow(0));
  Value yPositive = k.compare(FPred::OGT, y, narrow(0));
  Value zeroX = k.compare(FPred::OEQ, x, narrow(0)),
        infX = k.compare(FPred::OEQ, k.abs(x), narrow(inf));
  result = k.select(zeroX, k.select(yPositive, narrow(0), narrow(inf)), result);
  result = k.select(infX, k.select(yPositive, narrow(inf), narrow(0)), result);
  Value one = k.compare(FPred::OEQ, k.abs(x), narrow(1));
  result = k.select(one, narrow(1), result);
  Value signedResult = copySign(k, result, x);
  result = k.select(yOdd, signedResult, result);
  Value finiteX = k.compare(FPred::OLT, k.abs(x), narrow(inf));
  Value invalid = k.bitAnd(k.bitAnd(negative, finiteX), k.compare(FPred::UNE, k.floor(y), y));
  Value nan = narrow(std::numeric_limits<double>::quiet_NaN());
  result = k.select(invalid, nan, result);
  Value anyNan = k.compare(FPred::UNO, x, y);
  result = k.select(anyNan, nan, result);
  Value trivial = k.bitOr(k.compare(FPred::OEQ, y, narrow(0)), k.compare(FPred::OEQ, x, narrow(1)));
  return k.select(trivial, narrow(1), result);
}

//===--- binary16 ---------------------------------------------------------===//

Value bitwright::codegen::emitHalfToFloat(KernelBuilder &k, Value x) {
  Type ints = k.like(k.i32(), x.getType()), floats = k.like(k.f32(), x.getType());
  auto integer = [&](int64_t value) { return k.integer(ints, value); };
  Value bits = k.extend(k.bitcast(x, k.like(k.i16(), x.getType())), k.i32(), /*isUnsigned=*/true);
  Value magnitude = k.bitAnd(bits, integer(0x7FFF));
  // The exponent is rebiased; denormals count steps of 2^-24.
  Value result = k.add(k.shl(magnitude, 13), integer((127 - 15) << 23));
  Value steps = k.mul(k.toFloat(magnitude, k.f32(), false), k.number(floats, 0x1p-24));
  Value isSmall = k.compare(IPred::slt, magnitude, integer(0x0400));
  result = k.select(isSmall, k.bitcast(steps, ints), result);
  result = k.select(k.compare(IPred::eq, magnitude, integer(0x7C00)), integer(0x7F800000), result);
  result = k.select(k.compare(IPred::sgt, magnitude, integer(0x7C00)), integer(0x7FC00000), result);
  return k.bitcast(k.bitOr(result, k.shl(k.bitAnd(bits, integer(0x8000)), 16)), floats);
}

Value bitwright::codegen::emitFloatToHalf(KernelBuilder &k, Value x) {
  Type ints = k.like(k.i32(), x.getType()), floats = x.getType();
  auto integer = [&](int64_t value) { return k.integer(ints, value); };
  Value bits = k.bitcast(x, ints), magnitude = k.bitAnd(bits, integer(0x7FFFFFFF));
  // Half of the last place that is kept, less one where the kept part is even,
  // rounds ties to even; a carry goes into the exponent as it should.
  Value rebiased = k.sub(magnitude, integer((127 - 15) << 23));
  Value odd = k.bitAnd(k.shrLogical(rebiased, 13), integer(1));
  Value result = k.shrLogical(k.add(rebiased, k.add(odd, integer(0x0FFF))), 13);
  // Below 2^-14: steps of 2^-24. Larger values would overflow the conversion.
  Value isSmall = k.compare(IPred::slt, magnitude, integer(0x38800000));
  Value small = k.select(isSmall, k.bitcast(magnitude, floats), k.number(floats, 0));
  Value steps = k.toInt(k.roundEven(k.mul(small, k.number(floats, 0x1p24))), k.i32(), false);
  result = k.select(isSmall, steps, result);
  // From halfway between 65504 and 65536.
  Value isLarge = k.compare(IPred::sge, magnitude, integer(0x477FF000));
  result = k.select(isLarge, integer(0x7C00), result);
  Value isNan = k.compare(IPred::sgt, magnitude, integer(0x7F800000));
  result = k.select(isNan, integer(0x7E00), result);
  result = k.bitOr(result, k.bitAnd(k.shrLogical(bits, 16), integer(0x8000)));
  return k.bitcast(k.truncate(result, k.i16()), k.like(k.builder().getF16Type(), floats));
}
