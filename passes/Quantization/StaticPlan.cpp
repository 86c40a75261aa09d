// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The plan is made by one pass in program order: contractions are quantized on
/// their own merit, other ops where what they read is. Ops that turn out not to
/// be worth it, or to lack a range, are denied and the plan is made again.

#include "passes/Quantization/StaticPlan.h"

#include "bitwright/Numerics/Quantize.h"
#include "dialects/QNN/Constants.h"
#include "mlir/IR/TypeUtilities.h"
#include "passes/Common/FusedGroup.h"
#include "passes/Common/Precision.h"
#include "passes/Common/Utils.h"

using namespace bitwright;
using namespace mlir;
using qnn::IntegerForm;

static constexpr IntegerRange kActivations = integerRange(8, /*isUnsigned=*/true);
/// Products of a dot product that int32 can hold beside a bias as large.
static constexpr int64_t kMaxProducts =
    countSafeProducts(kActivations, integerRange(8, /*isUnsigned=*/false)) / 2;
/// Below this, a contraction between float neighbours does not repay its conversions.
static constexpr int64_t kMinMacs = 16;

static bool isF32(Value value) { return getElementTypeOrSelf(value).isF32(); }

SmallVector<OpOperand *> bitwright::getDataOperands(Operation *op) {
  return cast<qnn::QuantizableInterface>(op).getQuantizableOperands();
}

bool bitwright::joinsTensors(Operation *op) {
  return qnn::getIntegerForm(op) == IntegerForm::Move && getDataOperands(op).size() > 1;
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
  if (op->getNumResults() != 1 || !isF32(op->getResult(0)) || isConstantValue(op->getResult(0)))
    return;
  IntegerForm form = qnn::getIntegerForm(op);
  std::string reason = qnn::explainFloat(op);
  if (form == IntegerForm::None && !qnn::getPrecision(op)) {
    // Worth a word only where int8 data meets it.
    if (llvm::any_of(op->getOperands(), [&](Value operand) { return isQuantized(operand); }))
      floatOps[op] = reason;
    return;
  }
  if (denied.contains(op))
    reason = denied.lookup(op);
  else if (reason.empty() && !joinGroup(op))
    reason = visitForm(cast<qnn::QuantizableInterface>(op), form);
  if (reason.empty())
    integerOps.insert(op);
  else
    floatOps[op] = reason;
}

std::string StaticPlan::visitForm(qnn::QuantizableInterface op, IntegerForm form) {
  switch (form) {
  case IntegerForm::Contraction:
    return visitContraction(op);
  case IntegerForm::Mean:
    return visitMean(op);
  case IntegerForm::Binary:
    return visitData(op, /*takesConstants=*/true);
  case IntegerForm::Move:
    return visitData(op, joinsTensors(op));
  case IntegerForm::Table:
    return requireQuantized(getDataOperands(op)[0]->get());
  case IntegerForm::None:
    break;
  }
  llvm_unreachable("an op without an integer form says why");
}

std::string StaticPlan::visitContraction(qnn::QuantizableInterface op) {
  auto contraction = cast<qnn::ContractionInterface>(op.getOperation());
  auto weights = getFiniteFloats(contraction.getWeightOperand().get());
  if (!weights || weights->empty())
    return isConstantValue(contraction.getWeightOperand().get())
               ? "weights are not finite f32 numbers"
               : "weights are not constant";
  OpOperand *bias = contraction.getBiasOperand();
  if (bias && bias->get() && !getFiniteFloats(bias->get()))
    return "the bias is not a finite constant";
  if (op.getTermCount() > kMaxProducts)
    return "a sum of " + std::to_string(op.getTermCount()) + " products may overflow int32";
  if (!isF32(contraction.getActivationOperand().get()))
    return "the input is not f32";
  if (isConstantValue(contraction.getActivationOperand().get()))
    return "the input is constant";
  return "";
}

std::string StaticPlan::visitMean(qnn::QuantizableInterface op) {
  if (!fitsInt32(op.getTermCount(), kActivations.steps()))
    return "a sum of " + std::to_string(op.getTermCount()) + " elements may overflow int32";
  return requireQuantized(getDataOperands(op)[0]->get());
}

bool StaticPlan::isQuantized(Value value) const {
  Operation *op = value.getDefiningOp();
  return op && integerOps.contains(op) && !inner.contains(value);
}

std::string StaticPlan::requireQuantized(Value value) const {
  return isQuantized(value) ? "" : getTensorName(value) + ", which it reads, is float";
}

/// Makes `op` the tail of the integer op in front of it, where it can be that.
bool StaticPlan::joinGroup(Operation *op) {
  FusedGroup group =
      getFusedGroup(op->getResult(0), [&](Value value) { return isQuantized(value); });
  Operation *previous = group.getPrevious();
  if (!previous || !group.obstacle.empty() || !isInteger(previous) || !isInteger(group.head))
    return false;
  inner.insert(previous->getResult(0));
  heads[op] = group.head;
  return true;
}

/// Each operand that carries data is quantized, one at least; where it `takesConstants`, finite
/// ones will be.
std::string StaticPlan::visitData(qnn::QuantizableInterface op, bool takesConstants) {
  for (Value part : op.getJoinedOperands())
    if (isConstantValue(part) && !getFiniteFloats(part))
      return "a constant that it joins is not finite";
  bool any = false;
  for (OpOperand *operand : op.getQuantizableOperands()) {
    Value value = operand->get();
    if (takesConstants && isConstantValue(value) && getFiniteFloats(value))
      continue;
    if (std::string reason = requireQuantized(value); !reason.empty())
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
    if (!qnn::keepsElements(op) || isConstantValue(op->getOperand(0)) || isInteger(op) ||
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

/// True for a move that lays parts side by side: tensors, or a border.
static bool movesParts(Operation *op) {
  return qnn::getIntegerForm(op) == IntegerForm::Move &&
         cast<qnn::QuantizableInterface>(op).getJoinedOperands().size() > 1;
}

/// Denies what would put joined tensors on one scale that a part of them cannot live with: the op
/// that joins, and what would quantize a joined float tensor to read it. `getRange` gives what
/// the scale of a tensor has to hold.
bool StaticPlan::denyDrowned(function_ref<std::pair<double, double>(Value)> getRange) {
  bool changed = false;
  for (Value value : tensors) {
    Operation *maker = value.getDefiningOp();
    bool isBorder = !maker || !isInteger(maker);
    if (!isBorder && !movesParts(maker))
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
    if (qnn::getIntegerForm(op) != IntegerForm::Move)
      continue;
    for (OpOperand *operand : getDataOperands(op)) {
      // What others read too keeps its own parameters; the concat requantizes it.
      if (isConstantValue(operand->get()) || (joinsTensors(op) && !operand->get().hasOneUse()))
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
