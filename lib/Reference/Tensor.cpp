// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Sizes, allocation and element conversion of reference tensors.

#include "bitwright/Reference/Tensor.h"

#include "bitwright/Numerics/FloatFormats.h"
#include "bitwright/Numerics/Packing.h"
#include "llvm/Support/MathExtras.h"

using namespace bitwright;

int64_t bitwright::countElements(llvm::ArrayRef<int64_t> dims) {
  // A zero dimension makes the tensor empty, however large the others are.
  bool empty = false;
  int64_t count = 1;
  for (int64_t dim : dims) {
    if (dim < 0)
      return -1;
    empty |= dim == 0;
  }
  if (empty)
    return 0;
  for (int64_t dim : dims)
    if (llvm::MulOverflow(count, dim, count))
      return -1;
  return count;
}

/// Bytes of one element; i4 counts as one.
static int64_t elementBytes(mlir::Type type) {
  return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
}

int64_t bitwright::tensorBytes(mlir::Type elementType, llvm::ArrayRef<int64_t> dims) {
  int64_t count = countElements(dims);
  if (count <= 0)
    return count;
  if (elementType.isInteger(4)) {
    int64_t columns = dims.empty() ? 1 : dims.back();
    return count / columns * packedRowBytes(columns);
  }
  int64_t bytes;
  return llvm::MulOverflow(count, elementBytes(elementType), bytes) ? -1 : bytes;
}

int64_t Tensor::numElements() const { return countElements(dims); }

Tensor bitwright::makeTensor(mlir::Type elementType, llvm::ArrayRef<int64_t> dims) {
  Tensor result;
  result.elementType = elementType;
  result.dims.assign(dims.begin(), dims.end());
  int64_t bytes = tensorBytes(elementType, dims);
  assert(bytes >= 0 && "tensor size must be checked first");
  result.data.resize(bytes);
  return result;
}

//===--- conversions ------------------------------------------------------===//

template <typename T> static std::vector<double> widen(const Tensor &tensor) {
  llvm::ArrayRef<T> values = tensor.as<T>();
  return std::vector<double>(values.begin(), values.end());
}

static std::vector<double> decodeAll(const Tensor &tensor, float (*decode)(uint16_t)) {
  llvm::ArrayRef<uint16_t> values = tensor.as<uint16_t>();
  std::vector<double> result(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    result[i] = decode(values[i]);
  return result;
}

std::vector<double> bitwright::toDoubles(const Tensor &tensor, bool isUnsigned) {
  mlir::Type type = tensor.elementType;
  if (type.isF32())
    return widen<float>(tensor);
  if (type.isF64())
    return widen<double>(tensor);
  if (type.isF16())
    return decodeAll(tensor, decodeF16);
  if (type.isBF16())
    return decodeAll(tensor, decodeBF16);
  std::vector<int64_t> integers = toIntegers(tensor, isUnsigned);
  std::vector<double> result(integers.size());
  bool wide = isUnsigned && type.isInteger(64);
  for (size_t i = 0; i < integers.size(); ++i)
    result[i] = wide ? double(uint64_t(integers[i])) : double(integers[i]);
  return result;
}

/// double to int64 as casts do it: truncated, saturated, NaN is 0.
static int64_t truncateToInteger(double value) {
  if (std::isnan(value))
    return 0;
  if (value >= 0x1p63)
    return INT64_MAX;
  return value <= -0x1p63 ? INT64_MIN : int64_t(value);
}

Tensor bitwright::fromDoubles(mlir::Type elementType, llvm::ArrayRef<int64_t> dims,
                              llvm::ArrayRef<double> values) {
  if (elementType.isInteger()) {
    std::vector<int64_t> integers(values.size());
    for (size_t i = 0; i < values.size(); ++i)
      integers[i] = truncateToInteger(values[i]);
    return fromIntegers(elementType, dims, integers);
  }
  Tensor result = makeTensor(elementType, dims);
  for (size_t i = 0; i < values.size(); ++i) {
    if (elementType.isF32())
      result.as<float>()[i] = float(values[i]);
    else if (elementType.isF64())
      result.as<double>()[i] = values[i];
    else
      result.as<uint16_t>()[i] = elementType.isF16() ? encodeF16(values[i]) : encodeBF16(values[i]);
  }
  return result;
}

template <typename Signed>
static std::vector<int64_t> extend(const Tensor &tensor, bool isUnsigned) {
  using Unsigned = std::make_unsigned_t<Signed>;
  llvm::ArrayRef<Signed> values = tensor.as<Signed>();
  std::vector<int64_t> result(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    result[i] = isUnsigned ? int64_t(Unsigned(values[i])) : int64_t(values[i]);
  return result;
}

static std::vector<int64_t> extendNibbles(const Tensor &tensor, bool isUnsigned) {
  std::vector<int8_t> values =
      unpackNibbles(tensor.data, tensor.dims.empty() ? 1 : tensor.dims.back(), isUnsigned);
  return std::vector<int64_t>(values.begin(), values.end());
}

std::vector<int64_t> bitwright::toIntegers(const Tensor &tensor, bool isUnsigned) {
  switch (tensor.elementType.getIntOrFloatBitWidth()) {
  case 1:
    return extend<int8_t>(tensor, /*isUnsigned=*/true);
  case 4:
    return extendNibbles(tensor, isUnsigned);
  case 8:
    return extend<int8_t>(tensor, isUnsigned);
  case 16:
    return extend<int16_t>(tensor, isUnsigned);
  case 32:
    return extend<int32_t>(tensor, isUnsigned);
  default:
    return extend<int64_t>(tensor, isUnsigned);
  }
}

template <typename T> static void store(Tensor &result, llvm::ArrayRef<int64_t> values) {
  llvm::MutableArrayRef<T> out = result.as<T>();
  for (size_t i = 0; i < values.size(); ++i)
    out[i] = static_cast<T>(values[i]);
}

static void storeNibbles(Tensor &result, llvm::ArrayRef<int64_t> values) {
  std::vector<int8_t> nibbles(values.begin(), values.end());
  result.data = packNibbles(nibbles, result.dims.empty() ? 1 : result.dims.back());
}

Tensor bitwright::fromIntegers(mlir::Type elementType, llvm::ArrayRef<int64_t> dims,
                               llvm::ArrayRef<int64_t> values) {
  Tensor result = makeTensor(elementType, dims);
  switch (elementType.getIntOrFloatBitWidth()) {
  case 1:
    for (size_t i = 0; i < values.size(); ++i)
      result.data[i] = values[i] != 0;
    break;
  case 4:
    storeNibbles(result, values);
    break;
  case 8:
    store<int8_t>(result, values);
    break;
  case 16:
    store<int16_t>(result, values);
    break;
  case 32:
    store<int32_t>(result, values);
    break;
  default:
    store<int64_t>(result, values);
  }
  return result;
}
