// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Symbolic sizes with value numbering, buffers, weights and kernel launches.

#include "passes/Codegen/Plan/Program.h"

#include "bitwright_rt/abi.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/Support/SHA256.h"
#include <algorithm>

using namespace mlir;
using namespace bitwright::codegen;

Program::Program(ModuleOp module, func::FuncOp main, const TargetInfo &target, const AbiLayout &abi)
    : abi(abi), module(module), main(main), target(target), frameBuilder(module.getContext()),
      invokeBuilder(module.getContext()), moduleBuilder(module.getContext()) {
  auto name = module->getAttrOfType<StringAttr>("qnn.model_name");
  modelName = name ? name.str() : "model";
  moduleBuilder.setInsertionPointToEnd(module.getBody());
}

int64_t Program::elementBytes(Type elementType) {
  return std::max<int64_t>(1, elementType.getIntOrFloatBitWidth() / 8);
}

//===--- symbolic sizes ---------------------------------------------------===//

/// The operation on two constants, as generated code computes it: sums and
/// products wrap, and division by 0 gives 0.
static int64_t foldConstants(StringRef op, int64_t x, int64_t y) {
  uint64_t a = x, b = y;
  if (op == "add")
    return a + b;
  if (op == "sub")
    return a - b;
  if (op == "mul")
    return a * b;
  if (op == "div")
    return y == 0 ? 0 : y == -1 ? int64_t(0 - a) : x / y;
  if (op == "rem")
    return y == 0 || y == -1 ? 0 : x % y;
  if (op == "min")
    return std::min(x, y);
  if (op == "max")
    return std::max(x, y);
  if (op == "eq")
    return x == y;
  return x < y;
}

/// Identities that hold for any value of a symbol.
static std::optional<Dim> foldIdentity(StringRef op, Dim x, Dim y) {
  if ((op == "add" || op == "sub") && y.is(0))
    return x;
  if (op == "add" && x.is(0))
    return y;
  if ((op == "mul" || op == "div") && y.is(1))
    return x;
  if (op == "mul" && x.is(1))
    return y;
  if (op == "mul" && (x.is(0) || y.is(0)))
    return Dim(0);
  if (x == y) {
    if (op == "sub" || op == "lt")
      return Dim(0);
    if (op == "min" || op == "max")
      return x;
    if (op == "eq")
      return Dim(1);
  }
  return std::nullopt;
}

Value Program::frameValue(Dim dim) {
  if (dim.symbol)
    return dim.symbol;
  KernelBuilder k(frameBuilder, main.getLoc());
  return k.idx(dim.size);
}

Dim Program::combine(StringRef op, Dim x, Dim y) {
  if (x.isStatic() && y.isStatic())
    return foldConstants(op, x.size, y.size);
  if (auto folded = foldIdentity(op, x, y))
    return *folded;
  auto keyOf = [&](Dim dim) {
    if (dim.isStatic())
      return std::to_string(dim.size);
    return "v" +
           std::to_string(valueNumbers.try_emplace(dim.symbol, valueNumbers.size()).first->second);
  };
  std::string first = keyOf(x), second = keyOf(y);
  bool commutes = op == "add" || op == "mul" || op == "min" || op == "max" || op == "eq";
  if (commutes && second < first) {
    std::swap(first, second);
    std::swap(x, y);
  }
  std::string key = (op + " " + first + " " + second).str();
  if (auto known = memo.find(key); known != memo.end())
    return known->second;

  KernelBuilder k(frameBuilder, main.getLoc());
  Value a = frameValue(x), c = frameValue(y), result;
  if (op == "add")
    result = k.add(a, c);
  else if (op == "sub")
    result = k.sub(a, c);
  else if (op == "mul")
    result = k.mul(a, c);
  else if (op == "min")
    result = k.minimum(a, c);
  else if (op == "max")
    result = k.maximum(a, c);
  else if (op == "eq")
    result = k.extend(k.compare(arith::CmpIPredicate::eq, a, c), k.i64(), true);
  else if (op == "lt")
    result = k.extend(k.compare(arith::CmpIPredicate::slt, a, c), k.i64(), true);
  else {
    // Neither x / 0 nor the least number / -1 may trap.
    Value isZero = k.compare(arith::CmpIPredicate::eq, c, k.idx(0));
    Value isMinusOne = k.compare(arith::CmpIPredicate::eq, c, k.idx(-1));
    Value divisor = k.select(k.bitOr(isZero, isMinusOne), k.idx(1), c);
    result = op == "div" ? k.select(isMinusOne, k.sub(k.idx(0), a), k.divS(a, divisor))
                         : k.remS(a, divisor);
    result = k.select(isZero, k.idx(0), result);
  }
  Dim dim(result);
  if (auto constant = result.getDefiningOp<arith::ConstantOp>())
    dim = Dim(cast<IntegerAttr>(constant.getValue()).getInt());
  memo[key] = dim;
  return dim;
}

