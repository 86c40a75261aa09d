// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What holds of a whole plan: where tensors lie, when, and that they do not meet.

#include "dialects/Kernel/KernelOps.h"

#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright;
using namespace bitwright::kernel;

//===--- places -----------------------------------------------------------===//

/// The tensor whose memory `tensor` is; null for what has memory of its own, or none.
static Value getSource(Value tensor) {
  auto result = dyn_cast<OpResult>(tensor);
  if (!result)
    return {};
  unsigned number = result.getResultNumber();
  return llvm::TypeSwitch<Operation *, Value>(result.getOwner())
      .Case([](ViewOp op) -> Value { return op.getSource(); })
      .Case([](SizesOp op) -> Value { return op.getOut(); })
      .Case([&](LaunchOp op) -> Value { return op.getOuts()[number]; })
      .Case([&](IfOp op) -> Value { return op.getOuts()[number]; })
      .Case([](qnn::ObserveOp op) -> Value { return op.getInput(); })
      .Default([&](Operation *op) -> Value {
        // The root of a launch is written into its buffers.
        auto launch = dyn_cast<LaunchOp>(op->getParentOp());
        return launch && op == launch.getRoot() ? launch.getOuts()[number] : Value();
      });
}

Operation *bitwright::kernel::getPlace(Value tensor) {
  while (Value source = getSource(tensor))
    tensor = source;
  Operation *op = tensor.getDefiningOp();
  return isa_and_present<qnn::ConstantOp, InputOp, OutputOp, BufferOp>(op) ? op : nullptr;
}

//===--- lives ------------------------------------------------------------===//

static bool runs(Operation *op) {
  if (auto sizes = dyn_cast<SizesOp>(op))
    return bool(sizes.getOut());
  return isa<LaunchOp, qnn::ObserveOp, ReturnOp>(op) ||
         (isa<YieldOp>(op) && isa<IfOp>(op->getParentOp()));
}

static void numberBlock(Block &block, int64_t &next, llvm::MapVector<Operation *, Steps> &steps) {
  for (Operation &op : block) {
    if (auto branch = dyn_cast<IfOp>(op)) {
      steps[&op].first = next++;
      numberBlock(branch.getThenRegion().front(), next, steps);
      numberBlock(branch.getElseRegion().front(), next, steps);
      steps[&op].second = next++;
    } else if (runs(&op)) {
      steps[&op] = {next, next};
      ++next;
    }
  }
}

llvm::MapVector<Operation *, Steps> bitwright::kernel::numberSteps(Block &block) {
  llvm::MapVector<Operation *, Steps> steps;
  int64_t next = 0;
  numberBlock(block, next, steps);
  return steps;
}

/// The ops that stand in a planned function beside those of this dialect.
static LogicalResult verifyMembers(Block &block) {
  for (Operation &op : block) {
    if (!isa_and_present<KernelDialect>(op.getDialect()) &&
        !isa<qnn::ConstantOp, qnn::ObserveOp, arith::ConstantOp>(op))
      return op.emitOpError("expects to be part of a launch, as this function is planned");
    if (auto branch = dyn_cast<IfOp>(op))
      if (failed(verifyMembers(branch.getThenRegion().front())) ||
          failed(verifyMembers(branch.getElseRegion().front())))
        return failure();
  }
  return success();
}

/// The tensors that a step reads from memory or writes there.
static SmallVector<Value> getTensors(Operation *op) {
  if (auto branch = dyn_cast<IfOp>(op)) {
    SmallVector<Value> tensors(branch.getOuts());
    tensors.push_back(branch.getCondition());
    return tensors;
  }
  if (auto sizes = dyn_cast<SizesOp>(op))
    return {sizes.getOut()};
  if (auto end = dyn_cast<ReturnOp>(op))
    return llvm::to_vector(end.getValues());
  SmallVector<Value> tensors(op->getOperands());
  if (auto launch = dyn_cast<LaunchOp>(op))
    for (Operation &member : launch.getBody().front().without_terminator())
      for (OpOperand &operand : member.getOpOperands())
        if (operand.get().getParentRegion() != &launch.getBody() && !isSizeOperand(operand))
          tensors.push_back(operand.get());
  return tensors;
}

