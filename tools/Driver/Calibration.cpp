// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The options of calibration, and the way from a module and samples to a module
/// that holds measurements.

#include "tools/Driver/Calibration.h"

#include "bitwright/Support/Error.h"
#include "dialects/QNN/ContextState.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Calibration/Calibration.h"
#include "passes/Calibration/Passes.h"
#include "passes/Pipelines/Pipelines.h"
#include "tools/Driver/Compile.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Process.h"

using namespace bitwright;
using namespace mlir;
namespace cl = llvm::cl;

namespace {

/// "Gather ... second_moment (mean of ...)": those that are not gathered always.
std::string describeStatistics(const StatisticRegistry &registry) {
  std::string text = "Gather these statistics too:";
  for (const Statistic *statistic : registry.getAll())
    if (!statistic->isDefault())
      text += (" " + statistic->getName() + " (" + statistic->getSummary() + ")").str();
  return text;
}

/// Created when a tool asks for it, not when the library is loaded.
struct Options {
  explicit Options(const StatisticRegistry &registry)
      : statisticNames(describeStatistics(registry)) {}

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
  std::string statisticNames; // cl::desc keeps a reference
  cl::opt<int64_t> sampleRows{
      "sample-rows", cl::cat(category), cl::init(512), cl::value_desc("N"),
      cl::desc("Rows to keep of the input of each linear op (default 512)")};
  cl::list<std::string> statistics{"statistics", cl::cat(category), cl::CommaSeparated,
                                   cl::value_desc("name,..."), cl::desc(statisticNames)};
  cl::opt<bool> require{
      "require-calibration", cl::cat(category),
      cl::desc("Make it an error to quantize without measurements where a scheme needs them")};
};

std::optional<Options> &getOptions() {
  static std::optional<Options> options;
  return options;
}

} // namespace

void bitwright::registerCalibrationOptions(const StatisticRegistry &statistics) {
  getOptions().emplace(statistics);
}

cl::OptionCategory &bitwright::getCalibrationCategory() { return getOptions()->category; }

CalibrationRequest bitwright::getCalibrationOptions() {
  Options &options = *getOptions();
  CalibrationRequest request;
  request.samples = options.samples;
  request.maxSamples = options.maxSamples;
  request.calibrator = options.calibrator;
  request.executor = options.executor;
  request.sampleRows = options.sampleRows;
  request.statistics.assign(options.statistics.begin(), options.statistics.end());
  request.require = options.require;
  return request;
}

static CalibratePassOptions getPassOptions(const CalibrationRequest &request) {
  CalibratePassOptions options;
  options.samples = request.samples;
  options.maxSamples = request.maxSamples;
  options.calibrator = request.calibrator;
  options.executor = request.executor;
  options.sampleRows = request.sampleRows;
  options.statistics.assign(request.statistics.begin(), request.statistics.end());
  return options;
}

void bitwright::applyCalibrationOptions(MLIRContext *context, const CalibrationRequest &request) {
  auto &setup = qnn::getContextState<CalibrationSetup>(context);
  setup.requireCalibration = request.require;
  setup.progress = nullptr;
  if (request.progress && llvm::sys::Process::StandardErrIsDisplayed())
    setup.progress = [](int64_t done, bool finished) {
      llvm::errs() << "\rcalibrated " << done << " samples" << (finished ? "\n" : "");
    };
  setup.request.reset();
  if (!request.samples.empty())
    setup.request = getPassOptions(request);
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

/// True for a pipeline that calibrates by itself, once it knows what is to be measured.
static bool calibrates(OpPassManager &pipeline) {
  return llvm::any_of(pipeline,
                      [](Pass &pass) { return pass.getArgument() == "qnn-ensure-calibration"; });
}

LogicalResult bitwright::calibrateModel(ModuleOp module, const CalibrationRequest &request,
                                        OpPassManager &pipeline) {
  if (request.samples.empty())
    return success();
  if (llvm::Error error = checkRequest(request))
    return emitError(UnknownLoc::get(module.getContext())) << llvm::toString(std::move(error));
  PassManager passes(module.getContext());
  freeLostWeights(passes);
  if (calibrates(pipeline)) {
    passes.addPass(createFoldObserversPass()); // what was measured before does not count
  } else {
    buildSimplifyPipeline(passes);
    passes.addPass(createCalibratePass(getPassOptions(request)));
  }
  return passes.run(module);
}

LogicalResult bitwright::quantizeModel(ModuleOp module, llvm::StringRef scheme,
                                       const Algorithms &algorithms,
                                       const CalibrationRequest &request) {
  applyCalibrationOptions(module.getContext(), request);
  PassManager passes(module.getContext(), ModuleOp::getOperationName());
  freeLostWeights(passes);
  if (!scheme.empty())
    if (llvm::Error error = buildQuantizePipeline(passes, scheme, algorithms))
      return emitError(UnknownLoc::get(module.getContext())) << llvm::toString(std::move(error));
  if (failed(calibrateModel(module, request, passes)))
    return failure();
  return passes.run(module);
}
