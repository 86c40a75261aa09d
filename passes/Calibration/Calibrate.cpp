// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Calibration as a step of a pipeline.

#include "bitwright/Support/Error.h"
#include "dialects/QNN/ContextState.h"
#include "passes/Calibration/Calibration.h"
#include "passes/Calibration/Passes.h"

namespace bitwright {
#define GEN_PASS_DEF_CALIBRATEPASS
#include "passes/Calibration/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

namespace {

struct CalibratePass final : bitwright::impl::CalibratePassBase<CalibratePass> {
  using CalibratePassBase::CalibratePassBase;

  void runOnOperation() override {
    if (llvm::Error error = run(getOperation())) {
      getOperation().emitError() << llvm::toString(std::move(error));
      signalPassFailure();
    }
  }

  llvm::Expected<CalibrationOptions> getOptions(const CalibrationSetup &setup) {
    CalibrationOptions options;
    auto parsed = CalibratorOptions::parse(calibrator);
    if (!parsed)
      return parsed.takeError();
    if (maxSamples < 0)
      return makeError("option 'max-samples' expects 0 or more, but got " + Twine(maxSamples));
    if (sampleRows < 1 || sampleRows > 65536)
      return makeError("option 'sample-rows' expects 1 to 65536, but got " + Twine(sampleRows));
    if (executor != "compiled" && executor != "interpreter")
      return makeError("option 'executor' expects compiled or interpreter, but got '" + executor +
                       "'");
    options.calibrator = *parsed;
    options.maxSamples = maxSamples;
    options.sampleRows = sampleRows;
    options.statistics.assign(statistics.begin(), statistics.end());
    options.progress = setup.progress;
    return options;
  }

  llvm::Error run(ModuleOp module) {
    auto &setup = qnn::getContextState<CalibrationSetup>(&getContext());
    auto options = getOptions(setup);
    if (!options)
      return options.takeError();
    auto main = module.lookupSymbol<func::FuncOp>("main");
    if (!main)
      return makeError("the module has no function @main to calibrate");
    auto inputs = getModelInputs(main);
    if (!inputs)
      return inputs.takeError();
    auto source = openSamples(samples, *inputs, setup.tensorFileReader);
    if (!source)
      return source.takeError();
    ExecutorFactory factory = executor == "interpreter" ? makeInterpreterExecutor : setup.executor;
    return calibrateModule(module, factory, **source, *options).takeError();
  }
};

} // namespace
