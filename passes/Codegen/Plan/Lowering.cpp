// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Which tensors must exist, which ops run together, and in which order.

#include "passes/Codegen/Plan/Lowering.h"
#include "passes/Codegen/Plan/Shapes.h"

#include "bitwright_rt/abi.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

//===--- classification ---------------------------------------------------===//

bool bitwright::codegen::isSizeOperand(OpOperand &operand) {
  Operation *op = operand.getOwner();
  unsigned index = operand.getOperandNumber();
  if (isa<qnn::ReshapeOp, qnn::ExpandOp, qnn::TileOp, qnn::ResizeOp>(op))
    return index == 1;
  if (isa<qnn::PadOp>(op))
    return index == 1;
  if (isa<qnn::SliceOp>(op))
    return index > 0;
  return isa<qnn::ShapeOp, qnn::RangeOp>(op);
}

bool bitwright::codegen::isView(Operation *op) {
  return isa<qnn::ReshapeOp, qnn::SqueezeOp, qnn::UnsqueezeOp, qnn::FlattenOp, qnn::ObserveOp>(op);
}

std::optional<LeafAccess> bitwright::codegen::getLeafAccess(Program &p, Value anchor,
                                                            const Group &group, Value leaf) {
  if (leaf == anchor)
    return LeafAccess::Anchor;
  const Dims rows = p.info(anchor).dims;
  const Dims dims = alignedDims(p, group, leaf);
  if (llvm::all_of(dims, [](Dim dim) { return dim.is(1); }))
    return LeafAccess::Scalar;
  if (dims == rows)
    return LeafAccess::Full;
  if (llvm::all_of(ArrayRef(dims).drop_back(), [](Dim dim) { return dim.is(1); }) &&
      dims.back() == rows.back())
    return LeafAccess::Column;
  return std::nullopt;
}

//===--- shapes and need --------------------------------------------------===//

LogicalResult Lowering::inferAll(Block &block) {
  for (Operation &op : block) {
    positions[&op] = nextPosition++;
    if (auto branch = dyn_cast<qnn::IfOp>(op)) {
      auto *outer = p.deferredChecks;
      for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()}) {
        p.deferredChecks = &regionChecks[region->front().getTerminator()];
        if (failed(inferAll(region->front())))
          return failure();
      }
      p.deferredChecks = &regionChecks[branch.getElseRegion().front().getTerminator()];
      auto results = branch.getThenRegion().front().getTerminator()->getOperands();
      auto others = branch.getElseRegion().front().getTerminator()->getOperands();
      for (auto [result, first, second] : llvm::zip(branch.getResults(), results, others)) {
        TensorInfo info = p.info(first);
        info.elements.reset();
        info.buffer = -1;
        const Dims other = p.info(second).dims;
        if (other.size() != info.dims.size())
          return op.emitError() << "node '" << bitwright::getNodeName(op.getLoc())
                                << "': the branches give results of different rank";
        for (size_t i = 0; i < other.size(); ++i)
          if (failed(p.require(p.equal(other[i], info.dims[i]), &op,
                               "the branches give results of different shape")))
            return failure();
        p.info(result) = info;
      }
      p.deferredChecks = outer;
      positions[&op] = nextPosition++;
      continue;
    }
    if (op.hasTrait<OpTrait::IsTerminator>())
      continue;
    if (failed(inferShapes(p, &op)))
      return failure();
  }
  return success();
}

