// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Scale migration from activations to weights.

#include "passes/Calibration/Statistic.h"
#include "passes/Quantization/Common.h"
#include "passes/Quantization/Passes.h"
#include "passes/Quantization/ScaleProblems.h"

namespace bitwright {
#define GEN_PASS_DEF_SMOOTHACTIVATIONSPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

namespace {

struct SmoothActivationsPass final
    : bitwright::impl::SmoothActivationsPassBase<SmoothActivationsPass> {
  using SmoothActivationsPassBase::SmoothActivationsPassBase;

  void runOnOperation() override {
    KeepFilter filter;
    if (failed(filter.parse(keep, getOperation())) || failed(verifyStatistics(getOperation())))
      return signalPassFailure();
    if (!(alpha <= 1)) {
      getOperation().emitError() << "option 'alpha' expects a number up to 1";
      return signalPassFailure();
    }
    DecisionRecorder record(&getContext(), getArgument());
    rescaleChannels(getOperation(), filter, record, [&](const ScaleProblem &problem) {
      return searchActivationScales(problem, alpha);
    });
    eraseDeadConstants(getOperation());
  }
};

} // namespace
