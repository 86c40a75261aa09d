// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The options of calibration, and the way from a module and samples to a module
/// that holds measurements.

#include "tools/Driver/Calibration.h"

#include "bitwright/Support/Error.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Calibration/Calibrate.h"
#include "passes/Pipelines/Pipelines.h"
#include "tools/Driver/Compile.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Process.h"

using namespace bitwright;
using namespace mlir;
namespace cl = llvm::cl;

namespace {

/// Created when a tool asks for it, not when the library is loaded.
struct Options {
  cl::OptionCategory category{"Calibration options"};
  cl::opt<std::string> samples{
      "calibrate", cl::cat(category), cl::value_desc("samples"),
      cl::desc("Run the model on samples (.npz, .npy or a folder of .npy, .pb or test_data_set_*) "
               "and record what its tensors hold")};
  cl::opt<int64_t> maxSamples{"samples", cl::cat(category), cl::init(0), cl::value_desc("N"),
                              cl::desc("Take the first N samples; 0 (default) takes all")};
  cl::opt<std::string> calibrator{
      "calibrator", cl::cat(category), cl::init("minmax"), cl::value_desc("name"),
      cl::desc("minmax (default), moving-average[:momentum] or percentile[:percent]")};
  cl::opt<std::string> executor{"calibrate-with", cl::cat(category), cl::init("compiled"),
                                cl::value_desc("name"),
                                cl::desc("compiled (default) or interpreter (slow)")};
  cl::opt<int64_t> sampleRows{
      "sample-rows", cl::cat(category), cl::init(512), cl::value_desc("N"),
      cl::desc("Rows to keep of the input of each linear op (default 512)")};
  cl::opt<bool> require{
      "require-calibration", cl::cat(category),
      cl::desc("Make it an error to quantize without measurements where a scheme needs them")};
};

Options &getOptions() {
  static Options options;
  return options;
}

} // namespace

void bitwright::registerCalibrationOptions() { getOptions(); }

cl::OptionCategory &bitwright::getCalibrationCategory() { return getOptions().category; }

CalibrationRequest bitwright::getCalibrationOptions() {
  Options &options = getOptions();
  CalibrationRequest request;
  request.samples = options.samples;
  request.maxSamples = options.maxSamples;
  request.calibrator = options.calibrator;
  request.executor = options.executor;
  request.sampleRows = options.sampleRows;
  getCalibrationDefaults().requireCalibration = options.require;
  return request;
}

static llvm::Error checkRequest(const CalibrationRequest &request) {
  if (request.maxSamples < 0)
    return makeError("--samples expects 0 or more, but got " + llvm::Twine(request.maxSamples));
  if (request.sampleRows < 1 || request.sampleRows > 65536)
    return makeError("--sample-rows expects 1 to 65536, but got " +
                     llvm::Twine(request.sampleRows));
  if (request.executor != "compiled" && request.executor != "interpreter")
    return makeError("--calibrate-with expects compiled or interpreter, but got '" +
                     request.executor + "'");
  return llvm::Error::success();
}

llvm::Error bitwright::calibrateModel(ModuleOp module, const CalibrationRequest &request) {
  if (request.samples.empty())
    return llvm::Error::success();
  if (llvm::Error error = checkRequest(request))
    return error;
  CalibrationOptions options;
  auto calibrator = CalibratorOptions::parse(request.calibrator);
  if (!calibrator)
    return calibrator.takeError();
  options.calibrator = *calibrator;
  options.maxSamples = request.maxSamples;
  options.sampleRows = request.sampleRows;
  bool isTerminal = request.progress && llvm::sys::Process::StandardErrIsDisplayed();
  if (isTerminal)
    options.progress = [](int64_t done) { llvm::errs() << "\rcalibrated " << done << " samples"; };

  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return makeError("the module has no function @main to calibrate");
  auto inputs = getModelInputs(main);
  if (!inputs)
    return inputs.takeError();
  auto samples = openSamples(request.samples, *inputs);
  if (!samples)
    return samples.takeError();
  PassManager passes(module.getContext());
  buildSimplifyPipeline(passes);
  if (failed(passes.run(module)))
    return makeError("the model could not be simplified before calibration");
  ExecutorFactory factory = request.executor == "interpreter" ? makeInterpreterExecutor
                                                              : getCalibrationDefaults().executor;
  auto done = calibrateModule(module, factory, **samples, options);
  if (isTerminal)
    llvm::errs() << "\n";
  return done.takeError();
}

LogicalResult bitwright::quantizeModel(ModuleOp module, llvm::StringRef scheme,
                                       const CalibrationRequest &request) {
  if (llvm::Error error = calibrateModel(module, request))
    return emitError(UnknownLoc::get(module.getContext())) << llvm::toString(std::move(error));
  if (scheme.empty())
    return success();
  return runPipeline(module, ("quantize{" + scheme + "}").str());
}
