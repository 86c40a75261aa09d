// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// One elementwise op on registers.

#include "passes/Codegen/Build/MathEmitter.h"
#include "passes/Codegen/Build/Rounding.h"
#include "passes/Codegen/Kernels/Elementwise.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;
using FPred = arith::CmpFPredicate;
using IPred = arith::CmpIPredicate;

static bool isNarrowFloat(Type type) { return type.isF16() || type.isBF16(); }

LogicalResult bitwright::codegen::checkElementwise(Operation *op) {
  Type result = getElementTypeOrSelf(op->getResult(0).getType()),
       input = getElementTypeOrSelf(op->getOperand(0).getType());
  if (isa<qnn::QuantizeOp, qnn::DequantizeOp>(op) &&
      (isNarrowFloat(input) || isNarrowFloat(result)))
    return refuseType(op, isNarrowFloat(input) ? input : result);
  if (!op->hasTrait<qnn::Transcendental>())
    return success();
  // They are approximated, in f32 alone.
  if (!isa<FloatType>(input))
    return refuseType(op, input);
  for (Value operand : op->getOperands())
    if (Type type = getElementTypeOrSelf(operand.getType()); type.isF64())
      return refuseType(op, type);
  return success();
}

static bool isFloat(Value x) { return isa<FloatType>(getElementTypeOrSelf(x.getType())); }

static Value limit(KernelBuilder &k, Value x, double low, double high) {
  if (!isFloat(x)) {
    auto saturate = [](double v) {
      return v <= -9.2e18 ? INT64_MIN : v >= 9.2e18 ? INT64_MAX : int64_t(v);
    };
    unsigned width = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
    int64_t least = width == 64 ? INT64_MIN : -(int64_t(1) << (width - 1)), most = ~least;
    x = k.maximum(x, k.integer(x.getType(), std::max(least, saturate(low))));
    return k.minimum(x, k.integer(x.getType(), std::min(most, saturate(high))));
  }
  Value lower = k.number(x.getType(), low), upper = k.number(x.getType(), high);
  x = k.select(k.compare(FPred::OLT, x, lower), lower, x);
  return k.select(k.compare(FPred::OGT, x, upper), upper, x);
}

