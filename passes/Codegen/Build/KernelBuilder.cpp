// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The vocabulary of kernels on top of arith, scf, vector and llvm ops.

#include "passes/Codegen/Build/KernelBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace bitwright::codegen;

Type KernelBuilder::ptr() { return LLVM::LLVMPointerType::get(b.getContext()); }

Type KernelBuilder::like(Type element, Type shape) {
  element = getElementTypeOrSelf(element);
  if (auto vector = dyn_cast<VectorType>(shape))
    return VectorType::get(vector.getShape(), element);
  return element;
}

//===--- constants --------------------------------------------------------===//

Value KernelBuilder::integer(Type type, int64_t value) {
  auto element = cast<IntegerType>(getElementTypeOrSelf(type));
  auto attr = IntegerAttr::get(element, APInt(element.getWidth(), value, true, true));
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(b, loc, vector,
                                     DenseElementsAttr::get(vector, attr.getValue()));
  return arith::ConstantOp::create(b, loc, attr);
}

Value KernelBuilder::number(Type type, double value) {
  auto element = cast<FloatType>(getElementTypeOrSelf(type));
  auto attr = FloatAttr::get(element, value);
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(b, loc, vector,
                                     DenseElementsAttr::get(vector, attr.getValue()));
  return arith::ConstantOp::create(b, loc, attr);
}

Value KernelBuilder::zero(Type type) {
  return isa<FloatType>(getElementTypeOrSelf(type)) ? number(type, 0.0) : integer(type, 0);
}

Value KernelBuilder::splat(Value scalar, Type type) {
  if (scalar.getType() == type || !isa<VectorType>(type))
    return scalar;
  return vector::BroadcastOp::create(b, loc, type, scalar);
}

//===--- arithmetic -------------------------------------------------------===//

static bool isFloat(Value x) { return isa<FloatType>(getElementTypeOrSelf(x.getType())); }

Value KernelBuilder::add(Value x, Value y) {
  return isFloat(x) ? b.createOrFold<arith::AddFOp>(loc, x, y)
                    : b.createOrFold<arith::AddIOp>(loc, x, y);
}

Value KernelBuilder::sub(Value x, Value y) {
  return isFloat(x) ? b.createOrFold<arith::SubFOp>(loc, x, y)
                    : b.createOrFold<arith::SubIOp>(loc, x, y);
}

Value KernelBuilder::mul(Value x, Value y) {
  return isFloat(x) ? b.createOrFold<arith::MulFOp>(loc, x, y)
                    : b.createOrFold<arith::MulIOp>(loc, x, y);
}

Value KernelBuilder::fdiv(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }

Value KernelBuilder::fma(Value x, Value y, Value z, bool hasFma) {
  if (!hasFma)
    return add(mul(x, y), z);
  return LLVM::FMAOp::create(b, loc, x, y, z);
}

Value KernelBuilder::minimum(Value x, Value y, bool isUnsigned) {
  if (isFloat(x))
    return arith::MinimumFOp::create(b, loc, x, y);
  return isUnsigned ? b.createOrFold<arith::MinUIOp>(loc, x, y)
                    : b.createOrFold<arith::MinSIOp>(loc, x, y);
}

Value KernelBuilder::maximum(Value x, Value y, bool isUnsigned) {
  if (isFloat(x))
    return arith::MaximumFOp::create(b, loc, x, y);
  return isUnsigned ? b.createOrFold<arith::MaxUIOp>(loc, x, y)
                    : b.createOrFold<arith::MaxSIOp>(loc, x, y);
}

Value KernelBuilder::compare(arith::CmpFPredicate predicate, Value x, Value y) {
  return arith::CmpFOp::create(b, loc, predicate, x, y);
}

Value KernelBuilder::compare(arith::CmpIPredicate predicate, Value x, Value y) {
  return b.createOrFold<arith::CmpIOp>(loc, predicate, x, y);
}

Value KernelBuilder::select(Value condition, Value x, Value y) {
  return b.createOrFold<arith::SelectOp>(loc, condition, x, y);
}

Value KernelBuilder::neg(Value x) {
  return isFloat(x) ? b.createOrFold<arith::NegFOp>(loc, x) : sub(zero(x.getType()), x);
}

Value KernelBuilder::bitAnd(Value x, Value y) { return b.createOrFold<arith::AndIOp>(loc, x, y); }
Value KernelBuilder::bitOr(Value x, Value y) { return b.createOrFold<arith::OrIOp>(loc, x, y); }
Value KernelBuilder::bitXor(Value x, Value y) { return b.createOrFold<arith::XOrIOp>(loc, x, y); }

Value KernelBuilder::shl(Value x, int64_t bits) {
  return b.createOrFold<arith::ShLIOp>(loc, x, integer(x.getType(), bits));
}

Value KernelBuilder::shrLogical(Value x, int64_t bits) {
  return b.createOrFold<arith::ShRUIOp>(loc, x, integer(x.getType(), bits));
}

