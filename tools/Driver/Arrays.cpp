// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Arrays from one element type to another.

#include "bitwright/Support/Error.h"
#include "tools/Driver/Runner.h"
#include "llvm/ADT/APFloat.h"
#include <cmath>
#include <limits>

using namespace bitwright;

template <typename T> static double readAs(const char *data) {
  T value;
  std::memcpy(&value, data, sizeof(T));
  return static_cast<double>(value);
}

static double readNarrow(const llvm::fltSemantics &semantics, const char *data) {
  uint16_t bits;
  std::memcpy(&bits, data, 2);
  return llvm::APFloat(semantics, llvm::APInt(16, bits)).convertToDouble();
}

static double readElement(bw_dtype dtype, const char *data) {
  switch (dtype) {
  case BW_F32:
    return readAs<float>(data);
  case BW_F64:
    return readAs<double>(data);
  case BW_F16:
    return readNarrow(llvm::APFloat::IEEEhalf(), data);
  case BW_BF16:
    return readNarrow(llvm::APFloat::BFloat(), data);
  case BW_U8:
  case BW_BOOL:
    return readAs<uint8_t>(data);
  case BW_I8:
    return readAs<int8_t>(data);
  case BW_U16:
    return readAs<uint16_t>(data);
  case BW_I16:
    return readAs<int16_t>(data);
  case BW_U32:
    return readAs<uint32_t>(data);
  case BW_I32:
    return readAs<int32_t>(data);
  case BW_U64:
    return readAs<uint64_t>(data);
  case BW_I64:
    return readAs<int64_t>(data);
  }
  return 0;
}

std::vector<double> bitwright::toDoubles(const NdArray &array) {
  int64_t size = getDTypeSize(array.dtype);
  std::vector<double> values(array.bytes.size() / size);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = readElement(array.dtype, array.bytes.data() + i * size);
  return values;
}

/// Stores `value` where it is one of T's; floats are rounded.
template <typename T> static bool storeAs(double value, std::vector<char> &bytes) {
  T result;
  if constexpr (std::is_integral_v<T>) {
    // Both limits are exact in double, the upper one as a power of two.
    double limit = std::ldexp(1.0, std::numeric_limits<T>::digits);
    if (!(value >= static_cast<double>(std::numeric_limits<T>::min()) && value < limit) ||
        value != std::floor(value))
      return false;
  }
  result = static_cast<T>(value);
  bytes.insert(bytes.end(), reinterpret_cast<const char *>(&result),
               reinterpret_cast<const char *>(&result) + sizeof(T));
  return true;
}

static bool storeElement(bw_dtype dtype, double value, std::vector<char> &bytes) {
  switch (dtype) {
  case BW_F32:
    return storeAs<float>(value, bytes);
  case BW_F64:
    return storeAs<double>(value, bytes);
  case BW_U8:
    return storeAs<uint8_t>(value, bytes);
  case BW_BOOL:
    return (value == 0 || value == 1) && storeAs<uint8_t>(value, bytes);
  case BW_I8:
    return storeAs<int8_t>(value, bytes);
  case BW_U16:
    return storeAs<uint16_t>(value, bytes);
  case BW_I16:
    return storeAs<int16_t>(value, bytes);
  case BW_U32:
    return storeAs<uint32_t>(value, bytes);
  case BW_I32:
    return storeAs<int32_t>(value, bytes);
  case BW_I64:
    return storeAs<int64_t>(value, bytes);
  case BW_U64:
    return storeAs<uint64_t>(value, bytes);
  case BW_F16:
  case BW_BF16: {
    llvm::APFloat narrow(value);
    bool lost = false;
    narrow.convert(dtype == BW_F16 ? llvm::APFloat::IEEEhalf() : llvm::APFloat::BFloat(),
                   llvm::APFloat::rmNearestTiesToEven, &lost);
    uint16_t bits = narrow.bitcastToAPInt().getZExtValue();
    bytes.insert(bytes.end(), reinterpret_cast<const char *>(&bits),
                 reinterpret_cast<const char *>(&bits) + 2);
    return true;
  }
  }
  return false;
}

llvm::Expected<NdArray> bitwright::convertArray(const NdArray &array, bw_dtype dtype,
                                                llvm::StringRef what) {
  if (array.dtype == dtype)
    return array;
  NdArray result;
  result.dtype = dtype;
  result.dims = array.dims;
  result.bytes.reserve(array.bytes.size() / getDTypeSize(array.dtype) * getDTypeSize(dtype));
  for (double value : toDoubles(array))
    if (!storeElement(dtype, value, result.bytes))
      return makeError(what + ": value " + std::to_string(value) + " of type " +
                       getDTypeName(array.dtype) + " does not fit " + getDTypeName(dtype));
  return result;
}
