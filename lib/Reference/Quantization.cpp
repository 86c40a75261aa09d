// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The QDQ form: quantize, dequantize and dynamic quantization, in single
/// precision with the functions of Numerics.

#include "Evaluate.h"

#include "bitwright/Numerics/Packing.h"
#include "bitwright/Numerics/Quantize.h"

using namespace bitwright;
using namespace bitwright::reference;

namespace {
/// Which scale belongs to which element.
struct Granularity {
  enum Kind { PerTensor, PerAxis, PerBlock } kind;
  int64_t axis = 0, blockSize = 1;
  Dims strides, dims, scaleStrides;

  int64_t operator()(int64_t element) const {
    if (kind == PerTensor)
      return 0;
    if (kind == PerAxis)
      return element / strides[axis] % dims[axis];
    int64_t index = 0;
    for (int64_t d = 0; d < int64_t(dims.size()); ++d) {
      int64_t coordinate = element / strides[d] % dims[d];
      index += (d == axis ? coordinate / blockSize : coordinate) * scaleStrides[d];
    }
    return index;
  }
};
} // namespace

static Expected<Granularity> findGranularity(mlir::Operation *op, const Tensor &data,
                                             const Tensor &scale, const Tensor &zeroPoint,
                                             int64_t axis, int64_t blockSize) {
  if (scale.dims != zeroPoint.dims)
    return makeError(op, "expects a zero point of " + formatDims(scale.dims) + ", but got " +
                             formatDims(zeroPoint.dims));
  Granularity granularity = {Granularity::PerTensor, axis,      blockSize,
                             stridesOf(data.dims),   data.dims, stridesOf(scale.dims)};
  if (scale.rank() == 0)
    return granularity;
  if (llvm::Error error = checkAxis(op, axis, data.rank()))
    return error;
  Dims expected = {data.dims[axis]};
  granularity.kind = Granularity::PerAxis;
  if (blockSize != 0) {
    if (blockSize < 0)
      return makeError(op, "expects a block size of at least 0, but got " + llvm::Twine(blockSize));
    granularity.kind = Granularity::PerBlock;
    expected = data.dims;
    expected[axis] = int64_t(llvm::divideCeil(data.dims[axis], blockSize));
  }
  if (scale.dims != expected)
    return makeError(op, "expects a scale of " + formatDims(expected) + ", but got " +
                             formatDims(scale.dims));
  return granularity;
}

static Expected<Tensor> evaluateQuantize(qnn::QuantizeOp op, Operands operands) {
  const Tensor &input = *operands[0];
  Expected<Granularity> granularity =
      findGranularity(op, input, *operands[1], *operands[2], op.getAxis(), op.getBlockSize());
  if (!granularity)
    return granularity.takeError();
  mlir::Type type = op.getType().getElementType();
  IntegerRange range = integerRange(type.getIntOrFloatBitWidth(), op.getIsUnsigned());
  ArrayRef<float> values = input.as<float>(), scales = operands[1]->as<float>();
  std::vector<int64_t> zeroPoints = toIntegers(*operands[2], op.getIsUnsigned());
  std::vector<int64_t> result(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t p = (*granularity)(int64_t(i));
    result[i] = quantize(values[i], scales[p], zeroPoints[p], range);
  }
  return fromIntegers(type, input.dims, result);
}

template <typename T, typename U>
static int64_t readAs(const Tensor &tensor, int64_t index, bool isUnsigned) {
  return isUnsigned ? int64_t(tensor.as<U>()[index]) : int64_t(tensor.as<T>()[index]);
}

/// Element `index` of an integer tensor: weights are large, and take eight times their size and
/// more as a vector of int64_t.
static int64_t readInteger(const Tensor &tensor, int64_t index, bool isUnsigned) {
  switch (tensor.elementType.getIntOrFloatBitWidth()) {
  case 4: {
    int64_t columns = tensor.dims.empty() ? 1 : tensor.dims.back();
    const char *row = tensor.data.data() + index / columns * packedRowBytes(columns);
    return getNibble(row, index % columns, isUnsigned);
  }
  case 8:
    return readAs<int8_t, uint8_t>(tensor, index, isUnsigned);
  case 16:
    return readAs<int16_t, uint16_t>(tensor, index, isUnsigned);
  case 32:
    return readAs<int32_t, uint32_t>(tensor, index, isUnsigned);
  default:
    return readAs<int64_t, int64_t>(tensor, index, isUnsigned);
  }
}

static Expected<Tensor> evaluateDequantize(qnn::DequantizeOp op, Operands operands) {
  const Tensor &input = *operands[0];
  Expected<Granularity> granularity =
      findGranularity(op, input, *operands[1], *operands[2], op.getAxis(), op.getBlockSize());
  if (!granularity)
    return granularity.takeError();
  mlir::Type type = op.getType().getElementType();
  if (llvm::Error error = checkSize(op, type, input.dims))
    return error;
  std::vector<int64_t> zeroPoints = toIntegers(*operands[2], op.getIsUnsigned());
  ArrayRef<float> scales = operands[1]->as<float>();
  Tensor result = makeTensor(type, input.dims);
  for (int64_t i = 0, e = result.numElements(); i < e; ++i) {
    int64_t p = (*granularity)(i);
    result.as<float>()[i] =
        dequantize(readInteger(input, i, op.getIsUnsigned()), scales[p], zeroPoints[p]);
  }
  return result;
}

static Expected<SmallVector<Tensor>> evaluateDynamicQuantize(qnn::DynamicQuantizeOp op,
                                                             Operands operands) {
  const Tensor &input = *operands[0];
  if (input.rank() < 1)
    return makeError(op, "expects an input of rank 1 or more");
  size_t columns = size_t(input.dims.back());
  Dims rowDims = input.dims;
  rowDims.back() = 1;
  mlir::Type byteType = mlir::IntegerType::get(op.getContext(), 8);
  SmallVector<Tensor> results = {makeTensor(byteType, input.dims),
                                 makeTensor(input.elementType, rowDims),
                                 makeTensor(byteType, rowDims)};
  size_t rows = results[2].data.size();
  for (size_t row = 0; row < rows; ++row) {
    ArrayRef<float> values = input.as<float>().slice(row * columns, columns);
    QuantParams params = chooseDynamicParams(values);
    results[1].as<float>()[row] = params.scale;
    results[2].as<uint8_t>()[row] = uint8_t(params.zeroPoint);
    for (size_t i = 0; i < columns; ++i)
      results[0].as<uint8_t>()[row * columns + i] =
          uint8_t(quantize(values[i], params.scale, params.zeroPoint, integerRange(8, true)));
  }
  return results;
}

void reference::registerQuantization(Registry &registry) {
  registry.add<qnn::QuantizeOp>(evaluateQuantize);
  registry.add<qnn::DequantizeOp>(evaluateDequantize);
  registry.addMulti<qnn::DynamicQuantizeOp>(evaluateDynamicQuantize);
}