Value KernelBuilder::shrArithmetic(Value x, int64_t bits) {
  return b.createOrFold<arith::ShRSIOp>(loc, x, integer(x.getType(), bits));
}

Value KernelBuilder::divS(Value x, Value y) { return b.createOrFold<arith::DivSIOp>(loc, x, y); }
Value KernelBuilder::remS(Value x, Value y) { return b.createOrFold<arith::RemSIOp>(loc, x, y); }

Value KernelBuilder::ceilDiv(Value x, int64_t y) {
  return divS(add(x, integer(x.getType(), y - 1)), integer(x.getType(), y));
}

//===--- conversions ------------------------------------------------------===//

Value KernelBuilder::extend(Value x, Type to, bool isUnsigned) {
  Type type = like(to, x.getType());
  if (type == x.getType())
    return x;
  return isUnsigned ? b.createOrFold<arith::ExtUIOp>(loc, type, x)
                    : b.createOrFold<arith::ExtSIOp>(loc, type, x);
}

Value KernelBuilder::truncate(Value x, Type to) {
  Type type = like(to, x.getType());
  return type == x.getType() ? x : b.createOrFold<arith::TruncIOp>(loc, type, x);
}

Value KernelBuilder::toFloat(Value x, Type to, bool isUnsigned) {
  Type type = like(to, x.getType());
  // i8 and i16 are widened first: every target converts from i32.
  unsigned width = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
  if (width < 32)
    return arith::SIToFPOp::create(b, loc, type, extend(x, i32(), isUnsigned || width == 1));
  if (isUnsigned)
    return arith::UIToFPOp::create(b, loc, type, x);
  return arith::SIToFPOp::create(b, loc, type, x);
}

Value KernelBuilder::toInt(Value x, Type to, bool isUnsigned) {
  Type type = like(to, x.getType());
  if (isUnsigned)
    return arith::FPToUIOp::create(b, loc, type, x);
  return arith::FPToSIOp::create(b, loc, type, x);
}

Value KernelBuilder::bitcast(Value x, Type to) {
  return x.getType() == to ? x : LLVM::BitcastOp::create(b, loc, to, x).getResult();
}

Value KernelBuilder::resize(Value x, Type to, bool isUnsigned) {
  unsigned from = getElementTypeOrSelf(x.getType()).getIntOrFloatBitWidth();
  unsigned width = getElementTypeOrSelf(to).getIntOrFloatBitWidth();
  if (width > from)
    return extend(x, to, isUnsigned || from == 1);
  return truncate(x, to);
}

//===--- intrinsics -------------------------------------------------------===//

Value KernelBuilder::intrinsic(StringRef name, Type result, ValueRange args) {
  return LLVM::CallIntrinsicOp::create(b, loc, result, b.getStringAttr(name), args).getResult(0);
}

/// The mangled suffix of an overloaded intrinsic, as ".v16f32".
static std::string mangle(Type type) {
  Type element = getElementTypeOrSelf(type);
  std::string suffix = isa<FloatType>(element) ? "f" : "i";
  suffix += std::to_string(element.getIntOrFloatBitWidth());
  if (auto vector = dyn_cast<VectorType>(type))
    return ".v" + std::to_string(vector.getNumElements()) + suffix;
  return "." + suffix;
}

Value KernelBuilder::unary(StringRef name, Value x) {
  return intrinsic((name + mangle(x.getType())).str(), x.getType(), x);
}

Value KernelBuilder::abs(Value x) {
  if (isFloat(x))
    return unary("llvm.fabs", x);
  return maximum(x, neg(x));
}

//===--- memory -----------------------------------------------------------===//

/// Bytes that a scalar or vector is aligned to: those of its element.
static unsigned alignmentOf(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isIntOrFloat() ? std::max(1u, element.getIntOrFloatBitWidth() / 8) : 8;
}

Value KernelBuilder::gep(Value base, Type element, Value index) {
  return LLVM::GEPOp::create(b, loc, ptr(), element, base, ValueRange(index));
}

Value KernelBuilder::load(Type type, Value base, Value index) {
  return loadAt(type, gep(base, getElementTypeOrSelf(type), index));
}

Value KernelBuilder::loadAt(Type type, Value address) {
  return LLVM::LoadOp::create(b, loc, type, address, alignmentOf(type));
}

void KernelBuilder::store(Value value, Value base, Value index) {
  storeAt(value, gep(base, getElementTypeOrSelf(value.getType()), index));
}

void KernelBuilder::storeAt(Value value, Value address) {
  LLVM::StoreOp::create(b, loc, value, address, alignmentOf(value.getType()));
}

Value KernelBuilder::firstLanes(VectorType type, Value count) {
  SmallVector<int32_t> numbers(llvm::to_vector(llvm::seq<int32_t>(0, type.getNumElements())));
  auto ints = cast<VectorType>(like(i32(), type));
  Value lanes =
      arith::ConstantOp::create(b, loc, ints, DenseElementsAttr::get(ints, ArrayRef(numbers)));
  return compare(arith::CmpIPredicate::slt, lanes, splat(truncate(count, i32()), ints));
}

