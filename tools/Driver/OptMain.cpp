// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The driver of quant-opt. mlir-opt's own driver deletes the output of a
/// failing run, aborts on a full disk and loads plug-ins after it has read the
/// names of passes, so only its options are shared.

#include "tools/Driver/OptMain.h"

#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/Error.h"
#include "bitwright/Support/InputFiles.h"
#include "dialects/QNN/DecisionLog.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/Debug/CLOptionsSetup.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "mlir/Support/ToolUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "passes/Common/PassStatistic.h"
#include "passes/Pipelines/Pipelines.h"
#include "passes/Pipelines/Schemes.h"
#include "tools/Driver/Calibration.h"
#include "tools/Driver/Compile.h"
#include "tools/Driver/Diagnostics.h"
#include "tools/Driver/ModuleIO.h"
#include "tools/Driver/RegisterAll.h"
#include "tools/Driver/Remarks.h"
#include "tools/Driver/Report.h"
#include "tools/Driver/ToolMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;
using namespace bitwright;

namespace {

int complain(llvm::Error error) {
  llvm::errs() << "quant-opt: error: " << llvm::toString(std::move(error)) << "\n";
  return 1;
}

/// Created when the command line is set up.
llvm::cl::opt<std::string> &getReportOption() {
  static llvm::cl::opt<std::string> report{
      "report", llvm::cl::value_desc("file"),
      llvm::cl::desc(
          "Write what each layer got and why, what fusion makes of it, and each quantize "
          "and dequantize that remains; JSON where the name ends in .json")};
  return report;
}

/// What mlir-opt does with these this driver does not: silence would be a lie.
llvm::Error refuseIgnoredOptions() {
  constexpr StringLiteral ignored[] = {"elide-resource-data-from-bytecode",
                                       "emit-bytecode-version",
                                       "irdl-file",
                                       "mlir-diagnostic-verbosity-level",
                                       "mlir-disable-diagnostic-notes",
                                       "mlir-generate-reproducer",
                                       "no-implicit-module",
                                       "run-reproducer",
                                       "verify-roundtrip"};
  for (StringRef name : ignored) {
    llvm::cl::Option *option = llvm::cl::getRegisteredOptions().lookup(name);
    if (!option || option->getNumOccurrences() == 0)
      continue;
    StringRef instead = name.contains("reproducer")
                            ? "; --mlir-pass-pipeline-crash-reproducer writes the module and the "
                              "passes where one of them fails"
                            : "";
    return makeError("--" + name + " is not supported by quant-opt" + instead);
  }
  return llvm::Error::success();
}

/// The file that an option of MLIR's names for output, or "".
std::string getFileOption(StringRef name) {
  auto *option =
      static_cast<llvm::cl::opt<std::string> *>(llvm::cl::getRegisteredOptions().lookup(name));
  return option && option->getNumOccurrences() ? option->getValue() : "";
}

/// The sections of --help; all else is LLVM's and MLIR's own.
void arrangeOptHelp() {
  static llvm::cl::OptionCategory files{"Files"}, passes{"Passes and pipelines"},
      debug{"Looking at passes"},
      remarks{"Decisions as remarks: those of the passes whose names a filter matches, a regular "
              "expression (--remarks-filter=.* for all)"};
  arrangeHelp(
      {&getCalibrationCategory()},
      {{files,
        {"o", "report", "emit-bytecode", "split-input-file", "output-split-marker",
         "verify-diagnostics", "allow-unregistered-dialect", "show-dialects", "list-passes",
         "load-plugin", "load-pass-plugin", "load-dialect-plugin"}},
       {passes, {"pass-pipeline", "simplify"}},
       {debug,
        {"dump-pass-pipeline", "verify-each", "mlir-print-ir-before", "mlir-print-ir-before-all",
         "mlir-print-ir-after", "mlir-print-ir-after-all", "mlir-print-ir-after-change",
         "mlir-print-ir-after-failure", "mlir-timing", "mlir-pass-statistics",
         "mlir-disable-threading", "mlir-elide-elementsattrs-if-larger",
         "mlir-elide-resource-strings-if-larger", "mlir-pass-pipeline-crash-reproducer"}},
       {remarks,
        {"remarks-filter", "remarks-filter-passed", "remarks-filter-missed", "remark-format",
         "remark-policy", "remarks-output-file"}}});
}

/// Writes the report on `module`. Where the passes left fusion for later, a copy is fused, so that
/// the report says which quantize and dequantize will remain, as quant-compile's does.
llvm::Error reportOn(ModuleOp module, StringRef path, OutputGroup &group) {
  OwningOpRef<ModuleOp> copy;
  bool isFused =
      llvm::any_of(qnn::getDecisionLog(module.getContext()).sorted(), [](const Decision &decision) {
        return decision.pass == "qnn-report-remaining";
      });
  if (!isFused) {
    copy = module.clone();
    auto build = [](OpPassManager &pm) {
      buildFusePipeline(pm);
      return llvm::Error::success();
    };
    if (failed(runPipeline(*copy, build)))
      return makeError("cannot write '" + path + "': the model could not be fused");
  }
  return writeReport(copy ? *copy : module, path, &group);
}

/// One invocation.
class Driver {
public:
  Driver(DialectRegistry &registry, const MlirOptMainConfig &config, StringRef input,
         StringRef output, StringRef report, RemarkRequest remarks, InputFiles &inputs)
      : registry(registry), config(config), input(input), output(output), report(report),
        remarks(std::move(remarks)), inputs(inputs) {}

