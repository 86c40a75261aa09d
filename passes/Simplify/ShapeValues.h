// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What is known about dimensions and about the integers computed from them:
/// each is a number, a symbol (equal symbols are equal numbers at run time), or
/// unknown. This is enough to see through the shape arithmetic that exporters write.

#ifndef BITWRIGHT_PASSES_SIMPLIFY_SHAPEVALUES_H
#define BITWRIGHT_PASSES_SIMPLIFY_SHAPEVALUES_H

#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <optional>

namespace bitwright {

/// One integer.
struct ShapeValue {
  enum Kind { Unknown, Constant, Symbol };
  Kind kind = Unknown;
  int64_t value = 0; // the number, or which symbol

  static ShapeValue constant(int64_t number) { return {Constant, number}; }
  bool isConstant() const { return kind == Constant; }
  bool isConstant(int64_t number) const { return kind == Constant && value == number; }
  bool isSymbol() const { return kind == Symbol; }
  /// Known to be the same number.
  bool equals(const ShapeValue &other) const {
    return kind != Unknown && kind == other.kind && value == other.value;
  }
};

using ShapeVector = llvm::SmallVector<ShapeValue, 6>;

/// Answers questions about one function. Results are remembered, so ops that
/// were asked about must not be erased while this lives.
class ShapeValues {
public:
  /// The dimensions of a tensor.
  ShapeVector getDims(mlir::Value tensor);
  /// The elements of an integer (or i1) tensor of rank 0 or 1 and at most 64
  /// elements; nullopt for others.
  std::optional<ShapeVector> getElements(mlir::Value tensor);

private:
  ShapeVector computeDims(mlir::Value tensor);
  ShapeVector computeElements(mlir::Value tensor, int64_t count);
  ShapeVector computeArgumentDims(mlir::BlockArgument argument);
  ShapeVector broadcastDims(mlir::ValueRange operands, int64_t rank);
  ShapeVector reshapeDims(mlir::Value input, mlir::Value shape, bool allowZero, int64_t rank);
  void fillSymbols(mlir::Value tensor, ShapeVector &dims);
  ShapeValue newSymbol() { return {ShapeValue::Symbol, nextSymbol++}; }

  llvm::DenseMap<mlir::Value, ShapeVector> dims;
  llvm::DenseMap<mlir::Value, std::optional<ShapeVector>> elements;
  llvm::StringMap<int64_t> namedSymbols;
  int64_t nextSymbol = 0;
};

} // namespace bitwright

#endif // BITWRIGHT_PASSES_SIMPLIFY_SHAPEVALUES_H
