// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What float ops become where their data is quantized to 8 bits: the vocabulary of
/// QuantizableInterface.

#ifndef BITWRIGHT_DIALECTS_QNN_INTEGERFORM_H
#define BITWRIGHT_DIALECTS_QNN_INTEGERFORM_H

#include "dialects/QNN/IntegerRange.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include <limits>
#include <optional>
#include <string>

namespace bitwright {

/// Parameters of a tensor that is quantized as a whole to 8 bits.
struct TensorParams {
  mlir::Value scale, zeroPoint; // rank-0 constants
  float scaleValue = 1.0f;
  int64_t zeroPointValue = 0; // in storage terms: 0..255 where unsigned
  bool isUnsigned = false;

  IntegerRange range() const { return integerRange(8, isUnsigned); }
  bool operator==(const TensorParams &other) const {
    return scaleValue == other.scaleValue && zeroPointValue == other.zeroPointValue &&
           isUnsigned == other.isUnsigned;
  }
  bool operator!=(const TensorParams &other) const { return !(*this == other); }
};

/// A quantized activation: `data` dequantized with `params` gives the value asked about.
struct QuantizedValue {
  mlir::Value data;
  TensorParams params;
};

/// What an integer op is made of, whatever the float op was.
struct IntegerOperands {
  llvm::SmallVector<QuantizedValue, 2> data; ///< in the order of getQuantizableOperands
  TensorParams output;
  IntegerRange clamp; ///< the storage values that the result keeps
  /// Of a contraction: constants of the forms that its integer op asks for (bias may be null), and
  /// what is added to its sums.
  mlir::Value weight, bias, multiplier;
  std::optional<QuantizedValue> residual;
};

} // namespace bitwright

namespace bitwright::qnn {

/// What a float op becomes where its data is quantized.
enum class IntegerForm {
  None,        ///< it stays float
  Contraction, ///< an integer op on int32 sums of products; takes a residual and a clamp
  Binary,      ///< an integer op on two tensors; takes a clamp
  Mean,        ///< an integer op on int32 sums of elements
  Table,       ///< a look-up: each element is a function of one element of one tensor
  Move,        ///< the op itself, on bytes
};

/// What a float op may be at the end of the integer op in front of it.
enum class FusedTail {
  None,
  Residual, ///< a sum that is formed on the int32 sums of a contraction
  Clamp,    ///< limits of what is stored
};

/// The interval that a clamp keeps elements in.
struct Limits {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

/// The same questions for any op, also none (null), and for those without QuantizableInterface.
IntegerForm getIntegerForm(mlir::Operation *op);
FusedTail getFusedTail(mlir::Operation *op);
inline bool isClamp(mlir::Operation *op) { return getFusedTail(op) == FusedTail::Clamp; }
/// Why the op, as it stands, has no integer form, or "".
std::string explainFloat(mlir::Operation *op);

/// The f32 tensor that an elementwise op is a function of, element by element, because its other
/// operands are constants of one element; null where there is no such tensor.
mlir::Value getFunctionArgument(mlir::Operation *op);

/// What QuantizableInterface says of ops that say nothing themselves.
namespace detail {
IntegerForm getIntegerForm(mlir::Operation *op);
std::string explainFloat(mlir::Operation *op);
llvm::SmallVector<mlir::OpOperand *> getQuantizableOperands(mlir::Operation *op);
llvm::SmallVector<mlir::Value> getJoinedOperands(mlir::Operation *op);
} // namespace detail

} // namespace bitwright::qnn

#endif // BITWRIGHT_DIALECTS_QNN_INTEGERFORM_H
