// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Elementwise ops of several operands with numpy broadcasting. Floats are
/// computed in double and rounded once, which equals the operation in the
/// element type itself for +, -, * and /; integers wrap to their width.

#include "Evaluate.h"

#include <cmath>

using namespace bitwright;
using namespace bitwright::reference;

namespace {
/// Both operands, broadcast to one shape.
struct Pair {
  Dims dims;
  Tensor lhs, rhs;
};
} // namespace

static Expected<Pair> broadcastPair(mlir::Operation *op, const Tensor &lhs, const Tensor &rhs) {
  Expected<Dims> dims = broadcastDims(op, lhs.dims, rhs.dims);
  if (!dims)
    return dims.takeError();
  Expected<Tensor> a = expandTo(op, lhs, *dims);
  if (!a)
    return a.takeError();
  Expected<Tensor> b = expandTo(op, rhs, *dims);
  if (!b)
    return b.takeError();
  return Pair{std::move(*dims), std::move(*a), std::move(*b)};
}

template <typename F> static Tensor zipFloats(const Pair &pair, mlir::Type type, F function) {
  std::vector<double> a = toDoubles(pair.lhs), b = toDoubles(pair.rhs);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = function(a[i], b[i]);
  return fromDoubles(type, pair.dims, a);
}

template <typename F> static Tensor zipIntegers(const Pair &pair, mlir::Type type, F function) {
  std::vector<int64_t> a = toIntegers(pair.lhs), b = toIntegers(pair.rhs);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = function(a[i], b[i]);
  return fromIntegers(type, pair.dims, a);
}

/// Two operands of one type; the result has it too, or is i1 for comparisons.
template <typename OpT, typename F, typename G>
static void addBinary(Registry &registry, F onFloats, G onIntegers) {
  registry.add<OpT>([=](OpT op, Operands operands) -> Expected<Tensor> {
    Expected<Pair> pair = broadcastPair(op, *operands[0], *operands[1]);
    if (!pair)
      return pair.takeError();
    if (pair->lhs.elementType != pair->rhs.elementType)
      return makeError(op, "expects operands of one element type");
    mlir::Type type = op.getType().getElementType();
    return isFloat(pair->lhs) ? zipFloats(*pair, type, onFloats)
                              : zipIntegers(*pair, type, onIntegers);
  });
}

/// A function that serves floats and integers alike.
template <typename OpT, typename F> static void addComparison(Registry &registry, F function) {
  addBinary<OpT>(registry, function, function);
}

//===--- arithmetic -------------------------------------------------------===//

static int64_t wrapDivide(int64_t a, int64_t b) {
  if (b == 0)
    return 0; // refused before
  return b == -1 ? int64_t(0 - uint64_t(a)) : a / b;
}

static int64_t truncatedRemainder(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }

