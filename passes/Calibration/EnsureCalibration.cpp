// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Lets a scheme that needs statistics work, with a warning, where there are none.

#include "dialects/QNN/ContextState.h"
#include "passes/Calibration/Calibration.h"
#include "passes/Calibration/Passes.h"

namespace bitwright {
#define GEN_PASS_DEF_ENSURECALIBRATIONPASS
#include "passes/Calibration/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

/// Enough for stable ranges of made-up data; more would not make it truer.
static constexpr int64_t kSyntheticSamples = 4;

namespace {

struct EnsureCalibrationPass final
    : bitwright::impl::EnsureCalibrationPassBase<EnsureCalibrationPass> {
  using EnsureCalibrationPassBase::EnsureCalibrationPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string who = scheme.empty() ? "quantization" : "scheme '" + scheme + "'";
    if (hasMeasurements(module))
      return warnOfMissing(who);
    auto &setup = qnn::getContextState<CalibrationSetup>(&getContext());
    if (setup.requireCalibration) {
      module.emitError() << who << " needs calibration, but the model holds no measurement; "
                         << "calibrate it with --calibrate=SAMPLES";
      return signalPassFailure();
    }
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main) {
      module.emitError() << "the module has no function @main";
      return signalPassFailure();
    }
    module.emitWarning() << who << " needs calibration, but the model holds no measurement; "
                         << "synthetic samples are used, expect a loss of accuracy";
    auto inputs = getModelInputs(main);
    if (!inputs) {
      module.emitError() << llvm::toString(inputs.takeError());
      return signalPassFailure();
    }
    auto samples = makeSyntheticSamples(*inputs, kSyntheticSamples);
    CalibrationOptions options;
    options.statistics.assign(statistics.begin(), statistics.end());
    auto done = calibrateModule(module, setup.executor, *samples, options);
    if (!done) {
      module.emitError() << "calibration with synthetic samples failed: "
                         << llvm::toString(done.takeError());
      signalPassFailure();
    }
  }

  void warnOfMissing(StringRef who) {
    for (const std::string &name : statistics) {
      bool isThere = getOperation()
                         .walk([&](qnn::ObserveOp observe) {
                           return getStatistic(observe, name).empty() ? WalkResult::advance()
                                                                      : WalkResult::interrupt();
                         })
                         .wasInterrupted();
      if (!isThere)
        getOperation().emitWarning()
            << who << " uses the statistic '" << name << "', which was not gathered; calibrate "
            << "with --statistics=" << name << ", or expect a loss of accuracy";
    }
  }
};

} // namespace
