// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Launches, branches, observers and results: see HostCode.h.

#include "passes/Codegen/Host/HostCode.h"
#include "passes/Codegen/Contractions/Contraction.h"
#include "passes/Codegen/Kernels/Elementwise.h"
#include "passes/Codegen/Kernels/Kernels.h"

#include "bitwright_rt/abi.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

namespace {
class HostCode {
public:
  HostCode(Program &program, const Plan &plan) : p(program), plan(plan) {}

  LogicalResult emitBlock(Block &block);
  /// Copies results that were not computed into the caller's buffers.
  void emitReturns();

private:
  LogicalResult emitUnit(const Unit &unit);
  LogicalResult emitIf(Operation *op);
  /// Writes a tensor that is made of sizes.
  void materialize(Value tensor);
  void copyTensor(Value from, Value destination, Location loc);

  Program &p;
  const Plan &plan;
};
} // namespace

void HostCode::materialize(Value tensor) {
  const TensorInfo info = p.info(tensor);
  Location loc = tensor.getLoc();
  KernelBuilder h = p.host.kernel(loc);
  Value base = p.pointer(tensor, loc);
  Type memory = info.elementType.isInteger(1) ? h.i8() : info.elementType;
  for (auto [i, element] : llvm::enumerate(*info.elements))
    h.store(h.truncate(p.host.value(element, loc), memory), base, h.idx(i));
}

void HostCode::copyTensor(Value from, Value destination, Location loc) {
  const Dims dims = p.info(from).dims;
  Dims strides = p.sizes.contiguousStrides(dims);
  emitStridedCopy(p, getElementBytes(p.info(from).elementType), dims, p.pointer(from, loc), 0,
                  strides, destination, 0, strides, loc);
}

LogicalResult HostCode::emitIf(Operation *op) {
  auto branch = cast<qnn::IfOp>(op);
  Location loc = op->getLoc();
  KernelBuilder h = p.host.kernel(loc);
  Value condition = loadElement(h, h.i1(), p.pointer(branch.getCondition(), loc), h.idx(0), 1);
  LogicalResult status = success();
  auto emitRegion = [&](Region &region) {
    Operation *yield = region.front().getTerminator();
    Value ok = h.integer(h.i1(), 1);
    for (auto &[at, check] : plan.checksOf(yield))
      ok = h.bitAnd(ok, h.compare(arith::CmpIPredicate::ne, p.host.value(check, loc), h.idx(0)));
    h.ifElse(
        ok,
        [&] {
          status = failed(emitBlock(region.front())) ? failure() : status;
          for (auto [value, result] : llvm::zip(yield->getOperands(), op->getResults()))
            if (plan.isNeeded(result))
              copyTensor(value, p.pointer(result, loc), loc);
        },
        [&] {
          h.storeAt(h.integer(h.i32(), p.nodes.errorCode(op, BW_ERR_SHAPE)), p.host.errorWord());
        });
  };
  h.ifElse(
      condition, [&] { emitRegion(branch.getThenRegion()); },
      [&] { emitRegion(branch.getElseRegion()); });
  return status;
}

LogicalResult HostCode::emitUnit(const Unit &unit) {
  for (Operation *member : unit.group.members)
    if (failed(checkElementwise(member)))
      return failure();
  if (!unit.anchor)
    return emitElementwiseKernel(p, unit.group);
  Operation *op = unit.anchor;
  if (takesEpilogue(op))
    return emitContraction(p, unit);
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
  KernelBuilder h = p.host.kernel(loc);
  int64_t id = p.nodes.addObserver(op.getLabel());
  Value callback =
      h.loadAt(h.ptr(), h.gepBytes(p.host.exec(),
                                   h.idx(p.host.abi.offsetOf(bitwright::AbiLayout::Observe))));
  Value null = LLVM::ZeroOp::create(p.host.builder(), loc, h.ptr());
  Value isSet =
      LLVM::ICmpOp::create(p.host.builder(), loc, LLVM::ICmpPredicate::ne, callback, null);
  const Dims dims = p.info(op.getInput()).dims;
  Value shape = p.host.callMemory(8 * dims.size());
  h.ifThen(isSet, [&] {
    for (auto [i, dim] : llvm::enumerate(dims))
      h.store(p.host.value(dim, loc), shape, h.idx(i));
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(p.getContext()),
                                            {h.ptr(), h.i64(), h.ptr(), h.ptr(), h.i64()});
    LLVM::CallOp::create(p.host.builder(), loc, type,
                         ValueRange{callback, p.host.exec(), h.idx(id),
                                    p.pointer(op.getInput(), loc), shape, h.idx(dims.size())});
  });
}

LogicalResult HostCode::emitBlock(Block &block) {
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
    const Unit *unit = plan.unitAt(&op);
    if (!plan.isNeeded(op.getResult(0)) && !unit)
      continue;
    if (p.info(op.getResult(0)).elements) {
      materialize(op.getResult(0));
      continue;
    }
    if (unit && failed(emitUnit(*unit)))
      return failure();
  }
  return success();
}

void HostCode::emitReturns() {
  Operation *terminator = p.main.getBody().back().getTerminator();
  for (auto [i, result] : llvm::enumerate(terminator->getOperands())) {
    int id = p.info(result).buffer;
    if (id >= 0 && p.buffers[id].kind == TensorBuffer::Kind::Output &&
        p.buffers[id].index == int64_t(i))
      continue;
    Value destination = p.host.output(i, terminator->getLoc());
    copyTensor(result, destination, terminator->getLoc());
  }
}

LogicalResult bitwright::codegen::emitHostCode(Program &p, const Plan &plan) {
  HostCode code(p, plan);
  if (failed(code.emitBlock(p.main.getBody().front())))
    return failure();
  code.emitReturns();
  return success();
}
