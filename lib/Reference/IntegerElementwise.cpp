// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Integer forms without weights: sums, products, means, requantization and
/// lookup, with the steps of QNNQuantOps.td.

#include "IntegerForm.h"
#include "Reduce.h"
#include "Window.h"

using namespace bitwright;
using namespace bitwright::reference;

std::vector<int32_t> reference::readBytes(const Tensor &tensor, bool isUnsigned) {
  std::vector<int32_t> values(tensor.data.size());
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = isUnsigned ? int32_t(uint8_t(tensor.data[i])) : int32_t(int8_t(tensor.data[i]));
  return values;
}

Expected<int64_t> reference::readZeroPoint(mlir::Operation *op, const Tensor &tensor,
                                           bool isUnsigned) {
  if (tensor.numElements() != 1)
    return makeError(op, "expects a scalar zero point, but got " + formatDims(tensor.dims));
  return toIntegers(tensor, isUnsigned)[0];
}

Expected<float> reference::readMultiplier(mlir::Operation *op, const Tensor &tensor) {
  if (tensor.numElements() != 1)
    return makeError(op, "expects a scalar multiplier, but got " + formatDims(tensor.dims));
  return tensor.as<float>()[0];
}

Expected<IntegerRange> reference::readClamp(mlir::Operation *op, int64_t min, int64_t max,
                                            bool isUnsigned) {
  IntegerRange storage = integerRange(8, isUnsigned);
  if (min > max || !storage.contains(min) || !storage.contains(max))
    return makeError(op, "expects a clamp inside of [" + llvm::Twine(storage.min) + ", " +
                             llvm::Twine(storage.max) + "], but got " + llvm::Twine(min) + " to " +
                             llvm::Twine(max));
  return IntegerRange{min, max};
}

Expected<int32_t> reference::narrowAccumulator(mlir::Operation *op, int64_t sum) {
  if (sum < INT32_MIN || sum > INT32_MAX)
    return makeError(op, "the accumulator " + llvm::Twine(sum) + " overflows int32");
  return int32_t(sum);
}

/// Byte data as an i8 tensor.
static Tensor makeBytes(mlir::Operation *op, ArrayRef<int64_t> dims, ArrayRef<int64_t> values) {
  return fromIntegers(mlir::IntegerType::get(op->getContext(), 8), dims, values);
}

//===--- two operands -----------------------------------------------------===//

namespace {
/// Zero points, clamp and broadcast bytes of qadd and qmul.
struct IntegerPair {
  Dims dims;
  std::vector<int32_t> lhs, rhs;
  int64_t lhsZeroPoint, rhsZeroPoint, outputZeroPoint;
  IntegerRange clamp;
};
} // namespace

template <typename OpT>
static Expected<IntegerPair> readPair(OpT op, const Tensor &lhs, const Tensor &lhsZeroPoint,
                                      const Tensor &rhs, const Tensor &rhsZeroPoint,
                                      const Tensor &outputZeroPoint) {
  Expected<Dims> dims = broadcastDims(op, lhs.dims, rhs.dims);
  if (!dims)
    return dims.takeError();
  Expected<Tensor> a = expandTo(op, lhs, *dims);
  if (!a)
    return a.takeError();
  Expected<Tensor> b = expandTo(op, rhs, *dims);
  if (!b)
    return b.takeError();
  Expected<int64_t> za = readZeroPoint(op, lhsZeroPoint, op.getUnsignedLhs());
  if (!za)
    return za.takeError();
  Expected<int64_t> zb = readZeroPoint(op, rhsZeroPoint, op.getUnsignedRhs());
  if (!zb)
    return zb.takeError();
  Expected<int64_t> zo = readZeroPoint(op, outputZeroPoint, op.getUnsignedOutput());
  if (!zo)
    return zo.takeError();
  Expected<IntegerRange> clamp =
      readClamp(op, op.getClampMin(), op.getClampMax(), op.getUnsignedOutput());
  if (!clamp)
    return clamp.takeError();
  return IntegerPair{
      *dims, readBytes(*a, op.getUnsignedLhs()), readBytes(*b, op.getUnsignedRhs()), *za, *zb, *zo,
      *clamp};
}

