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
    if (hasMeasurements(module))
      return;
    std::string who = scheme.empty() ? "quantization" : "scheme '" + scheme + "'";
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
    auto done = calibrateModule(module, setup.executor, *samples, {});
    if (!done) {
      module.emitError() << "calibration with synthetic samples failed: "
                         << llvm::toString(done.takeError());
      signalPassFailure();
    }
  }
};

} // namespace
