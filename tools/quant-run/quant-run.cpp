// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-run: runs a compiled model, or compiles one first, and says how fast
/// and how right it is.

#include "Options.h"
#include "Outputs.h"
#include "bitwright/Support/Error.h"
#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/DialectRegistry.h"
#include "tools/Driver/Compile.h"
#include "tools/Driver/Diagnostics.h"
#include "tools/Driver/RegisterAll.h"
#include "tools/Driver/ToolMain.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"

using namespace bitwright;
using RunnerPtr = std::unique_ptr<ModelRunner>;
using Result = llvm::Expected<llvm::json::Object>;

/// One context serves all models; a null runner means that the context has told
/// the user why.
static llvm::Expected<RunnerPtr> openModel(llvm::StringRef path, const RunToolOptions &options,
                                           mlir::MLIRContext &context, InputFiles &files) {
  if (path.ends_with(".so")) {
    if (options.interpret && path == options.model)
      return makeError(path + ": only .mlir and .onnx can be interpreted");
    return openLibrary(path, options.runner);
  }
  LoadOptions load;
  load.inputs = &files;
  if (path.ends_with(".onnx"))
    for (const auto &dim : options.dims)
      if (dim.second > 0)
        load.dims[dim.first()] = dim.second;
  auto module = loadModule(path, load, &context);
  if (!module)
    return RunnerPtr();
  if (options.interpret || options.mode == RunMode::Describe)
    return makeInterpretedRunner(std::move(module), path);
  if (mlir::failed(simplifyModel(*module)))
    return RunnerPtr();
  return compileAndOpen(*module, path, options.runner);
}

/// As many rows of --inputs as a batch holds.
static llvm::Expected<Samples> getFirstRows(ModelRunner &runner, const RunToolOptions &options) {
  auto stream = makeRowStream(runner, options.rows, options.batch);
  if (!stream)
    return stream.takeError();
  auto samples = (*stream)->next();
  if (!samples)
    return samples.takeError();
  return std::move(**samples);
}

static llvm::Expected<Samples> getInputs(ModelRunner &runner, const RunToolOptions &options) {
  if (!options.io.empty()) {
    auto recording = readRecording(runner, options.io);
    if (!recording)
      return recording.takeError();
    return std::move(recording->inputs);
  }
  if (!options.inputs.empty())
    return readInputs(runner, options.inputs);
  if (!options.rows.empty())
    return getFirstRows(runner, options);
  // Integers may be indices, and nothing says into what: take smaller ones
  // until the model accepts them.
  llvm::StringMap<int64_t> dims;
  for (const auto &dim : options.dims)
    if (llvm::any_of(runner.getInputs(),
                     [&](const ValueSpec &value) {
                       return llvm::is_contained(value.dimNames, dim.first());
                     }) ||
        !llvm::StringRef(options.model).ends_with(".onnx"))
      dims[dim.first()] = dim.second;
  for (int64_t limit : {16, 2, 1}) {
    auto inputs = makeRandomInputs(runner, dims, limit, options.givenBatch);
    if (!inputs || limit == 1)
      return inputs;
    llvm::Error error = runner.prepare(*inputs);
    if (!error)
      error = runner.invoke();
    if (!error)
      return inputs;
    llvm::consumeError(std::move(error));
  }
  llvm_unreachable("the last limit returns");
}

static llvm::Expected<std::unique_ptr<SampleStream>> getSamples(ModelRunner &runner,
                                                                const RunToolOptions &options) {
  if (!options.rows.empty())
    return makeRowStream(runner, options.rows, options.batch);
  if (!options.tokens.empty())
    return makeTokenStream(runner, options.tokens, options.context);
  auto inputs = getInputs(runner, options);
  if (!inputs)
    return inputs.takeError();
  return makeSingleStream(std::move(*inputs));
}

/// Outputs to files, after running `inputs` or the recorded ones.
static Result runInputs(ModelRunner &runner, const RunToolOptions &options,
                        const InputFiles &files) {
  auto inputs = getInputs(runner, options);
  if (!inputs)
    return inputs.takeError();
  auto results = runner.run(*inputs);
  if (!results)
    return results.takeError();
  return writeOutputs(runner, *results, options.output, files);
}

static Result runRecording(ModelRunner &runner, const RunToolOptions &options,
                           const InputFiles &files) {
  if (!options.output.empty())
    if (Result written = runInputs(runner, options, files); !written)
      return written;
  auto recording = readRecording(runner, options.io);
  if (!recording)
    return recording.takeError();
  return compareWithRecording(runner, *recording);
}

