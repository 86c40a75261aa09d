// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Runs a model for calibration as a user would: compiled to a library for this
/// CPU, loaded, and called back from its observers.

#include "bitwright/Import/ONNX/TensorFile.h"
#include "bitwright/Support/Error.h"
#include "dialects/QNN/QNNOps.h"
#include "passes/Calibration/Calibration.h"
#include "tools/Driver/Calibration.h"
#include "tools/Driver/Runner.h"
#include "llvm/ADT/StringMap.h"

using namespace bitwright;
using namespace mlir;

namespace {

class CompiledExecutor final : public CalibrationExecutor {
public:
  /// Compiles a copy of `module`.
  llvm::Error open(ModuleOp module) {
    llvm::StringMap<int64_t> places;
    module.walk<WalkOrder::PreOrder>([&](qnn::ObserveOp observe) {
      places.try_emplace(observe.getLabel(), int64_t(places.size()));
    });
    OwningOpRef<ModuleOp> copy = module.clone();
    RunnerOptions options;
    options.observer = [this](int64_t id, const void *data, ArrayRef<int64_t> dims) {
      receive(id, data, dims);
    };
    std::string problem;
    ScopedDiagnosticHandler collector(module.getContext(), [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
        return failure();
      if (problem.empty())
        problem = diagnostic.str();
      return success();
    });
    auto opened = compileAndOpen(*copy, "the model to calibrate", options);
    if (!opened)
      return opened.takeError();
    if (!*opened)
      return makeError("the model to calibrate could not be compiled: " + problem);
    runner = std::move(*opened);
    // Code generation numbers the observers that it meets and lists their labels.
    auto names = (*copy)->getAttrOfType<ArrayAttr>("qnn.observer_names");
    if (!names || names.empty())
      return places.empty() ? llvm::Error::success() // nothing to measure
                            : makeError("the compiled model holds no observer");
    for (Attribute name : names) {
      auto it = places.find(cast<StringAttr>(name).getValue());
      ids.push_back(it == places.end() ? -1 : it->second);
    }
    return llvm::Error::success();
  }

  llvm::Error run(Sample inputs, const ObserveCallback &observe) override {
    if (llvm::Error error = runner->prepare(inputs))
      return error;
    current = &observe;
    llvm::Error error = runner->invoke();
    current = nullptr;
    return error;
  }

private:
  void receive(int64_t id, const void *data, ArrayRef<int64_t> dims) {
    if (!current || id < 0 || id >= int64_t(ids.size()) || ids[id] < 0)
      return;
    int64_t size = 1;
    for (int64_t dim : dims)
      size *= dim;
    (*current)(ids[id], {static_cast<const float *>(data), size_t(size)}, dims);
  }

  std::unique_ptr<ModelRunner> runner;
  /// Number of an observer in the compiled model -> its place in the module.
  std::vector<int64_t> ids;
  const ObserveCallback *current = nullptr;
};

} // namespace

static llvm::Expected<std::unique_ptr<CalibrationExecutor>> makeCompiledExecutor(ModuleOp module) {
  auto executor = std::make_unique<CompiledExecutor>();
  if (llvm::Error error = executor->open(module))
    return std::move(error);
  return executor;
}

void bitwright::setUpCalibration(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *, qnn::QNNDialect *dialect) {
    auto &setup = dialect->getContextState().get<CalibrationSetup>();
    setup.executor = makeCompiledExecutor;
    setup.tensorFileReader = readOnnxTensor;
  });
}
