// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Ops on dequantized constants.

#include "passes/Simplify/DequantizedConstants.h"

#include "dialects/QNN/Constants.h"
#include "passes/Common/Utils.h"

using namespace mlir;
using namespace bitwright;

/// Integers of a smaller magnitude are floats.
static constexpr int64_t exactLimit = int64_t(1) << 24;

static qnn::DequantizeOp getDequantizedConstant(Value value) {
  auto op = value.getDefiningOp<qnn::DequantizeOp>();
  return op && llvm::all_of(op->getOperands(), isConstantValue) ? op : nullptr;
}

bool bitwright::foldsExactly(qnn::DequantizeOp op) {
  if (!getTensorType(op.getInput()).getElementType().isInteger(32))
    return false;
  auto values = getIntegers(op.getInput());
  return values && llvm::all_of(*values, [](int64_t value) {
           return -exactLimit < value && value < exactLimit;
         });
}

bool bitwright::readsDequantizedConstants(Operation *op) {
  bool any = false;
  for (Value operand : op->getOperands()) {
    bool isDequantized = getDequantizedConstant(operand) != nullptr;
    if (!isDequantized && !isConstantValue(operand))
      return false;
    any |= isDequantized;
  }
  return any;
}

Value bitwright::moveStoredConstant(Operation *op, OpBuilder &builder) {
  auto transparent = dyn_cast<qnn::TransparentInterface>(op);
  if (!transparent || transparent.getNumDataOperands() != 1 || transparent.getFillOperand() ||
      op->getNumResults() != 1 || !getTensorType(op->getResult(0)).hasStaticShape())
    return nullptr;
  auto dequantize = getDequantizedConstant(op->getOperand(0));
  if (!dequantize || dequantize.getBlockSize() != 0)
    return nullptr;
  std::optional<int64_t> axis = 0;
  if (getTensorType(dequantize.getScale()).getRank() != 0)
    axis = qnn::followAxis(op, dequantize.getAxis());
  if (!axis)
    return nullptr;
  builder.setInsertionPoint(op);
  SmallVector<Value> operands(op->getOperands());
  operands[0] = dequantize.getInput();
  Type stored =
      getTensorType(op->getResult(0)).clone(getTensorType(dequantize.getInput()).getElementType());
  auto onStored = cast<qnn::TransparentInterface>(cloneWith(builder, op, operands, stored));
  onStored.setStorage(dequantize.getIsUnsigned());
  auto values = evaluateOnConstants(onStored);
  onStored->erase();
  if (!values) {
    llvm::consumeError(values.takeError());
    return nullptr;
  }
  Value constant = qnn::ConstantOp::create(builder, op->getLoc(), values->front());
  return qnn::DequantizeOp::create(builder, dequantize.getLoc(), op->getResult(0).getType(),
                                   constant, dequantize.getScale(), dequantize.getZeroPoint(),
                                   uint64_t(*axis), /*block_size=*/0, dequantize.getIsUnsigned());
}

void bitwright::dequantizeOperands(Operation *op, OpBuilder &builder) {
  for (OpOperand &operand : op->getOpOperands()) {
    auto dequantize = getDequantizedConstant(operand.get());
    if (!dequantize)
      continue;
    auto values = evaluateOnConstants(dequantize);
    if (!values) { // a run-time error stays one
      llvm::consumeError(values.takeError());
      continue;
    }
    builder.setInsertionPoint(dequantize);
    operand.set(qnn::ConstantOp::create(builder, dequantize.getLoc(), values->front()));
  }
}
