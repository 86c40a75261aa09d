// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Arithmetic on sizes. A size is a constant or a value of the plan, which computes
/// every dynamic size and arena offset from the dimensions of the inputs, in
/// straight-line code (`kernel.size`). Equal computations are one symbol, so that
/// sizes which are equal whatever the inputs are compare equal here.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_SIZES_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_SIZES_H

#include "passes/Codegen/Build/KernelBuilder.h"

#include "dialects/Kernel/KernelDialect.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include <map>

namespace bitwright::codegen {

/// A size: a constant, or an i64 value of the plan.
struct Dim {
  int64_t size = 0;
  Value symbol;

  Dim() = default;
  Dim(int64_t size) : size(size) {}
  explicit Dim(Value symbol) : size(-1), symbol(symbol) {}
  bool isStatic() const { return !symbol; }
  bool is(int64_t value) const { return isStatic() && size == value; }
  bool operator==(const Dim &other) const { return size == other.size && symbol == other.symbol; }
  bool operator!=(const Dim &other) const { return !(*this == other); }
};
using Dims = llvm::SmallVector<Dim>;

/// Sizes as ops of the kernel dialect hold them: a constant each, or a value where that is
/// ShapedType::kDynamic.
struct MixedSizes {
  llvm::SmallVector<int64_t> constants;
  llvm::SmallVector<Value> values;
};
Dim readSize(Value value, int64_t constant = mlir::ShapedType::kDynamic);
Dims readSizes(ValueRange values, llvm::ArrayRef<int64_t> constants);

/// A condition that a region of qnn.if needs, and the op that says so.
struct SizeCheck {
  mlir::Operation *op;
  Dim condition;
  std::string message;
};

class Sizes {
public:
  explicit Sizes(mlir::Location loc) : builder(loc.getContext()), loc(loc) {}

  /// Computes at the end of `block` from now on, before its terminator. Computations that stand
  /// there are known.
  void begin(mlir::Block *block);
  /// A dimension of `input`, an argument of the block.
  Dim dimOf(Value input, int64_t axis);
  /// A size as a value of the block.
  Value valueOf(Dim dim);
  /// For an op of the kernel dialect in the block.
  MixedSizes mix(llvm::ArrayRef<Dim> dims);
  std::pair<Value, int64_t> mix(Dim dim);

  Dim add(Dim x, Dim y) { return combine(Kind::Add, x, y); }
  Dim sub(Dim x, Dim y) { return combine(Kind::Sub, x, y); }
  Dim mul(Dim x, Dim y) { return combine(Kind::Mul, x, y); }
  /// Quotient rounded toward zero; 0 where the divisor is 0.
  Dim div(Dim x, Dim y) { return combine(Kind::Div, x, y); }
  /// Quotient rounded down, for a positive divisor.
  Dim floorDiv(Dim x, Dim y);
  Dim ceilDiv(Dim x, Dim y) { return floorDiv(sub(add(x, y), 1), y); }
  Dim rem(Dim x, Dim y) { return combine(Kind::Rem, x, y); }
  Dim min(Dim x, Dim y) { return combine(Kind::Min, x, y); }
  Dim max(Dim x, Dim y) { return combine(Kind::Max, x, y); }
  Dim equal(Dim x, Dim y) { return combine(Kind::Equal, x, y); }
  Dim less(Dim x, Dim y) { return combine(Kind::Less, x, y); }
  Dim logicalAnd(Dim x, Dim y) { return mul(x, y); }
  Dim logicalNot(Dim x) { return sub(1, x); }
  Dim select(Dim condition, Dim x, Dim y);
  Dim product(llvm::ArrayRef<Dim> dims);
  /// x / y where both are products: equal factors cancel symbolically.
  Dim divideProducts(llvm::ArrayRef<Dim> numerator, llvm::ArrayRef<Dim> denominator);
  /// The distance between neighbours along each dimension, rows last.
  Dims contiguousStrides(const Dims &dims);

  /// Makes the inference fail with BW_ERR_SHAPE at `op` unless `condition`
  /// holds. Inside a region of qnn.if only if that region runs.
  mlir::LogicalResult require(Dim condition, mlir::Operation *op, const llvm::Twine &message);
  /// require that a tensor takes less than 64 TiB, without a product that wraps.
  mlir::LogicalResult requireSize(llvm::ArrayRef<Dim> dims, int64_t elementBytes,
                                  mlir::Operation *op);
  /// Set while shapes inside a region of qnn.if are computed: the checks of
  /// that region are collected instead of failing the plan.
  llvm::SmallVector<SizeCheck> *deferredChecks = nullptr;

  /// The place of a symbol in the frame, which the plan function fills in; the first question makes
  /// one.
  int64_t slotOf(Dim symbol);
  llvm::ArrayRef<Dim> getSlots() const { return slotDims; }

private:
  using Kind = kernel::SizeKind;
  /// Operands of a computation that has a symbol: its number or the constant.
  using Operand = std::pair<bool, int64_t>;
  using Key = std::tuple<Kind, Operand, Operand>;

  static int64_t fold(Kind kind, int64_t x, int64_t y);
  static std::optional<Dim> foldIdentity(Kind kind, Dim x, Dim y);
  Operand keyOf(Dim dim);
  Dim combine(Kind kind, Dim x, Dim y);

  mlir::OpBuilder builder;
  mlir::Location loc;
  std::map<Key, Dim> known;
  llvm::DenseMap<Value, int64_t> numbers;
  llvm::DenseSet<Value> checkedSizes; ///< Conditions that requireSize required.
  llvm::DenseMap<Value, int64_t> slots;
  Dims slotDims;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_SIZES_H
