// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Conversion between tensors and arrays.

#include "bitwright/Reference/Arrays.h"

#include "mlir/IR/Builders.h"

using namespace bitwright;

static mlir::Type elementTypeOf(bw_dtype dtype, mlir::MLIRContext *context) {
  mlir::Builder builder(context);
  switch (dtype) {
  case BW_F32:
    return builder.getF32Type();
  case BW_F64:
    return builder.getF64Type();
  case BW_F16:
    return builder.getF16Type();
  case BW_BF16:
    return builder.getBF16Type();
  case BW_BOOL:
    return builder.getI1Type();
  default:
    return builder.getIntegerType(unsigned(getDTypeSize(dtype)) * 8);
  }
}

Tensor bitwright::toTensor(const NdArray &array, mlir::MLIRContext *context) {
  Tensor tensor;
  tensor.elementType = elementTypeOf(array.dtype, context);
  tensor.dims.assign(array.dims.begin(), array.dims.end());
  tensor.data = array.bytes;
  return tensor;
}

static bw_dtype dtypeOf(mlir::Type type, bool isUnsigned) {
  if (type.isF32())
    return BW_F32;
  if (type.isF64())
    return BW_F64;
  if (type.isF16())
    return BW_F16;
  if (type.isBF16())
    return BW_BF16;
  switch (type.getIntOrFloatBitWidth()) {
  case 1:
    return BW_BOOL;
  case 16:
    return isUnsigned ? BW_U16 : BW_I16;
  case 32:
    return isUnsigned ? BW_U32 : BW_I32;
  case 64:
    return isUnsigned ? BW_U64 : BW_I64;
  default:
    return isUnsigned ? BW_U8 : BW_I8;
  }
}

NdArray bitwright::toArray(const Tensor &tensor, bool isUnsigned) {
  NdArray array;
  array.dtype = dtypeOf(tensor.elementType, isUnsigned);
  array.dims.assign(tensor.dims.begin(), tensor.dims.end());
  array.bytes = tensor.data;
  if (tensor.elementType.isInteger(4)) {
    std::vector<int64_t> values = toIntegers(tensor, isUnsigned);
    array.bytes.assign(values.begin(), values.end());
  }
  return array;
}
