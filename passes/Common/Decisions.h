// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a pass chose about an op, and ops chosen by name.

#ifndef BITWRIGHT_PASSES_COMMON_DECISIONS_H
#define BITWRIGHT_PASSES_COMMON_DECISIONS_H

#include "dialects/QNN/DecisionLog.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Regex.h"
#include <memory>
#include <string>

namespace bitwright {

/// An option that names nodes by a regular expression.
class NameFilter {
public:
  /// Emits an error about option `option` at `where` and returns failure where `pattern` is no
  /// regular expression. An empty pattern matches nothing.
  mlir::LogicalResult parse(llvm::StringRef option, llvm::StringRef pattern,
                            mlir::Operation *where);
  bool matches(mlir::Operation *op) const;
  explicit operator bool() const { return bool(regex); }

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

} // namespace bitwright

#endif // BITWRIGHT_PASSES_COMMON_DECISIONS_H
