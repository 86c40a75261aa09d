// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Symbolic sizes with value numbering, and the body of the frame function.

#include "passes/Codegen/Plan/Sizes.h"

#include "bitwright_rt/abi.h"
#include "dialects/QNN/Constants.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include <algorithm>

using namespace mlir;
using namespace bitwright::codegen;

//===--- folding ----------------------------------------------------------===//

/// The operation on two constants, as generated code computes it: sums and
/// products wrap, and division by 0 gives 0.
int64_t Sizes::fold(Op op, int64_t x, int64_t y) {
  uint64_t a = x, b = y;
  switch (op) {
  case Op::Add:
    return a + b;
  case Op::Sub:
    return a - b;
  case Op::Mul:
    return a * b;
  case Op::Div:
    return y == 0 ? 0 : y == -1 ? int64_t(0 - a) : x / y;
  case Op::Rem:
    return y == 0 || y == -1 ? 0 : x % y;
  case Op::Min:
    return std::min(x, y);
  case Op::Max:
    return std::max(x, y);
  case Op::Equal:
    return x == y;
  case Op::Less:
    return x < y;
  }
  llvm_unreachable("covered switch");
}

/// Identities that hold for any value of a symbol.
std::optional<Dim> Sizes::foldIdentity(Op op, Dim x, Dim y) {
  if ((op == Op::Add || op == Op::Sub) && y.is(0))
    return x;
  if (op == Op::Add && x.is(0))
    return y;
  if ((op == Op::Mul || op == Op::Div) && y.is(1))
    return x;
  if (op == Op::Mul && x.is(1))
    return y;
  if (op == Op::Mul && (x.is(0) || y.is(0)))
    return Dim(0);
  if (x == y) {
    if (op == Op::Sub || op == Op::Less)
      return Dim(0);
    if (op == Op::Min || op == Op::Max)
      return x;
    if (op == Op::Equal)
      return Dim(1);
  }
  return std::nullopt;
}

//===--- symbols ----------------------------------------------------------===//

Value Sizes::valueOf(Dim dim) {
  return dim.symbol ? dim.symbol : KernelBuilder(builder, loc).idx(dim.size);
}

Value Sizes::emitDivision(Op op, Value x, Value y) {
  KernelBuilder k(builder, loc);
  // Neither x / 0 nor the least number / -1 may trap.
  Value isZero = k.compare(arith::CmpIPredicate::eq, y, k.idx(0));
  Value isMinusOne = k.compare(arith::CmpIPredicate::eq, y, k.idx(-1));
  Value divisor = k.select(k.bitOr(isZero, isMinusOne), k.idx(1), y);
  Value result = op == Op::Div ? k.select(isMinusOne, k.sub(k.idx(0), x), k.divS(x, divisor))
                               : k.remS(x, divisor);
  return k.select(isZero, k.idx(0), result);
}

Value Sizes::emit(Op op, Value x, Value y) {
  KernelBuilder k(builder, loc);
  switch (op) {
  case Op::Add:
    return k.add(x, y);
  case Op::Sub:
    return k.sub(x, y);
  case Op::Mul:
    return k.mul(x, y);
  case Op::Min:
    return k.minimum(x, y);
  case Op::Max:
    return k.maximum(x, y);
  case Op::Equal:
    return k.extend(k.compare(arith::CmpIPredicate::eq, x, y), k.i64(), true);
  case Op::Less:
    return k.extend(k.compare(arith::CmpIPredicate::slt, x, y), k.i64(), true);
  case Op::Div:
  case Op::Rem:
    return emitDivision(op, x, y);
  }
  llvm_unreachable("covered switch");
}

