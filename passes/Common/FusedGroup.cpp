// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The walk from the end of a group to its head.

#include "passes/Common/FusedGroup.h"

using namespace mlir;
using namespace bitwright;
using qnn::FusedTail;
using qnn::IntegerForm;

SmallVector<Operation *> FusedGroup::getOps() const {
  SmallVector<Operation *> ops;
  for (Operation *op : {head, add, clamp})
    if (op)
      ops.push_back(op);
  return ops;
}

/// Why the integer op of `head` cannot apply `tail`, which reads its result, or "".
static std::string explainNoTail(Operation *head, Operation *tail) {
  IntegerForm form = qnn::getIntegerForm(head);
  if (form != IntegerForm::Contraction && form != IntegerForm::Binary)
    return form == IntegerForm::None ? qnn::explainFloat(head) : "its integer form takes no clamp";
  if (!head->getResult(0).hasOneUse())
    return "its float result has other uses";
  return head->getBlock() == tail->getBlock() ? "" : "its result is read in another region";
}

/// Why `add` cannot be formed on the sums of `head`, or "".
static std::string explainNoResidual(Operation *head, Operation *add) {
  Type type = add->getResult(0).getType();
  if (!llvm::all_of(add->getOperandTypes(), [&](Type operand) { return operand == type; }))
    return "the tensor added to it is broadcast";
  return explainNoTail(head, add);
}

/// Moves the head of `group` from an add to the contraction on whose sums it can be formed.
static void takeResidual(FusedGroup &group, function_ref<bool(Value)> isQuantized) {
  Operation *add = group.head;
  for (unsigned side : {0u, 1u}) {
    Value sum = add->getOperand(side), other = add->getOperand(1 - side);
    Operation *head = sum.getDefiningOp();
    if (sum == other || !isa_and_nonnull<qnn::ContractionInterface>(head) || !isQuantized(other))
      continue;
    std::string obstacle = explainNoResidual(head, add);
    if (!obstacle.empty() && isQuantized(sum))
      continue; // read as quantized data, both are
    if (group.add &&
        (!obstacle.empty() || (group.obstacle.empty() && head->isBeforeInBlock(group.head))))
      continue;
    group.head = head;
    group.add = add;
    group.residual = other;
    group.obstacle = std::move(obstacle);
  }
}

FusedGroup bitwright::getFusedGroup(Value stored, function_ref<bool(Value)> isQuantized) {
  FusedGroup group;
  group.head = stored.getDefiningOp();
  if (qnn::isClamp(group.head) && group.head->getOperand(0).getType() == stored.getType()) {
    group.clamp = group.head;
    group.head = group.clamp->getOperand(0).getDefiningOp();
    if (!group.head)
      return group;
  }
  if (qnn::getFusedTail(group.head) == FusedTail::Residual &&
      (!group.clamp || group.head->getResult(0).hasOneUse()))
    takeResidual(group, isQuantized);
  if (group.clamp && !group.add)
    group.obstacle = explainNoTail(group.head, group.clamp);
  return group;
}