static Value emitUnary(KernelBuilder &k, Operation *op, Value x) {
  Type type = x.getType();
  auto number = [&](double value) { return k.number(type, value); };
  auto zero = [&] { return k.zero(type); };
  auto isNegative = [&] {
    return isFloat(x) ? k.compare(FPred::OLT, x, zero()) : k.compare(IPred::slt, x, zero());
  };
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](qnn::AbsOp) { return k.abs(x); })
      .Case([&](qnn::CeilOp) { return k.ceil(x); })
      .Case([&](qnn::ClipOp o) {
        return limit(k, x, o.getMin().convertToDouble(), o.getMax().convertToDouble());
      })
      .Case([&](qnn::CosOp) { return emitSinCos(k, x, true); })
      .Case([&](qnn::SinOp) { return emitSinCos(k, x, false); })
      .Case([&](qnn::EluOp o) {
        Value below =
            k.mul(number(o.getAlpha().convertToDouble()), k.sub(emitExp(k, x), number(1)));
        return k.select(isNegative(), below, x);
      })
      .Case([&](qnn::ErfOp) { return emitErf(k, x); })
      .Case([&](qnn::ExpOp) { return emitExp(k, x); })
      .Case([&](qnn::FloorOp) { return k.floor(x); })
      .Case([&](qnn::GeluOp o) {
        Value inner;
        if (o.getTanhApproximation()) {
          Value cubic = k.mul(number(0.044715), k.mul(x, k.mul(x, x)));
          inner = emitTanh(k, k.mul(number(0.7978845608028654), k.add(x, cubic)));
        } else {
          inner = emitErf(k, k.mul(x, number(0.7071067811865476)));
        }
        return k.mul(k.mul(number(0.5), x), k.add(number(1), inner));
      })
      .Case([&](qnn::HardSigmoidOp o) {
        Value y = k.add(k.mul(number(o.getAlpha().convertToDouble()), x),
                        number(o.getBeta().convertToDouble()));
        return limit(k, y, 0, 1);
      })
      .Case([&](qnn::HardSwishOp) {
        return k.mul(x, limit(k, k.add(k.mul(x, number(1.0 / 6)), number(0.5)), 0, 1));
      })
      .Case([&](qnn::LeakyReluOp o) {
        return k.select(isNegative(), k.mul(number(o.getAlpha().convertToDouble()), x), x);
      })
      .Case([&](qnn::LogOp) { return emitLog(k, x); })
      .Case([&](qnn::NegOp) { return k.neg(x); })
      .Case([&](qnn::NotOp) { return k.bitXor(x, k.integer(type, 1)); })
      .Case([&](qnn::ReciprocalOp) { return k.fdiv(number(1), x); })
      .Case([&](qnn::ReluOp) { return k.select(isNegative(), zero(), x); })
      .Case([&](qnn::RoundOp) { return k.roundEven(x); })
      .Case([&](qnn::SigmoidOp) { return emitSigmoid(k, x); })
      .Case([&](qnn::SignOp) {
        if (isFloat(x)) {
          Value above = k.select(k.compare(FPred::OGT, x, zero()), number(1), x);
          return k.select(isNegative(), number(-1), above);
        }
        return limit(k, x, -1, 1);
      })
      .Case([&](qnn::SiluOp) { return k.mul(x, emitSigmoid(k, x)); })
      .Case([&](qnn::SoftplusOp) { return emitSoftplus(k, x); })
      .Case([&](qnn::SqrtOp) { return k.sqrt(x); })
      .Case([&](qnn::TanhOp) { return emitTanh(k, x); })
      .Default([](Operation *) { return Value(); });
}

static Value emitCompare(KernelBuilder &k, FPred ordered, IPred integer, Value x, Value y) {
  return isFloat(x) ? k.compare(ordered, x, y) : k.compare(integer, x, y);
}

/// Integer quotient and remainder that cannot trap: x / 0 = 0, and the most
/// negative number divided by -1 wraps.
static Value divideSafely(KernelBuilder &k, Value x, Value y, bool remainder) {
  Value zero = k.zero(x.getType()), one = k.integer(x.getType(), 1),
        minusOne = k.integer(x.getType(), -1);
  Value byZero = k.compare(IPred::eq, y, zero), byMinusOne = k.compare(IPred::eq, y, minusOne);
  Value divisor = k.select(k.bitOr(byZero, byMinusOne), one, y);
  if (remainder)
    return k.select(k.bitOr(byZero, byMinusOne), zero, k.remS(x, divisor));
  Value quotient = k.select(byMinusOne, k.neg(x), k.divS(x, divisor));
  return k.select(byZero, zero, quotient);
}

static Value emitMod(KernelBuilder &k, qnn::ModOp op, Value x, Value y) {
  if (isFloat(x)) {
    // x - trunc(x / y) * y loses the last bits of large quotients; frem would
    // call libm.
    Value q = k.fdiv(x, y);
    Value truncated =
        k.select(k.compare(FPred::OLT, q, k.zero(q.getType())), k.ceil(q), k.floor(q));
    return k.sub(x, k.mul(op.getFmod() ? truncated : k.floor(q), y));
  }
  Value r = divideSafely(k, x, y, true);
  if (op.getFmod())
    return r;
  Value zero = k.zero(x.getType());
  Value differ = k.compare(IPred::slt, k.bitXor(r, y), zero);
  Value adjust = k.bitAnd(differ, k.compare(IPred::ne, r, zero));
  return k.select(adjust, k.add(r, y), r);
}

