// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A plan as ops of the kernel dialect: sizes stand in the block already; buffers
/// and what runs follow them.

#include "passes/Codegen/Plan/Plan.h"

#include "dialects/QNN/QNNOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace kernel = bitwright::kernel;
namespace qnn = bitwright::qnn;

namespace {
class PlanWriter {
public:
  explicit PlanWriter(Plan &plan)
      : plan(plan), b(OpBuilder::atBlockEnd(&plan.planned)), places(plan.buffers.size()) {}

  void write();

private:
  void writeInputs();
  void writeBuffers(Block &block);
  void writeBuffer(Value tensor);
  void writeBlock(Block &block);
  void writeOp(Operation *op);
  void writeIf(qnn::IfOp op);
  void writeLaunch(const Unit &unit);
  void writeSizes(Operation *op);
  void writeView(Operation *op);
  void writeReturn();
  void setLives();
  /// A step of the plan and where the ops that it comes from stand.
  void addStep(Operation *step, int first, int last) { steps[step] = {first, last}; }
  Value placeOf(Value tensor) { return places[plan.bufferOf(tensor)]; }
  MixedSizes sizesOf(Value tensor) {
    return plan.tensors.sizes.mix(plan.tensors.info(tensor).heldDims());
  }
  DenseI64ArrayAttr repeatOf(Value tensor);

  Plan &plan;
  OpBuilder b;
  IRMapping values;
  SmallVector<Value> places; ///< By the number of the buffer.
  llvm::DenseMap<Operation *, std::pair<int, int>> steps;
};
} // namespace

//===--- memory -----------------------------------------------------------===//

DenseI64ArrayAttr PlanWriter::repeatOf(Value tensor) {
  const std::optional<Repeat> repeat = plan.tensors.info(tensor).repeat;
  return repeat ? b.getDenseI64ArrayAttr({int64_t(repeat->dimension), repeat->times})
                : DenseI64ArrayAttr();
}

void PlanWriter::writeInputs() {
  for (auto [old, argument] : llvm::zip(plan.main.getArguments(), plan.planned.getArguments())) {
    MixedSizes sizes = sizesOf(old);
    values.map(old, kernel::InputOp::create(b, old.getLoc(), old.getType(), argument, sizes.values,
                                            sizes.constants));
  }
}

void PlanWriter::writeBuffer(Value tensor) {
  const TensorBuffer buffer = plan.buffers[plan.bufferOf(tensor)];
  Value &place = places[plan.bufferOf(tensor)];
  MixedSizes sizes = sizesOf(tensor);
  if (buffer.kind == TensorBuffer::Kind::Output) {
    place = kernel::OutputOp::create(b, tensor.getLoc(), tensor.getType(), buffer.index,
                                     sizes.values, sizes.constants);
    return;
  }
  auto [offset, constantOffset] = plan.tensors.sizes.mix(buffer.offset);
  auto [bytes, constantBytes] = plan.tensors.sizes.mix(buffer.bytes);
  int64_t live[] = {0, 0}; // until setLives()
  place = kernel::BufferOp::create(b, tensor.getLoc(), tensor.getType(), offset, constantOffset,
                                   bytes, constantBytes, live, sizes.values, sizes.constants,
                                   repeatOf(tensor));
}

/// The buffers of what `block` computes, in order.
void PlanWriter::writeBuffers(Block &block) {
  for (Operation &op : block) {
    for (Region &region : op.getRegions())
      writeBuffers(region.front());
    for (Value result : op.getResults()) {
      int id = plan.bufferOf(result);
      bool isWritten =
          isa<qnn::IfOp>(op) || plan.unitAt(&op) || plan.tensors.info(op.getResult(0)).elements;
      if (id >= 0 && isWritten)
        writeBuffer(result);
    }
  }
}

void PlanWriter::writeView(Operation *op) {
  Value tensor = op->getResult(0), source = values.lookup(op->getOperand(0));
  // An expand is passed over: nothing lies in memory as it says.
  if (plan.isRepeated(op))
    return values.map(tensor, source);
  MixedSizes sizes = sizesOf(tensor);
  values.map(tensor, kernel::ViewOp::create(b, op->getLoc(), tensor.getType(), source, sizes.values,
                                            sizes.constants, repeatOf(tensor)));
}

//===--- what runs --------------------------------------------------------===//

void PlanWriter::writeSizes(Operation *op) {
  Value tensor = op->getResult(0), out = plan.isNeeded(tensor) ? placeOf(tensor) : Value();
  MixedSizes elements = plan.tensors.sizes.mix(*plan.tensors.info(tensor).elements);
  auto sizes = kernel::SizesOp::create(b, op->getLoc(), tensor.getType(), elements.values,
                                       elements.constants, out);
  addStep(sizes, plan.positionOf(op), plan.positionOf(op));
  values.map(tensor, sizes.getResult());
}

