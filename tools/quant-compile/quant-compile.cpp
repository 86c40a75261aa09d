// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-compile: from a model to a library, an archive or an object.

#include "Options.h"
#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/InputFiles.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/DialectRegistry.h"
#include "tools/Driver/Diagnostics.h"
#include "tools/Driver/RegisterAll.h"
#include "tools/Driver/Report.h"
#include "tools/Driver/ToolMain.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Process.h"

using namespace bitwright;

/// Every file that this run will write, as far as the command line says.
static std::vector<std::string> listOutputs(const CompileToolOptions &options) {
  std::vector<std::string> paths = {options.output, options.header, options.report};
  bool isLinked = options.kind == ArtifactKind::SharedLibrary ||
                  options.kind == ArtifactKind::Archive || options.kind == ArtifactKind::Object;
  if (isLinked && options.emit.weights == WeightPlacement::File && options.output != "-")
    paths.push_back(getWeightsPath(options.output, options.emit));
  return paths;
}

/// The artifact and everything that comes beside it: all or nothing.
static llvm::Error writeOutputs(mlir::ModuleOp module, const CompileToolOptions &options,
                                const InputFiles &inputs) {
  OutputGroup group(&inputs);
  EmitOptions emit = options.emit;
  emit.group = &group;
  if (!options.header.empty())
    if (llvm::Error error =
            emitArtifact(module, options.target, ArtifactKind::Header, options.header, emit))
      return error;
  if (!options.report.empty())
    if (llvm::Error error = writeReport(module, options.report, &group))
      return error;
  WriteOptions text;
  text.group = &group;
  llvm::Error error =
      options.kind ? emitArtifact(module, options.target, *options.kind, options.output, emit)
                   : writeModule(module, options.output, text);
  return error ? std::move(error) : group.commit();
}

static mlir::LogicalResult compile(mlir::ModuleOp module, const CompileToolOptions &options,
                                   const Algorithms &algorithms, const InputFiles &inputs) {
  nameModel(module, options.name, options.output, options.input);
  if (mlir::failed(simplifyModel(module, LostWeights::Free)) ||
      mlir::failed(quantizeModel(module, options.scheme, algorithms, options.calibration)) ||
      mlir::failed(lowerModel(module, options.target, LostWeights::Free)))
    return mlir::failure();
  llvm::Error error = writeOutputs(module, options, inputs);
  if (!error)
    return mlir::success();
  reportError("quant-compile", std::move(error));
  return mlir::failure();
}

/// Which machine it is that nobody named, where a person reads it.
static void sayTarget(const CompileToolOptions &options) {
  if (options.isDefaultTarget && llvm::sys::Process::StandardErrIsDisplayed())
    llvm::errs() << "quant-compile: compiling for this machine: " << describeTarget(options.target)
                 << "; --mcpu= names another\n";
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  startTool("quant-compile");
  mlir::DialectRegistry registry;
  std::vector<char *> arguments(argv, argv + argc);
  InputFiles inputs;
  auto algorithms = registerEverything(arguments, registry, inputs);
  if (!algorithms)
    return reportError("quant-compile", algorithms.takeError());
  setUpCalibration(registry);
  llvm::Expected<CompileToolOptions> options =
      parseCompileOptions(int(arguments.size()), arguments.data(), **algorithms);
  if (!options)
    return reportError("quant-compile", options.takeError());
  options->load.inputs = &inputs;
  inputs.add(options->input);
  inputs.addSamples(options->calibration.samples);
  if (llvm::Error error = inputs.checkOutputs(listOutputs(*options)))
    return reportError("quant-compile", std::move(error));
  sayTarget(*options);
  mlir::MLIRContext context(registry);
  context.getOrLoadDialect<qnn::QNNDialect>();
  context.printOpOnDiagnostic(false);
  DiagnosticPrinter printer(&context);
  auto module = loadModule(options->input, options->load, &context);
  return module && mlir::succeeded(compile(*module, *options, **algorithms, inputs)) ? 0 : 1;
}