static Value emitBinary(KernelBuilder &k, Operation *op, Value x, Value y) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](qnn::AddOp) { return k.add(x, y); })
      .Case([&](qnn::SubOp) { return k.sub(x, y); })
      .Case([&](qnn::MulOp) { return k.mul(x, y); })
      .Case([&](qnn::DivOp) { return isFloat(x) ? k.fdiv(x, y) : divideSafely(k, x, y, false); })
      .Case([&](qnn::PowOp) {
        if (!isFloat(x))
          return Value();
        Value exponent = isFloat(y) ? y : k.toFloat(y, k.f32(), false);
        return emitPow(k, x, exponent);
      })
      .Case([&](qnn::MaxOp) { return k.maximum(x, y); })
      .Case([&](qnn::MinOp) { return k.minimum(x, y); })
      .Case([&](qnn::ModOp o) { return emitMod(k, o, x, y); })
      .Case([&](qnn::PReluOp) {
        return k.select(k.compare(FPred::OLT, x, k.zero(x.getType())), k.mul(y, x), x);
      })
      .Case([&](qnn::EqualOp) { return emitCompare(k, FPred::OEQ, IPred::eq, x, y); })
      .Case([&](qnn::GreaterOp) { return emitCompare(k, FPred::OGT, IPred::sgt, x, y); })
      .Case([&](qnn::GreaterEqualOp) { return emitCompare(k, FPred::OGE, IPred::sge, x, y); })
      .Case([&](qnn::LessOp) { return emitCompare(k, FPred::OLT, IPred::slt, x, y); })
      .Case([&](qnn::LessEqualOp) { return emitCompare(k, FPred::OLE, IPred::sle, x, y); })
      .Case([&](qnn::AndOp) { return k.bitAnd(x, y); })
      .Case([&](qnn::OrOp) { return k.bitOr(x, y); })
      .Case([&](qnn::XorOp) { return k.bitXor(x, y); })
      .Default([](Operation *) { return Value(); });
}

/// f16 and bf16 as f32, exact; others as they are.
static Value widen(KernelBuilder &k, Value x) {
  Type element = getElementTypeOrSelf(x.getType());
  if (element.isF16())
    return emitHalfToFloat(k, x);
  Type type = k.like(k.f32(), x.getType());
  return element.isBF16() ? arith::ExtFOp::create(k.builder(), k.location(), type, x) : x;
}

/// f32 rounded to f16 or bf16, ties to even.
static Value narrow(KernelBuilder &k, Value x, Type to) {
  if (to.isF16())
    return emitFloatToHalf(k, x);
  Type ints = k.like(k.i32(), x.getType());
  Value bits = k.bitcast(x, ints), odd = k.bitAnd(k.shrLogical(bits, 16), k.integer(ints, 1));
  Value rounded = k.add(bits, k.add(odd, k.integer(ints, 0x7FFF)));
  Value isNan = k.compare(FPred::UNO, x, x);
  rounded = k.select(isNan, k.bitOr(bits, k.integer(ints, 1 << 22)), rounded);
  return k.bitcast(k.truncate(k.shrLogical(rounded, 16), k.i16()), k.like(to, x.getType()));
}

/// f64 as f32 with an odd last bit where it is inexact: what is rounded from there to fewer bits is
/// as if it had been rounded once.
static Value roundToOdd(KernelBuilder &k, Value x) {
  Type floats = k.like(k.f32(), x.getType()), ints = k.like(k.i32(), x.getType());
  Value near = arith::TruncFOp::create(k.builder(), k.location(), floats, x);
  Value back = arith::ExtFOp::create(k.builder(), k.location(), x.getType(), near);
  Value bits = k.bitcast(near, ints), one = k.integer(ints, 1);
  Value isAbove = k.compare(FPred::OGT, k.abs(back), k.abs(x));
  Value other = k.select(isAbove, k.sub(bits, one), k.add(bits, one));
  Value isEven = k.compare(IPred::eq, k.bitAnd(bits, one), k.zero(ints));
  Value moves = k.bitAnd(k.compare(FPred::ONE, back, x), isEven);
  return k.bitcast(k.select(moves, other, bits), floats);
}

