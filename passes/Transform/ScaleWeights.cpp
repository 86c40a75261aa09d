// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Activation-aware weight scaling: the search, then the fold.

#include "passes/Calibration/Statistic.h"
#include "passes/Common/Precision.h"
#include "passes/Transform/Passes.h"
#include "passes/Transform/ScaleProblems.h"

namespace bitwright {
#define GEN_PASS_DEF_SCALEWEIGHTSPASS
#include "passes/Transform/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

namespace {

struct ScaleWeightsPass final : bitwright::impl::ScaleWeightsPassBase<ScaleWeightsPass> {
  using ScaleWeightsPassBase::ScaleWeightsPassBase;

  void runOnOperation() override {
    if (failed(verifyStatistics(getOperation())) || failed(verifyPrecisions(getOperation())))
      return signalPassFailure();
    DecisionRecorder record(&getContext(), getArgument());
    RescaledOps count =
        rescaleChannels(getOperation(), "awq", record, [&](const ScaleProblem &problem) {
          return searchWeightScales(problem, duo);
        });
    numRescaled += count.rescaled;
    numLeft += count.left;
    eraseDeadConstants(getOperation());
  }
};

} // namespace
