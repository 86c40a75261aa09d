// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// quant-run's options and which of them go together.

#include "Options.h"
#include "bitwright/Support/Error.h"
#include "tools/Driver/RegisterAll.h"
#include "tools/Driver/ToolMain.h"
#include "llvm/Support/CommandLine.h"

namespace cl = llvm::cl;
using namespace bitwright;

namespace {
enum class Eval { None, Top1, Perplexity };

/// llvm::cl registers globally; these live as long as the tool.
struct CommandLine {
  cl::OptionCategory general{"General"}, run{"Running"}, time{"Timing"}, score{"Scoring"};

  cl::opt<std::string> model{cl::Positional, cl::Required, cl::cat(general),
                             cl::desc("<model: .so, .mlir, .mlirbc or .onnx>")};
  cl::opt<bool> json{"json", cl::desc("Print the result as JSON"), cl::cat(general)};
  cl::opt<int64_t> threads{"threads", cl::desc("Threads, the calling one included (1)"),
                           cl::value_desc("n"), cl::init(1), cl::cat(general)};
  cl::opt<bool> interpret{"interpret", cl::cat(general),
                          cl::desc("Use the reference interpreter instead of compiling (.mlir and "
                                   ".onnx)")};
  cl::opt<std::string> weights{"weights", cl::value_desc("file"), cl::cat(general),
                               cl::desc("Weights of a library compiled with --weights=file (beside "
                                        "it, with the ending .weights)")};

  cl::opt<std::string> io{
      "io", cl::value_desc("folder"), cl::cat(run),
      cl::desc("Run recorded inputs and compare with recorded outputs: io.json, "
               "or input_*.npy and output_*.npy")};
  cl::list<std::string> inputs{"input", cl::value_desc("[name=]x.npy"), cl::cat(run),
                               cl::desc("An input; once for each, in their order or by name")};
  cl::opt<std::string> output{"output", cl::value_desc("place"), cl::cat(run),
                              cl::desc("Write the outputs here: x.npy for a model with one, "
                                       "otherwise a folder, as output_*.npy")};
  cl::opt<std::string> compare{"compare", cl::value_desc("model"), cl::cat(run),
                               cl::desc("Compare with another model, on --io, --input, --inputs, "
                                        "--tokens or random inputs; with --benchmark, time both in "
                                        "turn; with --generate, check each decoded token with a "
                                        "forward pass over all of them")};

  cl::opt<bool> benchmark{
      "benchmark", cl::cat(time),
      cl::desc("Time the model, on --io, --input, the first --batch rows of --inputs "
               "or fixed random inputs")};
  cl::list<std::string> dims{"dim", cl::value_desc("name=size"), cl::cat(time),
                             cl::desc("Size of a dynamic dimension of random inputs (1); fixes it "
                                      "where the model is ONNX")};
  cl::opt<int64_t> warmup{"warmup", cl::desc("Runs before the timed ones (3)"), cl::value_desc("n"),
                          cl::init(3), cl::cat(time)};
  cl::opt<int64_t> runs{"runs", cl::desc("Timed runs (at least 20 and half a second)"),
                        cl::value_desc("n"), cl::init(0), cl::cat(time)};
  cl::opt<int64_t> pairs{"pairs", cl::desc("Turns of each model with --compare (15)"),
                         cl::value_desc("n"), cl::init(15), cl::cat(time)};

