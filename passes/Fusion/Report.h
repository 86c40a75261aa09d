// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What `--report=FILE` writes: each choice of the passes, each quantize and
/// dequantize that remains with its reason, and what the weights take.

#ifndef BITWRIGHT_PASSES_FUSION_REPORT_H
#define BITWRIGHT_PASSES_FUSION_REPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

namespace bitwright {

class OutputGroup;

/// What the weights of contractions (and all other constants) take.
struct WeightSizes {
  int64_t weights = 0;       ///< elements of the weights of contractions
  int64_t weightBytes = 0;   ///< with scales and zero points
  int64_t otherElements = 0; ///< all other constants but shapes and scalars
  int64_t otherBytes = 0;

  int64_t floatBytes() const { return 4 * (weights + otherElements); }
  double bitsPerWeight() const { return weights ? 8.0 * double(weightBytes) / double(weights) : 0; }
};
WeightSizes measureWeights(mlir::ModuleOp module);

/// Writes the report to `path`: JSON where it ends in ".json", else text; "-" is standard output.
/// The file appears whole or not at all, and with the others of `group` where that is given.
llvm::Error writeReport(mlir::ModuleOp module, llvm::StringRef path, OutputGroup *group = nullptr);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_FUSION_REPORT_H
