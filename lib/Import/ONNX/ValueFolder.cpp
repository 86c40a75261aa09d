// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A walk from a value to the constants it comes from, and back with the
/// interpreter. Every value is visited once in the life of a folder.

#include "ValueFolder.h"
#include "bitwright/Reference/Interpreter.h"
#include "dialects/QNN/Constants.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace bitwright::onnximport {

/// A tensor of more bytes than this is a weight; Simplify folds those.
static constexpr int64_t maxBytes = int64_t(1) << 20;

static int64_t countBytes(TypeRange types) {
  int64_t bytes = 0;
  for (Type type : types) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    int64_t size = tensor && tensor.hasStaticShape() ? getByteSize(tensor) : -1;
    if (size < 0 || size > maxBytes)
      return maxBytes + 1;
    bytes += size;
  }
  return bytes;
}

static bool isSmall(Operation *op) {
  return op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
         countBytes(op->getResultTypes()) <= maxBytes &&
         countBytes(op->getOperandTypes()) <= maxBytes;
}

static std::shared_ptr<const Tensor> readConstant(Value value) {
  std::optional<ConstantData> data = getConstant(value);
  if (!data)
    return nullptr;
  auto tensor = std::make_shared<Tensor>();
  tensor->elementType = data->type.getElementType();
  tensor->dims.assign(data->type.getShape().begin(), data->type.getShape().end());
  tensor->data.assign(data->bytes.begin(), data->bytes.end());
  return tensor;
}

void ValueFolder::remember(Operation *op, ArrayRef<Result> results) {
  for (OpResult result : op->getResults())
    known[result] = results.empty() ? nullptr : results[result.getResultNumber()];
}

/// Appends the ops behind operands that were not visited. Returns false where one can be no
/// constant.
bool ValueFolder::pushOperands(Operation *op, SmallVectorImpl<Operation *> &pending) {
  for (Value operand : op->getOperands()) {
    auto found = known.find(operand);
    if (found != known.end() ? !found->second : !operand.getDefiningOp())
      return false;
  }
  for (Value operand : op->getOperands())
    if (!known.contains(operand))
      pending.push_back(operand.getDefiningOp());
  return true;
}

void ValueFolder::evaluateOp(Operation *op) {
  int64_t bytes = countBytes(op->getResultTypes()) + countBytes(op->getOperandTypes());
  if (bytes > budget)
    return remember(op, {});
  budget -= bytes;
  SmallVector<Tensor> operands;
  for (Value operand : op->getOperands())
    operands.push_back(*known[operand]);
  auto results = evaluate(op, operands);
  if (!results) {
    llvm::consumeError(results.takeError());
    return remember(op, {});
  }
  remember(op, llvm::map_to_vector(*results, [](Tensor &tensor) -> Result {
             return std::make_shared<Tensor>(std::move(tensor));
           }));
}

std::shared_ptr<const Tensor> ValueFolder::fold(Value value) {
  SmallVector<Operation *> pending;
  if (!value.getDefiningOp())
    return nullptr;
  if (!known.contains(value))
    pending.push_back(value.getDefiningOp());
  while (!pending.empty()) {
    Operation *op = pending.back();
    size_t count = pending.size();
    if (known.contains(op->getResult(0))) {
      pending.pop_back();
    } else if (!isSmall(op)) {
      remember(op, {});
    } else if (op->getNumOperands() == 0) {
      remember(op, {readConstant(op->getResult(0))});
    } else if (!pushOperands(op, pending)) {
      pending.truncate(count);
      remember(op, {});
    } else if (pending.size() == count) {
      evaluateOp(op);
    }
  }
  return known[value];
}

} // namespace bitwright::onnximport
