// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Which float ops have an integer form.

#include "passes/Common/IntegerForms.h"

#include "passes/Common/Utils.h"

using namespace mlir;
using namespace bitwright;

bool bitwright::isScalarConstant(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return isConstantValue(value) && type && type.hasStaticShape() && type.getNumElements() == 1;
}

bool bitwright::isClamp(Operation *op) { return isa_and_nonnull<qnn::ReluOp, qnn::ClipOp>(op); }

bool bitwright::hasIntegerSums(Operation *op) {
  return isa_and_nonnull<qnn::Conv2dOp, qnn::LinearOp>(op);
}

bool bitwright::isBinaryArithmetic(Operation *op) {
  return isa_and_nonnull<qnn::AddOp, qnn::SubOp, qnn::MulOp>(op);
}

bool bitwright::fitsOnSums(Operation *add, Value sum, Value other) {
  Type type = add->getResult(0).getType();
  return sum.getType() == type && other.getType() == type;
}
