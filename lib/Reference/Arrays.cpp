// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Arrays of npy files as tensors.

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