  cl::opt<Eval> eval{"eval", cl::desc("Score:"), cl::init(Eval::None), cl::cat(score),
                     cl::values(clEnumValN(Eval::Top1, "top1",
                                           "right answers in percent, needs "
                                           "--inputs and --labels"),
                                clEnumValN(Eval::Perplexity, "perplexity",
                                           "of a language model, needs --tokens and --context"))};
  cl::opt<std::string> rows{"inputs", cl::value_desc("x.npy"), cl::cat(score),
                            cl::desc("Inputs, a sample in each row")};
  cl::opt<std::string> labels{"labels", cl::value_desc("y.npy"), cl::cat(score),
                              cl::desc("The right class of each row")};
  cl::opt<int64_t> batch{"batch",
                         cl::desc("Rows at a time where the model leaves it open (64; 1 of "
                                  "--benchmark without --inputs)"),
                         cl::value_desc("n"), cl::init(64), cl::cat(score)};
  cl::opt<std::string> tokens{"tokens", cl::value_desc("t.npy"), cl::cat(score),
                              cl::desc("Token ids of a text")};
  cl::opt<int64_t> context{"context", cl::desc("Tokens in a window, or of the prompt"),
                           cl::value_desc("n"), cl::init(0), cl::cat(score)};
  cl::opt<std::string> nll{"nll-output", cl::value_desc("file.npy"), cl::cat(score),
                           cl::desc("Write the mean negative log-likelihood of each window")};
  cl::opt<std::string> reference{
      "reference", cl::value_desc("model"), cl::cat(score),
      cl::desc("With --eval: how far the scores are from this model's, by KL divergence, first "
               "choices in common, and change of the score")};
  cl::opt<int64_t> generate{"generate", cl::value_desc("n"), cl::init(0), cl::cat(score),
                            cl::desc("Decode so many tokens greedily after the first --context of "
                                     "--tokens")};
};
} // namespace

static llvm::Error checkNumbers(const CommandLine &line) {
  if (line.threads < 1 || line.threads > 1024)
    return makeError("--threads expects 1 to 1024, but got " + llvm::Twine(line.threads));
  if (line.warmup < 0 || line.runs < 0 || line.pairs < 1 || line.batch < 1 || line.generate < 0)
    return makeError("--warmup, --runs, --pairs, --batch and --generate expect positive numbers");
  bool needsContext = line.eval == Eval::Perplexity || line.generate > 0;
  if (needsContext && (line.tokens.empty() || line.context < 1))
    return makeError("perplexity and --generate need --tokens and --context");
  if (!line.tokens.empty() && line.context < 1)
    return makeError("--tokens needs --context");
  if (line.eval == Eval::Top1 && (line.rows.empty() || line.labels.empty()))
    return makeError("--eval=top1 needs --inputs and --labels");
  if (!line.nll.empty() && line.eval != Eval::Perplexity)
    return makeError("--nll-output needs --eval=perplexity");
  return llvm::Error::success();
}

static llvm::Expected<RunMode> getMode(const CommandLine &line) {
  int actions = line.benchmark + (line.eval != Eval::None) + (line.generate > 0);
  if (actions > 1)
    return makeError("--benchmark, --eval and --generate exclude each other");
  if (!line.compare.empty() && line.eval != Eval::None)
    return makeError("--eval and --compare exclude each other; --reference goes with --eval");
  if (!line.reference.empty() && line.eval == Eval::None)
    return makeError("--reference needs --eval");
  if (line.benchmark)
    return line.compare.empty() ? RunMode::Benchmark : RunMode::BenchmarkPair;
  if (line.generate > 0)
    return line.compare.empty() ? RunMode::Generate : RunMode::CompareDecoding;
  if (!line.compare.empty())
    return RunMode::Compare;
  if (line.eval == Eval::Top1)
    return RunMode::Top1;
  if (line.eval == Eval::Perplexity)
    return RunMode::Perplexity;
  if (!line.io.empty())
    return RunMode::Io;
  if (line.inputs.empty() && !line.output.empty())
    return makeError("--output needs --input or --io");
  if (line.inputs.empty())
    return RunMode::Describe;
  if (line.output.empty())
    return makeError("--input needs --output, --benchmark or --compare");
  return RunMode::Inputs;
}

