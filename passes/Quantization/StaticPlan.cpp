// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The plan is made by one pass in program order: contractions are quantized on
/// their own merit, other ops where what they read is. Ops that turn out not to
/// be worth it, or to lack a range, are denied and the plan is made again.

#include "passes/Quantization/StaticPlan.h"

#include "bitwright/Numerics/Quantize.h"
#include "dialects/QNN/Constants.h"
#include "mlir/IR/TypeUtilities.h"
#include "passes/Common/IntegerForms.h"
#include "passes/Common/Precision.h"
#include "passes/Common/Utils.h"

using namespace bitwright;
using namespace mlir;

/// Products of a dot product that int32 can hold beside a bias as large.
static constexpr int64_t kMaxProducts =
    countSafeProducts(integerRange(8, /*isUnsigned=*/true), integerRange(8, false)) / 2;
/// Below this, a contraction between float neighbours does not repay its conversions.
static constexpr int64_t kMinMacs = 16;

static bool isF32(Value value) { return getElementTypeOrSelf(value).isF32(); }

/// Computes each element from one element of one tensor: 256 cases in int8.
bool bitwright::isScalarFunction(Operation *op) {
  if (!isa<qnn::ElementwiseInterface>(op) || op->getNumResults() != 1 || !isF32(op->getResult(0)))
    return false;
  Value data;
  for (Value operand : op->getOperands()) {
    if (isScalarConstant(operand))
      continue;
    if (!isF32(operand) || isConstantValue(operand) || (data && data != operand))
      return false;
    data = operand;
  }
  return data && data.getType() == op->getResult(0).getType() &&
         (op->getNumOperands() == 1 || llvm::count(op->getOperands(), data) == 1);
}

SmallVector<OpOperand *> bitwright::getDataOperands(Operation *op) {
  SmallVector<OpOperand *> result;
  if (auto contraction = dyn_cast<qnn::ContractionInterface>(op))
    return {&contraction.getActivationOperand()};
  unsigned count = op->getNumOperands();
  if (auto move = dyn_cast<qnn::TransparentInterface>(op))
    count = move.getNumDataOperands();
  bool isFunction = isScalarFunction(op);
  for (OpOperand &operand : op->getOpOperands().take_front(count))
    if (isF32(operand.get()) && !(isFunction && isScalarConstant(operand.get())))
      result.push_back(&operand);
  return result;
}

StaticPlan::StaticPlan(Operation *root, const RangeMap &ranges, Denials denials)
    : ranges(ranges), parts(root, ranges), denied(std::move(denials)) {
  do {
    integerOps.clear();
    heads.clear();
    inner.clear();
    floatOps.clear();
    tensors.clear();
    classify(root);
  } while (denyUseless() || (findTensors(), denyUnmeasured()) || denyDrowned());
}

void StaticPlan::classify(Operation *root) {
  root->walk<WalkOrder::PreOrder>([&](Operation *op) { visit(op); });
}

void StaticPlan::visit(Operation *op) {
  bool isCandidate =
      isa<qnn::Conv2dOp, qnn::LinearOp, qnn::ConvTranspose2dOp, qnn::AddOp, qnn::SubOp, qnn::MulOp,
          qnn::AvgPool2dOp, qnn::ReduceMeanOp, qnn::TransparentInterface>(op) ||
      isScalarFunction(op);
  if (op->getNumResults() != 1 || !isF32(op->getResult(0)) || isConstantValue(op->getResult(0)))
    return;
  if (!isCandidate) {
    // Worth a word only where int8 data meets it.
    for (Value operand : op->getOperands())
      if (isQuantized(operand))
        floatOps[op] = "it has no integer form";
    return;
  }
  std::string reason;
  if (denied.contains(op))
    reason = denied.lookup(op);
  else if (isa<qnn::ContractionInterface>(op))
    reason = visitContraction(op);
  else if (isClamp(op))
    reason = visitActivation(op);
  else if (isa<qnn::TransparentInterface>(op))
    reason = visitMove(op);
  else if (isBinaryArithmetic(op) && !isScalarFunction(op))
    reason = visitBinary(op);
  else
    reason = requireQuantized(op, getDataOperands(op)[0]->get());
  if (reason.empty())
    integerOps.insert(op);
  else
    floatOps[op] = reason;
}

