// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Which tensors must exist, which ops run together, and where results lie: see
/// Plan.h.

#include "passes/Codegen/Plan/Plan.h"
#include "passes/Codegen/Plan/Shapes.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;

//===--- shapes and need --------------------------------------------------===//

LogicalResult Plan::inferIf(Operation *op) {
  auto branch = cast<qnn::IfOp>(op);
  auto *outer = p.sizes.deferredChecks;
  for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()}) {
    p.sizes.deferredChecks = &regionChecks[region->front().getTerminator()];
    if (failed(inferAll(region->front())))
      return failure();
  }
  p.sizes.deferredChecks = &regionChecks[branch.getElseRegion().front().getTerminator()];
  auto results = branch.getThenRegion().front().getTerminator()->getOperands();
  auto others = branch.getElseRegion().front().getTerminator()->getOperands();
  for (auto [result, first, second] : llvm::zip(branch.getResults(), results, others)) {
    TensorInfo info = p.info(first);
    info.elements.reset();
    info.buffer = -1;
    const Dims other = p.info(second).dims;
    if (other.size() != info.dims.size())
      return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc())
                             << "': the branches give results of different rank";
    for (size_t i = 0; i < other.size(); ++i)
      if (failed(p.sizes.require(p.sizes.equal(other[i], info.dims[i]), op,
                                 "the branches give results of different shape")))
        return failure();
    p.info(result) = info;
  }
  p.sizes.deferredChecks = outer;
  positions[op] = nextPosition++;
  return success();
}

LogicalResult Plan::inferAll(Block &block) {
  for (Operation &op : block) {
    positions[&op] = nextPosition++;
    if (isa<qnn::IfOp>(op)) {
      if (failed(inferIf(&op)))
        return failure();
      continue;
    }
    if (!op.hasTrait<OpTrait::IsTerminator>() && failed(inferShapes(p, &op)))
      return failure();
  }
  return success();
}

void Plan::findNeeded(Block &block) {
  for (Operation &op : llvm::reverse(block)) {
    bool isTerminator = op.hasTrait<OpTrait::IsTerminator>();
    bool runs = isTerminator || isa<qnn::ObserveOp>(op) ||
                llvm::any_of(op.getResults(), [&](Value v) { return isNeeded(v); });
    if (!runs)
      continue;
    if (auto branch = dyn_cast<qnn::IfOp>(op)) {
      needed.insert(branch.getCondition());
      for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()})
        findNeeded(region->front());
      continue;
    }
    // Values made of sizes are written from the plan.
    if (!isTerminator && op.getNumResults() == 1 && p.info(op.getResult(0)).elements)
      continue;
    for (OpOperand &operand : op.getOpOperands())
      if (!isSizeOperand(operand))
        needed.insert(operand.get());
  }
}

//===--- units ------------------------------------------------------------===//

static bool sameBlockSingleUse(Value value) {
  return value.hasOneUse() && (*value.user_begin())->getBlock() == value.getParentBlock();
}

void Plan::growEpilogue(Unit &unit) {
  Value anchor = unit.anchor->getResult(0), current = anchor;
  while (sameBlockSingleUse(current) && unit.group.members.size() < 16) {
    Operation *user = *current.user_begin();
    if (!isElementwise(user) || user->getNumResults() != 1 || absorbed.count(user))
      return;
    Value result = user->getResult(0);
    if (p.info(result).dims != p.info(anchor).dims || p.info(result).elements)
      return;
    Group next = unit.group;
    next.members.insert(user);
    if (next.leaves.empty())
      next.leaves.push_back(anchor);
    bool readable = true;
    for (Value operand : user->getOperands()) {
      if (operand == current || llvm::is_contained(next.leaves, operand))
        continue;
      next.leaves.push_back(operand);
      readable &= p.info(operand).elementType.getIntOrFloatBitWidth() >= 8;
    }
    for (Value leaf : next.leaves)
      readable &= getLeafAccess(p, anchor, next, leaf).has_value();
    if (!readable || next.leaves.size() > 8)
      return;
    unit.group = next;
    current = result;
  }
}

void Plan::growGroup(Unit &unit) {
  Operation *root = unit.anchor;
  unit.anchor = nullptr;
  const Dims dims = p.info(root->getResult(0)).dims;
  llvm::SetVector<Operation *> members;
  members.insert(root);
  // Producers are taken in while all their uses are inside.
  for (size_t i = 0; i < members.size() && members.size() < 32; ++i) {
    for (Value operand : members[i]->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (!producer || !isElementwise(producer) || producer->getNumResults() != 1 ||
          absorbed.count(producer) || members.contains(producer) ||
          producer->getBlock() != root->getBlock())
        continue;
      if (p.info(operand).elements || p.info(operand).dims != dims)
        continue;
      bool inside =
          llvm::all_of(operand.getUsers(), [&](Operation *user) { return members.contains(user); });
      if (inside)
        members.insert(producer);
    }
  }
  SmallVector<Operation *> order(members.begin(), members.end());
  llvm::sort(order, [](Operation *x, Operation *y) { return x->isBeforeInBlock(y); });
  for (Operation *op : order) {
    for (Value operand : op->getOperands())
      if (!members.contains(operand.getDefiningOp()) &&
          !llvm::is_contained(unit.group.leaves, operand))
        unit.group.leaves.push_back(operand);
    unit.group.members.insert(op);
  }
}