void Lowering::findNeeded(Block &block) {
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

void Lowering::growEpilogue(Unit &unit) {
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

void Lowering::growGroup(Unit &unit) {
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

void Lowering::buildUnits(Block &block) {
  auto runs = [&](Operation &op) {
    return op.getNumResults() &&
           llvm::any_of(op.getResults(), [&](Value v) { return isNeeded(v); }) &&
           !p.info(op.getResult(0)).elements && !isa<qnn::ConstantOp>(op);
  };
  auto finish = [&](Unit unit) {
    for (Operation *member : unit.group.members)
      absorbed[member] = unit.root();
    if (unit.anchor)
      absorbed[unit.anchor] = unit.root();
    units[unit.root()] = unit;
  };
  for (Operation &op : block) {
    if (auto branch = dyn_cast<qnn::IfOp>(op)) {
      buildUnits(branch.getThenRegion().front());
      buildUnits(branch.getElseRegion().front());
    } else if (runs(op) && takesEpilogue(&op)) {
      Unit unit;
      unit.anchor = &op;
      growEpilogue(unit);
      finish(unit);
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
    finish(unit);
  }
}

//===--- buffers ----------------------------------------------------------===//

LogicalResult Lowering::assignUnitBuffers(const Unit &unit) {
  Operation *root = unit.root();
  for (Value result : root->getResults()) {
    TensorInfo &info = p.info(result);
    if (failed(p.requireSize(info.dims, Program::elementBytes(info.elementType), root)))
      return failure();
    Dim bytes = p.mul(p.product(info.dims), Program::elementBytes(info.elementType));
    int id = p.newArenaBuffer(bytes, positionOf(root));
    p.info(result).buffer = id;
  }
  return success();
}

LogicalResult Lowering::assignBuffers(Block &block) {
  for (Operation &op : block) {
    if (auto branch = dyn_cast<qnn::IfOp>(op)) {
      int start = positionOf(&branch.getThenRegion().front().front());
      if (failed(assignUnitBuffers(Unit{&op, {}})))
        return failure();
      for (Value result : op.getResults())
        p.buffers[p.info(result).buffer].firstUse = start;
      if (failed(assignBuffers(branch.getThenRegion().front())) ||
          failed(assignBuffers(branch.getElseRegion().front())))
        return failure();
      continue;
    }
    if (op.getNumResults() == 0 || (!isNeeded(op.getResult(0)) && !isa<qnn::ObserveOp>(op)) ||
        isa<qnn::ConstantOp>(op))
      continue;
    if (p.info(op.getResult(0)).elements) {
      if (failed(assignUnitBuffers(Unit{&op, {}})))
        return failure();
    } else if (isView(&op) || unrepeated.contains(&op)) {
      Value source = op.getOperand(0);
      p.ensureBuffer(source);
      p.info(op.getResult(0)).buffer = p.info(source).buffer;
    } else if (auto unit = units.find(&op); unit != units.end()) {
      if (failed(assignUnitBuffers(unit->second)))
        return failure();
    }
  }
  // Constants get their place in the weight block when a kernel first reads them.
  for (Operation &op : block) {
    auto touch = [&](Value value, int position) {
      int buffer = p.isKnown(value) ? p.info(value).buffer : -1;
      if (buffer >= 0)
        p.buffers[buffer].lastUse = std::max(p.buffers[buffer].lastUse, position);
    };
    Operation *runsAt = absorbed.count(&op) ? absorbed.lookup(&op) : &op;
    for (Value operand : op.getOperands()) {
      touch(operand, positionOf(runsAt));
      // A value from outside a region lives until the region's op ends.
      for (Operation *at = op.getParentOp(); at && isa<qnn::IfOp>(at); at = at->getParentOp())
        touch(operand, positionOf(at));
    }
  }
  return success();
}

/// Results that are computed into an arena buffer of their own are computed
/// into the caller's buffer instead.
void Lowering::bindResults() {
  auto results = p.main.getBody().back().getTerminator()->getOperands();
  llvm::DenseSet<int> taken;
  for (auto [i, result] : llvm::enumerate(results)) {
    int id = p.info(result).buffer;
    if (id < 0 || p.buffers[id].kind != Buffer::Kind::Arena || !taken.insert(id).second)
      continue;
    p.buffers[id].kind = Buffer::Kind::Output;
    p.buffers[id].index = i;
  }
}

//===--- emission ---------------------------------------------------------===//

void Lowering::materialize(Value tensor) {
  const TensorInfo info = p.info(tensor);
  Location loc = tensor.getLoc();
  KernelBuilder h = p.hostKernel(loc);
  Value base = p.pointer(tensor, loc);
  Type memory = info.elementType.isInteger(1) ? h.i8() : info.elementType;
  for (auto [i, element] : llvm::enumerate(*info.elements))
    h.store(h.truncate(p.hostValue(element, loc), memory), base, h.idx(i));
}

void Lowering::copyTensor(Value from, Value destination, Location loc) {
  const Dims dims = p.info(from).dims;
  Dims strides = contiguousStrides(p, dims);
  emitStridedCopy(p, Program::elementBytes(p.info(from).elementType), dims, p.pointer(from, loc), 0,
                  strides, destination, 0, strides, loc);
}

LogicalResult Lowering::emitIf(Operation *op) {
  auto branch = cast<qnn::IfOp>(op);
  Location loc = op->getLoc();
  KernelBuilder h = p.hostKernel(loc);
  Value condition = loadElement(h, h.i1(), p.pointer(branch.getCondition(), loc), h.idx(0), 1);
  LogicalResult status = success();
  auto emitRegion = [&](Region &region) {
    Operation *yield = region.front().getTerminator();
    auto &checks = regionChecks[yield];
    Value ok = h.integer(h.i1(), 1);
    for (auto &[at, check] : checks)
      ok = h.bitAnd(ok, h.compare(arith::CmpIPredicate::ne, p.hostValue(check, loc), h.idx(0)));
    h.ifElse(
        ok,
        [&] {
          status = failed(emitBlock(region.front())) ? failure() : status;
          for (auto [value, result] : llvm::zip(yield->getOperands(), op->getResults()))
            if (isNeeded(result))
              copyTensor(value, p.pointer(result, loc), loc);
        },
        [&] { h.storeAt(h.integer(h.i32(), p.errorCode(op, BW_ERR_SHAPE)), p.errorWord()); });
  };
  h.ifElse(
      condition, [&] { emitRegion(branch.getThenRegion()); },
      [&] { emitRegion(branch.getElseRegion()); });
  return status;
}

LogicalResult bitwright::codegen::refuseType(Operation *op, Type type) {
  return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': '"
                         << op->getName() << "' on " << type << " cannot be compiled";
}

LogicalResult Lowering::emitUnit(const Unit &unit) {
  for (Operation *member : unit.group.members)
    if (failed(checkElementwise(member)))
      return failure();
  if (!unit.anchor)
    return emitElementwiseKernel(p, unit.group);
  Operation *op = unit.anchor;
  if (takesEpilogue(op))
    return emitContraction(p, op, unit.group);
  if (isa<qnn::TransposeOp, qnn::GatherOp, qnn::GatherNDOp, qnn::SliceOp, qnn::ConcatOp, qnn::PadOp,
          qnn::ExpandOp, qnn::TileOp, qnn::RangeOp, qnn::ResizeOp>(op))
    return emitMovement(p, op);
  if (isa<qnn::MaxPool2dOp, qnn::AvgPool2dOp, qnn::QAvgPool2dOp>(op))
    return emitPooling(p, op);
  if (isa<qnn::LookupOp, qnn::DynamicQuantizeOp, qnn::QuantizeOp, qnn::DequantizeOp>(op))
    return emitQuantKernel(p, op);
  return emitReduction(p, op);
}

/// Calls the calibration callback, if the caller gave one.
static void emitObserve(Program &p, qnn::ObserveOp op) {
  Location loc = op.getLoc();
  KernelBuilder h = p.hostKernel(loc);
  int64_t id = p.observerId(op.getLabel());
  Value callback = h.loadAt(
      h.ptr(), h.gepBytes(p.execArgument, h.idx(p.abi.offsetOf(bitwright::AbiLayout::Observe))));
  Value null = LLVM::ZeroOp::create(p.host(), loc, h.ptr());
  Value isSet = LLVM::ICmpOp::create(p.host(), loc, LLVM::ICmpPredicate::ne, callback, null);
  const Dims dims = p.info(op.getInput()).dims;
  Value shape = p.callMemory(8 * dims.size());
  h.ifThen(isSet, [&] {
    for (auto [i, dim] : llvm::enumerate(dims))
      h.store(p.hostValue(dim, loc), shape, h.idx(i));
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(p.getContext()),
                                            {h.ptr(), h.i64(), h.ptr(), h.ptr(), h.i64()});
    LLVM::CallOp::create(p.host(), loc, type,
                         ValueRange{callback, p.execArgument, h.idx(id),
                                    p.pointer(op.getInput(), loc), shape, h.idx(dims.size())});
  });
}

LogicalResult Lowering::emitBlock(Block &block) {
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>() || isa<qnn::ConstantOp>(op))
      continue;
    if (auto observe = dyn_cast<qnn::ObserveOp>(op)) {
      emitObserve(p, observe);
      continue;
    }
    if (isa<qnn::IfOp>(op)) {
      if (failed(emitIf(&op)))
        return failure();
      continue;
    }
    if (!isNeeded(op.getResult(0)) && !units.count(&op))
      continue;
    if (p.info(op.getResult(0)).elements) {
      materialize(op.getResult(0));
      continue;
    }
    if (auto unit = units.find(&op); unit != units.end() && failed(emitUnit(unit->second)))
      return failure();
  }
  return success();
}

LogicalResult Lowering::emitReturns() {
  Operation *terminator = p.main.getBody().back().getTerminator();
  for (auto [i, result] : llvm::enumerate(terminator->getOperands())) {
    int id = p.info(result).buffer;
    if (id >= 0 && p.buffers[id].kind == Buffer::Kind::Output && p.buffers[id].index == int64_t(i))
      continue;
    KernelBuilder h = p.hostKernel(terminator->getLoc());
    Value destination = h.load(h.ptr(), h.gep(p.outputsArgument, h.ptr(), h.idx(i)));
    copyTensor(result, destination, terminator->getLoc());
  }
  return success();
}

LogicalResult Lowering::run() {
  Block &body = p.main.getBody().front();
  if (failed(p.begin()) || failed(inferAll(body)))
    return failure();
  findNeeded(body);
  buildUnits(body);
  if (failed(assignBuffers(body)))
    return failure();
  bindResults();
  if (failed(p.planArena()) || failed(emitBlock(body)) || failed(emitReturns()))
    return failure();
  return p.finish();
}
