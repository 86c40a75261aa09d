// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Rearranging and reading constants.

#include "Constants.h"
#include "bitwright/Numerics/FloatFormats.h"
#include "bitwright/Numerics/Packing.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace mlir;

namespace bitwright::onnximport {

ConstantPtr makeConstant(MLIRContext *context, int32_t elementType, ArrayRef<int64_t> shape,
                         std::vector<char> bytes) {
  auto result = std::make_shared<Constant>();
  result->type = RankedTensorType::get(shape, getStorageType(context, elementType));
  result->elementType = elementType;
  result->storage = std::make_shared<std::vector<char>>(std::move(bytes));
  result->bytes = *result->storage;
  return result;
}

template <typename T> static std::vector<char> toBytes(ArrayRef<T> values) {
  const char *data = reinterpret_cast<const char *>(values.data());
  return std::vector<char>(data, data + values.size() * sizeof(T));
}

ConstantPtr makeIntegers(MLIRContext *context, ArrayRef<int64_t> shape, ArrayRef<int64_t> values) {
  return makeConstant(context, Int64, shape, toBytes(values));
}

ConstantPtr makeFloats(MLIRContext *context, ArrayRef<int64_t> shape, ArrayRef<float> values) {
  return makeConstant(context, Float, shape, toBytes(values));
}

/// Element `index` of little-endian data of type T.
template <typename T> static T load(ArrayRef<char> bytes, int64_t index) {
  T value;
  std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
  return value;
}

static int64_t loadInteger(const Constant &constant, int64_t index, int64_t columns) {
  ArrayRef<char> bytes = constant.bytes;
  switch (constant.elementType) {
  case Bool:
    return load<uint8_t>(bytes, index) != 0;
  case UInt4:
  case Int4: {
    const char *row = bytes.data() + index / columns * packedRowBytes(columns);
    return getNibble(row, index % columns, constant.elementType == UInt4);
  }
  case UInt8:
    return load<uint8_t>(bytes, index);
  case Int8:
    return load<int8_t>(bytes, index);
  case UInt16:
    return load<uint16_t>(bytes, index);
  case Int16:
    return load<int16_t>(bytes, index);
  case UInt32:
    return load<uint32_t>(bytes, index);
  case Int32:
    return load<int32_t>(bytes, index);
  default:
    return load<int64_t>(bytes, index);
  }
}

std::optional<SmallVector<int64_t>> readIntegers(const Constant &constant) {
  if (!constant.type.getElementType().isInteger())
    return std::nullopt;
  int64_t columns = constant.type.getRank() ? constant.type.getShape().back() : 1;
  SmallVector<int64_t> result;
  for (int64_t i = 0, n = constant.type.getNumElements(); i < n; ++i)
    result.push_back(loadInteger(constant, i, columns));
  return result;
}

std::optional<std::vector<double>> readFloats(const Constant &constant) {
  std::vector<double> result;
  int64_t count = constant.type.getNumElements();
  result.reserve(count);
  for (int64_t i = 0; i < count; ++i) {
    switch (constant.elementType) {
    case Float:
      result.push_back(load<float>(constant.bytes, i));
      break;
    case Double:
      result.push_back(load<double>(constant.bytes, i));
      break;
    case Float16:
      result.push_back(decodeF16(load<uint16_t>(constant.bytes, i)));
      break;
    case BFloat16:
      result.push_back(decodeBF16(load<uint16_t>(constant.bytes, i)));
      break;
    default:
      return std::nullopt;
    }
  }
  return result;
}

static ConstantPtr withName(ConstantPtr constant, const Constant &source) {
  constant->name = source.name;
  return constant;
}

/// Calls `visit(from)` with the source index of each element of the transposed tensor, in order.
template <typename F>
static void forEachTransposed(ArrayRef<int64_t> shape, ArrayRef<int64_t> perm, F visit) {
  int64_t rank = shape.size();
  SmallVector<int64_t> strides(rank, 1), index(rank, 0);
  for (int64_t i = rank - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  int64_t count = 1, from = 0;
  for (int64_t size : shape)
    count *= size;
  for (int64_t n = 0; n < count; ++n) {
    visit(from);
    for (int64_t d = rank - 1; d >= 0; --d) {
      from += strides[perm[d]];
      if (++index[d] < shape[perm[d]])
        break;
      from -= strides[perm[d]] * shape[perm[d]];
      index[d] = 0;
    }
  }
}

template <typename T>
static std::vector<char> transposeBytes(const Constant &constant, ArrayRef<int64_t> perm) {
  std::vector<char> result(constant.bytes.size());
  char *to = result.data();
  forEachTransposed(constant.type.getShape(), perm, [&](int64_t from) {
    std::memcpy(to, constant.bytes.data() + from * sizeof(T), sizeof(T));
    to += sizeof(T);
  });
  return result;
}

static std::vector<char> transposeNibbles(const Constant &constant, ArrayRef<int64_t> perm) {
  ArrayRef<int64_t> shape = constant.type.getShape();
  std::vector<int8_t> from =
      unpackNibbles(constant.bytes, shape.back(), constant.elementType == UInt4);
  std::vector<int8_t> to;
  to.reserve(from.size());
  forEachTransposed(shape, perm, [&](int64_t index) { to.push_back(from[index]); });
  return packNibbles(to, shape[perm.back()]);
}

ConstantPtr transposed(const Constant &constant, ArrayRef<int64_t> perm) {
  SmallVector<int64_t> shape;
  for (int64_t axis : perm)
    shape.push_back(constant.type.getShape()[axis]);
  std::vector<char> bytes;
  unsigned width = constant.type.getElementType().getIntOrFloatBitWidth();
  if (constant.type.getNumElements() == 0)
    ;
  else if (width == 4)
    bytes = transposeNibbles(constant, perm);
  else if (width <= 8)
    bytes = transposeBytes<uint8_t>(constant, perm);
  else if (width == 16)
    bytes = transposeBytes<uint16_t>(constant, perm);
  else if (width == 32)
    bytes = transposeBytes<uint32_t>(constant, perm);
  else
    bytes = transposeBytes<uint64_t>(constant, perm);
  return withName(
      makeConstant(constant.type.getContext(), constant.elementType, shape, std::move(bytes)),
      constant);
}

ConstantPtr reshaped(const Constant &constant, ArrayRef<int64_t> shape) {
  if (constant.type.getElementType().isInteger(4))
    return nullptr;
  auto result = std::make_shared<Constant>(constant);
  result->type = RankedTensorType::get(shape, constant.type.getElementType());
  result->value = {};
  return result;
}

SmallVector<int64_t> axesBetween(int64_t from, int64_t to) {
  SmallVector<int64_t> result;
  for (int64_t axis = from; axis < to; ++axis)
    result.push_back(axis);
  return result;
}

ConstantPtr widenedToFloat(const Constant &constant) {
  int64_t count = constant.type.getNumElements();
  std::vector<char> bytes(count * sizeof(float));
  for (int64_t i = 0; i < count; ++i) {
    uint16_t bits = load<uint16_t>(constant.bytes, i);
    float value = constant.elementType == Float16 ? decodeF16(bits) : decodeBF16(bits);
    std::memcpy(bytes.data() + i * sizeof(float), &value, sizeof(float));
  }
  return withName(
      makeConstant(constant.type.getContext(), Float, constant.type.getShape(), std::move(bytes)),
      constant);
}

} // namespace bitwright::onnximport
