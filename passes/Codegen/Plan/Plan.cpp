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

Plan::Plan(func::FuncOp main, Block &planned)
    : main(main), planned(planned), tensors(main.getLoc()), buffers(tensors.sizes) {
  tensors.sizes.begin(&planned);
}

//===--- shapes and need --------------------------------------------------===//

/// Input dimensions: the constants of the types, or symbols with checks.
LogicalResult Plan::readInputs() {
  Sizes &sizes = tensors.sizes;
  llvm::StringMap<Dim> named;
  for (auto [i, argument] : llvm::enumerate(main.getArguments())) {
    auto type = cast<RankedTensorType>(argument.getType());
    TensorInfo &tensor = tensors.info(argument);
    tensor.elementType = type.getElementType();
    buffersOf[argument] = buffers.add(TensorBuffer::Kind::Input, i);
    auto names = main.getArgAttrOfType<ArrayAttr>(i, "qnn.dim_names");
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      if (!type.isDynamicDim(axis)) {
        tensor.dims.push_back(type.getDimSize(axis));
        continue;
      }
      StringRef name = names ? cast<StringAttr>(names[axis]).getValue() : "";
      if (auto known = named.find(name); !name.empty() && known != named.end()) {
        tensor.dims.push_back(known->second);
        continue;
      }
      Dim dim = sizes.dimOf(planned.getArgument(i), axis);
      if (!name.empty())
        named[name] = dim;
      tensor.dims.push_back(dim);
      Dim fits = sizes.logicalAnd(sizes.less(-1, dim), sizes.less(dim, int64_t(1) << 31));
      if (failed(sizes.require(fits, main, "a dimension is out of range")))
        return failure();
    }
  }
  return success();
}

LogicalResult Plan::inferIf(Operation *op) {
  auto branch = cast<qnn::IfOp>(op);
  auto *outer = tensors.sizes.deferredChecks;
  for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()}) {
    tensors.sizes.deferredChecks = &regionChecks[region->front().getTerminator()];
    if (failed(inferAll(region->front())))
      return failure();
  }
  tensors.sizes.deferredChecks = &regionChecks[branch.getElseRegion().front().getTerminator()];
  auto results = branch.getThenRegion().front().getTerminator()->getOperands();
  auto others = branch.getElseRegion().front().getTerminator()->getOperands();
  for (auto [result, first, second] : llvm::zip(branch.getResults(), results, others)) {
    TensorInfo info = tensors.info(first);
    info.elements.reset();
    const Dims other = tensors.info(second).dims;
    if (other.size() != info.dims.size())
      return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc())
                             << "': the branches give results of different rank";
    for (size_t i = 0; i < other.size(); ++i)
      if (failed(tensors.sizes.require(tensors.sizes.equal(other[i], info.dims[i]), op,
                                       "the branches give results of different shape")))
        return failure();
    tensors.info(result) = info;
  }
  tensors.sizes.deferredChecks = outer;
  starts[op] = positions[op];
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
    if (!op.hasTrait<OpTrait::IsTerminator>() && failed(inferShapes(tensors, &op)))
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
    if (!isTerminator && op.getNumResults() == 1 && tensors.info(op.getResult(0)).elements)
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
  constexpr size_t mostMembers = 16, mostLeaves = 7;
  Value anchor = unit.anchor->getResult(0), current = anchor;
  while (sameBlockSingleUse(current) && unit.members.size() < mostMembers) {
    Operation *user = *current.user_begin();
    if (!isElementwise(user) || user->getNumResults() != 1 || absorbed.count(user))
      return;
    Value result = user->getResult(0);
    if (tensors.info(result).dims != tensors.info(anchor).dims || tensors.info(result).elements)
      return;
    Unit next = unit;
    next.members.insert(user);
    bool readable = true;
    for (Value operand : user->getOperands()) {
      if (operand == current || llvm::is_contained(next.leaves, operand))
        continue;
      next.leaves.push_back(operand);
      readable &= tensors.info(operand).elementType.getIntOrFloatBitWidth() >= 8;
    }
    for (Value leaf : next.leaves)
      readable &= getLeafAccess(tensors, next.members.getArrayRef(), leaf) != LeafAccess::Broadcast;
    if (!readable || next.leaves.size() > mostLeaves)
      return;
    unit = next;
    current = result;
  }
}