Dim Program::floorDiv(Dim x, Dim y) {
  // Truncation rounds up for negative x.
  Dim quotient = div(x, y);
  if (x.isStatic() && x.size >= 0)
    return quotient;
  Dim inexactNegative = logicalAnd(less(x, 0), logicalNot(equal(rem(x, y), 0)));
  return sub(quotient, inexactNegative);
}

Dim Program::select(Dim condition, Dim x, Dim y) {
  if (condition.isStatic())
    return condition.size ? x : y;
  if (x == y)
    return x;
  return add(y, mul(condition, sub(x, y)));
}

Dim Program::product(ArrayRef<Dim> dims) {
  Dim result(1);
  for (Dim dim : dims)
    result = mul(result, dim);
  return result;
}

Dim Program::divideProducts(ArrayRef<Dim> numerator, ArrayRef<Dim> denominator) {
  SmallVector<Dim> above;
  int64_t top = 1, bottom = 1;
  for (Dim dim : numerator) {
    if (dim.isStatic())
      top *= dim.size;
    else
      above.push_back(dim);
  }
  SmallVector<Dim> below;
  for (Dim dim : denominator) {
    if (dim.isStatic())
      bottom *= dim.size;
    else if (auto *equal = llvm::find(above, dim); equal != above.end())
      above.erase(equal);
    else
      below.push_back(dim);
  }
  if (bottom != 0 && top % bottom == 0) {
    top /= bottom;
    bottom = 1;
  }
  above.push_back(Dim(top));
  below.push_back(Dim(bottom));
  return div(product(above), product(below));
}

LogicalResult Program::require(Dim condition, Operation *op, const Twine &message) {
  if (condition.isStatic()) {
    if (condition.size)
      return success();
    return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': " << message;
  }
  if (deferredChecks) {
    deferredChecks->push_back({op, condition});
    return success();
  }
  KernelBuilder k(frameBuilder, op->getLoc());
  Value bad = k.compare(arith::CmpIPredicate::eq, condition.symbol, k.idx(0));
  Value first =
      k.bitAnd(bad, k.compare(arith::CmpIPredicate::eq, frameStatus, k.integer(k.i32(), 0)));
  frameStatus = k.select(first, k.integer(k.i32(), BW_ERR_SHAPE), frameStatus);
  frameFailed = k.select(first, k.idx(nodeId(op)), frameFailed);
  return success();
}

LogicalResult Program::requireSize(ArrayRef<Dim> dims, int64_t elementBytes, Operation *op) {
  // No product wraps: one factor is below 2^32 where the other is below 2^31, or else the
  // product is either refused (2^32 * 2^14 and more) or below 2^60.
  constexpr int64_t most = int64_t(1) << 46;
  SmallVector<Dim> ordered(dims);
  std::stable_partition(ordered.begin(), ordered.end(), [](Dim dim) { return dim.isStatic(); });
  Dim bytes(elementBytes), fits(1);
  for (Dim dim : ordered) {
    Dim small = logicalAnd(less(-1, dim), less(dim, int64_t(1) << 31));
    Dim large = logicalAnd(less((int64_t(1) << 32) - 1, bytes), less((1 << 14) - 1, dim));
    bytes = mul(bytes, dim);
    fits = logicalAnd(logicalAnd(fits, logicalAnd(small, logicalNot(large))), less(bytes, most));
  }
  if (fits.symbol && !checkedSizes.insert(fits.symbol).second)
    return success();
  return require(fits, op, "a tensor would be larger than 64 TiB");
}

