// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Elementwise ops of several operands, with numpy broadcasting.

#include "Compose.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include <limits>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

/// Ops of qnn read integers as signed. This computes on int64 where the operands are unsigned.
struct Widened {
  int32_t type;    // of the node's operands
  int32_t compute; // what ops are made on

  Widened(Node &n, unsigned index) : type(n.getElementType(index)), compute(type) {
    if (!isUnsigned(type))
      return;
    compute = Int64;
    n.expect(type != UInt64, "uint64 operands are not supported");
  }
  Value in(Node &n, unsigned index) const { return n.cast(n.getInput(index), type, compute); }
  Value out(Node &n, Value value) const { return n.cast(value, compute, type); }
};

void expectSameType(Node &n, unsigned index) {
  int32_t first = n.getElementType(0), other = n.getElementType(index);
  n.expect(first == other, "expects operands of one type, but got " + getTypeName(first) + " and " +
                               getTypeName(other));
}

/// Results are modulo 2^bits, so that signedness does not matter.
template <typename Op> void buildBinary(Node &n) {
  expectSameType(n, 1);
  n.setResult(n.create<Op>({n.getInput(0), n.getInput(1)}));
}

template <typename Op> void buildSignAware(Node &n) {
  expectSameType(n, 1);
  Widened w(n, 0);
  n.setResult(w.out(n, n.create<Op>({w.in(n, 0), w.in(n, 1)})));
}

template <typename Op> void buildComparison(Node &n) {
  expectSameType(n, 1);
  Widened w(n, 0);
  n.setResult(0, n.create<Op>({w.in(n, 0), w.in(n, 1)}), Bool);
}

void buildEqual(Node &n) {
  expectSameType(n, 1);
  n.setResult(0, n.create<qnn::EqualOp>({n.getInput(0), n.getInput(1)}), Bool);
}

void buildPow(Node &n) {
  int32_t base = n.getElementType(0), exponent = n.getElementType(1);
  // A float exponent of an integer base and the reverse compute in the wider kind.
  int32_t compute = base;
  if (isFloat(exponent) && !isFloat(base))
    compute = exponent == Double ? Double : Float;
  else if (isUnsigned(base))
    compute = Int64;
  n.expect(base != UInt64 && exponent != UInt64, "uint64 operands are not supported");
  Value lhs = n.cast(n.getInput(0), base, compute);
  Value rhs = n.cast(n.getInput(1), exponent, compute);
  n.setResult(n.cast(n.create<qnn::PowOp>({lhs, rhs}), compute, base));
}

void buildMod(Node &n) {
  expectSameType(n, 1);
  bool fmod = n.getBool("fmod", false);
  n.expect(fmod || !isFloat(n.getElementType(0)) || n.getOpset() >= 28,
           "a float Mod needs 'fmod' before opset 28");
  Widened w(n, 0);
  n.setResult(w.out(n, n.create<qnn::ModOp>({w.in(n, 0), w.in(n, 1)}, {{"fmod", n.unit(fmod)}})));
}

template <typename Op> Value fold(Node &n, const Widened &w) {
  Value result = w.in(n, 0);
  for (unsigned i = 1; i < n.getNumInputs(); ++i) {
    expectSameType(n, i);
    result = n.create<Op>({result, w.in(n, i)});
  }
  return result;
}

template <typename Op> void buildVariadic(Node &n) {
  Widened w(n, 0);
  n.setResult(w.out(n, fold<Op>(n, w)));
}

void buildMean(Node &n) {
  Widened w(n, 0);
  Value sum = fold<qnn::AddOp>(n, w);
  n.setResult(n.create<qnn::DivOp>({sum, n.createScalar(w.type, n.getNumInputs())}));
}