Value KernelBuilder::loadFirst(VectorType type, Value base, Value index, Value count, Value fill) {
  return LLVM::MaskedLoadOp::create(b, loc, Type(type), gep(base, type.getElementType(), index),
                                    firstLanes(type, count), splat(fill, type), alignmentOf(type));
}

void KernelBuilder::storeFirst(Value value, Value base, Value index, Value count) {
  auto type = cast<VectorType>(value.getType());
  LLVM::MaskedStoreOp::create(b, loc, value, gep(base, type.getElementType(), index),
                              firstLanes(type, count), alignmentOf(type));
}

Value KernelBuilder::scratch(int64_t bytes) {
  assert(scratchBase && "only the body of a kernel has scratch");
  Value address = gepBytes(scratchBase, idx(scratchUsed));
  scratchUsed += llvm::alignTo(bytes, 64);
  return address;
}

Value KernelBuilder::stack(int64_t bytes) {
  OpBuilder::InsertionGuard guard(b);
  auto function = b.getInsertionBlock()->getParentOp()->getParentOfType<LLVM::LLVMFuncOp>();
  if (!function)
    function = cast<LLVM::LLVMFuncOp>(b.getInsertionBlock()->getParentOp());
  b.setInsertionPointToStart(&function.getBody().front());
  Value count = integer(i64(), bytes);
  return LLVM::AllocaOp::create(b, loc, ptr(), i8(), count, /*alignment=*/64);
}

void KernelBuilder::memcpyBytes(Value dst, Value src, Value bytes) {
  LLVM::MemcpyOp::create(b, loc, dst, src, bytes, /*isVolatile=*/false);
}

//===--- control ----------------------------------------------------------===//

SmallVector<Value> KernelBuilder::loop(Value lower, Value upper, Value step, ValueRange init,
                                       LoopBody body) {
  auto loop = scf::ForOp::create(b, loc, lower, upper, step, init);
  OpBuilder::InsertionGuard guard(b);
  Block *block = loop.getBody();
  if (!block->empty() && block->back().hasTrait<OpTrait::IsTerminator>())
    b.setInsertionPoint(&block->back());
  else
    b.setInsertionPointToEnd(block);
  SmallVector<Value> results = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!results.empty() || block->empty() || !block->back().hasTrait<OpTrait::IsTerminator>())
    scf::YieldOp::create(b, loc, results);
  return loop.getResults();
}

void KernelBuilder::loop(Value lower, Value upper, Value step, function_ref<void(Value)> body) {
  loop(lower, upper, step, {}, [&](Value iv, ValueRange) -> SmallVector<Value> {
    body(iv);
    return {};
  });
}

void KernelBuilder::ifThen(Value condition, function_ref<void()> body) {
  auto op = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  body();
}

void KernelBuilder::ifElse(Value condition, function_ref<void()> then,
                           function_ref<void()> otherwise) {
  auto op = scf::IfOp::create(b, loc, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  then();
  b.setInsertionPointToStart(op.elseBlock());
  otherwise();
}

Value KernelBuilder::ifValue(Value condition, Type type, function_ref<Value()> then,
                             function_ref<Value()> otherwise) {
  auto op = scf::IfOp::create(b, loc, TypeRange(type), condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  Value first = then();
  scf::YieldOp::create(b, loc, first);
  b.setInsertionPointToStart(op.elseBlock());
  Value second = otherwise();
  scf::YieldOp::create(b, loc, second);
  return op.getResult(0);
}

void KernelBuilder::vectorLoop(Value lower, Value upper, int64_t lanes,
                               function_ref<void(Value, int64_t)> body) {
  Value count = sub(upper, lower);
  Value whole = sub(count, remS(count, idx(lanes)));
  Value middle = add(lower, whole);
  loop(lower, middle, idx(lanes), [&](Value iv) { body(iv, lanes); });
  loop(middle, upper, idx(1), [&](Value iv) { body(iv, 1); });
}

//===--- vector shapes ----------------------------------------------------===//

Value KernelBuilder::shuffle(Value x, Value y, ArrayRef<int64_t> mask) {
  return vector::ShuffleOp::create(b, loc, x, y, mask);
}

Value KernelBuilder::extractLane(Value x, int64_t lane) {
  return vector::ExtractOp::create(b, loc, x, lane);
}

Value KernelBuilder::reduceTree(Value x, function_ref<Value(Value, Value)> combine) {
  auto type = dyn_cast<VectorType>(x.getType());
  if (!type)
    return x;
  int64_t lanes = type.getNumElements();
  while (lanes > 1) {
    int64_t half = lanes / 2;
    SmallVector<int64_t> low, high;
    for (int64_t i = 0; i < half; ++i) {
      low.push_back(i);
      high.push_back(half + i);
    }
    x = combine(shuffle(x, x, low), shuffle(x, x, high));
    lanes = half;
  }
  return extractLane(x, 0);
}
