// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Elementwise ops of one operand. Floats are computed in double by libm and
/// rounded once; integers in 64 bits and wrapped to their width.

#include "Evaluate.h"

#include "bitwright/Numerics/Quantize.h"
#include <cmath>
#include <limits>

using namespace bitwright;
using namespace bitwright::reference;

template <typename F> static Tensor mapFloats(const Tensor &input, F function) {
  std::vector<double> values = toDoubles(input);
  for (double &value : values)
    value = function(value);
  return fromDoubles(input.elementType, input.dims, values);
}

template <typename F> static Tensor mapIntegers(const Tensor &input, F function) {
  std::vector<int64_t> values = toIntegers(input);
  for (int64_t &value : values)
    value = function(value);
  return fromIntegers(input.elementType, input.dims, values);
}

/// An op on floats only, given as a function of double.
template <typename OpT, typename F> static void addFloat(Registry &registry, F function) {
  registry.add<OpT>([function](OpT op, Operands operands) -> Expected<Tensor> {
    if (!isFloat(*operands[0]))
      return makeError(op, "expects a float operand");
    return mapFloats(*operands[0], function);
  });
}

/// An op on floats and integers, given as a function for each.
template <typename OpT, typename F, typename G>
static void addNumeric(Registry &registry, F onFloats, G onIntegers) {
  registry.add<OpT>([=](OpT, Operands operands) -> Expected<Tensor> {
    const Tensor &input = *operands[0];
    return isFloat(input) ? mapFloats(input, onFloats) : mapIntegers(input, onIntegers);
  });
}

static double sigmoid(double x) {
  double z = std::exp(-std::fabs(x));
  return (x < 0 ? z : 1.0) / (1.0 + z);
}

static double softplus(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

static double gelu(double x) { return 0.5 * x * std::erfc(-x * M_SQRT1_2); }

static double geluTanh(double x) {
  double inner = std::sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1.0 + std::tanh(inner));
}

/// max(0, min(1, x)) that keeps NaN.
static double clampUnit(double x) { return x < 0 ? 0.0 : x > 1 ? 1.0 : x; }

static int64_t wrapNegate(int64_t x) { return int64_t(0 - uint64_t(x)); }

/// A float bound of `clip` as the nearest integer inside of the interval.
static int64_t integerBound(double bound) {
  if (bound >= 0x1p63)
    return INT64_MAX;
  return bound <= -0x1p63 ? INT64_MIN : int64_t(bound);
}

static Expected<Tensor> evaluateClip(qnn::ClipOp op, Operands operands) {
  double low = op.getMin().convertToDouble();
  double high = op.getMax().convertToDouble();
  if (isFloat(*operands[0]))
    return mapFloats(*operands[0], [=](double x) {
      return x < low ? std::fmin(low, high) : x > high ? high : x;
    });
  int64_t min = integerBound(std::ceil(low)), max = integerBound(std::floor(high));
  return mapIntegers(*operands[0], [=](int64_t x) { return std::min(std::max(x, min), max); });
}

static void registerParametric(Registry &registry) {
  registry.add<qnn::ClipOp>(evaluateClip);
  registry.add<qnn::EluOp>([](qnn::EluOp op, Operands operands) -> Expected<Tensor> {
    double alpha = op.getAlpha().convertToDouble();
    return mapFloats(*operands[0], [=](double x) { return x < 0 ? alpha * std::expm1(x) : x; });
  });
  registry.add<qnn::LeakyReluOp>([](qnn::LeakyReluOp op, Operands operands) -> Expected<Tensor> {
    double alpha = op.getAlpha().convertToDouble();
    return mapFloats(*operands[0], [=](double x) { return x < 0 ? alpha * x : x; });
  });
  registry.add<qnn::HardSigmoidOp>(
      [](qnn::HardSigmoidOp op, Operands operands) -> Expected<Tensor> {
        double alpha = op.getAlpha().convertToDouble(), beta = op.getBeta().convertToDouble();
        return mapFloats(*operands[0], [=](double x) { return clampUnit(alpha * x + beta); });
      });
  registry.add<qnn::GeluOp>([](qnn::GeluOp op, Operands operands) -> Expected<Tensor> {
    return op.getTanhApproximation() ? mapFloats(*operands[0], geluTanh)
                                     : mapFloats(*operands[0], gelu);
  });
}

//===--- cast -------------------------------------------------------------===//