void buildPRelu(Node &n) {
  expectSameType(n, 1);
  if (isFloat(n.getElementType(0)))
    return buildBinary<qnn::PReluOp>(n);
  Widened w(n, 0);
  Value x = w.in(n, 0), zero = n.createScalar(w.compute, 0);
  Value isNegative = n.create<qnn::LessOp>({x, zero});
  Value scaled = n.create<qnn::MulOp>({x, w.in(n, 1)});
  n.setResult(w.out(n, n.create<qnn::WhereOp>({isNegative, scaled, x})));
}

void buildWhere(Node &n) {
  n.expect(n.getElementType(0) == Bool, "expects a condition of bool");
  n.expect(n.getElementType(1) == n.getElementType(2), "expects branches of one type");
  Value result = n.create<qnn::WhereOp>({n.getInput(0), n.getInput(1), n.getInput(2)});
  n.setResult(0, result, n.getElementType(1));
}

//===--- shifts -----------------------------------------------------------===//

/// 2^y for each y, from a table.
Value powersOfTwo(Node &n, Value y) {
  SmallVector<int64_t> powers;
  for (int i = 0; i < 64; ++i)
    powers.push_back(static_cast<int64_t>(uint64_t(1) << i));
  return gather(n, n.createIntegers(powers), y, 0);
}

/// x divided by 2^y, rounded down, for y up to 62.
Value shiftRight(Node &n, Value x, Value y) {
  Value power = powersOfTwo(n, y);
  return div(n, sub(n, x, n.create<qnn::ModOp>({x, power})), power);
}

/// The same of unsigned 64 bits: halved, the sign cleared, then the rest of the way.
Value shiftRightUnsigned(Node &n, Value x, Value y) {
  Value zero = n.createInteger(0), one = n.createInteger(1);
  Value half = shiftRight(n, x, one);
  Value isNegative = n.create<qnn::LessOp>({half, zero});
  half = where(n, isNegative, add(n, half, n.createInteger(INT64_MIN)), half);
  Value isPlain = n.create<qnn::EqualOp>({y, zero});
  Value rest = where(n, isPlain, zero, sub(n, y, one));
  return where(n, isPlain, x, shiftRight(n, half, rest));
}

/// In int64. Shifts by less than 0, or by the width or more, leave what the sign extends to.
void buildBitShift(Node &n) {
  expectSameType(n, 1);
  std::string direction = n.getString("direction", "");
  n.expect(direction == "LEFT" || direction == "RIGHT",
           "attribute 'direction' must be 'LEFT' or 'RIGHT'");
  int32_t type = n.getElementType(0);
  if (n.failed() || !n.expect(!isFloat(type) && type != Bool, "expects integers"))
    return;
  n.expect(isUnsigned(type) || n.getOpset() >= 28, "expects unsigned integers before opset 28");
  bool isLeft = direction == "LEFT", isWide = type == UInt64;
  auto width = static_cast<int64_t>(n.getInputType(0).getElementTypeBitWidth());
  // The power for 63 is negative: good for products, not for quotients.
  int64_t limit = !isLeft && type == Int64 ? 63 : width;
  auto widen = [&](unsigned i) {
    return isWide ? n.getInput(i) : n.cast(n.getInput(i), type, Int64);
  };
  Value x = widen(0), y = widen(1), zero = n.createInteger(0);
  Value isOut = n.create<qnn::OrOp>({n.create<qnn::LessOp>({y, zero}),
                                     n.create<qnn::GreaterEqualOp>({y, n.createInteger(limit)})});
  Value inside = where(n, isOut, zero, y), result, outside = zero;
  if (isLeft)
    result = mul(n, x, powersOfTwo(n, inside));
  else
    result = isWide ? shiftRightUnsigned(n, x, inside) : shiftRight(n, x, inside);
  if (!isLeft && !isWide)
    outside = where(n, n.create<qnn::LessOp>({x, zero}), n.createInteger(-1), zero);
  result = where(n, isOut, outside, result);
  n.setResult(isWide ? result : n.cast(result, Int64, type));
}

//===--- Clip -------------------------------------------------------------===//

