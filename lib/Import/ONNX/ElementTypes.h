// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The element types of ONNX, their names and what they become in MLIR.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_ELEMENTTYPES_H
#define BITWRIGHT_LIB_IMPORT_ONNX_ELEMENTTYPES_H

#include "mlir/IR/Types.h"
#include "llvm/ADT/StringRef.h"
#include <string>

namespace bitwright::onnximport {

/// Numbers of TensorProto.DataType. Our own list, since the installed schema ends at bfloat16.
enum ElementType : int32_t {
  Undefined = 0,
  Float = 1,
  UInt8 = 2,
  Int8 = 3,
  UInt16 = 4,
  Int16 = 5,
  Int32 = 6,
  Int64 = 7,
  String = 8,
  Bool = 9,
  Float16 = 10,
  Double = 11,
  UInt32 = 12,
  UInt64 = 13,
  BFloat16 = 16,
  UInt4 = 21,
  Int4 = 22,
};

/// The name users know ("float16"), or "type 99" for a number without one.
std::string getTypeName(int32_t type);

/// The storage type (signless integers), or null where the type is not supported.
mlir::Type getStorageType(mlir::MLIRContext *context, int32_t type);

bool isUnsigned(int32_t type);
bool isFloat(int32_t type);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_ELEMENTTYPES_H