/// Float to integer: truncated, saturated to the result type, NaN is 0.
static Tensor castToInteger(const Tensor &input, mlir::Type type, bool isUnsigned) {
  std::vector<double> values = toDoubles(input);
  std::vector<int64_t> results(values.size());
  unsigned width = type.getIntOrFloatBitWidth();
  bool wide = isUnsigned && width == 64;
  double low = isUnsigned ? 0.0 : -std::ldexp(1.0, int(width) - 1);
  double high = std::ldexp(1.0, int(width) - (isUnsigned ? 0 : 1)); // first value too large
  for (size_t i = 0; i < values.size(); ++i) {
    double x = values[i];
    if (width == 1)
      results[i] = x != 0;
    else if (std::isnan(x))
      results[i] = 0;
    else if (x >= high)
      results[i] = int64_t(wide ? UINT64_MAX : (uint64_t(1) << (width - !isUnsigned)) - 1);
    else if (x <= low)
      results[i] = wide ? 0 : int64_t(low);
    else
      results[i] = wide ? int64_t(uint64_t(x)) : int64_t(x);
  }
  return fromIntegers(type, input.dims, results);
}

/// 64-bit integers to float directly: the way through double would round twice.
static Tensor castWideToFloat(const Tensor &input, mlir::Type type, bool isUnsigned) {
  std::vector<int64_t> values = toIntegers(input, isUnsigned);
  Tensor result = makeTensor(type, input.dims);
  for (size_t i = 0; i < values.size(); ++i)
    result.as<float>()[i] = isUnsigned ? float(uint64_t(values[i])) : float(values[i]);
  return result;
}

static Expected<Tensor> evaluateCast(qnn::CastOp op, Operands operands) {
  const Tensor &input = *operands[0];
  mlir::Type type = op.getType().getElementType();
  if (llvm::Error error = checkSize(op, type, input.dims))
    return error;
  if (isFloat(input))
    return llvm::isa<mlir::FloatType>(type) ? fromDoubles(type, input.dims, toDoubles(input))
                                            : castToInteger(input, type, op.getUnsignedResult());
  if (type.isF32())
    return castWideToFloat(input, type, op.getUnsignedInput());
  if (llvm::isa<mlir::FloatType>(type))
    return fromDoubles(type, input.dims, toDoubles(input, op.getUnsignedInput()));
  return fromIntegers(type, input.dims, toIntegers(input, op.getUnsignedInput()));
}

void reference::registerUnary(Registry &registry) {
  auto identity = [](int64_t x) { return x; };
  addNumeric<qnn::AbsOp>(
      registry, [](double x) { return std::fabs(x); },
      [](int64_t x) { return x < 0 ? wrapNegate(x) : x; });
  addNumeric<qnn::NegOp>(registry, [](double x) { return -x; }, wrapNegate);
  addNumeric<qnn::ReluOp>(
      registry, [](double x) { return x < 0 ? 0.0 : x; },
      [](int64_t x) { return std::max<int64_t>(x, 0); });
  addNumeric<qnn::SignOp>(
      registry, [](double x) { return x > 0   ? 1.0
                                      : x < 0 ? -1.0
                                              : x; },
      [](int64_t x) { return int64_t(x > 0) - int64_t(x < 0); });
  addNumeric<qnn::ObserveOp>(registry, [](double x) { return x; }, identity);
  addFloat<qnn::CeilOp>(registry, [](double x) { return std::ceil(x); });
  addFloat<qnn::FloorOp>(registry, [](double x) { return std::floor(x); });
  addFloat<qnn::RoundOp>(registry, [](double x) { return roundHalfEven(x); });
  addFloat<qnn::CosOp>(registry, [](double x) { return std::cos(x); });
  addFloat<qnn::SinOp>(registry, [](double x) { return std::sin(x); });
  addFloat<qnn::ErfOp>(registry, [](double x) { return std::erf(x); });
  addFloat<qnn::ExpOp>(registry, [](double x) { return std::exp(x); });
  addFloat<qnn::LogOp>(registry, [](double x) { return std::log(x); });
  addFloat<qnn::TanhOp>(registry, [](double x) { return std::tanh(x); });
  addFloat<qnn::SqrtOp>(registry, [](double x) { return std::sqrt(x); });
  addFloat<qnn::ReciprocalOp>(registry, [](double x) { return 1.0 / x; });
  addFloat<qnn::SigmoidOp>(registry, sigmoid);
  addFloat<qnn::SiluOp>(registry, [](double x) { return x * sigmoid(x); });
  addFloat<qnn::SoftplusOp>(registry, softplus);
  addFloat<qnn::HardSwishOp>(registry, [](double x) { return x * clampUnit(x / 6.0 + 0.5); });
  registry.add<qnn::NotOp>([](qnn::NotOp, Operands operands) -> Expected<Tensor> {
    return mapIntegers(*operands[0], [](int64_t x) { return int64_t(x == 0); });
  });
  registry.add<qnn::CastOp>(evaluateCast);
  registerParametric(registry);
}