std::string StaticPlan::visitContraction(Operation *op) {
  if (!hasIntegerSums(op))
    return op->getName().getStringRef().str() + " has no integer form";
  auto contraction = cast<qnn::ContractionInterface>(op);
  auto weights = getFiniteFloats(contraction.getWeightOperand().get());
  if (!weights || weights->empty())
    return isConstantValue(contraction.getWeightOperand().get())
               ? "weights are not finite f32 numbers"
               : "weights are not constant";
  OpOperand *bias = contraction.getBiasOperand();
  if (bias && bias->get() && !getFiniteFloats(bias->get()))
    return "the bias is not a finite constant";
  auto type = cast<RankedTensorType>(contraction.getWeightOperand().get().getType());
  int64_t products = type.getNumElements() / std::max<int64_t>(type.getDimSize(0), 1);
  if (products > kMaxProducts)
    return "a sum of " + std::to_string(products) + " products may overflow int32";
  if (!isF32(contraction.getActivationOperand().get()))
    return "the input is not f32";
  if (isConstantValue(contraction.getActivationOperand().get()))
    return "the input is constant";
  return "";
}

bool StaticPlan::isQuantized(Value value) const {
  Operation *op = value.getDefiningOp();
  return op && integerOps.contains(op) && !inner.contains(value);
}

std::string StaticPlan::requireQuantized(Operation *op, Value value) const {
  if (isQuantized(value))
    return "";
  return getTensorName(value) + ", which it reads, is float";
}

void StaticPlan::fuse(Operation *op, Operation *head) {
  inner.insert(head->getResult(0));
  auto it = heads.find(head);
  heads[op] = it == heads.end() ? head : it->second;
}

/// A relu or clip ends the group of the op in front where nothing else reads that;
/// otherwise it is a function of one tensor.
std::string StaticPlan::visitActivation(Operation *op) {
  Value input = op->getOperand(0);
  Operation *head = input.getDefiningOp();
  if (head && integerOps.contains(head) && input.hasOneUse() &&
      head->getBlock() == op->getBlock() &&
      (isa<qnn::ContractionInterface>(head) ||
       (isBinaryArithmetic(head) && !isScalarFunction(head)))) {
    fuse(op, head);
    return "";
  }
  return requireQuantized(op, input);
}

/// The contraction that makes `value`, if the add may be formed on its accumulator.
Operation *StaticPlan::getResidualHead(Operation *add, Value value, Value other) {
  Operation *head = value.getDefiningOp();
  if (!head || !integerOps.contains(head) || !hasIntegerSums(head) || !value.hasOneUse() ||
      head->getBlock() != add->getBlock())
    return nullptr;
  return fitsOnSums(add, value, other) && isQuantized(other) ? head : nullptr;
}

std::string StaticPlan::visitBinary(Operation *op) {
  Value lhs = op->getOperand(0), rhs = op->getOperand(1);
  if (isa<qnn::AddOp>(op) && lhs != rhs) {
    Operation *left = getResidualHead(op, lhs, rhs), *right = getResidualHead(op, rhs, lhs);
    Operation *head =
        left && right ? (left->isBeforeInBlock(right) ? right : left) : (left ? left : right);
    if (head) {
      fuse(op, head);
      return "";
    }
  }
  bool any = false;
  for (Value operand : {lhs, rhs}) {
    if (isConstantValue(operand) && getFiniteFloats(operand))
      continue;
    if (std::string reason = requireQuantized(op, operand); !reason.empty())
      return reason;
    any = true;
  }
  return any ? "" : "it reads constants only";
}

std::string StaticPlan::visitMove(Operation *op) {
  if (auto pad = dyn_cast<qnn::PadOp>(op); pad && !getFiniteFloats(pad.getValue()))
    return "what it fills with is not a finite constant";
  bool any = false;
  for (OpOperand *operand : getDataOperands(op)) {
    if (isConstantValue(operand->get()) && isa<qnn::ConcatOp>(op) &&
        getFiniteFloats(operand->get()))
      continue;
    if (std::string reason = requireQuantized(op, operand->get()); !reason.empty())
      return reason;
    any = true;
  }
  return any ? "" : "it reads constants only";
}

void StaticPlan::deny(Operation *op, std::string reason) { denied.insert({op, std::move(reason)}); }

/// Denies what costs accuracy or time for nothing. True where something was denied.
bool StaticPlan::denyUseless() {
  bool changed = false;
  for (Operation *op : llvm::reverse(integerOps.getArrayRef())) {
    bool feedsInteger =
        llvm::any_of(op->getResult(0).getUsers(), [&](Operation *user) { return isInteger(user); });
    if (feedsInteger)
      continue;
    if (auto contraction = dyn_cast<qnn::ContractionInterface>(op)) {
      Value input = contraction.getActivationOperand().get();
      if (!isQuantized(input) && contraction.getMacsPerElement() < kMinMacs) {
        deny(op, "its few products do not repay the conversion from and to float");
        changed = true;
      }
    } else if (isa<qnn::ElementwiseInterface>(op) && !isFused(op)) {
      deny(op, "its result is used in float only");
      changed = true;
    }
  }
  return changed;
}

