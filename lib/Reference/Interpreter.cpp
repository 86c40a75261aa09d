// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Runs functions op by op: values in an environment, freed after their last
/// use; constants are read where they are used and not kept.

#include "bitwright/Reference/Interpreter.h"

#include "Evaluate.h"
#include "dialects/QNN/Constants.h"
#include <memory>

using namespace bitwright;
using namespace bitwright::reference;

Expected<SmallVector<Tensor>> bitwright::evaluate(mlir::Operation *op, ArrayRef<Tensor> operands) {
  SmallVector<const Tensor *> pointers;
  for (const Tensor &operand : operands)
    pointers.push_back(&operand);
  return evaluateChecked(op, pointers);
}

namespace {
class Environment {
public:
  explicit Environment(const InterpreterOptions &options)
      : options(options), budget(options.memoryLimit) {}

  llvm::Error define(mlir::Operation *op, mlir::Value value, Tensor tensor) {
    liveBytes += int64_t(tensor.data.size());
    values[value] = std::make_shared<Tensor>(std::move(tensor));
    if (liveBytes > options.memoryLimit)
      return makeError(op, "values need more than the interpreter's memory limit of " +
                               llvm::Twine(options.memoryLimit) + " bytes");
    MemoryBudget::set(options.memoryLimit - liveBytes);
    return llvm::Error::success();
  }

  /// Runs the ops of a block and returns the operands of its terminator.
  Expected<SmallVector<Tensor>> run(mlir::Block &block);

private:
  using Shared = std::shared_ptr<Tensor>;

  Expected<Shared> read(mlir::Operation *user, mlir::Value value);
  Expected<SmallVector<Tensor>> runOp(mlir::Operation *op);
  Expected<SmallVector<Tensor>> runIf(qnn::IfOp op);

  void release(mlir::Value value) {
    auto it = values.find(value);
    if (it == values.end())
      return;
    liveBytes -= int64_t(it->second->data.size());
    values.erase(it);
    MemoryBudget::set(options.memoryLimit - liveBytes);
  }

  const InterpreterOptions &options;
  MemoryBudget budget;
  int64_t liveBytes = 0;
  llvm::DenseMap<mlir::Value, Shared> values;
};
} // namespace

/// For each op of a block, the block's values that no later op uses.
static llvm::DenseMap<mlir::Operation *, SmallVector<mlir::Value>>
findLastUses(mlir::Block &block) {
  llvm::DenseMap<mlir::Operation *, SmallVector<mlir::Value>> lastUses;
  auto record = [&](mlir::Value value, mlir::Operation *definition) {
    mlir::Operation *last = definition;
    for (mlir::Operation *user : value.getUsers()) {
      mlir::Operation *ancestor = block.findAncestorOpInBlock(*user);
      if (ancestor && (!last || last->isBeforeInBlock(ancestor)))
        last = ancestor;
    }
    if (last)
      lastUses[last].push_back(value);
  };
  for (mlir::BlockArgument argument : block.getArguments())
    record(argument, nullptr);
  for (mlir::Operation &op : block)
    for (mlir::Value result : op.getResults())
      record(result, &op);
  return lastUses;
}

Expected<std::shared_ptr<Tensor>> Environment::read(mlir::Operation *user, mlir::Value value) {
  if (Shared tensor = values.lookup(value))
    return tensor;
  auto constant = value.getDefiningOp<qnn::ConstantOp>();
  if (!constant)
    return makeError(user, "an operand has no value");
  Expected<SmallVector<Tensor>> result = evaluateChecked(constant, {});
  if (!result)
    return result.takeError();
  return std::make_shared<Tensor>(std::move(result->front()));
}