void Plan::growGroup(Unit &unit) {
  Operation *root = unit.anchor;
  unit.anchor = nullptr;
  constexpr size_t mostMembers = 32;
  const Dims dims = tensors.info(root->getResult(0)).dims;
  llvm::SetVector<Operation *> members;
  members.insert(root);
  // Producers are taken in while all their uses are inside.
  for (size_t i = 0; i < members.size() && members.size() < mostMembers; ++i) {
    for (Value operand : members[i]->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (!producer || !isElementwise(producer) || producer->getNumResults() != 1 ||
          absorbed.count(producer) || members.contains(producer) ||
          producer->getBlock() != root->getBlock())
        continue;
      if (tensors.info(operand).elements || tensors.info(operand).dims != dims)
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
      if (!members.contains(operand.getDefiningOp()) && !llvm::is_contained(unit.leaves, operand))
        unit.leaves.push_back(operand);
    unit.members.insert(op);
  }
}

void Plan::addUnit(const Unit &unit) {
  for (Operation *member : unit.members)
    absorbed[member] = unit.root();
  if (unit.anchor)
    absorbed[unit.anchor] = unit.root();
  units[unit.root()] = unit;
}

/// Whether a kernel computes `op`, if it is no view.
bool Plan::runs(Operation *op) {
  return op->getNumResults() &&
         llvm::any_of(op->getResults(), [&](Value v) { return isNeeded(v); }) &&
         !tensors.info(op->getResult(0)).elements && !isa<qnn::ConstantOp>(op);
}

void Plan::buildUnits(Block &block) {
  for (Operation &op : block) {
    if (auto branch = dyn_cast<qnn::IfOp>(op)) {
      buildUnits(branch.getThenRegion().front());
      buildUnits(branch.getElseRegion().front());
    } else if (runs(&op) && takesEpilogue(&op)) {
      Unit unit;
      unit.anchor = &op;
      growEpilogue(unit);
      addUnit(unit);
    }
  }
  for (Operation &op : llvm::reverse(block)) {
    if (!runs(&op) || isa<qnn::IfOp>(op) || isView(&op) || absorbed.count(&op))
      continue;
    if (bindRepeat(tensors, &op)) {
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

LogicalResult Plan::assignResultBuffer(Value result) {
  const TensorInfo info = tensors.info(result);
  Operation *op = result.getDefiningOp();
  int64_t elementBytes = getElementBytes(info.elementType);
  if (failed(tensors.sizes.requireSize(info.dims, elementBytes, op)))
    return failure();
  Dim bytes = tensors.sizes.mul(tensors.sizes.product(info.dims), elementBytes);
  buffersOf[result] = buffers.addArena(bytes, positionOf(op));
  return success();
}

LogicalResult Plan::assignIfBuffers(Operation *op) {
  auto branch = cast<qnn::IfOp>(op);
  for (Value result : op->getResults()) {
    if (!isNeeded(result))
      continue;
    if (failed(assignResultBuffer(result)))
      return failure();
    buffers[bufferOf(result)].firstUse = startOf(op);
  }
  if (failed(assignBuffers(branch.getThenRegion().front())))
    return failure();
  return assignBuffers(branch.getElseRegion().front());
}

/// A view has no buffer of its own. Constants lie among the weights.
void Plan::shareBuffer(Value view, Value source) {
  if (bufferOf(source) < 0)
    buffersOf[source] = buffers.add(TensorBuffer::Kind::Weights, 0);
  buffersOf[view] = bufferOf(source);
}

LogicalResult Plan::assignOpBuffers(Operation *op) {
  if (isa<qnn::IfOp>(op))
    return assignIfBuffers(op);
  bool isRead = llvm::any_of(op->getResults(), [&](Value v) { return isNeeded(v); });
  if ((!isRead && !isa<qnn::ObserveOp>(op)) || isa<qnn::ConstantOp>(op))
    return success();
  bool isComputed = tensors.info(op->getResult(0)).elements || unitAt(op);
  if (!isComputed && (isView(op) || isRepeated(op))) {
    shareBuffer(op->getResult(0), op->getOperand(0));
  } else if (isComputed) {
    for (Value result : op->getResults())
      if (failed(assignResultBuffer(result)))
        return failure();
  }
  return success();
}

void Plan::extendLives(Block &block) {
  auto touch = [&](Value value, int position) {
    if (int buffer = bufferOf(value); buffer >= 0)
      buffers[buffer].lastUse = std::max(buffers[buffer].lastUse, position);
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
  auto results = main.getBody().front().getTerminator()->getOperands();
  llvm::DenseSet<int> taken;
  for (auto [i, result] : llvm::enumerate(results)) {
    int id = bufferOf(result);
    if (id < 0 || buffers[id].kind != TensorBuffer::Kind::Arena || !taken.insert(id).second)
      continue;
    buffers[id].kind = TensorBuffer::Kind::Output;
    buffers[id].index = i;
  }
}

LogicalResult Plan::build() {
  Block &body = main.getBody().front();
  if (failed(readInputs()) || failed(inferAll(body)))
    return failure();
  findNeeded(body);
  buildUnits(body);
  if (failed(assignBuffers(body)))
    return failure();
  bindResults();
  return buffers.plan(main);
}
