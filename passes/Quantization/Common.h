// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What the passes of this family share: reading weights and statistics,
/// filtering nodes by name, and recording decisions.

#ifndef BITWRIGHT_PASSES_QUANTIZATION_COMMON_H
#define BITWRIGHT_PASSES_QUANTIZATION_COMMON_H

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/DecisionLog.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/Support/Regex.h"

namespace bitwright {

/// The option `keep`: nodes that the user wants in float.
class KeepFilter {
public:
  /// Emits an error at `where` and returns failure where `pattern` is no regular expression.
  mlir::LogicalResult parse(llvm::StringRef pattern, mlir::Operation *where);
  bool matches(mlir::Operation *op) const;

private:
  std::shared_ptr<llvm::Regex> regex; // Passes are copied, a Regex cannot be.
};

/// Records what a pass chose about an op.
class DecisionRecorder {
public:
  DecisionRecorder(mlir::MLIRContext *context, llvm::StringRef pass);
  void applied(mlir::Operation *op, const llvm::Twine &choice, const llvm::Twine &reason);
  void missed(mlir::Operation *op, const llvm::Twine &choice, const llvm::Twine &reason);

private:
  DecisionLog &log;
  std::string pass;
};

/// The elements of a constant f32 operand that are all finite; nullopt otherwise.
std::optional<llvm::SmallVector<float>> getFiniteFloats(mlir::Value value);

/// The observer that `value` comes from or that watches the same tensor, the one with the most
/// statistics; null where nothing measured it.
qnn::ObserveOp findObserver(mlir::Value value);

/// Writes an i8 or i4 constant from one element to a byte.
mlir::Value createStorage(mlir::OpBuilder &builder, mlir::Location loc, unsigned bits,
                          llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int8_t> values);

/// Removes constants that nothing uses any more.
void eraseDeadConstants(mlir::Operation *root);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_QUANTIZATION_COMMON_H
