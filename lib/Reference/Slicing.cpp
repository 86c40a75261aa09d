// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Ops that select, join, pad or repeat: each is a table of source offsets for
/// every result dimension.

#include "Evaluate.h"

#include "dialects/QNN/SliceRule.h"
#include "llvm/Support/MathExtras.h"

using namespace bitwright;
using namespace bitwright::reference;

/// The table that copies a whole dimension.
static std::vector<int64_t> wholeDimension(int64_t size, int64_t stride) {
  std::vector<int64_t> table(size);
  for (int64_t i = 0; i < size; ++i)
    table[i] = i * stride;
  return table;
}

static OffsetTable wholeTensor(const Tensor &tensor) {
  Dims strides = stridesOf(tensor.dims);
  OffsetTable offsets;
  for (int64_t i = 0; i < tensor.rank(); ++i)
    offsets.push_back(wholeDimension(tensor.dims[i], strides[i]));
  return offsets;
}

static Expected<Tensor> evaluateGather(qnn::GatherOp op, Operands operands) {
  const Tensor &input = *operands[0], &indices = *operands[1];
  int64_t axis = op.getAxis();
  if (llvm::Error error = checkAxis(op, axis, input.rank()))
    return error;
  int64_t size = input.dims[axis];
  std::vector<int64_t> picks = toIntegers(indices);
  int64_t stride = stridesOf(input.dims)[axis];
  for (int64_t &index : picks) {
    if (index < -size || index >= size)
      return makeError(op, "index " + llvm::Twine(index) + " is out of range of axis " +
                               llvm::Twine(axis) + " with " + llvm::Twine(size) + " elements");
    index = (index < 0 ? index + size : index) * stride;
  }
  OffsetTable offsets = wholeTensor(input);
  offsets[axis] = std::move(picks);
  Expected<Tensor> result = moveElements(op, input, offsets);
  if (!result)
    return result;
  Dims dims(input.dims.begin(), input.dims.begin() + axis);
  dims.append(indices.dims.begin(), indices.dims.end());
  dims.append(input.dims.begin() + axis + 1, input.dims.end());
  return reshape(*result, dims);
}

/// The element at which the slice begins that a tuple of indices picks, in slices.
static Expected<int64_t> findSlice(qnn::GatherNDOp op, ArrayRef<int64_t> tuple,
                                   ArrayRef<int64_t> sizes, int64_t batch) {
  int64_t place = batch;
  for (auto [index, size] : llvm::zip_equal(tuple, sizes)) {
    if (index < -size || index >= size)
      return makeError(op, "index " + llvm::Twine(index) + " is out of range of a dimension of " +
                               llvm::Twine(size) + " elements");
    place = place * size + (index < 0 ? index + size : index);
  }
  return place;
}

static Expected<Tensor> evaluateGatherND(qnn::GatherNDOp op, Operands operands) {
  const Tensor &input = *operands[0], &indices = *operands[1];
  int64_t batch = op.getBatchDims();
  int64_t length = indices.rank() > 0 ? indices.dims.back() : 0;
  if (batch < 0 || batch >= std::min(input.rank(), indices.rank()) || length < 1 ||
      length > input.rank() - batch ||
      ArrayRef(input.dims).take_front(batch) != ArrayRef(indices.dims).take_front(batch))
    return makeError(op, "cannot pick from " + formatDims(input.dims) + " with indices of " +
                             formatDims(indices.dims));
  Dims dims(ArrayRef(indices.dims).drop_back());
  int64_t count = countElements(dims);
  ArrayRef<int64_t> inner = ArrayRef(input.dims).drop_front(batch + length);
  dims.append(inner.begin(), inner.end());
  if (llvm::Error error = checkSize(op, input.elementType, dims))
    return error;
  int64_t batches = countElements(ArrayRef(input.dims).take_front(batch));
  int64_t size = count > 0 ? countElements(inner) : 0;
  std::vector<int64_t> picks = toIntegers(indices), places(count);
  for (int64_t i = 0; i < count; ++i) {
    Expected<int64_t> place =
        findSlice(op, ArrayRef(picks).slice(i * length, length),
                  ArrayRef(input.dims).slice(batch, length), i / (count / batches));
    if (!place)
      return place.takeError();
    places[i] = *place * size;
  }
  Expected<Tensor> result = moveElements(op, input, {std::move(places), wholeDimension(size, 1)});
  if (!result)
    return result;
  return reshape(*result, dims);
}

static Expected<Tensor> evaluateSlice(qnn::SliceOp op, Operands operands) {
  const Tensor &input = *operands[0];
  ArrayRef<int64_t> axes = op.getAxes();
  std::vector<int64_t> lists[3];
  for (int i = 0; i < 3; ++i) {
    lists[i] = toIntegers(*operands[i + 1]);
    if (lists[i].size() != axes.size())
      return makeError(op, "expects one start, end and step for each axis");
  }
  Dims strides = stridesOf(input.dims);
  OffsetTable offsets = wholeTensor(input);
  for (size_t i = 0; i < axes.size(); ++i) {
    if (llvm::Error error = checkAxis(op, axes[i], input.rank()))
      return error;
    if (lists[2][i] == 0)
      return makeError(op, "expects a step other than 0");
    SliceExtent<int64_t> extent =
        resolveSlice(input.dims[axes[i]], lists[0][i], lists[1][i], lists[2][i]);
    offsets[axes[i]].resize(extent.count);
    for (int64_t place = 0; place < extent.count; ++place)
      offsets[axes[i]][place] = (extent.start + place * lists[2][i]) * strides[axes[i]];
  }
  return moveElements(op, input, offsets);
}