  int run();

private:
  using ModuleFn = llvm::function_ref<llvm::Error(ModuleOp)>;

  LogicalResult processFile();
  LogicalResult processChunks(std::unique_ptr<llvm::MemoryBuffer> buffer);
  /// Reads a module from `sources`, or from the input file where that is null,
  /// runs the passes and hands the result to `write`.
  LogicalResult process(MLIRContext &context, const std::shared_ptr<llvm::SourceMgr> &sources,
                        ModuleFn write);
  LogicalResult runPasses(ModuleOp module);
  LogicalResult processVerified(const std::shared_ptr<llvm::SourceMgr> &sources, ModuleFn write);
  LogicalResult processPlain(const std::shared_ptr<llvm::SourceMgr> &sources, ModuleFn write);
  void configure(MLIRContext &context) const;

  DialectRegistry &registry;
  const MlirOptMainConfig &config;
  StringRef input, output;
  std::string report;
  RemarkRequest remarks;
  CalibrationRequest calibration = getCalibrationOptions();
  InputFiles &inputs;
};

void Driver::configure(MLIRContext &context) const {
  context.allowUnregisteredDialects(config.shouldAllowUnregisteredDialects());
  context.getOrLoadDialect<qnn::QNNDialect>();
  applyCalibrationOptions(&context, calibration);
}

LogicalResult Driver::runPasses(ModuleOp module) {
  PassManager manager(module.getContext(), module->getName().getStringRef(),
                      PassManager::Nesting::Implicit);
  manager.enableVerifier(config.shouldVerifyPasses());
  freeLostWeights(manager);
  if (failed(applyPassManagerCLOptions(manager)))
    return failure();
  DefaultTimingManager timing;
  applyDefaultTimingManagerCLOptions(timing);
  TimingScope scope = timing.getRootScope();
  manager.enableTiming(scope);
  if (failed(config.setupPassPipeline(manager)))
    return failure();
  if (config.shouldDumpPassPipeline()) {
    manager.dump();
    llvm::errs() << "\n";
  }
  if (failed(calibrateModel(module, calibration, manager)))
    return failure();
  LogicalResult result = manager.run(module);
  if (llvm::cl::getRegisteredOptions().lookup("mlir-pass-statistics")->getNumOccurrences())
    printPassStatistics(llvm::errs());
  return result;
}

LogicalResult Driver::process(MLIRContext &context, const std::shared_ptr<llvm::SourceMgr> &sources,
                              ModuleFn write) {
  tracing::InstallDebugHandler debugHandler(context, config.getDebugConfig());
  LoadOptions options;
  options.verify = config.shouldVerifyOnParsing();
  options.inputs = &inputs;
  // Parsing is single-threaded; passes get their threads afterwards.
  bool threads = context.isMultithreadingEnabled();
  context.disableMultithreading();
  OwningOpRef<ModuleOp> module = sources ? parseModule(sources, input, options, &context)
                                         : loadModule(input, options, &context);
  context.enableMultithreading(threads);
  if (!module || failed(runPasses(*module)))
    return failure();
  if (llvm::Error error = write(*module)) {
    emitError(UnknownLoc::get(&context)) << llvm::toString(std::move(error));
    return failure();
  }
  return success();
}

LogicalResult Driver::processVerified(const std::shared_ptr<llvm::SourceMgr> &sources,
                                      ModuleFn write) {
  MLIRContext context(registry);
  configure(context);
  SourceMgrDiagnosticVerifierHandler verifier(*sources, &context, config.verifyDiagnosticsLevel());
  context.printOpOnDiagnostic(false);
  (void)process(context, sources, write);
  return verifier.verify();
}

LogicalResult Driver::processPlain(const std::shared_ptr<llvm::SourceMgr> &sources,
                                   ModuleFn write) {
  MLIRContext context(registry);
  configure(context);
  context.printOpOnDiagnostic(false);
  DiagnosticPrinter printer(&context);
  return process(context, sources, write);
}

LogicalResult Driver::processChunks(std::unique_ptr<llvm::MemoryBuffer> buffer) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  auto chunkFn = [&](std::unique_ptr<llvm::MemoryBuffer> chunk, const llvm::MemoryBufferRef &source,
                     raw_ostream &os) -> LogicalResult {
    auto write = [&](ModuleOp module) -> llvm::Error {
      if (llvm::Error error = emitRemarks(*module.getContext(), remarks, nullptr))
        return error;
      return printModule(module, os);
    };
    auto sources = std::make_shared<llvm::SourceMgr>();
    // The whole file gives diagnostics their line; the verifier reads its
    // expectations from every buffer and so sees just the chunk.
    if (!config.shouldVerifyDiagnostics())
      sources->AddNewSourceBuffer(llvm::MemoryBuffer::getMemBuffer(source, false), llvm::SMLoc());
    sources->AddNewSourceBuffer(std::move(chunk), llvm::SMLoc());
    return config.shouldVerifyDiagnostics() ? processVerified(sources, write)
                                            : processPlain(sources, write);
  };
  if (failed(splitAndProcessBuffer(std::move(buffer), ChunkBufferHandler(chunkFn), stream,
                                   config.inputSplitMarker(), config.outputSplitMarker())))
    return failure();
  OutputGroup group(&inputs);
  llvm::Error error = checkTerminal(output, text.size());
  if (!error)
    error = writeFileAtomically(output, text, &group);
  if (!error)
    error = group.commit();
  if (!error)
    return success();
  complain(std::move(error));
  return failure();
}

