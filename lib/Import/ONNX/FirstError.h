// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// MLIR's own errors, kept for the one line that the importer prints.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_FIRSTERROR_H
#define BITWRIGHT_LIB_IMPORT_ONNX_FIRSTERROR_H

#include "mlir/IR/Diagnostics.h"
#include <string>

namespace bitwright::onnximport {

/// Keeps the first error that MLIR emits while it lives, and prints none.
class FirstError {
public:
  explicit FirstError(mlir::MLIRContext *context)
      : handler(context, [this](mlir::Diagnostic &diagnostic) {
          if (text.empty() && diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error)
            text = diagnostic.str();
          return mlir::success();
        }) {}
  llvm::StringRef get() const {
    return text.empty() ? llvm::StringRef("invalid op") : llvm::StringRef(text);
  }

private:
  std::string text;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_FIRSTERROR_H
