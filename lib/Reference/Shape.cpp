// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Constants, shapes, and ops that keep or permute all elements.

#include "Evaluate.h"

#include "dialects/QNN/Constants.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace bitwright;
using namespace bitwright::reference;

static Expected<Tensor> evaluateConstant(qnn::ConstantOp op, Operands) {
  ConstantData data = getConstantData(op.getValue());
  Expected<Tensor> result = allocate(op, data.type.getElementType(), data.type.getShape());
  if (!result)
    return result;
  if (data.bytes.size() != result->data.size())
    return makeError(op, "its weight is not in the weight store");
  if (!data.bytes.empty())
    std::memcpy(result->data.data(), data.bytes.data(), data.bytes.size());
  return result;
}

//===--- reshapes ---------------------------------------------------------===//

/// `source` in shape `dims` if it has as many elements.
static Expected<Tensor> checkedReshape(mlir::Operation *op, const Tensor &source,
                                       ArrayRef<int64_t> dims) {
  if (countElements(dims) != source.numElements())
    return makeError(op, "cannot reshape " + formatDims(source.dims) + " to " + formatDims(dims));
  return reshape(source, dims);
}

static Expected<Tensor> evaluateReshape(qnn::ReshapeOp op, Operands operands) {
  const Tensor &input = *operands[0];
  std::vector<int64_t> sizes = toIntegers(*operands[1]);
  Dims dims(sizes.begin(), sizes.end());
  int64_t open = -1;
  for (int64_t i = 0; i < int64_t(dims.size()); ++i) {
    if (dims[i] == 0 && !op.getAllowZero()) {
      if (i >= input.rank())
        return makeError(op, "a 0 in the shape copies no dimension of " + formatDims(input.dims));
      dims[i] = input.dims[i];
    } else if (dims[i] == -1) {
      if (open >= 0)
        return makeError(op, "expects at most one -1 in the shape");
      open = i;
    } else if (dims[i] < 0) {
      return makeError(op, "expects sizes of at least -1, but got " + llvm::Twine(dims[i]));
    }
  }
  if (open >= 0) {
    dims[open] = 1;
    int64_t rest = countElements(dims);
    if (rest <= 0 || input.numElements() % rest)
      return makeError(op, "cannot reshape " + formatDims(input.dims) + " with rows of " +
                               llvm::Twine(rest) + " elements");
    dims[open] = input.numElements() / rest;
  }
  return checkedReshape(op, input, dims);
}

static Expected<Tensor> evaluateSqueeze(qnn::SqueezeOp op, Operands operands) {
  const Tensor &input = *operands[0];
  Dims dims;
  for (int64_t i = 0; i < input.rank(); ++i)
    if (!llvm::is_contained(op.getAxes(), i))
      dims.push_back(input.dims[i]);
  return checkedReshape(op, input, dims);
}

static Expected<Tensor> evaluateUnsqueeze(qnn::UnsqueezeOp op, Operands operands) {
  const Tensor &input = *operands[0];
  Dims dims;
  int64_t rank = input.rank() + int64_t(op.getAxes().size());
  for (int64_t i = 0, next = 0; i < rank; ++i) {
    bool inserted = llvm::is_contained(op.getAxes(), i);
    if (!inserted && next >= input.rank())
      return makeError(op, "expects distinct axes of the result");
    dims.push_back(inserted ? 1 : input.dims[next++]);
  }
  return checkedReshape(op, input, dims);
}

static Expected<Tensor> evaluateFlatten(qnn::FlattenOp op, Operands operands) {
  const Tensor &input = *operands[0];
  int64_t axis = op.getAxis();
  if (axis < 0 || axis > input.rank())
    return makeError(op, "expects an axis of at most " + llvm::Twine(input.rank()) + ", but got " +
                             llvm::Twine(axis));
  ArrayRef<int64_t> dims = input.dims;
  int64_t outer = countElements(dims.take_front(axis));
  int64_t inner = countElements(dims.drop_front(axis));
  return checkedReshape(op, input, {outer, inner});
}

