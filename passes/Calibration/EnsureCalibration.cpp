// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Lets a scheme that needs statistics work, with a warning, where there are none.

#include "dialects/QNN/ContextState.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Calibration/Calibration.h"
#include "passes/Calibration/Passes.h"
#include "llvm/ADT/SetVector.h"

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
    if (hasMeasurements(getOperation()))
      return warnOfMissing();
    auto &setup = qnn::getContextState<CalibrationSetup>(&getContext());
    if (setup.request ? failed(calibrate(*setup.request))
                      : !optional && failed(calibrateSynthetically(setup)))
      signalPassFailure();
  }

  std::string getScheme() const {
    return scheme.empty() ? "quantization" : "scheme '" + scheme + "'";
  }

  LogicalResult calibrate(const CalibratePassOptions &request);
  LogicalResult calibrateSynthetically(const CalibrationSetup &setup);
  void warnOfMissing();
};

} // namespace

/// With the samples that the user named.
LogicalResult EnsureCalibrationPass::calibrate(const CalibratePassOptions &request) {
  OpPassManager passes(ModuleOp::getOperationName());
  passes.addPass(createCalibratePass(request));
  return runPipeline(passes, getOperation());
}

LogicalResult EnsureCalibrationPass::calibrateSynthetically(const CalibrationSetup &setup) {
  ModuleOp module = getOperation();
  if (setup.requireCalibration)
    return module.emitError() << getScheme()
                              << " needs calibration, but the model holds no measurement; "
                              << "calibrate it with --calibrate=SAMPLES";
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return module.emitError() << "the module has no function @main";
  module.emitWarning() << getScheme() << " needs calibration, but the model holds no measurement; "
                       << "synthetic samples are used, expect a loss of accuracy";
  auto inputs = getModelInputs(main);
  if (!inputs)
    return module.emitError() << llvm::toString(inputs.takeError());
  auto samples = makeSyntheticSamples(*inputs, kSyntheticSamples);
  auto done = calibrateModule(module, setup.executor, *samples, {});
  if (!done)
    return module.emitError() << "calibration with synthetic samples failed: "
                              << llvm::toString(done.takeError());
  return success();
}

/// Names what rounders use and no tensor was measured for, each once.
void EnsureCalibrationPass::warnOfMissing() {
  llvm::SetVector<StringRef> missing;
  getOperation().walk([&](Operation *op) {
    llvm::SmallVector<StringRef> needs = listNeeds(op);
    missing.insert(needs.begin(), needs.end());
  });
  getOperation().walk([&](qnn::ObserveOp observe) {
    DictionaryAttr statistics = observe.getStatisticsAttr();
    missing.remove_if([&](StringRef name) { return statistics && statistics.contains(name); });
  });
  for (StringRef name : missing)
    getOperation().emitWarning() << getScheme() << " uses the statistic '" << name
                                 << "', which was not gathered; give "
                                 << "--calibrate=SAMPLES together with the scheme, or --statistics="
                                 << name << " where you calibrate, or expect a loss of accuracy";
}
