// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Kernels as functions: see KernelTable.h.

#include "passes/Codegen/Host/KernelTable.h"

using namespace mlir;
using namespace bitwright::codegen;
using bitwright::AbiLayout;

LLVM::LLVMFuncOp bitwright::codegen::declareFunction(OpBuilder &module, Location loc,
                                                     StringRef name, Type result,
                                                     ArrayRef<Type> args, bool exported) {
  auto type = LLVM::LLVMFunctionType::get(result, args);
  auto linkage = exported ? LLVM::Linkage::External : LLVM::Linkage::Internal;
  auto function = LLVM::LLVMFuncOp::create(module, loc, name, type, linkage);
  if (!exported)
    function.setDsoLocal(true);
  return function;
}

bitwright::AbiLayout::Struct bitwright::codegen::layOutArguments(const AbiLayout &abi,
                                                                 TypeRange types) {
  return abi.layOut(llvm::map_to_vector(types, [](Type type) {
    return type.isInteger() ? AbiLayout::Field::Int64 : AbiLayout::Field::Pointer;
  }));
}

/// Says of an argument what the runtime promises of scratch.
static void describeScratch(LLVM::LLVMFuncOp function, unsigned argument, int64_t bytes) {
  Builder b(function.getContext());
  function.setArgAttr(argument, LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
  function.setArgAttr(argument, LLVM::LLVMDialect::getAlignAttrName(), b.getI64IntegerAttr(64));
  if (bytes)
    function.setArgAttr(argument, LLVM::LLVMDialect::getDereferenceableAttrName(),
                        b.getI64IntegerAttr(bytes));
}

/// The body: pointers do not alias; scratch, begin and end follow the arguments. Returns the bytes
/// of scratch that it needs.
static int64_t buildBody(LLVM::LLVMFuncOp function, ArrayRef<KernelArg> args, Location loc,
                         KernelBody body) {
  OpBuilder builder(function.getContext());
  for (auto [i, arg] : llvm::enumerate(args))
    if (arg == KernelArg::Pointer)
      function.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  size_t count = args.size();
  KernelBuilder k(builder, loc, block->getArgument(count));
  LoopIterations iterations(k, block->getArgument(count + 1), block->getArgument(count + 2));
  body(k, block->getArguments().take_front(count), iterations);
  describeScratch(function, count, k.scratchBytes());
  builder.setInsertionPointToEnd(block);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  return k.scratchBytes();
}

/// The thunk: loads the arguments of `body` from a structure.
static void buildThunk(LLVM::LLVMFuncOp function, LLVM::LLVMFuncOp body, const AbiLayout &abi,
                       int64_t scratch, Location loc) {
  OpBuilder builder(function.getContext());
  describeScratch(function, 1, scratch);
  Block *block = function.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  KernelBuilder k(builder, loc);
  SmallVector<Value> values;
  auto types = body.getArgumentTypes().drop_back(3);
  AbiLayout::Struct layout = layOutArguments(abi, TypeRange(types));
  for (auto [type, offset] : llvm::zip(types, layout.offsets))
    values.push_back(k.loadAt(type, k.gepBytes(block->getArgument(0), k.idx(offset))));
  values.append({block->getArgument(1), block->getArgument(2), block->getArgument(3)});
  LLVM::CallOp::create(builder, loc, body, values);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
}

//===--- equality ---------------------------------------------------------===//

/// A number that is equal for functions of equal ops; unequal ones may share it.
static uint64_t hashFunction(LLVM::LLVMFuncOp function) {
  llvm::hash_code hash = mlir::hash_value(function.getFunctionType());
  function.getBody().walk([&](Operation *op) {
    hash = llvm::hash_combine(
        hash, OperationEquivalence::computeHash(op, OperationEquivalence::ignoreHashValue,
                                                OperationEquivalence::ignoreHashValue,
                                                OperationEquivalence::IgnoreLocations));
  });
  return hash;
}

static bool isSameFunction(LLVM::LLVMFuncOp x, LLVM::LLVMFuncOp y) {
  return x.getFunctionType() == y.getFunctionType() &&
         OperationEquivalence::isRegionEquivalentTo(&x.getBody(), &y.getBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

Kernel KernelTable::get(StringRef name, ArrayRef<KernelArg> args, Location loc, KernelBody body) {
  KernelBuilder types(builder, loc);
  auto voidType = LLVM::LLVMVoidType::get(builder.getContext());
  SmallVector<Type> argTypes;
  for (KernelArg arg : args)
    argTypes.push_back(arg == KernelArg::Pointer ? types.ptr() : types.i64());
  argTypes.append({types.ptr(), types.i64(), types.i64()}); // scratch, begin, end
  SmallVector<Entry> &known = kernels[name];
  std::string symbol = (name + "_" + Twine(known.size())).str();
  Kernel kernel;
  kernel.body = declareFunction(builder, loc, symbol, voidType, argTypes, /*exported=*/false);
  int64_t scratch = buildBody(kernel.body, args, loc, body);
  uint64_t hash = hashFunction(kernel.body);
  for (const Entry &entry : known)
    if (entry.hash == hash && isSameFunction(entry.kernel.body, kernel.body)) {
      kernel.body.erase();
      return entry.kernel;
    }
  kernel.thunk = declareFunction(builder, loc, symbol + "_thunk", voidType,
                                 {types.ptr(), types.ptr(), types.i64(), types.i64()},
                                 /*exported=*/false);
  buildThunk(kernel.thunk, kernel.body, abi, scratch, loc);
  scratchBytes = std::max(scratchBytes, scratch);
  known.push_back({hash, kernel});
  return kernel;
}
