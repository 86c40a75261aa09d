// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Shape arithmetic shared by the type inference of the ops. A dimension is a
/// size or ShapedType::kDynamic. Every check that fails names the op and the
/// rule of docs/semantics.md at the given location, and emits nothing where
/// there is no location.

#ifndef BITWRIGHT_DIALECTS_QNN_SHAPEINFERENCE_H
#define BITWRIGHT_DIALECTS_QNN_SHAPEINFERENCE_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/TypeRange.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>

namespace bitwright::qnn {

using Dims = llvm::SmallVector<int64_t, 6>;
using mlir::ShapedType;

/// Where an inference reports: location and op name.
struct Site {
  std::optional<mlir::Location> loc;
  llvm::StringRef op;

  template <typename... Args> mlir::LogicalResult fail(Args &&...args) const {
    if (!loc)
      return mlir::failure();
    mlir::InFlightDiagnostic diag = mlir::emitError(*loc) << "'" << op << "' op ";
    (diag << ... << std::forward<Args>(args));
    return diag;
  }
};

/// Each pair has one element type and shapes that do not contradict.
bool areCompatibleTypes(mlir::TypeRange lhs, mlir::TypeRange rhs);

/// "?x3x4" for messages.
std::string toString(llvm::ArrayRef<int64_t> dims);

inline bool isDynamic(int64_t dim) { return ShapedType::isDynamic(dim); }
inline bool dimsAgree(int64_t lhs, int64_t rhs) {
  return lhs == rhs || isDynamic(lhs) || isDynamic(rhs);
}

inline mlir::RankedTensorType rankedType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}
inline llvm::ArrayRef<int64_t> dimsOf(mlir::Value value) { return rankedType(value).getShape(); }
inline mlir::Type elementOf(mlir::Value value) { return rankedType(value).getElementType(); }

/// The numpy broadcast of two shapes.
mlir::FailureOr<Dims> broadcast(const Site &site, llvm::ArrayRef<int64_t> lhs,
                                llvm::ArrayRef<int64_t> rhs);

/// 0 <= axis < rank (or <= rank where `orEnd`).
mlir::LogicalResult checkAxis(const Site &site, int64_t axis, int64_t rank, bool orEnd = false);

/// Axes are in range and none appears twice.
mlir::LogicalResult checkAxes(const Site &site, llvm::ArrayRef<int64_t> axes, int64_t rank);

/// `dims` has `count` dimensions.
mlir::LogicalResult checkRank(const Site &site, llvm::StringRef what, llvm::ArrayRef<int64_t> dims,
                              int64_t count);

/// A rank-1 operand of `size` elements.
mlir::LogicalResult checkVector(const Site &site, llvm::StringRef what, mlir::Value value,
                                int64_t size);

/// Two element types are one.
mlir::LogicalResult checkSameElement(const Site &site, llvm::StringRef what, mlir::Value value,
                                     mlir::Value other);

/// The window of a convolution or pool.
struct Window {
  llvm::ArrayRef<int64_t> kernel, strides, pads, dilations;
};

/// Sizes and signs of the attributes of a window.
mlir::LogicalResult checkWindow(const Site &site, const Window &window);

/// Elements of a weight for each output channel: the product of its dimensions after the first. An
/// unknown one counts as 1; a product that overflows is the largest number.
int64_t contractedSize(mlir::Value weight);

/// Height and width after sliding the window over an NHWC image.
mlir::FailureOr<Dims> slideWindow(const Site &site, const Window &window,
                                  llvm::ArrayRef<int64_t> input);

/// Shape of a convolution of `input` (NHWC) with `weight` (OHWI).
mlir::FailureOr<Dims> inferConv(const Site &site, mlir::Value input, mlir::Value weight,
                                mlir::Value bias, Window window, int64_t groups);

/// Shape of `input` (... x K) times the transpose of `weight` (N x K).
mlir::FailureOr<Dims> inferLinear(const Site &site, mlir::Value input, mlir::Value weight,
                                  mlir::Value bias);

/// Shape after reducing `axes`.
mlir::FailureOr<Dims> inferReduce(const Site &site, llvm::ArrayRef<int64_t> input,
                                  llvm::ArrayRef<int64_t> axes, bool keepDims);

/// An integer that may be known at compile time. Every int64 can be the value of a tensor's
/// element, ShapedType::kDynamic (INT64_MIN) as well, so that none of them can say "unknown".
using KnownInteger = std::optional<int64_t>;
using KnownIntegers = llvm::SmallVector<KnownInteger>;

/// The size as types have it.
inline int64_t sizeOrDynamic(KnownInteger size) { return size.value_or(ShapedType::kDynamic); }

/// What is known at compile time of a one-dimensional or scalar integer tensor, element by element.
/// Looks through shape arithmetic. nullopt where not even the length is known.
std::optional<KnownIntegers> getKnownIntegers(mlir::Value value);

} // namespace bitwright::qnn

#endif // BITWRIGHT_DIALECTS_QNN_SHAPEINFERENCE_H