static Expected<Tensor> evaluateTranspose(qnn::TransposeOp op, Operands operands) {
  const Tensor &input = *operands[0];
  if (int64_t(op.getPerm().size()) != input.rank())
    return makeError(op, "expects a permutation of " + llvm::Twine(input.rank()) + " axes");
  Dims strides = stridesOf(input.dims);
  OffsetTable offsets;
  for (int64_t axis : op.getPerm()) {
    if (llvm::Error error = checkAxis(op, axis, input.rank()))
      return error;
    std::vector<int64_t> table(input.dims[axis]);
    for (size_t c = 0; c < table.size(); ++c)
      table[c] = int64_t(c) * strides[axis];
    offsets.push_back(std::move(table));
  }
  return moveElements(op, input, offsets);
}

//===--- broadcasting -----------------------------------------------------===//

static Expected<Tensor> evaluateExpand(qnn::ExpandOp op, Operands operands) {
  std::vector<int64_t> sizes = toIntegers(*operands[1]);
  for (int64_t size : sizes)
    if (size < 0)
      return makeError(op, "expects sizes of at least 0, but got " + llvm::Twine(size));
  Expected<Dims> dims = broadcastDims(op, operands[0]->dims, sizes);
  if (!dims)
    return dims.takeError();
  return expandTo(op, *operands[0], *dims);
}

//===--- shape arithmetic -------------------------------------------------===//

static Expected<Tensor> evaluateShape(qnn::ShapeOp op, Operands operands) {
  ArrayRef<int64_t> dims = operands[0]->dims;
  int64_t start = op.getStart(), end = op.getEnd();
  if (start < 0 || start > end || end > int64_t(dims.size()))
    return makeError(op, "expects 0 <= start <= end <= rank");
  return fromIntegers(op.getType().getElementType(), {end - start}, dims.slice(start, end - start));
}

/// Steps of a float range; -1 where there are too many to count.
static int64_t countSteps(double start, double limit, double delta) {
  double steps = std::ceil((limit - start) / delta);
  if (!(steps > 0))
    return 0;
  return steps < 0x1p62 ? int64_t(steps) : -1;
}

static int64_t countSteps(int64_t start, int64_t limit, int64_t delta) {
  __int128 distance = __int128(limit) - start;
  __int128 steps = (distance + delta + (delta > 0 ? -1 : 1)) / delta;
  if (steps <= 0)
    return 0;
  return steps < (__int128(1) << 62) ? int64_t(steps) : -1;
}

template <typename T, typename Store>
static Expected<Tensor> makeRange(qnn::RangeOp op, T start, T limit, T delta, Store store) {
  if (delta == 0)
    return makeError(op, "expects a delta other than 0");
  int64_t count = countSteps(start, limit, delta);
  mlir::Type type = op.getType().getElementType();
  if (llvm::Error error = checkSize(op, type, {count}))
    return error;
  std::vector<T> values(count);
  for (int64_t i = 0; i < count; ++i)
    values[i] = start + T(i) * delta;
  return store(type, {count}, values);
}

static Expected<Tensor> evaluateRange(qnn::RangeOp op, Operands operands) {
  for (const Tensor *operand : operands)
    if (operand->numElements() != 1)
      return makeError(op, "expects scalars, but got " + formatDims(operand->dims));
  if (isFloat(*operands[0]))
    return makeRange<double>(op, toDoubles(*operands[0])[0], toDoubles(*operands[1])[0],
                             toDoubles(*operands[2])[0], fromDoubles);
  return makeRange<int64_t>(op, toIntegers(*operands[0])[0], toIntegers(*operands[1])[0],
                            toIntegers(*operands[2])[0], fromIntegers);
}

void reference::registerShape(Registry &registry) {
  registry.add<qnn::ConstantOp>(evaluateConstant);
  registry.add<qnn::ReshapeOp>(evaluateReshape);
  registry.add<qnn::SqueezeOp>(evaluateSqueeze);
  registry.add<qnn::UnsqueezeOp>(evaluateUnsqueeze);
  registry.add<qnn::FlattenOp>(evaluateFlatten);
  registry.add<qnn::TransposeOp>(evaluateTranspose);
  registry.add<qnn::ExpandOp>(evaluateExpand);
  registry.add<qnn::ShapeOp>(evaluateShape);
  registry.add<qnn::RangeOp>(evaluateRange);
}
