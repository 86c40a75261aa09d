// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The bridge from constants in the IR to the reference interpreter and back.

#include "passes/Common/Utils.h"

#include "bitwright/Reference/Interpreter.h"
#include "dialects/QNN/Constants.h"

#include "llvm/Support/Error.h"

using namespace mlir;
using namespace bitwright;

llvm::Expected<SmallVector<TypedAttr>> bitwright::evaluateOnConstants(Operation *op) {
  SmallVector<Tensor> operands;
  for (Value operand : op->getOperands()) {
    auto data = getConstant(operand);
    if (!data)
      return llvm::createStringError("an operand is not constant");
    Tensor tensor;
    tensor.elementType = data->type.getElementType();
    tensor.dims.assign(data->type.getShape().begin(), data->type.getShape().end());
    tensor.data.assign(data->bytes.begin(), data->bytes.end());
    operands.push_back(std::move(tensor));
  }
  auto results = evaluate(op, operands);
  if (!results)
    return results.takeError();
  SmallVector<TypedAttr> attributes;
  for (Tensor &tensor : *results)
    attributes.push_back(
        makeConstantAttr(RankedTensorType::get(tensor.dims, tensor.elementType), tensor.data));
  return attributes;
}
