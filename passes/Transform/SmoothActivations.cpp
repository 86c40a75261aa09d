// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Scale migration from activations to weights.

#include "passes/Calibration/Statistic.h"
#include "passes/Common/Precision.h"
#include "passes/Transform/Passes.h"
#include "passes/Transform/ScaleProblems.h"

namespace bitwright {
#define GEN_PASS_DEF_SMOOTHACTIVATIONSPASS
#include "passes/Transform/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

namespace {

struct SmoothActivationsPass final
    : bitwright::impl::SmoothActivationsPassBase<SmoothActivationsPass> {
  using SmoothActivationsPassBase::SmoothActivationsPassBase;

  void runOnOperation() override {
    if (!(alpha <= 1)) {
      getOperation().emitError() << "option 'alpha' expects a number up to 1";
      return signalPassFailure();
    }
    if (failed(verifyStatistics(getOperation())) || failed(verifyPrecisions(getOperation())))
      return signalPassFailure();
    DecisionRecorder record(&getContext(), getArgument());
    RescaledOps count =
        rescaleChannels(getOperation(), "smooth", record, [&](const ScaleProblem &problem) {
          return searchActivationScales(problem, alpha);
        });
    numRescaled += count.rescaled;
    numLeft += count.left;
    eraseDeadConstants(getOperation());
  }
};

} // namespace
