// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Activation-aware weight scaling: the search, then the fold.

#include "passes/Calibration/Statistic.h"
#include "passes/Quantization/Common.h"
#include "passes/Quantization/Passes.h"
#include "passes/Quantization/ScaleFolding.h"
#include "passes/Quantization/ScaleProblems.h"
#include "llvm/Support/FormatVariadic.h"

namespace bitwright {
#define GEN_PASS_DEF_SCALEWEIGHTSPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

namespace {

struct ScaleWeightsPass final : bitwright::impl::ScaleWeightsPassBase<ScaleWeightsPass> {
  using ScaleWeightsPassBase::ScaleWeightsPassBase;

  void runOnOperation() override {
    KeepFilter filter;
    if (failed(filter.parse(keep, getOperation())) || failed(verifyStatistics(getOperation())))
      return signalPassFailure();
    if ((bits != 4 && bits != 8) || group < 0) {
      getOperation().emitError() << "options 'bits' and 'group' expect 4 or 8, and 0 or more";
      return signalPassFailure();
    }
    DecisionRecorder record(&getContext(), getArgument());
    auto search = [&](const ScaleProblem &problem) {
      BlockFormat format{bits,
                         group == 0 ? problem.columns : std::min<int64_t>(group, problem.columns),
                         symmetric};
      return searchWeightScales(problem, format, duo);
    };
    rescaleChannels(getOperation(), filter, record, search);
    eraseDeadConstants(getOperation());
  }
};

} // namespace
