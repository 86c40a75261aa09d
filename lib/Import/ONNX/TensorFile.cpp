// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A file with one TensorProto to an array.

#include "bitwright/Import/ONNX/TensorFile.h"
#include "Constants.h"
#include "ModelReader.h"
#include "Text.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/Path.h"

using namespace bitwright;
using namespace bitwright::onnximport;

/// Nothing for types that an array does not have.
static std::optional<bw_dtype> getDType(int32_t elementType) {
  switch (elementType) {
  case Float:
    return BW_F32;
  case Double:
    return BW_F64;
  case Float16:
    return BW_F16;
  case BFloat16:
    return BW_BF16;
  case Bool:
    return BW_BOOL;
  case Int8:
    return BW_I8;
  case UInt8:
    return BW_U8;
  case Int16:
    return BW_I16;
  case UInt16:
    return BW_U16;
  case Int32:
    return BW_I32;
  case UInt32:
    return BW_U32;
  case Int64:
    return BW_I64;
  case UInt64:
    return BW_U64;
  default:
    return std::nullopt;
  }
}

static llvm::Expected<NdArray> readArray(llvm::StringRef path) {
  onnx::TensorProto proto;
  if (llvm::Error error = readMessage(path, "tensor", proto))
    return std::move(error);
  std::optional<bw_dtype> dtype = getDType(proto.data_type());
  if (!dtype)
    return llvm::createStringError("element type " + getTypeName(proto.data_type()) +
                                   " is not supported");
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  ExternalFiles files(llvm::sys::path::parent_path(path).str(), /*hasFolder=*/true);
  llvm::Expected<ConstantPtr> constant = readTensor(proto, files, &context);
  if (!constant)
    return constant.takeError();
  NdArray array;
  array.dtype = *dtype;
  array.dims.assign((*constant)->type.getShape().begin(), (*constant)->type.getShape().end());
  array.bytes.assign((*constant)->bytes.begin(), (*constant)->bytes.end());
  return array;
}

llvm::Expected<NdArray> bitwright::readOnnxTensor(llvm::StringRef path) {
  llvm::Expected<NdArray> array = readArray(path);
  if (!array)
    return llvm::createStringError(printable(path) + ": " + llvm::toString(array.takeError()));
  return array;
}
