// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What several families of passes share: reading scalars out of constants,
/// names of merged ops, and evaluating an op on constants.

#ifndef BITWRIGHT_PASSES_COMMON_UTILS_H
#define BITWRIGHT_PASSES_COMMON_UTILS_H

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/Layout.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/IR/Value.h"
#include "llvm/Support/Error.h"
#include <optional>

namespace bitwright {

inline mlir::RankedTensorType getTensorType(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}

/// The value that all elements of a small float constant share, else nullopt.
std::optional<double> getSplatFloat(mlir::Value value);
/// The same for integer constants.
std::optional<int64_t> getSplatInteger(mlir::Value value);
/// True for a float constant whose elements all lie within 1e-4 (relative) of `expected`.
bool isSplatNear(mlir::Value value, double expected);

/// The float constant as one value for each channel, where `axis` of a tensor
/// of rank `rank` is the channel: elements vary along that axis only, after
/// broadcasting. A constant with one element is repeated. nullopt otherwise.
std::optional<llvm::SmallVector<float>> getPerChannel(mlir::Value constant, int64_t rank,
                                                      int64_t axis, int64_t channels);

/// The locations of all of `ops`, so that a merged op carries the names of its sources.
mlir::Location fuseLocations(llvm::ArrayRef<mlir::Operation *> ops);

/// Operand order does not matter: calls `match(a, b)` and then `match(b, a)`.
bool matchEither(mlir::Value a, mlir::Value b,
                 llvm::function_ref<bool(mlir::Value, mlir::Value)> match);

/// The dimension sizes of the op's results that are not known statically count as this.
inline constexpr int64_t assumedDynamicSize = 16;
int64_t estimateElements(mlir::RankedTensorType type);

/// Evaluates an op all of whose operands are constants with the reference
/// interpreter. The error is the interpreter's.
llvm::Expected<llvm::SmallVector<mlir::TypedAttr>> evaluateOnConstants(mlir::Operation *op);

/// Copies `op` in front of the rewriter's insertion point with other operands and result types.
mlir::Operation *cloneWith(mlir::OpBuilder &builder, mlir::Operation *op, mlir::ValueRange operands,
                           mlir::TypeRange results);

/// Erases ops without uses and effects.
void eraseUnused(mlir::Operation *root);

/// Applies the patterns until nothing changes; emits an error on `root` where that does not happen.
/// Returns how many ops they replaced.
mlir::FailureOr<int64_t> applyPatterns(mlir::Operation *root, mlir::RewritePatternSet &&patterns);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_COMMON_UTILS_H
