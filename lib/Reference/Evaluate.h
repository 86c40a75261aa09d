// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What the evaluators of the op groups share: operands, errors that name the
/// node, checked allocation, the table from op to evaluator, and the one loop
/// that moves elements.

#ifndef BITWRIGHT_LIB_REFERENCE_EVALUATE_H
#define BITWRIGHT_LIB_REFERENCE_EVALUATE_H

#include "bitwright/Reference/Interpreter.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/Twine.h"
#include <functional>

namespace bitwright::reference {

using llvm::ArrayRef;
using llvm::Expected;
using llvm::SmallVector;
using Dims = SmallVector<int64_t>;

/// The operands of an op, in order; absent optional operands take no place.
using Operands = ArrayRef<const Tensor *>;

/// "node 'NAME' (qnn.op): message".
llvm::Error makeError(mlir::Operation *op, const llvm::Twine &message);

/// "2x3x4" for messages.
std::string formatDims(ArrayRef<int64_t> dims);

/// An error where a tensor does not fit the memory budget.
llvm::Error checkSize(mlir::Operation *op, mlir::Type elementType, ArrayRef<int64_t> dims);

/// A zeroed tensor, or an error where it does not fit the memory budget.
Expected<Tensor> allocate(mlir::Operation *op, mlir::Type elementType, ArrayRef<int64_t> dims);

/// Sets what allocate() may hand out on this thread; restores the former value.
class MemoryBudget {
public:
  explicit MemoryBudget(int64_t bytes);
  ~MemoryBudget();
  static void set(int64_t bytes);

private:
  int64_t previous;
};

/// The operand of an op with operand segments at a place of its ODS list; null
/// where it is absent.
template <typename OpT> const Tensor *findOperand(OpT op, Operands operands, unsigned odsIndex) {
  auto [start, length] = op.getODSOperandIndexAndLength(odsIndex);
  return length == 0 ? nullptr : operands[start];
}

/// From an op to the function that computes it.
class Registry {
public:
  using Evaluator = std::function<Expected<SmallVector<Tensor>>(mlir::Operation *, Operands)>;

  /// `function` takes (OpT, Operands) and returns Expected<Tensor>.
  template <typename OpT, typename F> void add(F function) {
    evaluators[mlir::TypeID::get<OpT>()] =
        [function](mlir::Operation *op, Operands operands) -> Expected<SmallVector<Tensor>> {
      Expected<Tensor> result = function(llvm::cast<OpT>(op), operands);
      if (!result)
        return result.takeError();
      SmallVector<Tensor> results;
      results.push_back(std::move(*result));
      return results;
    };
  }

  /// `function` takes (OpT, Operands) and returns Expected<SmallVector<Tensor>>.
  template <typename OpT, typename F> void addMulti(F function) {
    evaluators[mlir::TypeID::get<OpT>()] = [function](mlir::Operation *op, Operands operands) {
      return function(llvm::cast<OpT>(op), operands);
    };
  }

  const Evaluator *lookup(mlir::Operation *op) const {
    auto it = evaluators.find(op->getName().getTypeID());
    return it == evaluators.end() ? nullptr : &it->second;
  }

private:
  llvm::DenseMap<mlir::TypeID, Evaluator> evaluators;
};

void registerUnary(Registry &registry);
void registerBinary(Registry &registry);
void registerContractions(Registry &registry);
void registerNormalizations(Registry &registry);
void registerReductions(Registry &registry);
void registerPooling(Registry &registry);
void registerShape(Registry &registry);
void registerSlicing(Registry &registry);
void registerResize(Registry &registry);
void registerQuantization(Registry &registry);
void registerIntegerElementwise(Registry &registry);
void registerIntegerContractions(Registry &registry);

/// Evaluates with operands by pointer, checking operands and results against the op.
Expected<SmallVector<Tensor>> evaluateChecked(mlir::Operation *op, Operands operands);

//===--- moving elements --------------------------------------------------===//

/// Row-major strides, in elements.
Dims stridesOf(ArrayRef<int64_t> dims);

/// For each result dimension, the source offset (in elements) that a coordinate
/// adds; -1 marks coordinates outside of the source.
using OffsetTable = SmallVector<std::vector<int64_t>>;

/// result[c0, c1, ...] = source[offsets[0][c0] + offsets[1][c1] + ...], or `fill`
/// (one element's bytes) where any offset is -1. i4 is handled by unpacking.
Expected<Tensor> moveElements(mlir::Operation *op, const Tensor &source, const OffsetTable &offsets,
                              const Tensor *fill = nullptr);

/// The same elements in another shape of as many.
Tensor reshape(const Tensor &source, ArrayRef<int64_t> dims);

/// Broadcasts to `dims`; an error where that is no numpy broadcast.
Expected<Tensor> expandTo(mlir::Operation *op, const Tensor &source, ArrayRef<int64_t> dims);

/// The numpy broadcast of two shapes.
Expected<Dims> broadcastDims(mlir::Operation *op, ArrayRef<int64_t> lhs, ArrayRef<int64_t> rhs);

/// 0 <= axis < rank, else an error.
llvm::Error checkAxis(mlir::Operation *op, int64_t axis, int64_t rank);

inline bool isFloat(const Tensor &tensor) { return llvm::isa<mlir::FloatType>(tensor.elementType); }

} // namespace bitwright::reference

#endif // BITWRIGHT_LIB_REFERENCE_EVALUATE_H