void PlanWriter::writeLaunch(const Unit &unit) {
  Operation *root = unit.root();
  SmallVector<Value> leaves, outs;
  SmallVector<int32_t> accesses;
  for (Value leaf : unit.leaves) {
    leaves.push_back(values.lookup(leaf));
    accesses.push_back(int32_t(getLeafAccess(plan.tensors, unit.members.getArrayRef(), leaf)));
  }
  for (Value result : root->getResults())
    outs.push_back(placeOf(result));
  auto launch = kernel::LaunchOp::create(b, root->getLoc(), leaves, accesses, outs);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&launch.getBody().emplaceBlock());
    if (unit.anchor)
      b.clone(*unit.anchor, values);
    for (Operation *member : unit.members)
      b.clone(*member, values);
    SmallVector<Value> yielded;
    for (Value result : root->getResults())
      yielded.push_back(values.lookup(result));
    kernel::YieldOp::create(b, root->getLoc(), yielded);
  }
  values.map(root->getResults(), launch.getResults());
  addStep(launch, plan.positionOf(root), plan.positionOf(root));
}

void PlanWriter::writeIf(qnn::IfOp op) {
  SmallVector<Value> results, outs;
  for (Value result : op.getResults())
    if (plan.isNeeded(result)) {
      results.push_back(result);
      outs.push_back(placeOf(result));
    }
  auto branch = kernel::IfOp::create(b, op.getLoc(), values.lookup(op.getCondition()), outs);
  for (auto [from, to] : {std::pair(&op.getThenRegion(), &branch.getThenRegion()),
                          std::pair(&op.getElseRegion(), &branch.getElseRegion())}) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&to->emplaceBlock());
    Operation *end = from->front().getTerminator();
    for (const SizeCheck &check : plan.checksOf(end))
      kernel::RequireOp::create(b, check.op->getLoc(), plan.tensors.sizes.valueOf(check.condition),
                                check.message);
    writeBlock(from->front());
    SmallVector<Value> yielded;
    for (auto [result, value] : llvm::zip(op.getResults(), end->getOperands()))
      if (plan.isNeeded(result))
        yielded.push_back(values.lookup(value));
    auto yield = kernel::YieldOp::create(b, end->getLoc(), yielded);
    addStep(yield, plan.positionOf(end), plan.positionOf(end));
  }
  values.map(results, branch.getResults());
  addStep(branch, plan.startOf(op), plan.positionOf(op));
}

void PlanWriter::writeOp(Operation *op) {
  if (auto branch = dyn_cast<qnn::IfOp>(op))
    return writeIf(branch);
  if (isa<qnn::ConstantOp, qnn::ObserveOp>(op)) {
    Operation *copy = b.clone(*op, values);
    return addStep(copy, plan.positionOf(op), plan.positionOf(op));
  }
  if (plan.tensors.info(op->getResult(0)).elements)
    writeSizes(op);
  else if (const Unit *unit = plan.unitAt(op))
    writeLaunch(*unit);
  else if (plan.bufferOf(op->getResult(0)) >= 0)
    writeView(op);
}

void PlanWriter::writeBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    writeOp(&op);
}

void PlanWriter::writeReturn() {
  Operation *end = plan.main.getBody().front().getTerminator();
  SmallVector<Value> results;
  for (Value result : end->getOperands())
    results.push_back(values.lookup(result));
  auto [bytes, constantBytes] = plan.tensors.sizes.mix(plan.buffers.getArenaBytes());
  auto copy = kernel::ReturnOp::create(b, end->getLoc(), results, bytes, constantBytes);
  addStep(copy, plan.positionOf(end), plan.positionOf(end));
}

//===--- the whole --------------------------------------------------------===//

/// What only asks for sizes may have lost its last reader.
static void eraseUnused(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (auto branch = dyn_cast<kernel::IfOp>(op))
      for (Region *region : {&branch.getThenRegion(), &branch.getElseRegion()})
        eraseUnused(region->front());
    auto sizes = dyn_cast<kernel::SizesOp>(op);
    bool isAsked = isa<qnn::ConstantOp, kernel::ViewOp>(op);
    if (op.use_empty() && (isAsked || (sizes && !sizes.getOut())))
      op.erase();
  }
}

/// Lives in steps of the plan, from those in positions of the ops that it was made of.
void PlanWriter::setLives() {
  auto numbered = kernel::numberSteps(plan.planned);
  SmallVector<std::pair<int, int64_t>> order; // position, step
  for (auto &[op, numbers] : numbered) {
    auto [first, last] = steps.lookup(op);
    order.push_back({first, numbers.first});
    order.push_back({last, numbers.second});
  }
  llvm::sort(order);
  for (auto [id, place] : llvm::enumerate(places)) {
    auto buffer = place ? place.getDefiningOp<kernel::BufferOp>() : kernel::BufferOp();
    if (!buffer)
      continue;
    const TensorBuffer &planned = plan.buffers[id];
    auto *first = llvm::lower_bound(order, std::pair(planned.firstUse, int64_t(0)));
    auto *behind = llvm::lower_bound(order, std::pair(planned.lastUse + 1, int64_t(0)));
    buffer.setLive({first->second, std::prev(behind)->second});
  }
}

void PlanWriter::write() {
  Block &body = plan.main.getBody().front();
  writeInputs();
  writeBuffers(body);
  writeBlock(body);
  writeReturn();
  eraseUnused(plan.planned);
  setLives();
}

void bitwright::codegen::writePlan(Plan &plan) { PlanWriter(plan).write(); }
