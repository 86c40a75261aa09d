// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The table of element types.

#include "ElementTypes.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace bitwright::onnximport {

std::string getTypeName(int32_t type) {
  static const char *const names[] = {
      "undefined",      "float",    "uint8",        "int8",           "uint16",
      "int16",          "int32",    "int64",        "string",         "bool",
      "float16",        "double",   "uint32",       "uint64",         "complex64",
      "complex128",     "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2",
      "float8e5m2fnuz", "uint4",    "int4",         "float4e2m1",     "float8e8m0",
      "uint2",          "int2"};
  if (type >= 0 && type < static_cast<int32_t>(std::size(names)))
    return names[type];
  return "type " + std::to_string(type);
}

Type getStorageType(MLIRContext *context, int32_t type) {
  switch (type) {
  case Float:
    return Float32Type::get(context);
  case Float16:
    return Float16Type::get(context);
  case BFloat16:
    return BFloat16Type::get(context);
  case Double:
    return Float64Type::get(context);
  case Bool:
    return IntegerType::get(context, 1);
  case UInt4:
  case Int4:
    return IntegerType::get(context, 4);
  case UInt8:
  case Int8:
    return IntegerType::get(context, 8);
  case UInt16:
  case Int16:
    return IntegerType::get(context, 16);
  case UInt32:
  case Int32:
    return IntegerType::get(context, 32);
  case UInt64:
  case Int64:
    return IntegerType::get(context, 64);
  default:
    return {};
  }
}

bool isUnsigned(int32_t type) {
  return type == UInt4 || type == UInt8 || type == UInt16 || type == UInt32 || type == UInt64;
}

bool isFloat(int32_t type) {
  return type == Float || type == Float16 || type == BFloat16 || type == Double;
}

} // namespace bitwright::onnximport