static Expected<Tensor> evaluateQAdd(qnn::QAddOp op, Operands operands) {
  Expected<IntegerPair> pair =
      readPair(op, *operands[0], *operands[1], *operands[3], *operands[4], *operands[6]);
  if (!pair)
    return pair.takeError();
  Expected<float> lhsMultiplier = readMultiplier(op, *operands[2]);
  if (!lhsMultiplier)
    return lhsMultiplier.takeError();
  Expected<float> rhsMultiplier = readMultiplier(op, *operands[5]);
  if (!rhsMultiplier)
    return rhsMultiplier.takeError();
  std::vector<int64_t> result(pair->lhs.size());
  for (size_t i = 0; i < result.size(); ++i)
    result[i] =
        quantizedAdd(pair->lhs[i], pair->lhsZeroPoint, *lhsMultiplier, pair->rhs[i],
                     pair->rhsZeroPoint, *rhsMultiplier, pair->outputZeroPoint, pair->clamp);
  return makeBytes(op, pair->dims, result);
}

static Expected<Tensor> evaluateQMul(qnn::QMulOp op, Operands operands) {
  Expected<IntegerPair> pair =
      readPair(op, *operands[0], *operands[1], *operands[2], *operands[3], *operands[5]);
  if (!pair)
    return pair.takeError();
  Expected<float> multiplier = readMultiplier(op, *operands[4]);
  if (!multiplier)
    return multiplier.takeError();
  std::vector<int64_t> result(pair->lhs.size());
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t acc = (pair->lhs[i] - pair->lhsZeroPoint) * (pair->rhs[i] - pair->rhsZeroPoint);
    result[i] = requantize(int32_t(acc), *multiplier, pair->outputZeroPoint, pair->clamp);
  }
  return makeBytes(op, pair->dims, result);
}

//===--- one operand ------------------------------------------------------===//

namespace {
/// Parameters of the forms with one input, at operands 1 to 3.
struct Requantization {
  int64_t inputZeroPoint, outputZeroPoint;
  float multiplier;
};
} // namespace

template <typename OpT>
static Expected<Requantization> readRequantization(OpT op, Operands operands) {
  Expected<int64_t> inputZeroPoint = readZeroPoint(op, *operands[1], op.getUnsignedInput());
  if (!inputZeroPoint)
    return inputZeroPoint.takeError();
  Expected<float> multiplier = readMultiplier(op, *operands[2]);
  if (!multiplier)
    return multiplier.takeError();
  Expected<int64_t> outputZeroPoint = readZeroPoint(op, *operands[3], op.getUnsignedOutput());
  if (!outputZeroPoint)
    return outputZeroPoint.takeError();
  return Requantization{*inputZeroPoint, *outputZeroPoint, *multiplier};
}

