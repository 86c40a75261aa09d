// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Why each quantize and dequantize that is left is there.

#include "passes/Common/Decisions.h"
#include "passes/Common/Utils.h"
#include "passes/Fusion/Passes.h"
#include "passes/Fusion/QDQ.h"

#include "dialects/QNN/Constants.h"

namespace bitwright {
#define GEN_PASS_DEF_REPORTREMAININGPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

std::string getOpText(Operation *op) {
  std::string name = getNodeName(op->getLoc());
  std::string text = op->getName().getStringRef().str();
  return name.empty() ? text : text + " '" + name + "'";
}

/// Why the float op before this quantize did not take it in.
std::string explainProducer(qnn::QuantizeOp op) {
  Operation *producer = op.getInput().getDefiningOp();
  if (!producer)
    return "an input of the model is float";
  Operation *named = producer;
  if (Operation *previous = findGroup(op).clamp ? producer->getOperand(0).getDefiningOp() : nullptr;
      previous && op.getInput().hasOneUse())
    named = previous;
  if (!getTensorParams(op))
    return "scales of " + getOpText(named) + " are not for the whole tensor";
  if (auto match = matchContraction(op); !match && match.reason != "no contraction")
    return getOpText(named) + " stays float: " + match.reason;
  if (!op.getInput().hasOneUse())
    return getOpText(named) + " stays float: its float result has other uses";
  for (Value operand : named->getOperands())
    if (!isConstantValue(operand) && !getQuantized(operand) &&
        isa<FloatType>(getTensorType(operand).getElementType()))
      return getOpText(named) + " stays float: an operand is not quantized";
  return getOpText(named) + " has no integer form";
}

/// Why the float op after this dequantize reads float.
std::string explainUser(Operation *user) {
  if (user->hasTrait<OpTrait::IsTerminator>())
    return "a result of the model is float";
  bool quantizedResult = llvm::all_of(user->getUsers(), [](Operation *next) {
    while (qnn::isClamp(next) && next->hasOneUse())
      next = *next->getUsers().begin();
    return isa<qnn::QuantizeOp>(next);
  });
  if (isa<qnn::ContractionInterface>(user) && !quantizedResult)
    return getOpText(user) + " stays float: its result is not quantized";
  if (!quantizedResult)
    return getOpText(user) + " is computed in float";
  for (Operation *next : user->getUsers())
    if (auto quantize = dyn_cast<qnn::QuantizeOp>(next))
      return explainProducer(quantize);
  return getOpText(user) + " is computed in float";
}

struct ReportRemainingPass final : bitwright::impl::ReportRemainingPassBase<ReportRemainingPass> {
  void runOnOperation() override {
    markAllAnalysesPreserved();
    DecisionRecorder record(&getContext(), getArgument());
    getOperation().walk([&](Operation *op) {
      numRemaining += isa<qnn::QuantizeOp, qnn::DequantizeOp>(op);
      if (auto quantize = dyn_cast<qnn::QuantizeOp>(op))
        record.missed(op, "remains", explainProducer(quantize));
      else if (isa<qnn::DequantizeOp>(op))
        for (Operation *user : op->getUsers())
          record.missed(op, "remains", explainUser(user));
    });
  }
};

} // namespace