//===--- storage ----------------------------------------------------------===//

int Program::newArenaBuffer(Dim bytes, int position) {
  Buffer buffer;
  buffer.bytes = mul(ceilDiv(bytes, 64), 64);
  buffer.firstUse = buffer.lastUse = position;
  buffers.push_back(buffer);
  return buffers.size() - 1;
}

int64_t Program::addWeights(ArrayRef<char> bytes) {
  auto digest = llvm::SHA256::hash(
      ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
  StringRef key(reinterpret_cast<const char *>(digest.data()), digest.size());
  weights.resize((weights.size() + 63) / 64 * 64);
  auto [entry, isNew] = weightOffsets.try_emplace(key, weights.size());
  if (isNew)
    weights.insert(weights.end(), bytes.begin(), bytes.end());
  return entry->second;
}

Value Program::weightPointer(int64_t offset, Location loc) {
  KernelBuilder k(invokeBuilder, loc);
  return k.gepBytes(weightsArgument, k.idx(offset));
}

void Program::ensureBuffer(Value tensor) {
  auto constant = bitwright::getConstant(tensor);
  if (!constant || info(tensor).buffer >= 0)
    return;
  Buffer buffer;
  buffer.kind = Buffer::Kind::Weights;
  buffer.index = addWeights(constant->bytes);
  buffers.push_back(buffer);
  info(tensor).buffer = buffers.size() - 1;
}

Value Program::pointer(Value tensor, Location loc) {
  ensureBuffer(tensor);
  KernelBuilder k(invokeBuilder, loc);
  const Buffer &buffer = buffers[info(tensor).buffer];
  switch (buffer.kind) {
  case Buffer::Kind::Weights:
    return weightPointer(buffer.index, loc);
  case Buffer::Kind::Input:
    return k.load(k.ptr(), k.gep(inputsArgument, k.ptr(), k.idx(buffer.index)));
  case Buffer::Kind::Output:
    return k.load(k.ptr(), k.gep(outputsArgument, k.ptr(), k.idx(buffer.index)));
  case Buffer::Kind::Arena:
    return k.gepBytes(arenaArgument, hostValue(buffer.offset, loc));
  }
  llvm_unreachable("covered switch");
}

int64_t Program::slotFor(Dim dim) {
  auto [entry, isNew] = slots.try_emplace(dim.symbol, slotDims.size());
  if (isNew)
    slotDims.push_back(dim);
  return entry->second;
}

Value Program::hostValue(Dim dim, Location loc) {
  KernelBuilder k(invokeBuilder, loc);
  if (dim.isStatic())
    return k.idx(dim.size);
  return k.load(k.i64(), framePointer, k.idx(slotFor(dim)));
}

int64_t Program::nodeId(Operation *op) {
  auto [entry, isNew] = nodes.try_emplace(op, nodeNames.size());
  if (isNew)
    nodeNames.push_back(bitwright::getNodeName(op->getLoc()));
  return entry->second;
}

int64_t Program::observerId(StringRef label) {
  observerNames.push_back(label.str());
  return observerNames.size() - 1;
}

int32_t Program::errorCode(Operation *op, int status) {
  return status << errorNodeBits | (nodeId(op) + 1);
}

//===--- kernels ----------------------------------------------------------===//

LLVM::LLVMFuncOp Program::declare(StringRef name, Type result, ArrayRef<Type> args, bool exported) {
  auto type = LLVM::LLVMFunctionType::get(result, args);
  auto linkage = exported ? LLVM::Linkage::External : LLVM::Linkage::Internal;
  auto function = LLVM::LLVMFuncOp::create(moduleBuilder, main.getLoc(), name, type, linkage);
  if (!exported)
    function.setDsoLocal(true);
  return function;
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

Kernel Program::getKernel(StringRef name, const std::string &key, ArrayRef<Arg> args, Location loc,
                          KernelBody body) {
  std::string fullKey = (name + ":" + key).str();
  if (auto known = kernels.find(fullKey); known != kernels.end())
    return known->second;
  OpBuilder builder(getContext());
  KernelBuilder types(builder, loc);
  auto voidType = LLVM::LLVMVoidType::get(getContext());
  std::string symbol = (name + "_" + Twine(kernelNames[name]++)).str();

  SmallVector<Type> argTypes;
  for (Arg arg : args)
    argTypes.push_back(arg == Arg::Pointer ? types.ptr() : types.i64());
  size_t count = args.size();
  argTypes.append({types.ptr(), types.i64(), types.i64()}); // scratch, begin, end
  Kernel kernel;
  kernel.body = declare(symbol, voidType, argTypes, false);
  for (auto [i, type] : llvm::enumerate(argTypes))
    if (type == types.ptr())
      kernel.body.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
  Block *block = kernel.body.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  KernelBuilder k(builder, loc, block->getArgument(count));
  body(k, block->getArguments().take_front(count), block->getArgument(count + 1),
       block->getArgument(count + 2));
  scratchBytes = std::max(scratchBytes, k.scratchBytes());
  int64_t scratch = k.scratchBytes();
  describeScratch(kernel.body, count, scratch);
  builder.setInsertionPointToEnd(block);
  LLVM::ReturnOp::create(builder, loc, ValueRange());

  kernel.thunk = declare(symbol + "_thunk", voidType,
                         {types.ptr(), types.ptr(), types.i64(), types.i64()}, false);
  describeScratch(kernel.thunk, 1, scratch);
  block = kernel.thunk.addEntryBlock(builder);
  builder.setInsertionPointToStart(block);
  SmallVector<Value> values;
  AbiLayout::Struct layout = layOutArguments(ArrayRef(argTypes).take_front(count));
  for (size_t i = 0; i < count; ++i)
    values.push_back(
        k.loadAt(argTypes[i], k.gepBytes(block->getArgument(0), k.idx(layout.offsets[i]))));
  values.append({block->getArgument(1), block->getArgument(2), block->getArgument(3)});
  LLVM::CallOp::create(builder, loc, kernel.body, values);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
  kernels[fullKey] = kernel;
  return kernel;
}

Value Program::callMemory(int64_t bytes) {
  callBytes = std::max(callBytes, bytes);
  return callBlock;
}

bitwright::AbiLayout::Struct Program::layOutArguments(ArrayRef<Type> types) const {
  return abi.layOut(llvm::map_to_vector(types, [](Type type) {
    return type.isInteger() ? AbiLayout::Field::Int64 : AbiLayout::Field::Pointer;
  }));
}

void Program::launch(const Kernel &kernel, ArrayRef<Value> args, Dim n, int64_t cost,
                     Location loc) {
  constexpr int64_t worthAThread = 1 << 15;
  KernelBuilder k(invokeBuilder, loc);
  cost = std::max<int64_t>(cost, 1);
  Value count = hostValue(n, loc);
  if (n.isStatic() && (n.size <= 1 || n.size * cost <= worthAThread)) {
    SmallVector<Value> all(args);
    all.append({scratchPointer, k.idx(0), count});
    LLVM::CallOp::create(invokeBuilder, loc, kernel.body, all);
    return;
  }
  AbiLayout::Struct layout = layOutArguments(llvm::to_vector(ValueRange(args).getTypes()));
  Value block = callMemory(layout.bytes);
  for (auto [i, arg] : llvm::enumerate(args))
    k.storeAt(arg, k.gepBytes(block, k.idx(layout.offsets[i])));
  Value parallelFor =
      k.loadAt(k.ptr(), k.gepBytes(execArgument, k.idx(abi.offsetOf(AbiLayout::ParallelFor))));
  Value body = LLVM::AddressOfOp::create(invokeBuilder, loc, kernel.thunk);
  Value grain = k.idx(std::max<int64_t>(1, worthAThread / cost));
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(getContext()),
                                          {k.ptr(), k.ptr(), k.ptr(), k.i64(), k.i64()});
  LLVM::CallOp::create(invokeBuilder, loc, type,
                       ValueRange{parallelFor, execArgument, body, block, count, grain});
}