static int64_t flooredRemainder(int64_t a, int64_t b) {
  int64_t r = truncatedRemainder(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static double flooredRemainder(double a, double b) {
  double r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static double maxOrNan(double a, double b) { return std::isnan(a) || a > b ? a : b; }
static double minOrNan(double a, double b) { return std::isnan(a) || a < b ? a : b; }

static llvm::Error refuseZero(mlir::Operation *op, const Tensor &divisor) {
  if (!isFloat(divisor))
    for (int64_t value : toIntegers(divisor))
      if (value == 0)
        return makeError(op, "integer division by zero");
  return llvm::Error::success();
}

static Expected<Tensor> evaluateDiv(qnn::DivOp op, Operands operands) {
  if (llvm::Error error = refuseZero(op, *operands[1]))
    return error;
  Expected<Pair> pair = broadcastPair(op, *operands[0], *operands[1]);
  if (!pair)
    return pair.takeError();
  mlir::Type type = op.getType().getElementType();
  if (isFloat(pair->lhs))
    return zipFloats(*pair, type, [](double a, double b) { return a / b; });
  return zipIntegers(*pair, type, wrapDivide);
}

static Expected<Tensor> evaluateMod(qnn::ModOp op, Operands operands) {
  if (llvm::Error error = refuseZero(op, *operands[1]))
    return error;
  Expected<Pair> pair = broadcastPair(op, *operands[0], *operands[1]);
  if (!pair)
    return pair.takeError();
  mlir::Type type = op.getType().getElementType();
  bool truncate = op.getFmod();
  if (isFloat(pair->lhs))
    return zipFloats(*pair, type, [=](double a, double b) {
      return truncate ? std::fmod(a, b) : flooredRemainder(a, b);
    });
  return zipIntegers(*pair, type, [=](int64_t a, int64_t b) {
    return truncate ? truncatedRemainder(a, b) : flooredRemainder(a, b);
  });
}

/// base^exponent in wrapping 64 bits; a negative exponent gives the truncated
/// reciprocal (0 but for bases 1 and -1).
static int64_t integerPower(int64_t base, int64_t exponent) {
  if (exponent < 0) {
    if (base == 1)
      return 1;
    return base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  }
  uint64_t result = 1, factor = uint64_t(base);
  for (uint64_t e = uint64_t(exponent); e; e >>= 1, factor *= factor)
    if (e & 1)
      result *= factor;
  return int64_t(result);
}

static Expected<Tensor> evaluatePow(qnn::PowOp op, Operands operands) {
  Expected<Pair> pair = broadcastPair(op, *operands[0], *operands[1]);
  if (!pair)
    return pair.takeError();
  mlir::Type type = op.getType().getElementType();
  if (!isFloat(pair->lhs) && !isFloat(pair->rhs))
    return zipIntegers(*pair, type, integerPower);
  return zipFloats(*pair, type, [](double a, double b) { return std::pow(a, b); });
}

static Expected<Tensor> evaluateWhere(qnn::WhereOp op, Operands operands) {
  const Tensor &condition = *operands[0], &lhs = *operands[1], &rhs = *operands[2];
  Expected<Dims> inner = broadcastDims(op, lhs.dims, rhs.dims);
  if (!inner)
    return inner.takeError();
  Expected<Dims> dims = broadcastDims(op, condition.dims, *inner);
  if (!dims)
    return dims.takeError();
  Expected<Tensor> flags = expandTo(op, condition, *dims);
  if (!flags)
    return flags.takeError();
  Expected<Tensor> result = expandTo(op, lhs, *dims);
  if (!result)
    return result.takeError();
  Expected<Tensor> other = expandTo(op, rhs, *dims);
  if (!other)
    return other.takeError();
  if (result->elementType.isInteger(4))
    return makeError(op, "4-bit elements are not supported");
  size_t count = flags->data.size();
  size_t size = count ? result->data.size() / count : 0;
  for (size_t i = 0; i < count; ++i)
    if (!flags->data[i])
      std::memcpy(result->data.data() + i * size, other->data.data() + i * size, size);
  return result;
}

static Expected<Tensor> evaluatePRelu(qnn::PReluOp op, Operands operands) {
  Expected<Pair> pair = broadcastPair(op, *operands[0], *operands[1]);
  if (!pair)
    return pair.takeError();
  return zipFloats(*pair, op.getType().getElementType(),
                   [](double x, double slope) { return x < 0 ? slope * x : x; });
}

static void registerComparisons(Registry &registry) {
  addComparison<qnn::EqualOp>(registry, [](auto a, auto b) { return decltype(a)(a == b); });
  addComparison<qnn::GreaterOp>(registry, [](auto a, auto b) { return decltype(a)(a > b); });
  addComparison<qnn::GreaterEqualOp>(registry, [](auto a, auto b) { return decltype(a)(a >= b); });
  addComparison<qnn::LessOp>(registry, [](auto a, auto b) { return decltype(a)(a < b); });
  addComparison<qnn::LessEqualOp>(registry, [](auto a, auto b) { return decltype(a)(a <= b); });
  addComparison<qnn::AndOp>(registry, [](auto a, auto b) { return decltype(a)(a && b); });
  addComparison<qnn::OrOp>(registry, [](auto a, auto b) { return decltype(a)(a || b); });
  addComparison<qnn::XorOp>(registry, [](auto a, auto b) { return decltype(a)(!a != !b); });
}

void reference::registerBinary(Registry &registry) {
  addBinary<qnn::AddOp>(
      registry, [](double a, double b) { return a + b; },
      [](int64_t a, int64_t b) { return int64_t(uint64_t(a) + uint64_t(b)); });
  addBinary<qnn::SubOp>(
      registry, [](double a, double b) { return a - b; },
      [](int64_t a, int64_t b) { return int64_t(uint64_t(a) - uint64_t(b)); });
  addBinary<qnn::MulOp>(
      registry, [](double a, double b) { return a * b; },
      [](int64_t a, int64_t b) { return int64_t(uint64_t(a) * uint64_t(b)); });
  addBinary<qnn::MaxOp>(registry, maxOrNan, [](int64_t a, int64_t b) { return std::max(a, b); });
  addBinary<qnn::MinOp>(registry, minOrNan, [](int64_t a, int64_t b) { return std::min(a, b); });
  registry.add<qnn::DivOp>(evaluateDiv);
  registry.add<qnn::ModOp>(evaluateMod);
  registry.add<qnn::PowOp>(evaluatePow);
  registry.add<qnn::PReluOp>(evaluatePRelu);
  registry.add<qnn::WhereOp>(evaluateWhere);
  registerComparisons(registry);
}
