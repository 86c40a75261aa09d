// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Rounding and saturation: see Rounding.h.

#include "passes/Codegen/Build/Rounding.h"

using namespace mlir;
using namespace bitwright::codegen;
using FPred = arith::CmpFPredicate;

/// The limits are applied to the float, which gives the same integers: rounding
/// is monotonic and the limits are integers.
Value bitwright::codegen::roundWithin(KernelBuilder &k, Value r, Value lower, Value upper,
                                      bool mayBeNaN) {
  if (mayBeNaN)
    r = k.select(k.compare(FPred::UNO, r, r), k.number(r.getType(), 0), r);
  r = k.select(k.compare(FPred::OLT, r, lower), lower, r);
  r = k.select(k.compare(FPred::OGT, r, upper), upper, r);
  return k.toInt(k.roundEven(r), k.i32(), false);
}

Value bitwright::codegen::roundInto(KernelBuilder &k, Value r, Value zeroPoint, Type storage,
                                    bool isUnsigned, int64_t low, int64_t high) {
  Value zero = k.extend(zeroPoint, k.i32(), isUnsigned);
  Type ints = zero.getType();
  Value lower = k.toFloat(k.sub(k.integer(ints, low), zero), k.f32(), false);
  Value upper = k.toFloat(k.sub(k.integer(ints, high), zero), k.f32(), false);
  return k.truncate(k.add(roundWithin(k, r, lower, upper), zero), storage);
}

Value bitwright::codegen::roundIntoByte(KernelBuilder &k, Value r, Value zeroPoint,
                                        bool isUnsigned) {
  return roundInto(k, r, zeroPoint, k.i8(), isUnsigned, isUnsigned ? 0 : -128,
                   isUnsigned ? 255 : 127);
}

Value bitwright::codegen::averageInto(KernelBuilder &k, Value sum, Value count, Value multiplier,
                                      Value zeroPoint, bool isUnsigned) {
  Value factor = k.fdiv(k.loadAt(k.f32(), multiplier), count);
  Value r = k.toFloat(sum, k.f32(), false);
  r = k.mul(r, k.splat(factor, r.getType()));
  Value zero = k.splat(k.loadAt(k.i8(), zeroPoint), k.like(k.i8(), r.getType()));
  return roundIntoByte(k, r, zero, isUnsigned);
}