LogicalResult Driver::processFile() {
  WriteOptions options;
  options.packed = config.shouldEmitBytecode();
  auto write = [&](ModuleOp module) -> llvm::Error {
    OutputGroup group(&inputs);
    options.group = &group;
    if (llvm::Error error = emitRemarks(*module.getContext(), remarks, &group))
      return error;
    if (!report.empty())
      if (llvm::Error error = reportOn(module, report, group))
        return error;
    if (llvm::Error error = writeModule(module, output, options))
      return error;
    return group.commit();
  };
  if (llvm::sys::path::extension(input) == ".onnx")
    return processPlain(nullptr, write);
  auto buffer = readFile(input);
  if (!buffer) {
    complain(buffer.takeError());
    return failure();
  }
  if (!config.inputSplitMarker().empty())
    return processChunks(std::move(*buffer));
  auto sources = std::make_shared<llvm::SourceMgr>();
  sources->AddNewSourceBuffer(std::move(*buffer), llvm::SMLoc());
  return config.shouldVerifyDiagnostics() ? processVerified(sources, write)
                                          : processPlain(sources, write);
}

int Driver::run() {
  if (input == "-" && llvm::sys::Process::FileDescriptorIsDisplayed(0))
    llvm::errs() << "quant-opt: reading a module from the terminal; end it with ctrl-d\n";
  bool isBinary = config.shouldEmitBytecode() && output == "-";
  if (isBinary && llvm::sys::Process::FileDescriptorIsDisplayed(1))
    return complain(makeError("a packed module is not written to a terminal; name a file with -o"));
  if (!report.empty() && !config.inputSplitMarker().empty())
    return complain(makeError("--report reports on one module, not on each part of a split file"));
  if (!remarks.file.empty() && !config.inputSplitMarker().empty())
    return complain(makeError("--remarks-output-file is of one module, not of each part of a split "
                              "file"));
  inputs.add(input);
  inputs.addSamples(calibration.samples);
  if (llvm::Error error = inputs.checkOutputs(
          {output.str(), report, remarks.file, getFileOption("mlir-pass-pipeline-crash-reproducer"),
           getFileOption("log-actions-to"), getFileOption("profile-actions-to")}))
    return complain(std::move(error));
  return succeeded(processFile()) ? 0 : 1;
}

} // namespace

int bitwright::optMain(int argc, char **argv) {
  DialectRegistry registry;
  std::vector<char *> arguments(argv, argv + argc);
  InputFiles inputs;
  auto algorithms = registerEverything(arguments, registry, inputs);
  if (!algorithms)
    return complain(algorithms.takeError());
  registerCLIOptions("Bitwright", registry);
  addPluginOption(llvm::cl::getGeneralCategory());
  registerCalibrationOptions((*algorithms)->statistics);
  getReportOption();
  setUpCalibration(registry);
  arrangeOptHelp();
  auto [input, output] =
      parseCLIOptions(arguments.size(), arguments.data(),
                      "quant-opt: runs passes and pipelines on a module (.mlir, .mlirbc, .onnx)\n");
  if (llvm::Error error =
          checkArguments({arguments.data(), arguments.size()}, {"output-split-marker"}))
    return complain(std::move(error));
  if (llvm::Error error = refuseIgnoredOptions())
    return complain(std::move(error));
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects()) {
    for (StringRef name : registry.getDialectNames())
      llvm::outs() << name << "\n";
    return 0;
  }
  if (config.shouldListPasses()) {
    printRegisteredPasses();
    return 0;
  }
  llvm::Expected<RemarkRequest> remarks = RemarkRequest::get(config);
  if (!remarks)
    return complain(remarks.takeError());
  return Driver(registry, config, input, output, getReportOption(), std::move(*remarks), inputs)
      .run();
}
