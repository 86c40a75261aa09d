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
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace kernel = bitwright::kernel;
namespace qnn = bitwright::qnn;

namespace {
class HostCode {
public:
  explicit HostCode(Program &program) : p(program) {}

  LogicalResult emitBlock(Block &block);
  /// Copies results that were not computed into the caller's buffers.
  void emitReturns();

private:
  LogicalResult emitUnit(kernel::LaunchOp unit);
  LogicalResult emitIf(kernel::IfOp op);
  LogicalResult emitRegion(kernel::IfOp op, Region &region);
  void emitSizes(kernel::SizesOp op);
  void copyTensor(Value from, Value destination, Location loc);

  Program &p;
};
} // namespace

void HostCode::emitSizes(kernel::SizesOp op) {
  Location loc = op.getLoc();
  KernelBuilder h = p.host.kernel(loc);
  Value base = p.pointer(op.getOut(), loc);
  Type element = op.getType().getElementType(), memory = element.isInteger(1) ? h.i8() : element;
  for (auto [i, size] : llvm::enumerate(readSizes(op.getElements(), op.getStaticElements())))
    h.store(h.truncate(p.host.value(size, loc), memory), base, h.idx(i));
}

void HostCode::copyTensor(Value from, Value destination, Location loc) {
  const Dims dims = p.info(from).dims;
  Dims strides = p.sizes.contiguousStrides(dims);
  emitStridedCopy(p, getElementBytes(p.info(from).elementType), dims, p.pointer(from, loc), 0,
                  strides, destination, 0, strides, loc);
}

/// What a region requires is tested where it is taken.
LogicalResult HostCode::emitRegion(kernel::IfOp op, Region &region) {
  Location loc = op.getLoc();
  KernelBuilder h = p.host.kernel(loc);
  Value ok = h.integer(h.i1(), 1);
  for (auto check : region.front().getOps<kernel::RequireOp>()) {
    Value condition = p.host.value(readSize(check.getCondition()), loc);
    ok = h.bitAnd(ok, h.compare(arith::CmpIPredicate::ne, condition, h.idx(0)));
  }
  LogicalResult status = success();
  h.ifElse(
      ok,
      [&] {
        status = emitBlock(region.front());
        for (auto [value, out] : llvm::zip(region.front().back().getOperands(), op.getOuts()))
          copyTensor(value, p.pointer(out, loc), loc);
      },
      [&] {
        h.storeAt(h.integer(h.i32(), p.nodes.errorCode(op, BW_ERR_SHAPE)), p.host.errorWord());
      });
  return status;
}

LogicalResult HostCode::emitIf(kernel::IfOp op) {
  Location loc = op.getLoc();
  KernelBuilder h = p.host.kernel(loc);
  Value condition = loadElement(h, h.i1(), p.pointer(op.getCondition(), loc), h.idx(0), 1);
  bool failed = false;
  auto emit = [&](Region &region) { failed |= mlir::failed(emitRegion(op, region)); };
  h.ifElse(condition, [&] { emit(op.getThenRegion()); }, [&] { emit(op.getElseRegion()); });
  return failure(failed);
}

LogicalResult HostCode::emitUnit(kernel::LaunchOp unit) {
  for (Operation *member : unit.getElementwise())
    if (failed(checkElementwise(member)))
      return failure();
  Operation *op = unit.getAnchor();
  if (!op)
    return emitElementwiseKernel(p, unit);
  if (kernel::takesEpilogue(op))
    return emitContraction(p, unit);
  for (auto *emitFamily : {emitMovement, emitPooling, emitQuantKernel, emitReduction})
    if (Emitted emitted = emitFamily(p, op))
      return *emitted;
  return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': '"
                         << op->getName()
                         << "' cannot be compiled yet; quant-run --interpret runs it";
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
    LogicalResult status = llvm::TypeSwitch<Operation *, LogicalResult>(&op)
                               .Case([&](kernel::LaunchOp unit) { return emitUnit(unit); })
                               .Case([&](kernel::IfOp branch) { return emitIf(branch); })
                               .Case([&](kernel::SizesOp sizes) {
                                 if (sizes.getOut())
                                   emitSizes(sizes);
                                 return success();
                               })
                               .Case([&](qnn::ObserveOp observe) {
                                 emitObserve(p, observe);
                                 return success();
                               })
                               .Default([](Operation *) { return success(); });
    if (failed(status))
      return failure();
  }
  return success();
}

void HostCode::emitReturns() {
  auto end = cast<kernel::ReturnOp>(p.main.getBody().front().getTerminator());
  for (auto [i, result] : llvm::enumerate(end.getValues())) {
    auto output = dyn_cast<kernel::OutputOp>(kernel::getPlace(result));
    if (output && output.getNumber() == i)
      continue;
    copyTensor(result, p.host.output(i, end.getLoc()), end.getLoc());
  }
}

LogicalResult bitwright::codegen::emitHostCode(Program &p) {
  HostCode code(p);
  if (failed(code.emitBlock(p.main.getBody().front())))
    return failure();
  code.emitReturns();
  return success();
}