namespace {
/// A plan while it is verified.
struct PlanRules {
  ReturnOp end;
  SmallVector<BufferOp> buffers;

  LogicalResult verifyLives(Block &block);
  LogicalResult verifyBytes();
  LogicalResult verifyOverlap();
};
} // namespace

LogicalResult PlanRules::verifyLives(Block &block) {
  for (auto &[op, steps] : numberSteps(block))
    for (Value tensor : getTensors(op)) {
      Operation *place = getPlace(tensor);
      if (!place)
        return op->emitOpError("reads a tensor of type ")
               << tensor.getType() << " that does not lie in memory";
      auto buffer = dyn_cast<BufferOp>(place);
      if (buffer && (steps.first < buffer.getLive()[0] || steps.second > buffer.getLive()[1])) {
        InFlightDiagnostic error =
            buffer.emitOpError("is used in step ")
            << (steps.first < buffer.getLive()[0] ? steps.first : steps.second)
            << ", but alive from " << buffer.getLive()[0] << " to " << buffer.getLive()[1];
        error.attachNote(op->getLoc()) << "used here";
        return error;
      }
    }
  return success();
}

//===--- the arena --------------------------------------------------------===//

static bool meet(BufferOp x, BufferOp y) {
  return x.getLive()[0] <= y.getLive()[1] && y.getLive()[0] <= x.getLive()[1];
}

static bool isEmpty(BufferOp buffer) { return !buffer.getBytes() && buffer.getStaticBytes() == 0; }

/// Whether constants, or equal values, tell that two buffers share bytes. One without bytes shares
/// none.
static bool overlap(BufferOp x, BufferOp y) {
  if (isEmpty(x) || isEmpty(y))
    return false;
  if (x.getOffset() || y.getOffset())
    return x.getOffset() == y.getOffset();
  if (x.getStaticOffset() > y.getStaticOffset())
    std::swap(x, y);
  int64_t bytes = x.getBytes() ? kAlignment : x.getStaticBytes();
  return x.getStaticOffset() == y.getStaticOffset() ||
         x.getStaticOffset() + bytes > y.getStaticOffset();
}

LogicalResult PlanRules::verifyBytes() {
  for (BufferOp buffer : buffers) {
    if (end.getBytes() || buffer.getOffset() || buffer.getBytes())
      continue;
    int64_t last = buffer.getStaticOffset() + buffer.getStaticBytes();
    if (last > end.getStaticBytes())
      return buffer.emitOpError("expects to end within the ")
             << end.getStaticBytes() << " bytes of the arena, but ends at " << last;
  }
  return success();
}

LogicalResult PlanRules::verifyOverlap() {
  for (size_t i = 0; i < buffers.size(); ++i)
    for (size_t j = i + 1; j < buffers.size(); ++j)
      if (meet(buffers[i], buffers[j]) && overlap(buffers[i], buffers[j])) {
        InFlightDiagnostic error =
            buffers[j].emitOpError("shares memory with a buffer that is alive with it");
        error.attachNote(buffers[i].getLoc()) << "this one";
        return error;
      }
  return success();
}

LogicalResult ReturnOp::verify() {
  auto function = cast<func::FuncOp>((*this)->getParentOp());
  if (!function.getBody().hasOneBlock())
    return emitOpError("expects a function of one block");
  if (getValues().getTypes() != function.getResultTypes())
    return emitOpError("expects the results of the function");
  if (bool(getBytes()) != ShapedType::isDynamic(getStaticBytes()) ||
      (!getBytes() && (getStaticBytes() < kAlignment || getStaticBytes() > kMostBytes)))
    return emitOpError("expects an arena of at least ")
           << kAlignment << " bytes, for the error word, and at most 64 TiB";
  // A terminator is verified when all that stands before it has been.
  Block &block = function.getBody().front();
  PlanRules rules{*this, llvm::to_vector(block.getOps<BufferOp>())};
  if (failed(verifyMembers(block)) || failed(rules.verifyLives(block)) ||
      failed(rules.verifyBytes()))
    return failure();
  return rules.verifyOverlap();
}