static Result runPair(ModelRunner &runner, ModelRunner &other, const RunToolOptions &options) {
  if (options.mode == RunMode::Top1)
    return evaluateTop1(runner, &other, options.rows, options.labels, options.batch);
  if (options.mode == RunMode::Perplexity)
    return evaluatePerplexity(runner, &other, options.tokens, options.context, options.nllOutput);
  if (options.mode == RunMode::CompareDecoding)
    return compareDecoding(runner, other, options.tokens, options.context, options.count);
  if (options.mode == RunMode::Compare) {
    auto samples = getSamples(runner, options);
    if (!samples)
      return samples.takeError();
    return compareModels(runner, other, **samples);
  }
  auto inputs = getInputs(runner, options);
  if (!inputs)
    return inputs.takeError();
  return benchmarkPair(runner, *inputs, other, *inputs, options.benchmark);
}

static Result runOne(ModelRunner &runner, const RunToolOptions &options, const InputFiles &files) {
  switch (options.mode) {
  case RunMode::Describe:
    return describeModel(runner);
  case RunMode::Inputs:
    return runInputs(runner, options, files);
  case RunMode::Io:
    return runRecording(runner, options, files);
  case RunMode::Top1:
    return evaluateTop1(runner, nullptr, options.rows, options.labels, options.batch);
  case RunMode::Perplexity:
    return evaluatePerplexity(runner, nullptr, options.tokens, options.context, options.nllOutput);
  case RunMode::Generate:
    return generate(runner, options.tokens, options.context, options.count);
  case RunMode::Benchmark:
  case RunMode::BenchmarkPair:
  case RunMode::Compare:
  case RunMode::CompareDecoding:
    break;
  }
  auto inputs = getInputs(runner, options);
  if (!inputs)
    return inputs.takeError();
  return benchmark(runner, *inputs, options.benchmark);
}

/// Every file that this run will read, as far as the command line says.
static void listInputs(const RunToolOptions &options, InputFiles &files) {
  for (llvm::StringRef path : {llvm::StringRef(options.model), llvm::StringRef(options.other)}) {
    files.add(path);
    if (path.ends_with(".so"))
      files.add(getWeightsPath(path, EmitOptions()));
  }
  for (llvm::StringRef path : options.inputs) {
    files.add(path);
    files.add(path.split('=').second);
  }
  for (const std::string &path :
       {options.runner.weights, options.rows, options.labels, options.tokens})
    files.add(path);
  if (!options.io.empty()) {
    files.addSamples(options.io);
    files.add(options.io + "/io.json");
  }
}

/// The exit status.
static int run(const RunToolOptions &options, mlir::MLIRContext &context, InputFiles &files) {
  listInputs(options, files);
  std::string named = llvm::StringRef(options.output).ends_with(".npy") ? options.output : "";
  if (llvm::Error error = files.checkOutputs({named, options.nllOutput}))
    return reportError("quant-run", std::move(error));
  auto runner = openModel(options.model, options, context, files);
  if (!runner)
    return reportError("quant-run", runner.takeError());
  if (!*runner)
    return 1;
  RunnerPtr other;
  if (!options.other.empty()) {
    auto opened = openModel(options.other, options, context, files);
    if (!opened)
      return reportError("quant-run", opened.takeError());
    if (!*opened)
      return 1;
    other = std::move(*opened);
  }
  Result result = other ? runPair(**runner, *other, options) : runOne(**runner, options, files);
  if (!result)
    return reportError("quant-run", result.takeError());
  if (llvm::Error error = printResult(*result, options.json))
    return reportError("quant-run", std::move(error));
  return 0;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  startTool("quant-run");
  mlir::DialectRegistry registry;
  std::vector<char *> arguments(argv, argv + argc);
  InputFiles inputs;
  auto algorithms = registerEverything(arguments, registry, inputs);
  if (!algorithms)
    return reportError("quant-run", algorithms.takeError());
  llvm::Expected<RunToolOptions> options = parseRunOptions(int(arguments.size()), arguments.data());
  if (!options)
    return reportError("quant-run", options.takeError());
  mlir::MLIRContext context(registry);
  context.getOrLoadDialect<qnn::QNNDialect>();
  context.printOpOnDiagnostic(false);
  DiagnosticPrinter printer(&context);
  return run(*options, context, inputs);
}
