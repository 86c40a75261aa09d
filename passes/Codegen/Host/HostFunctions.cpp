// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The two host functions: see HostFunctions.h.

#include "passes/Codegen/Host/HostFunctions.h"
#include "passes/Codegen/Host/SizeLowering.h"

#include "bitwright_rt/abi.h"

using namespace mlir;
using namespace bitwright::codegen;
using bitwright::AbiLayout;

HostFunctions::HostFunctions(ModuleOp module, Location loc, StringRef modelName, Sizes &sizes,
                             const AbiLayout &abi)
    : abi(abi), loc(loc), modelName(modelName), sizes(sizes), moduleBuilder(module.getContext()),
      invokeBuilder(module.getContext()) {
  moduleBuilder.setInsertionPointToEnd(module.getBody());
}

//===--- begin ------------------------------------------------------------===//

void HostFunctions::beginInvoke() {
  KernelBuilder k(invokeBuilder, loc);
  SmallVector<Type> args(6, k.ptr());
  invokeFunction = declareFunction(moduleBuilder, loc, "bw_" + modelName + "_invoke", k.i32(), args,
                                   /*exported=*/true);
  Block *block = invokeFunction.addEntryBlock(invokeBuilder);
  invokeBuilder.setInsertionPointToStart(block);
  framePointer = block->getArgument(1);
  callBlock = k.stack(callBytes); // its size is set in endInvoke()
  scratchPointer = k.loadAt(k.ptr(), k.gepBytes(exec(), k.idx(abi.offsetOf(AbiLayout::Scratch))));
  k.storeAt(k.integer(k.i32(), 0), errorWord());
}

void HostFunctions::begin() {
  KernelBuilder types(invokeBuilder, loc);
  SmallVector<Type> args(4, types.ptr());
  planFunction = declareFunction(moduleBuilder, loc, "bw_" + modelName + "_plan", types.i32(), args,
                                 /*exported=*/true);
  beginInvoke();
}

//===--- inside of invoke -------------------------------------------------===//

Value HostFunctions::value(Dim dim, Location at) {
  KernelBuilder k = kernel(at);
  if (dim.isStatic())
    return k.idx(dim.size);
  return k.load(k.i64(), framePointer, k.idx(sizes.slotOf(dim)));
}

Value HostFunctions::input(int64_t number, Location at) {
  KernelBuilder k = kernel(at);
  return k.load(k.ptr(), k.gep(invokeFunction.getArgument(2), k.ptr(), k.idx(number)));
}

Value HostFunctions::output(int64_t number, Location at) {
  KernelBuilder k = kernel(at);
  return k.load(k.ptr(), k.gep(invokeFunction.getArgument(3), k.ptr(), k.idx(number)));
}

Value HostFunctions::callMemory(int64_t bytes) {
  callBytes = std::max(callBytes, bytes);
  return callBlock;
}

void HostFunctions::launch(const Kernel &kernel, ArrayRef<Value> args, Dim n, int64_t cost,
                           Location at) {
  constexpr int64_t worthAThread = 1 << 15;
  KernelBuilder k(invokeBuilder, at);
  cost = std::max<int64_t>(cost, 1);
  Value count = value(n, at);
  if (n.isStatic() && (n.size <= 1 || n.size * cost <= worthAThread)) {
    SmallVector<Value> all(args);
    all.append({scratchPointer, k.idx(0), count});
    LLVM::CallOp::create(invokeBuilder, at, kernel.body, all);
    return;
  }
  AbiLayout::Struct layout = layOutArguments(abi, ValueRange(args).getTypes());
  Value words = callMemory(layout.bytes);
  for (auto [i, arg] : llvm::enumerate(args))
    k.storeAt(arg, k.gepBytes(words, k.idx(layout.offsets[i])));
  Value parallelFor =
      k.loadAt(k.ptr(), k.gepBytes(exec(), k.idx(abi.offsetOf(AbiLayout::ParallelFor))));
  Value body = LLVM::AddressOfOp::create(invokeBuilder, at, kernel.thunk);
  Value grain = k.idx(std::max<int64_t>(1, worthAThread / cost));
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(k.builder().getContext()),
                                          {k.ptr(), k.ptr(), k.ptr(), k.i64(), k.i64()});
  LLVM::CallOp::create(invokeBuilder, at, type,
                       ValueRange{parallelFor, exec(), body, words, count, grain});
}

//===--- end --------------------------------------------------------------===//

void HostFunctions::endInvoke() {
  constexpr int nodeBits = NodeNames::errorNodeBits;
  KernelBuilder k(invokeBuilder, loc);
  Value error = k.loadAt(k.i32(), errorWord());
  Value isError = k.compare(arith::CmpIPredicate::ne, error, k.integer(k.i32(), 0));
  Value node = k.bitAnd(error, k.integer(k.i32(), (1 << nodeBits) - 1));
  Value failedNode = k.sub(k.extend(node, k.i64(), /*isUnsigned=*/true), k.idx(1));
  Value address = k.gepBytes(exec(), k.idx(abi.offsetOf(AbiLayout::ExecFailedNode)));
  k.storeAt(k.select(isError, failedNode, k.idx(-1)), address);
  LLVM::ReturnOp::create(invokeBuilder, loc, k.shrLogical(error, nodeBits));
  auto callSize = cast<LLVM::AllocaOp>(callBlock.getDefiningOp()).getArraySize().getDefiningOp();
  callSize->setAttr("value", invokeBuilder.getI64IntegerAttr(callBytes));
}

void HostFunctions::emitPlan(Block &body, const Report &report, NodeNames &nodes) {
  OpBuilder builder(body.getParent()->getContext());
  builder.setInsertionPointToEnd(planFunction.addEntryBlock(builder));
  auto arguments = planFunction.getArguments();
  Value outDims = arguments[1], frame = arguments[2], planInfo = arguments[3];
  KernelBuilder k(builder, loc);
  SizeLowering lowering(k, arguments[0], nodes);
  lowering.lower(body);
  for (auto [i, dim] : llvm::enumerate(sizes.getSlots()))
    k.storeAt(lowering.valueOf(dim), k.gep(frame, k.i64(), k.idx(i)));
  for (auto [i, dims] : llvm::enumerate(report.results))
    for (auto [axis, dim] : llvm::enumerate(dims))
      k.storeAt(lowering.valueOf(dim), k.gep(outDims, k.i64(), k.idx(i * BW_MAX_RANK + axis)));
  auto store = [&](AbiLayout::PlanInfo field, Value value) {
    k.storeAt(value, k.gepBytes(planInfo, k.idx(abi.offsetOf(field))));
  };
  store(AbiLayout::ArenaBytes, lowering.valueOf(report.arenaBytes));
  store(AbiLayout::ScratchBytes, k.idx(report.scratchBytes));
  store(AbiLayout::PlanFailedNode, lowering.getFailedNode());
  LLVM::ReturnOp::create(builder, loc, lowering.getStatus());
}

void HostFunctions::end(Block &body, const Report &report, NodeNames &nodes) {
  endInvoke();
  emitPlan(body, report, nodes);
}
