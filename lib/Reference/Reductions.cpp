// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Reductions over axes. Floats are folded in double in row-major order and
/// rounded once; integers in 64 bits and wrapped to their width.

#include "Reduce.h"

#include <cmath>
#include <limits>

using namespace bitwright;
using namespace bitwright::reference;

Expected<Reduction> reference::makeReduction(mlir::Operation *op, const Tensor &input,
                                             ArrayRef<int64_t> axes, bool keepDims) {
  SmallVector<bool> reduced(input.dims.size(), false);
  for (int64_t axis : axes) {
    if (llvm::Error error = checkAxis(op, axis, input.rank()))
      return error;
    reduced[axis] = true;
  }
  Reduction reduction;
  Dims kept;
  for (auto [dim, isReduced] : llvm::zip(input.dims, reduced)) {
    kept.push_back(isReduced ? 1 : dim);
    if (isReduced)
      reduction.count *= dim;
    if (!isReduced || keepDims)
      reduction.dims.push_back(isReduced ? 1 : dim);
  }
  Dims strides = stridesOf(kept), inputStrides = stridesOf(input.dims);
  reduction.target.resize(input.numElements());
  for (int64_t i = 0; i < int64_t(reduction.target.size()); ++i)
    for (int64_t d = 0; d < input.rank(); ++d)
      if (!reduced[d])
        reduction.target[i] += i / inputStrides[d] % input.dims[d] * strides[d];
  return reduction;
}

template <typename T, typename F>
static std::vector<T> fold(const Reduction &reduction, const std::vector<T> &values, T initial,
                           F function) {
  std::vector<T> result(countElements(reduction.dims), initial);
  for (size_t i = 0; i < values.size(); ++i) {
    T &slot = result[reduction.target[i]];
    slot = function(slot, values[i]);
  }
  return result;
}

/// An op with an initial value and a folding function for floats and integers.
template <typename OpT, typename F, typename G>
static void addReduction(Registry &registry, double floatInitial, F onFloats,
                         int64_t integerInitial, G onIntegers) {
  registry.add<OpT>([=](OpT op, Operands operands) -> Expected<Tensor> {
    const Tensor &input = *operands[0];
    Expected<Reduction> reduction = makeReduction(op, input, op.getAxes(), op.getKeepDims());
    if (!reduction)
      return reduction.takeError();
    if (llvm::Error error = checkSize(op, input.elementType, reduction->dims))
      return error;
    if (isFloat(input))
      return fromDoubles(input.elementType, reduction->dims,
                         fold(*reduction, toDoubles(input), floatInitial, onFloats));
    if (reduction->count == 0 && integerInitial != 0 && integerInitial != 1)
      return makeError(op, "an empty integer reduction has no largest or smallest element");
    return fromIntegers(input.elementType, reduction->dims,
                        fold(*reduction, toIntegers(input), integerInitial, onIntegers));
  });
}

static int64_t wrapAdd(int64_t a, int64_t b) { return int64_t(uint64_t(a) + uint64_t(b)); }
static int64_t wrapMultiply(int64_t a, int64_t b) { return int64_t(uint64_t(a) * uint64_t(b)); }

static Expected<Tensor> evaluateMean(qnn::ReduceMeanOp op, Operands operands) {
  const Tensor &input = *operands[0];
  Expected<Reduction> reduction = makeReduction(op, input, op.getAxes(), op.getKeepDims());
  if (!reduction)
    return reduction.takeError();
  if (llvm::Error error = checkSize(op, input.elementType, reduction->dims))
    return error;
  int64_t count = reduction->count;
  if (isFloat(input)) {
    std::vector<double> sums = fold(*reduction, toDoubles(input), 0.0, std::plus<double>());
    for (double &sum : sums)
      sum /= double(count);
    return fromDoubles(input.elementType, reduction->dims, sums);
  }
  if (count == 0)
    return makeError(op, "an empty integer reduction has no mean");
  std::vector<int64_t> sums = fold(*reduction, toIntegers(input), int64_t(0), wrapAdd);
  for (int64_t &sum : sums)
    sum /= count;
  return fromIntegers(input.elementType, reduction->dims, sums);
}

static Expected<Tensor> evaluateArgMax(qnn::ArgMaxOp op, Operands operands) {
  const Tensor &input = *operands[0];
  int64_t axis = op.getAxis();
  Expected<Reduction> reduction = makeReduction(op, input, {axis}, op.getKeepDims());
  if (!reduction)
    return reduction.takeError();
  if (reduction->count == 0 && countElements(reduction->dims) > 0)
    return makeError(op, "an empty axis has no largest element");
  int64_t inner = stridesOf(input.dims)[axis], size = input.dims[axis];
  std::vector<int64_t> best(countElements(reduction->dims), -1);
  std::vector<double> floats;
  std::vector<int64_t> integers;
  if (isFloat(input))
    floats = toDoubles(input);
  else
    integers = toIntegers(input);
  // Index of the best element so far, for each result element.
  for (int64_t i = 0; i < int64_t(reduction->target.size()); ++i) {
    int64_t &slot = best[reduction->target[i]];
    if (slot < 0 || (floats.empty() ? integers[i] > integers[slot] : floats[i] > floats[slot]))
      slot = i;
  }
  for (int64_t &index : best)
    index = index / inner % size;
  return fromIntegers(op.getType().getElementType(), reduction->dims, best);
}

/// Sums along the axis, one row of it after the other.
template <typename T, typename F>
static std::vector<T> accumulate(qnn::CumSumOp op, ArrayRef<int64_t> dims, std::vector<T> values,
                                 F add) {
  int64_t axis = op.getAxis(), size = dims[axis], inner = stridesOf(dims)[axis];
  for (int64_t row = 0; size > 0 && row < int64_t(values.size()) / size; ++row) {
    int64_t first = row / inner * inner * size + row % inner;
    T sum = 0;
    for (int64_t i = 0; i < size; ++i) {
      T &value = values[first + (op.getReverse() ? size - 1 - i : i) * inner];
      T next = add(sum, value);
      value = op.getExclusive() ? sum : next;
      sum = next;
    }
  }
  return values;
}

static Expected<Tensor> evaluateCumSum(qnn::CumSumOp op, Operands operands) {
  const Tensor &input = *operands[0];
  if (llvm::Error error = checkAxis(op, op.getAxis(), input.rank()))
    return error;
  if (llvm::Error error = checkSize(op, input.elementType, input.dims))
    return error;
  if (isFloat(input))
    return fromDoubles(input.elementType, input.dims,
                       accumulate(op, input.dims, toDoubles(input), std::plus<double>()));
  return fromIntegers(input.elementType, input.dims,
                      accumulate(op, input.dims, toIntegers(input), wrapAdd));
}

void reference::registerReductions(Registry &registry) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  auto larger = [](auto a, auto b) { return a != a || a > b ? a : b; };
  auto smaller = [](auto a, auto b) { return a != a || a < b ? a : b; };
  addReduction<qnn::ReduceMaxOp>(registry, -infinity, larger, INT64_MIN, larger);
  addReduction<qnn::ReduceMinOp>(registry, infinity, smaller, INT64_MAX, smaller);
  addReduction<qnn::ReduceSumOp>(registry, 0.0, std::plus<double>(), 0, wrapAdd);
  addReduction<qnn::ReduceProdOp>(registry, 1.0, std::multiplies<double>(), 1, wrapMultiply);
  registry.add<qnn::ReduceMeanOp>(evaluateMean);
  registry.add<qnn::ArgMaxOp>(evaluateArgMax);
  registry.add<qnn::CumSumOp>(evaluateCumSum);
}