/// A number as f32, such that rounding it to f16 or bf16 is the only rounding.
static Value widenForNarrow(KernelBuilder &k, Value x, bool isUnsigned) {
  if (!isFloat(x)) {
    bool isExact = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth() <= 16;
    x = k.toFloat(x, isExact ? k.f32() : k.f64(), isUnsigned);
  }
  return getElementTypeOrSelf(x.getType()).isF64() ? roundToOdd(k, x) : widen(k, x);
}

static Value emitCast(KernelBuilder &k, qnn::CastOp op, Value x) {
  Type to = op.getType().getElementType(), from = op.getInput().getType().getElementType();
  Type type = k.like(to, x.getType());
  if (from == to && op.getUnsignedInput() == op.getUnsignedResult())
    return x;
  x = widen(k, x);
  if (to.isInteger(1)) {
    return isFloat(x) ? k.compare(FPred::UNE, x, k.zero(x.getType()))
                      : k.compare(IPred::ne, x, k.zero(x.getType()));
  }
  bool inputUnsigned = op.getUnsignedInput() || from.isInteger(1);
  if (isNarrowFloat(to))
    return narrow(k, widenForNarrow(k, x, inputUnsigned), to);
  if (isFloat(x)) {
    if (isa<FloatType>(to)) {
      if (to == getElementTypeOrSelf(x.getType()))
        return x;
      OpBuilder &b = k.builder();
      if (to.getIntOrFloatBitWidth() > from.getIntOrFloatBitWidth())
        return arith::ExtFOp::create(b, k.location(), type, x);
      return arith::TruncFOp::create(b, k.location(), type, x);
    }
    auto mangled = [](Type t) {
      auto vector = dyn_cast<VectorType>(t);
      Type element = getElementTypeOrSelf(t);
      return "." + (vector ? "v" + std::to_string(vector.getNumElements()) : std::string()) +
             (isa<FloatType>(element) ? "f" : "i") +
             std::to_string(element.getIntOrFloatBitWidth());
    };
    std::string name = op.getUnsignedResult() ? "llvm.fptoui.sat" : "llvm.fptosi.sat";
    return k.intrinsic(name + mangled(type) + mangled(x.getType()), type, x);
  }
  if (isa<FloatType>(to))
    return k.toFloat(x, to, inputUnsigned);
  return k.resize(x, to, inputUnsigned);
}

//===--- quantized storage ------------------------------------------------===//

/// float(q - zero_point), exact.
static Value centered(KernelBuilder &k, Value q, Value zeroPoint, bool isUnsigned) {
  if (getElementTypeOrSelf(q.getType()).getIntOrFloatBitWidth() > 16) // needs a 33rd bit
    return k.toFloat(
        k.sub(k.extend(q, k.i64(), isUnsigned), k.extend(zeroPoint, k.i64(), isUnsigned)), k.f32(),
        false);
  Value difference =
      k.sub(k.extend(q, k.i32(), isUnsigned), k.extend(zeroPoint, k.i32(), isUnsigned));
  return k.toFloat(difference, k.f32(), false);
}

static std::pair<int64_t, int64_t> storageRange(Type storage, bool isUnsigned) {
  unsigned bits = storage.getIntOrFloatBitWidth();
  if (isUnsigned)
    return {0, (int64_t(1) << bits) - 1};
  return {-(int64_t(1) << (bits - 1)), (int64_t(1) << (bits - 1)) - 1};
}