/// Copies rows of bytes: inner dimensions of i1 to i64 data from `axis` on.
static Expected<Tensor> evaluateConcat(qnn::ConcatOp op, Operands operands) {
  if (operands.empty())
    return makeError(op, "expects at least one operand");
  int64_t axis = op.getAxis();
  Dims dims = operands[0]->dims;
  if (llvm::Error error = checkAxis(op, axis, operands[0]->rank()))
    return error;
  dims[axis] = 0;
  for (const Tensor *operand : operands) {
    Dims expected = operand->dims;
    if (operand->rank() == int64_t(dims.size()))
      expected[axis] = dims[axis];
    if (expected != dims || operand->elementType != operands[0]->elementType)
      return makeError(op, "cannot join " + formatDims(operands[0]->dims) + " and " +
                               formatDims(operand->dims) + " along axis " + llvm::Twine(axis));
    dims[axis] += operand->dims[axis];
  }
  mlir::Type type = operands[0]->elementType;
  if (llvm::Error error = checkSize(op, type, dims))
    return error;
  if (type.isInteger(4))
    return makeError(op, "4-bit elements are not supported");
  Tensor result = makeTensor(type, dims);
  int64_t outer = countElements(ArrayRef<int64_t>(dims).take_front(axis));
  char *target = result.data.data();
  for (int64_t i = 0; i < outer && !result.data.empty(); ++i)
    for (const Tensor *operand : operands) {
      int64_t bytes = int64_t(operand->data.size()) / outer;
      if (bytes > 0)
        std::memcpy(target, operand->data.data() + i * bytes, bytes);
      target += bytes;
    }
  return result;
}

//===--- pad and tile -----------------------------------------------------===//

static int64_t floorMod(int64_t a, int64_t b) { return ((a % b) + b) % b; }

/// The source coordinate under `position`, which may be outside of [0, size).
static int64_t padCoordinate(int64_t position, int64_t size, qnn::PadMode mode) {
  if (position >= 0 && position < size)
    return position;
  switch (mode) {
  case qnn::PadMode::Constant:
    return -1;
  case qnn::PadMode::Edge:
    return position < 0 ? 0 : size - 1;
  case qnn::PadMode::Wrap:
    return floorMod(position, size);
  case qnn::PadMode::Reflect:
    break;
  }
  if (size == 1)
    return 0;
  int64_t period = 2 * (size - 1);
  int64_t phase = floorMod(position, period);
  return phase < size ? phase : period - phase;
}

static Expected<Tensor> evaluatePad(qnn::PadOp op, Operands operands) {
  const Tensor &input = *operands[0], &value = *operands[2];
  std::vector<int64_t> pads = toIntegers(*operands[1]);
  if (int64_t(pads.size()) != 2 * input.rank() || value.numElements() != 1 ||
      value.elementType != input.elementType)
    return makeError(op, "expects two pads for each dimension and one value");
  Dims strides = stridesOf(input.dims), dims;
  for (int64_t i = 0; i < input.rank(); ++i) {
    int64_t size;
    if (llvm::AddOverflow(input.dims[i], pads[i], size) ||
        llvm::AddOverflow(size, pads[i + input.rank()], size) || size < 0)
      return makeError(op, "pads leave no valid size at axis " + llvm::Twine(i));
    if (size > 0 && input.dims[i] == 0 && op.getMode() != qnn::PadMode::Constant)
      return makeError(op, "an empty axis has nothing to pad with");
    dims.push_back(size);
  }
  if (llvm::Error error = checkSize(op, input.elementType, dims))
    return error;
  if (countElements(dims) == 0)
    return makeTensor(input.elementType, dims);
  OffsetTable offsets;
  for (int64_t i = 0; i < input.rank(); ++i) {
    std::vector<int64_t> table(dims[i]);
    for (int64_t c = 0; c < dims[i]; ++c) {
      int64_t source = padCoordinate(c - pads[i], input.dims[i], op.getMode());
      table[c] = source < 0 ? -1 : source * strides[i];
    }
    offsets.push_back(std::move(table));
  }
  return moveElements(op, input, offsets, &value);
}

static Expected<Tensor> evaluateTile(qnn::TileOp op, Operands operands) {
  const Tensor &input = *operands[0];
  std::vector<int64_t> repeats = toIntegers(*operands[1]);
  if (int64_t(repeats.size()) != input.rank())
    return makeError(op, "expects one repeat for each dimension");
  Dims strides = stridesOf(input.dims), dims;
  for (int64_t i = 0; i < input.rank(); ++i) {
    int64_t size;
    if (repeats[i] < 0 || llvm::MulOverflow(input.dims[i], repeats[i], size))
      return makeError(op, "cannot repeat " + llvm::Twine(input.dims[i]) + " elements " +
                               llvm::Twine(repeats[i]) + " times");
    dims.push_back(size);
  }
  if (llvm::Error error = checkSize(op, input.elementType, dims))
    return error;
  if (countElements(dims) == 0)
    return makeTensor(input.elementType, dims);
  OffsetTable offsets;
  for (int64_t i = 0; i < input.rank(); ++i) {
    std::vector<int64_t> table(dims[i]);
    for (int64_t c = 0; c < dims[i]; ++c)
      table[c] = c % input.dims[i] * strides[i];
    offsets.push_back(std::move(table));
  }
  return moveElements(op, input, offsets);
}

void reference::registerSlicing(Registry &registry) {
  registry.add<qnn::GatherOp>(evaluateGather);
  registry.add<qnn::GatherNDOp>(evaluateGatherND);
  registry.add<qnn::SliceOp>(evaluateSlice);
  registry.add<qnn::ConcatOp>(evaluateConcat);
  registry.add<qnn::PadOp>(evaluatePad);
  registry.add<qnn::TileOp>(evaluateTile);
}