void Plan::addUnit(const Unit &unit) {
  for (Operation *member : unit.group.members)
    absorbed[member] = unit.root();
  if (unit.anchor)
    absorbed[unit.anchor] = unit.root();
  units[unit.root()] = unit;
}

void Plan::buildUnits(Block &block) {
  auto runs = [&](Operation &op) {
    return op.getNumResults() &&
           llvm::any_of(op.getResults(), [&](Value v) { return isNeeded(v); }) &&
           !p.info(op.getResult(0)).elements && !isa<qnn::ConstantOp>(op);
  };
  for (Operation &op : block) {
    if (auto branch = dyn_cast<qnn::IfOp>(op)) {
      buildUnits(branch.getThenRegion().front());
      buildUnits(branch.getElseRegion().front());
    } else if (runs(op) && takesEpilogue(&op)) {
      Unit unit;
      unit.anchor = &op;
      growEpilogue(unit);
      addUnit(unit);
    }
  }
  for (Operation &op : llvm::reverse(block)) {
    if (!runs(op) || isa<qnn::IfOp>(op) || isView(&op) || absorbed.count(&op))
      continue;
    if (bindRepeat(p, &op)) {
      unrepeated.insert(&op);
      continue;
    }
    Unit unit;
    unit.anchor = &op;
    if (isElementwise(&op))
      growGroup(unit);
    addUnit(unit);
  }
}

//===--- buffers ----------------------------------------------------------===//

LogicalResult Plan::assignResultBuffers(Operation *op) {
  for (Value result : op->getResults()) {
    TensorInfo &info = p.info(result);
    int64_t elementBytes = getElementBytes(info.elementType);
    if (failed(p.sizes.requireSize(info.dims, elementBytes, op)))
      return failure();
    Dim bytes = p.sizes.mul(p.sizes.product(info.dims), elementBytes);
    info.buffer = p.buffers.addArena(bytes, positionOf(op));
  }
  return success();
}

LogicalResult Plan::assignIfBuffers(Operation *op) {
  auto branch = cast<qnn::IfOp>(op);
  int start = positionOf(&branch.getThenRegion().front().front());
  if (failed(assignResultBuffers(op)))
    return failure();
  for (Value result : op->getResults())
    p.buffers[p.info(result).buffer].firstUse = start;
  if (failed(assignBuffers(branch.getThenRegion().front())))
    return failure();
  return assignBuffers(branch.getElseRegion().front());
}

LogicalResult Plan::assignOpBuffers(Operation *op) {
  if (isa<qnn::IfOp>(op))
    return assignIfBuffers(op);
  if (op->getNumResults() == 0 || (!isNeeded(op->getResult(0)) && !isa<qnn::ObserveOp>(op)) ||
      isa<qnn::ConstantOp>(op))
    return success();
  if (p.info(op->getResult(0)).elements)
    return assignResultBuffers(op);
  if (isView(op) || unrepeated.contains(op)) {
    Value source = op->getOperand(0);
    p.ensureBuffer(source);
    p.info(op->getResult(0)).buffer = p.info(source).buffer;
    return success();
  }
  return unitAt(op) ? assignResultBuffers(op) : success();
}

/// Constants get their place in the weight block when a kernel first reads them.
void Plan::extendLives(Block &block) {
  auto touch = [&](Value value, int position) {
    int buffer = p.isKnown(value) ? p.info(value).buffer : -1;
    if (buffer >= 0)
      p.buffers[buffer].lastUse = std::max(p.buffers[buffer].lastUse, position);
  };
  for (Operation &op : block) {
    Operation *runsAt = absorbed.count(&op) ? absorbed.lookup(&op) : &op;
    for (Value operand : op.getOperands()) {
      touch(operand, positionOf(runsAt));
      // A value from outside a region lives until the region's op ends.
      for (Operation *at = op.getParentOp(); at && isa<qnn::IfOp>(at); at = at->getParentOp())
        touch(operand, positionOf(at));
    }
  }
}

LogicalResult Plan::assignBuffers(Block &block) {
  for (Operation &op : block)
    if (failed(assignOpBuffers(&op)))
      return failure();
  extendLives(block);
  return success();
}

/// Results that are computed into an arena buffer of their own are computed
/// into the caller's buffer instead.
void Plan::bindResults() {
  auto results = p.main.getBody().back().getTerminator()->getOperands();
  llvm::DenseSet<int> taken;
  for (auto [i, result] : llvm::enumerate(results)) {
    int id = p.info(result).buffer;
    if (id < 0 || p.buffers[id].kind != TensorBuffer::Kind::Arena || !taken.insert(id).second)
      continue;
    p.buffers[id].kind = TensorBuffer::Kind::Output;
    p.buffers[id].index = i;
  }
}

LogicalResult Plan::build() {
  Block &body = p.main.getBody().front();
  if (failed(p.begin()) || failed(inferAll(body)))
    return failure();
  findNeeded(body);
  buildUnits(body);
  if (failed(assignBuffers(body)))
    return failure();
  bindResults();
  return p.buffers.plan(p.main);
}