Expected<SmallVector<Tensor>> Environment::runIf(qnn::IfOp op) {
  Expected<Shared> condition = read(op, op.getCondition());
  if (!condition)
    return condition.takeError();
  if ((*condition)->numElements() != 1)
    return makeError(op, "expects a condition of one element, but got " +
                             formatDims((*condition)->dims));
  mlir::Region &region = (*condition)->data[0] ? op.getThenRegion() : op.getElseRegion();
  return run(region.front());
}

Expected<SmallVector<Tensor>> Environment::runOp(mlir::Operation *op) {
  if (auto branch = llvm::dyn_cast<qnn::IfOp>(op))
    return runIf(branch);
  SmallVector<Shared> operands;
  SmallVector<const Tensor *> pointers;
  for (mlir::Value value : op->getOperands()) {
    Expected<Shared> operand = read(op, value);
    if (!operand)
      return operand.takeError();
    operands.push_back(*operand);
    pointers.push_back(operands.back().get());
  }
  return evaluateChecked(op, pointers);
}

Expected<SmallVector<Tensor>> Environment::run(mlir::Block &block) {
  auto lastUses = findLastUses(block);
  for (mlir::Operation &op : block.without_terminator()) {
    if (llvm::isa<qnn::ConstantOp>(op))
      continue;
    Expected<SmallVector<Tensor>> results = runOp(&op);
    if (!results)
      return results;
    if (options.onResult)
      options.onResult(&op, *results);
    for (auto [value, tensor] : llvm::zip(op.getResults(), *results))
      if (llvm::Error error = define(&op, value, std::move(tensor)))
        return error;
    auto it = lastUses.find(&op);
    if (it != lastUses.end())
      for (mlir::Value value : it->second)
        release(value);
  }
  SmallVector<Tensor> results;
  mlir::Operation *terminator = block.getTerminator();
  for (mlir::Value value : terminator->getOperands()) {
    Expected<Shared> result = read(terminator, value);
    if (!result)
      return result.takeError();
    results.push_back(**result);
  }
  auto it = lastUses.find(terminator);
  if (it != lastUses.end())
    for (mlir::Value value : it->second)
      release(value);
  return results;
}

/// `tensor` can be passed for `argument`.
static llvm::Error checkInput(mlir::func::FuncOp main, unsigned index, const Tensor &tensor) {
  auto type = llvm::dyn_cast<mlir::RankedTensorType>(main.getArgument(index).getType());
  bool fits = type && type.getElementType() == tensor.elementType &&
              type.getRank() == tensor.rank() &&
              tensorBytes(tensor.elementType, tensor.dims) == int64_t(tensor.data.size());
  for (int64_t i = 0; fits && i < tensor.rank(); ++i)
    fits = type.isDynamicDim(i) || type.getDimSize(i) == tensor.dims[i];
  if (fits)
    return checkSize(main, tensor.elementType, tensor.dims);
  auto name = main.getArgAttrOfType<mlir::StringAttr>(index, "qnn.name");
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "input " << index;
  if (name)
    stream << " '" << name.getValue() << "'";
  stream << " expects " << main.getArgument(index).getType() << ", but got "
         << formatDims(tensor.dims) << " of " << tensor.elementType;
  return llvm::createStringError(text);
}

Expected<SmallVector<Tensor>> bitwright::interpret(mlir::func::FuncOp main, ArrayRef<Tensor> inputs,
                                                   const InterpreterOptions &options) {
  if (main.isExternal() || !main.getBody().hasOneBlock())
    return makeError(main, "expects a function of one block");
  if (inputs.size() != main.getNumArguments())
    return llvm::createStringError("expects " + llvm::Twine(main.getNumArguments()) +
                                   " inputs, but got " + llvm::Twine(inputs.size()));
  Environment environment(options);
  for (unsigned i = 0; i < inputs.size(); ++i) {
    if (llvm::Error error = checkInput(main, i, inputs[i]))
      return error;
    if (llvm::Error error = environment.define(main, main.getArgument(i), inputs[i]))
      return error;
  }
  return environment.run(main.getBody().front());
}