/// Quantize in front of a move instead of behind it: a quarter of the bytes.
void StaticPlan::hoistBorder(Value &value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<qnn::ReshapeOp, qnn::TransposeOp, qnn::SqueezeOp, qnn::UnsqueezeOp, qnn::FlattenOp>(
            op) ||
        isConstantValue(op->getOperand(0)) || isInteger(op) ||
        !llvm::all_of(value.getUsers(), [&](Operation *user) { return isInteger(user); }))
      return;
    if (denied.contains(op) || !ranges.contains(op->getOperand(0)))
      return;
    integerOps.insert(op);
    floatOps.erase(op);
    tensors.insert(value);
    value = op->getOperand(0);
  }
}

void StaticPlan::findTensors() {
  SmallVector<Operation *> ops(integerOps.getArrayRef());
  for (Operation *op : ops) {
    for (OpOperand *operand : getDataOperands(op)) {
      Value value = operand->get();
      if (isConstantValue(value) || inner.contains(value))
        continue;
      if (!isQuantized(value))
        hoistBorder(value);
      tensors.insert(value);
    }
    if (!inner.contains(op->getResult(0)))
      tensors.insert(op->getResult(0));
  }
}

bool StaticPlan::denyUnmeasured() {
  bool changed = false;
  for (Value value : tensors) {
    if (ranges.contains(value))
      continue;
    Operation *maker = value.getDefiningOp();
    std::string reason = "no range was observed for " + getTensorName(value);
    if (maker && isInteger(maker)) {
      auto it = heads.find(maker);
      deny(it == heads.end() ? maker : it->second, reason);
      changed = true;
      continue;
    }
    for (Operation *user : value.getUsers())
      if (isInteger(user)) {
        deny(user, reason);
        changed = true;
      }
  }
  return changed;
}

/// Denies what would put joined tensors on one scale that a part of them cannot live with: the op
/// that joins, and what would quantize a joined float tensor to read it. `getRange` gives what
/// the scale of a tensor has to hold.
bool StaticPlan::denyDrowned(function_ref<std::pair<double, double>(Value)> getRange) {
  bool changed = false;
  for (Value value : tensors) {
    Operation *maker = value.getDefiningOp();
    bool isBorder = !maker || !isInteger(maker);
    if (!isBorder && !isa<qnn::ConcatOp, qnn::PadOp>(maker))
      continue;
    std::string reason = parts.explainLoss(value, getRange(value));
    if (reason.empty())
      continue;
    changed = true;
    if (!isBorder) {
      deny(maker, reason);
      continue;
    }
    for (Operation *user : value.getUsers())
      if (isInteger(user))
        deny(user, getTensorName(value) + ", which it reads, would drown a part of it: " + reason);
  }
  return changed;
}

/// Each tensor by its own range first: what is joined further on may yet be denied and leave it
/// alone.
bool StaticPlan::denyDrowned() {
  if (denyDrowned([&](Value value) { return ranges.lookup(value); }))
    return true;
  unify();
  return denyDrowned([&](Value value) { return classRanges[getParameterClass(value)]; });
}

int64_t StaticPlan::getParameterClass(Value tensor) const { return classes.lookup(tensor); }

/// Tensors on both sides of a move share their parameters.
void StaticPlan::unify() {
  classes.clear();
  classRanges.clear();
  std::vector<int64_t> parent(tensors.size());
  llvm::DenseMap<Value, int64_t> index;
  for (auto [i, value] : llvm::enumerate(tensors)) {
    parent[i] = int64_t(i);
    index[value] = int64_t(i);
  }
  auto find = [&](int64_t i) {
    while (parent[i] != i)
      i = parent[i] = parent[parent[i]];
    return i;
  };
  for (Operation *op : integerOps) {
    if (!isa<qnn::TransparentInterface>(op))
      continue;
    for (OpOperand *operand : getDataOperands(op)) {
      // What others read too keeps its own parameters; the concat requantizes it.
      if (isConstantValue(operand->get()) ||
          (isa<qnn::ConcatOp>(op) && !operand->get().hasOneUse()))
        continue;
      parent[find(index[operand->get()])] = find(index[op->getResult(0)]);
    }
  }
  llvm::DenseMap<int64_t, int64_t> numbers;
  for (auto [i, value] : llvm::enumerate(tensors)) {
    auto [it, isNew] = numbers.try_emplace(find(int64_t(i)), int64_t(numbers.size()));
    auto range = ranges.lookup(value);
    if (isNew)
      classRanges.push_back(range);
    auto &joined = classRanges[it->second];
    joined.first = std::min(joined.first, range.first);
    joined.second = std::max(joined.second, range.second);
    classes[value] = it->second;
  }
}
