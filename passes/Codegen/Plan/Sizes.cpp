// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Symbolic sizes with value numbering.

#include "passes/Codegen/Plan/Sizes.h"

#include "dialects/Kernel/KernelOps.h"
#include "dialects/QNN/Constants.h"
#include <algorithm>

using namespace mlir;
using namespace bitwright::codegen;
namespace kernel = bitwright::kernel;

//===--- folding ----------------------------------------------------------===//

/// The operation on two constants, as generated code computes it: sums and
/// products wrap, and division by 0 gives 0.
int64_t Sizes::fold(Kind kind, int64_t x, int64_t y) {
  uint64_t a = x, b = y;
  switch (kind) {
  case Kind::Add:
    return a + b;
  case Kind::Sub:
    return a - b;
  case Kind::Mul:
    return a * b;
  case Kind::Div:
    return y == 0 ? 0 : y == -1 ? int64_t(0 - a) : x / y;
  case Kind::Rem:
    return y == 0 || y == -1 ? 0 : x % y;
  case Kind::Min:
    return std::min(x, y);
  case Kind::Max:
    return std::max(x, y);
  case Kind::Equal:
    return x == y;
  case Kind::Less:
    return x < y;
  }
  llvm_unreachable("covered switch");
}

/// The operands of `dim` where it is computed by `kind`.
static std::optional<std::pair<Dim, Dim>> getOperands(kernel::SizeKind kind, Dim dim) {
  auto op = dim.symbol ? dim.symbol.getDefiningOp<kernel::SizeOp>() : kernel::SizeOp();
  if (!op || op.getKind() != kind)
    return std::nullopt;
  return std::pair(readSize(op.getLhs(), op.getStaticLhs()),
                   readSize(op.getRhs(), op.getStaticRhs()));
}

/// What is left where a sum meets a difference with an equal symbol.
static std::optional<Dim> cancel(kernel::SizeKind kind, Dim x, Dim y) {
  using Kind = kernel::SizeKind;
  if (kind == Kind::Add) {
    for (auto [sum, other] : {std::pair(x, y), std::pair(y, x)})
      if (auto terms = getOperands(Kind::Sub, sum); terms && other.symbol && terms->second == other)
        return terms->first;
  } else if (auto terms = getOperands(Kind::Add, x); terms && kind == Kind::Sub && y.symbol) {
    if (terms->second == y)
      return terms->first;
    if (terms->first == y)
      return terms->second;
  }
  return std::nullopt;
}

/// Identities that hold for any value of a symbol.
std::optional<Dim> Sizes::foldIdentity(Kind kind, Dim x, Dim y) {
  if ((kind == Kind::Add || kind == Kind::Sub) && y.is(0))
    return x;
  if (kind == Kind::Add && x.is(0))
    return y;
  if ((kind == Kind::Mul || kind == Kind::Div) && y.is(1))
    return x;
  if (kind == Kind::Mul && x.is(1))
    return y;
  if (kind == Kind::Mul && (x.is(0) || y.is(0)))
    return Dim(0);
  if ((kind == Kind::Div && y.is(0)) || (kind == Kind::Rem && (y.is(0) || y.is(1) || y.is(-1))))
    return Dim(0);
  if (x == y) {
    if (kind == Kind::Sub || kind == Kind::Less)
      return Dim(0);
    if (kind == Kind::Min || kind == Kind::Max)
      return x;
    if (kind == Kind::Equal)
      return Dim(1);
  }
  return cancel(kind, x, y);
}

//===--- the plan ---------------------------------------------------------===//

Dim bitwright::codegen::readSize(Value value, int64_t constant) {
  if (!value)
    return constant;
  auto op = value.getDefiningOp<arith::ConstantOp>();
  return op ? Dim(cast<IntegerAttr>(op.getValue()).getInt()) : Dim(value);
}

Dims bitwright::codegen::readSizes(ValueRange values, ArrayRef<int64_t> constants) {
  Dims dims;
  for (int64_t constant : constants) {
    dims.push_back(ShapedType::isDynamic(constant) ? readSize(values.front()) : Dim(constant));
    values = values.drop_front(ShapedType::isDynamic(constant));
  }
  return dims;
}

std::pair<Value, int64_t> Sizes::mix(Dim dim) {
  if (dim.isStatic() && !ShapedType::isDynamic(dim.size))
    return {Value(), dim.size};
  return {valueOf(dim), ShapedType::kDynamic};
}

MixedSizes Sizes::mix(ArrayRef<Dim> dims) {
  MixedSizes mixed;
  for (Dim dim : dims) {
    auto [value, constant] = mix(dim);
    mixed.constants.push_back(constant);
    if (value)
      mixed.values.push_back(value);
  }
  return mixed;
}

void Sizes::begin(Block *block) {
  builder.setInsertionPointToEnd(block);
  if (!block->empty() && block->back().hasTrait<OpTrait::IsTerminator>())
    builder.setInsertionPoint(&block->back());
  for (auto op : block->getOps<kernel::SizeOp>()) {
    Operand x = keyOf(readSize(op.getLhs(), op.getStaticLhs())),
            y = keyOf(readSize(op.getRhs(), op.getStaticRhs()));
    known.try_emplace({op.getKind(), x, y}, Dim(op.getResult()));
  }
}

Dim Sizes::dimOf(Value input, int64_t axis) {
  return Dim(kernel::DimOp::create(builder, loc, builder.getI64Type(), input, axis).getResult());
}

Value Sizes::valueOf(Dim dim) {
  return dim.symbol ? dim.symbol : KernelBuilder(builder, loc).idx(dim.size);
}

//===--- symbols ----------------------------------------------------------===//

Sizes::Operand Sizes::keyOf(Dim dim) {
  if (dim.isStatic())
    return {false, dim.size};
  return {true, numbers.try_emplace(dim.symbol, numbers.size()).first->second};
}

Dim Sizes::combine(Kind kind, Dim x, Dim y) {
  if (x.isStatic() && y.isStatic())
    return fold(kind, x.size, y.size);
  if (auto folded = foldIdentity(kind, x, y))
    return *folded;
  Operand first = keyOf(x), second = keyOf(y);
  bool commutes = kind == Kind::Add || kind == Kind::Mul || kind == Kind::Min ||
                  kind == Kind::Max || kind == Kind::Equal;
  if (commutes && second < first) {
    std::swap(first, second);
    std::swap(x, y);
  }
  auto [entry, isNew] = known.try_emplace({kind, first, second});
  if (isNew) {
    auto [a, constantA] = mix(x);
    auto [b, constantB] = mix(y);
    entry->second = Dim(
        kernel::SizeOp::create(builder, loc, builder.getI64Type(), kind, a, constantA, b, constantB)
            .getResult());
  }
  return entry->second;
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
    deferredChecks->push_back({op, condition, message.str()});
    return success();
  }
  kernel::RequireOp::create(builder, op->getLoc(), condition.symbol, message.str());
  return success();
}

LogicalResult Sizes::requireSize(ArrayRef<Dim> dims, int64_t elementBytes, Operation *op) {
  // No product wraps: one factor is below 2^32 where the other is below 2^31, or else the
  // product is either refused (2^32 * 2^14 and more) or below 2^60.
  constexpr int64_t most = kernel::kMostBytes;
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

int64_t Sizes::slotOf(Dim symbol) {
  auto [entry, isNew] = slots.try_emplace(symbol.symbol, slotDims.size());
  if (isNew)
    slotDims.push_back(symbol);
  return entry->second;
}
