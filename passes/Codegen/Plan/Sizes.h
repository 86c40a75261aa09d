// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Arithmetic on sizes. A size is a constant or a value of the plan function,
/// which computes every dynamic size and arena offset from the dimensions of the
/// inputs, in straight-line code. Equal computations are one symbol, so that
/// sizes which are equal whatever the inputs are compare equal here.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_SIZES_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_SIZES_H

#include "passes/Codegen/Build/KernelBuilder.h"
#include "passes/Codegen/Plan/NodeNames.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace bitwright::codegen {

/// A size: a constant, or an i64 value of the plan function.
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

/// A condition that a region of qnn.if needs, and the op that says so.
using SizeCheck = std::pair<mlir::Operation *, Dim>;

class Sizes {
public:
  Sizes(mlir::Location loc, NodeNames &nodes) : builder(loc.getContext()), loc(loc), nodes(nodes) {}

  Dim add(Dim x, Dim y) { return combine(Op::Add, x, y); }
  Dim sub(Dim x, Dim y) { return combine(Op::Sub, x, y); }
  Dim mul(Dim x, Dim y) { return combine(Op::Mul, x, y); }
  /// Quotient rounded toward zero; 0 where the divisor is 0.
  Dim div(Dim x, Dim y) { return combine(Op::Div, x, y); }
  /// Quotient rounded down, for a positive divisor.
  Dim floorDiv(Dim x, Dim y);
  Dim ceilDiv(Dim x, Dim y) { return floorDiv(sub(add(x, y), 1), y); }
  Dim rem(Dim x, Dim y) { return combine(Op::Rem, x, y); }
  Dim min(Dim x, Dim y) { return combine(Op::Min, x, y); }
  Dim max(Dim x, Dim y) { return combine(Op::Max, x, y); }
  Dim equal(Dim x, Dim y) { return combine(Op::Equal, x, y); }
  Dim less(Dim x, Dim y) { return combine(Op::Less, x, y); }
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

  //===--- the frame -------------------------------------------------------===//

  /// Starts the body of the plan function, at the end of `block`.
  void begin(mlir::Block *block);
  /// An i64 that the plan function reads at base[index].
  Dim load(Value base, int64_t index);
  /// The place of a symbol in the frame; the first question makes one.
  int64_t slotOf(Dim symbol);
  int64_t numSlots() const { return slotDims.size(); }
  /// Writes the slots into `frame`.
  void storeSlots(Value frame);
  /// At the end of the body: the builder, a size as a value, the status and the node of the first
  /// failed check, or -1.
  KernelBuilder getBuilder() { return KernelBuilder(builder, loc); }
  Value valueOf(Dim dim);
  Value getStatus() const { return status; }
  Value getFailedNode() const { return failedNode; }

private:
  enum class Op : uint8_t { Add, Sub, Mul, Div, Rem, Min, Max, Equal, Less };
  /// Operands of an operation that has a symbol: its number or the constant.
  using Key = std::tuple<Op, bool, int64_t, bool, int64_t>;

  static int64_t fold(Op op, int64_t x, int64_t y);
  static std::optional<Dim> foldIdentity(Op op, Dim x, Dim y);
  Dim combine(Op op, Dim x, Dim y);
  Value emit(Op op, Value x, Value y);
  Value emitDivision(Op op, Value x, Value y);

  mlir::OpBuilder builder;
  mlir::Location loc;
  NodeNames &nodes;
  Value status, failedNode;
  std::map<Key, Dim> known;
  llvm::DenseMap<Value, int64_t> numbers;
  llvm::DenseSet<Value> checkedSizes; ///< Conditions that requireSize required.
  llvm::DenseMap<Value, int64_t> slots;
  Dims slotDims;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_SIZES_H
