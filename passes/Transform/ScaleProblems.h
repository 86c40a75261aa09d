// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// From the IR to a scale search and back, the same for every kind of search.

#ifndef BITWRIGHT_PASSES_TRANSFORM_SCALEPROBLEMS_H
#define BITWRIGHT_PASSES_TRANSFORM_SCALEPROBLEMS_H

#include "passes/Common/Decisions.h"
#include "passes/Transform/ScaleSearch.h"

namespace bitwright {

/// Linear ops by what became of their input.
struct RescaledOps {
  int64_t rescaled = 0, left = 0;
};

/// Poses a problem for each tensor whose readers all are linear ops with `transform` in their
/// precision, and applies what `search` finds where it lowers the loss. Each choice is recorded.
RescaledOps rescaleChannels(mlir::Operation *root, llvm::StringRef transform,
                            DecisionRecorder &record,
                            llvm::function_ref<ScaleResult(const ScaleProblem &)> search);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_TRANSFORM_SCALEPROBLEMS_H