Dim Sizes::combine(Op op, Dim x, Dim y) {
  if (x.isStatic() && y.isStatic())
    return fold(op, x.size, y.size);
  if (auto folded = foldIdentity(op, x, y))
    return *folded;
  auto keyOf = [&](Dim dim) {
    if (dim.isStatic())
      return std::pair(false, dim.size);
    return std::pair(true, numbers.try_emplace(dim.symbol, numbers.size()).first->second);
  };
  auto first = keyOf(x), second = keyOf(y);
  bool commutes =
      op == Op::Add || op == Op::Mul || op == Op::Min || op == Op::Max || op == Op::Equal;
  if (commutes && second < first) {
    std::swap(first, second);
    std::swap(x, y);
  }
  auto [entry, isNew] =
      known.try_emplace({op, first.first, first.second, second.first, second.second});
  if (!isNew)
    return entry->second;
  Value a = valueOf(x), b = valueOf(y), result = emit(op, a, b);
  Dim dim(result);
  if (auto constant = result.getDefiningOp<arith::ConstantOp>())
    dim = Dim(cast<IntegerAttr>(constant.getValue()).getInt());
  return entry->second = dim;
}

Dim Sizes::floorDiv(Dim x, Dim y) {
  // Truncation rounds up for negative x.
  Dim quotient = div(x, y);
  if (x.isStatic() && x.size >= 0)
    return quotient;
  Dim inexactNegative = logicalAnd(less(x, 0), logicalNot(equal(rem(x, y), 0)));
  return sub(quotient, inexactNegative);
}

Dim Sizes::select(Dim condition, Dim x, Dim y) {
  if (condition.isStatic())
    return condition.size ? x : y;
  if (x == y)
    return x;
  return add(y, mul(condition, sub(x, y)));
}

Dim Sizes::product(ArrayRef<Dim> dims) {
  Dim result(1);
  for (Dim dim : dims)
    result = mul(result, dim);
  return result;
}

Dim Sizes::divideProducts(ArrayRef<Dim> numerator, ArrayRef<Dim> denominator) {
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

Dims Sizes::contiguousStrides(const Dims &dims) {
  Dims strides(dims.size());
  Dim stride(1);
  for (int64_t i = dims.size() - 1; i >= 0; --i) {
    strides[i] = stride;
    stride = mul(stride, dims[i]);
  }
  return strides;
}

//===--- checks -----------------------------------------------------------===//

LogicalResult Sizes::require(Dim condition, Operation *op, const Twine &message) {
  if (condition.isStatic()) {
    if (condition.size)
      return success();
    return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': " << message;
  }
  if (deferredChecks) {
    deferredChecks->push_back({op, condition});
    return success();
  }
  KernelBuilder k(builder, op->getLoc());
  Value bad = k.compare(arith::CmpIPredicate::eq, condition.symbol, k.idx(0));
  Value first = k.bitAnd(bad, k.compare(arith::CmpIPredicate::eq, status, k.integer(k.i32(), 0)));
  status = k.select(first, k.integer(k.i32(), BW_ERR_SHAPE), status);
  failedNode = k.select(first, k.idx(nodes.numberOf(op)), failedNode);
  return success();
}

LogicalResult Sizes::requireSize(ArrayRef<Dim> dims, int64_t elementBytes, Operation *op) {
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

//===--- the frame --------------------------------------------------------===//

void Sizes::begin(Block *block) {
  builder.setInsertionPointToEnd(block);
  KernelBuilder k(builder, loc);
  status = k.integer(k.i32(), 0);
  failedNode = k.idx(-1);
}

Dim Sizes::load(Value base, int64_t index) {
  KernelBuilder k(builder, loc);
  return Dim(k.load(k.i64(), base, k.idx(index)));
}

int64_t Sizes::slotOf(Dim symbol) {
  auto [entry, isNew] = slots.try_emplace(symbol.symbol, slotDims.size());
  if (isNew)
    slotDims.push_back(symbol);
  return entry->second;
}

void Sizes::storeSlots(Value frame) {
  KernelBuilder k(builder, loc);
  for (auto [i, dim] : llvm::enumerate(slotDims))
    k.storeAt(dim.symbol, k.gep(frame, k.i64(), k.idx(i)));
}
