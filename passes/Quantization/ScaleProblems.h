// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// From the IR to a scale search and back, the same for every kind of search.

#ifndef BITWRIGHT_PASSES_QUANTIZATION_SCALEPROBLEMS_H
#define BITWRIGHT_PASSES_QUANTIZATION_SCALEPROBLEMS_H

#include "passes/Quantization/Common.h"
#include "passes/Quantization/ScaleSearch.h"

namespace bitwright {

/// Poses a problem for each tensor that linear ops of `root` read, and applies what
/// `search` finds where it lowers the loss. Each choice is recorded.
void rescaleChannels(mlir::Operation *root, const KeepFilter &filter, DecisionRecorder &record,
                     llvm::function_ref<ScaleResult(const ScaleProblem &)> search);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_QUANTIZATION_SCALEPROBLEMS_H