/// A bound as a double, where it is constant and loses nothing on the way.
std::optional<double> getBound(Node &n, unsigned index, double none) {
  if (!n.hasInput(index))
    return none;
  ConstantPtr constant = n.getConstant(index);
  if (!constant || constant->type.getNumElements() != 1)
    return std::nullopt;
  if (auto floats = readFloats(*constant))
    return std::isnan(floats->front()) ? std::nullopt : std::optional<double>(floats->front());
  auto integers = readIntegers(*constant);
  int64_t limit = int64_t(1) << 53;
  if (!integers || integers->front() > limit || integers->front() < -limit)
    return std::nullopt;
  return integers->front();
}

void buildClipValue(Node &n, const Widened &w, std::optional<double> low,
                    std::optional<double> high) {
  Value x = w.in(n, 0);
  if (low && high && *low <= *high)
    return n.setResult(
        w.out(n, n.create<qnn::ClipOp>({x}, {{"min", n.number(*low)}, {"max", n.number(*high)}})));
  // ONNX: min(max(x, low), high), also where low > high.
  auto bound = [&](unsigned index) {
    Value value = w.in(n, index);
    if (n.failed())
      return Value();
    return cast<RankedTensorType>(value.getType()).getRank() ? n.reshape(value, {}) : value;
  };
  if (n.hasInput(1))
    x = n.create<qnn::MaxOp>({x, bound(1)});
  if (n.hasInput(2))
    x = n.create<qnn::MinOp>({x, bound(2)});
  n.setResult(w.out(n, x));
}

void buildClip6(Node &n) {
  float low = n.getFloat("min", -std::numeric_limits<float>::max());
  float high = n.getFloat("max", std::numeric_limits<float>::max());
  n.expect(low <= high, "attribute 'min' exceeds 'max'");
  buildClipValue(n, Widened(n, 0), low, high);
}

void buildClip(Node &n) {
  double infinity = std::numeric_limits<double>::infinity();
  if (!n.hasInput(1) && !n.hasInput(2))
    return n.setResult(0, n.getImported(0));
  Widened w(n, 0);
  for (unsigned i : {1, 2})
    if (n.hasInput(i))
      expectSameType(n, i);
  buildClipValue(n, w, getBound(n, 1, -infinity), getBound(n, 2, infinity));
}

} // namespace

ArrayRef<OpEntry> getBinaryOps() {
  static const OpEntry entries[] = {
      {"Add", 2, 2, buildBinary<qnn::AddOp>},
      {"And", 2, 2, buildBinary<qnn::AndOp>},
      {"BitShift", 2, 2, buildBitShift, 11},
      {"Clip", 1, 1, buildClip6, 7, 10},
      {"Clip", 1, 3, buildClip, 11},
      {"Div", 2, 2, buildSignAware<qnn::DivOp>},
      {"Equal", 2, 2, buildEqual},
      {"Greater", 2, 2, buildComparison<qnn::GreaterOp>},
      {"GreaterOrEqual", 2, 2, buildComparison<qnn::GreaterEqualOp>, 12},
      {"Less", 2, 2, buildComparison<qnn::LessOp>},
      {"LessOrEqual", 2, 2, buildComparison<qnn::LessEqualOp>, 12},
      {"Max", 1, anyNumber, buildVariadic<qnn::MaxOp>},
      {"Mean", 1, anyNumber, buildMean},
      {"Min", 1, anyNumber, buildVariadic<qnn::MinOp>},
      {"Mod", 2, 2, buildMod, 10},
      {"Mul", 2, 2, buildBinary<qnn::MulOp>},
      {"Or", 2, 2, buildBinary<qnn::OrOp>},
      {"PRelu", 2, 2, buildPRelu},
      {"Pow", 2, 2, buildPow},
      {"Sub", 2, 2, buildBinary<qnn::SubOp>},
      {"Sum", 1, anyNumber, buildVariadic<qnn::AddOp>},
      {"Where", 3, 3, buildWhere, 9},
      {"Xor", 2, 2, buildBinary<qnn::XorOp>},
  };
  return entries;
}

} // namespace bitwright::onnximport
