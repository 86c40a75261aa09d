// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How tools print diagnostics: one line each, in the user's names.

#ifndef BITWRIGHT_TOOLS_DRIVER_DIAGNOSTICS_H
#define BITWRIGHT_TOOLS_DRIVER_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

namespace bitwright {

/// While it lives, prints the diagnostics of a context as
/// `file:line:column: error: node 'name': message`, with what is known of the
/// place, and notes below.
class DiagnosticPrinter {
public:
  explicit DiagnosticPrinter(mlir::MLIRContext *context, llvm::raw_ostream &stream = llvm::errs());

private:
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_DIAGNOSTICS_H