/// An option that the run would not look at is a mistake of the user's, not to be passed over.
static llvm::Error checkUsed(const CommandLine &line, RunMode mode) {
  constexpr RunMode timing[] = {RunMode::Benchmark, RunMode::BenchmarkPair};
  constexpr RunMode fed[] = {RunMode::Benchmark, RunMode::BenchmarkPair, RunMode::Compare};
  constexpr RunMode decoding[] = {RunMode::Generate, RunMode::CompareDecoding, RunMode::Perplexity};
  auto isOneOf = [&](llvm::ArrayRef<RunMode> modes) { return llvm::is_contained(modes, mode); };
  bool isFed = isOneOf(fed), isTiming = isOneOf(timing), isTop1 = mode == RunMode::Top1;
  bool readsTokens = isOneOf(decoding) || mode == RunMode::Compare;
  struct Use {
    const cl::Option &option;
    bool isLookedAt;
  };
  const Use uses[] = {{line.io, isFed || mode == RunMode::Io},
                      {line.inputs, isFed || mode == RunMode::Inputs},
                      {line.rows, isFed || isTop1},
                      {line.labels, isTop1},
                      {line.output, mode == RunMode::Inputs || mode == RunMode::Io},
                      {line.tokens, readsTokens},
                      {line.context, readsTokens},
                      {line.warmup, isTiming},
                      {line.runs, isTiming},
                      {line.pairs, mode == RunMode::BenchmarkPair},
                      {line.batch, isFed || isTop1}};
  for (const Use &use : uses)
    if (!use.isLookedAt && use.option.getNumOccurrences() > 0)
      return makeError("--" + use.option.ArgStr + " has no effect on what is asked for");
  bool isGiven = !line.io.empty() || !line.inputs.empty() || !line.tokens.empty();
  if (line.batch.getNumOccurrences() > 0 && isGiven)
    return makeError("--batch applies to --inputs or random inputs");
  return llvm::Error::success();
}

llvm::Expected<RunToolOptions> bitwright::parseRunOptions(int argc, char **argv) {
  clearCommandLine();
  static CommandLine line;
  addPluginOption(line.general);
  cl::HideUnrelatedOptions({&line.general, &line.run, &line.time, &line.score});
  cl::ParseCommandLineOptions(argc, argv,
                              "quant-run: runs, times, scores and compares models\n\n"
                              "  quant-run q.so                             (what it is)\n"
                              "  quant-run q.so --io=DIR --json\n"
                              "  quant-run q.so --input=x.npy --output=DIR\n"
                              "  quant-run q.so --benchmark --threads=1 --json\n"
                              "  quant-run q.so --compare=m.onnx --inputs=x.npy\n"
                              "  quant-run q.so --generate=32 --tokens=t.npy --context=64\n");
  RunToolOptions options;
  if (llvm::Error error = checkArguments({argv, size_t(argc)}))
    return std::move(error);
  if (llvm::Error error = checkNumbers(line))
    return std::move(error);
  if (llvm::Error error = readDims(line.dims, /*least=*/0, options.dims))
    return std::move(error);
  auto mode = getMode(line);
  if (!mode)
    return mode.takeError();
  if (llvm::Error error = checkUsed(line, *mode))
    return std::move(error);
  options.mode = *mode;
  options.model = line.model;
  options.other = line.compare.empty() ? line.reference : line.compare;
  options.runner.threads = line.threads;
  options.runner.weights = line.weights;
  options.interpret = line.interpret;
  options.json = line.json;
  options.inputs.assign(line.inputs.begin(), line.inputs.end());
  options.output = line.output;
  options.io = line.io;
  options.rows = line.rows;
  options.labels = line.labels;
  options.tokens = line.tokens;
  options.nllOutput = line.nll;
  options.context = line.context;
  options.count = line.generate;
  options.batch = line.batch;
  if (line.batch.getNumOccurrences() > 0)
    options.givenBatch = line.batch;
  options.benchmark = {line.warmup, line.runs, line.pairs};
  return options;
}
