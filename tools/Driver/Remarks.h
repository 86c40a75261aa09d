// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Decisions as MLIR's remarks: the options of mlir-opt that begin with --remark.

#ifndef BITWRIGHT_TOOLS_DRIVER_REMARKS_H
#define BITWRIGHT_TOOLS_DRIVER_REMARKS_H

#include "bitwright/Support/AtomicFile.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

namespace bitwright {

/// What the options ask for.
struct RemarkRequest {
  /// Fails for a filter that is no regular expression and for a file that nothing is written to.
  static llvm::Expected<RemarkRequest> get(const mlir::MlirOptMainConfig &config);

  bool wanted = false;
  mlir::RemarkFormat format = mlir::RemarkFormat::REMARK_FORMAT_STDOUT;
  mlir::RemarkPolicy policy = mlir::RemarkPolicy::REMARK_POLICY_ALL;
  std::string file; ///< Empty where remarks are printed as diagnostics.
  /// Regular expressions that match the whole name of the pass that decided; empty: none of that
  /// kind, where `all` is empty too.
  std::string all, passed, missed, failed, analysis;
};

/// Emits each decision of the context's log as a remark: "passed" where it was applied, else
/// "missed"; category and name are its pass and choice. A file is written as a whole, into `group`.
llvm::Error emitRemarks(mlir::MLIRContext &context, const RemarkRequest &request,
                        OutputGroup *group);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_REMARKS_H