/// roundInto for storage of 32 bits, whose ends no f32 holds: the sum is formed in f64, where it is
/// exact for all floats that do not saturate anyway.
static Value roundIntoWide(KernelBuilder &k, Value r, Value zeroPoint, Type storage,
                           bool isUnsigned) {
  auto [low, high] = storageRange(storage, isUnsigned);
  Value zero = k.toFloat(zeroPoint, k.f64(), isUnsigned);
  Type floats = zero.getType();
  Value rounded = arith::ExtFOp::create(k.builder(), k.location(), floats, k.roundEven(r));
  Value lower = k.number(floats, double(low)), upper = k.number(floats, double(high));
  Value sum = k.select(k.compare(FPred::UNO, r, r), zero, k.add(rounded, zero));
  sum = k.select(k.compare(FPred::OLT, sum, lower), lower, sum);
  sum = k.select(k.compare(FPred::OGT, sum, upper), upper, sum);
  return k.toInt(sum, storage, isUnsigned);
}

static Value emitQuantized(KernelBuilder &k, Operation *op, ValueRange x) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](qnn::QuantizeOp o) {
        Type storage = o.getType().getElementType();
        auto [low, high] = storageRange(storage, o.getIsUnsigned());
        Value r = k.fdiv(x[0], x[1]);
        if (storage.getIntOrFloatBitWidth() > 16)
          return roundIntoWide(k, r, x[2], storage, o.getIsUnsigned());
        return roundInto(k, r, x[2], storage, o.getIsUnsigned(), low, high);
      })
      .Case([&](qnn::DequantizeOp o) {
        return k.mul(centered(k, x[0], x[2], o.getIsUnsigned()), x[1]);
      })
      .Case([&](qnn::RequantizeOp o) {
        Value r = k.mul(centered(k, x[0], x[1], o.getUnsignedInput()), x[2]);
        return roundInto(k, r, x[3], k.i8(), o.getUnsignedOutput(), o.getClampMin(),
                         o.getClampMax());
      })
      .Case([&](qnn::QAddOp o) {
        Value lhs = k.mul(centered(k, x[0], x[1], o.getUnsignedLhs()), x[2]);
        Value rhs = k.mul(centered(k, x[3], x[4], o.getUnsignedRhs()), x[5]);
        return roundInto(k, k.add(lhs, rhs), x[6], k.i8(), o.getUnsignedOutput(), o.getClampMin(),
                         o.getClampMax());
      })
      .Case([&](qnn::QMulOp o) {
        auto difference = [&](Value q, Value zero, bool isUnsigned) {
          return k.sub(k.extend(q, k.i32(), isUnsigned), k.extend(zero, k.i32(), isUnsigned));
        };
        Value acc = k.mul(difference(x[0], x[1], o.getUnsignedLhs()),
                          difference(x[2], x[3], o.getUnsignedRhs()));
        Value r = k.mul(k.toFloat(acc, k.f32(), false), x[4]);
        return roundInto(k, r, x[5], k.i8(), o.getUnsignedOutput(), o.getClampMin(),
                         o.getClampMax());
      })
      .Default([](Operation *) { return Value(); });
}

Value bitwright::codegen::emitElementwise(KernelBuilder &k, Operation *op, ValueRange x) {
  if (auto cast = dyn_cast<qnn::CastOp>(op))
    return emitCast(k, cast, x[0]);
  if (isa<qnn::WhereOp>(op))
    return k.select(x[0], x[1], x[2]);
  if (isa<qnn::QuantizeOp, qnn::DequantizeOp, qnn::RequantizeOp, qnn::QAddOp, qnn::QMulOp>(op))
    return emitQuantized(k, op, x);
  // Narrow floats are computed with in f32, which rounds + - * / and sqrt to the same f16 and bf16.
  SmallVector<Value> wide = llvm::map_to_vector(x, [&](Value value) { return widen(k, value); });
  Value result = wide.size() == 1 ? emitUnary(k, op, wide[0]) : emitBinary(k, op, wide[0], wide[1]);
  Type type = getElementTypeOrSelf(op->getResult(0).getType());
  return result && isNarrowFloat(type) ? narrow(k, result, type) : result;
}