static Expected<Tensor> evaluateRequantize(qnn::RequantizeOp op, Operands operands) {
  Expected<Requantization> params = readRequantization(op, operands);
  if (!params)
    return params.takeError();
  Expected<IntegerRange> clamp =
      readClamp(op, op.getClampMin(), op.getClampMax(), op.getUnsignedOutput());
  if (!clamp)
    return clamp.takeError();
  std::vector<int32_t> values = readBytes(*operands[0], op.getUnsignedInput());
  std::vector<int64_t> result(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    result[i] = requantize(int32_t(values[i] - params->inputZeroPoint), params->multiplier,
                           params->outputZeroPoint, *clamp);
  return makeBytes(op, operands[0]->dims, result);
}

/// acc is the sum of `count` differences; the multiplier is divided first.
static int64_t requantizeMean(int32_t acc, int64_t count, const Requantization &params,
                              bool isUnsigned) {
  float multiplier = params.multiplier / float(count);
  return requantize(acc, multiplier, params.outputZeroPoint, integerRange(8, isUnsigned));
}

static Expected<Tensor> evaluateQReduceMean(qnn::QReduceMeanOp op, Operands operands) {
  Expected<Requantization> params = readRequantization(op, operands);
  if (!params)
    return params.takeError();
  Expected<Reduction> reduction = makeReduction(op, *operands[0], op.getAxes(), op.getKeepDims());
  if (!reduction)
    return reduction.takeError();
  std::vector<int32_t> values = readBytes(*operands[0], op.getUnsignedInput());
  std::vector<int64_t> sums(countElements(reduction->dims), 0);
  for (size_t i = 0; i < values.size(); ++i)
    sums[reduction->target[i]] += values[i] - params->inputZeroPoint;
  for (int64_t &sum : sums) {
    Expected<int32_t> acc = narrowAccumulator(op, sum);
    if (!acc)
      return acc.takeError();
    sum = requantizeMean(*acc, reduction->count, *params, op.getUnsignedOutput());
  }
  return makeBytes(op, reduction->dims, sums);
}

static Expected<Tensor> evaluateQAvgPool(qnn::QAvgPool2dOp op, Operands operands) {
  const Tensor &input = *operands[0];
  Expected<Requantization> params = readRequantization(op, operands);
  if (!params)
    return params.takeError();
  Expected<Window> window =
      makeWindow(op, input.dims, op.getKernel(), op.getStrides(), op.getPads(), {1, 1});
  if (!window)
    return window.takeError();
  Dims dims = {input.dims[0], window->output[0], window->output[1], input.dims[3]};
  if (llvm::Error error = checkSize(op, input.elementType, dims))
    return error;
  std::vector<int32_t> values = readBytes(input, op.getUnsignedInput());
  std::vector<int64_t> result(countElements(dims));
  for (int64_t i = 0; i < int64_t(result.size()); ++i) {
    int64_t c = i % dims[3], ow = i / dims[3] % dims[2], oh = i / dims[3] / dims[2] % dims[1];
    int64_t n = i / dims[3] / dims[2] / dims[1], sum = 0, inside = 0;
    for (int64_t kh = 0; kh < window->kernel[0]; ++kh)
      for (int64_t kw = 0; kw < window->kernel[1]; ++kw) {
        int64_t h = window->position(0, oh, kh), w = window->position(1, ow, kw);
        if (!window->inside(0, h) || !window->inside(1, w))
          continue;
        int64_t at = ((n * input.dims[1] + h) * input.dims[2] + w) * input.dims[3] + c;
        sum += values[at] - params->inputZeroPoint;
        ++inside;
      }
    Expected<int32_t> acc = narrowAccumulator(op, sum);
    if (!acc)
      return acc.takeError();
    int64_t all = window->kernel[0] * window->kernel[1];
    result[i] = requantizeMean(*acc, op.getCountIncludePad() ? all : inside, *params,
                               op.getUnsignedOutput());
  }
  return makeBytes(op, dims, result);
}

static Expected<Tensor> evaluateLookup(qnn::LookupOp op, Operands operands) {
  const Tensor &table = *operands[1];
  if (table.data.size() != 256)
    return makeError(op, "expects a table of 256 entries, but got " + formatDims(table.dims));
  Tensor result = *operands[0];
  for (char &byte : result.data)
    byte = table.data[uint8_t(byte)];
  return result;
}

void reference::registerIntegerElementwise(Registry &registry) {
  registry.add<qnn::QAddOp>(evaluateQAdd);
  registry.add<qnn::QMulOp>(evaluateQMul);
  registry.add<qnn::RequantizeOp>(evaluateRequantize);
  registry.add<qnn::QReduceMeanOp>(evaluateQReduceMean);
  registry.add<qnn::QAvgPool2dOp>(evaluateQAvgPool);
  registry.add<qnn::LookupOp>(evaluateLookup);
}
