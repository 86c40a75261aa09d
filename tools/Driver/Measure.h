// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What quant-run does with a model: feeds it, times it, scores it, and compares
/// it with another or with recorded outputs. Results are JSON objects.

#ifndef BITWRIGHT_TOOLS_DRIVER_MEASURE_H
#define BITWRIGHT_TOOLS_DRIVER_MEASURE_H

#include "tools/Driver/Runner.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/JSON.h"
#include <optional>

namespace bitwright {

using Samples = std::vector<NdArray>;

/// Inputs, one set after another; nullopt after the last.
class SampleStream {
public:
  virtual ~SampleStream() = default;
  virtual llvm::Expected<std::optional<Samples>> next() = 0;
};

/*--- Feeding -------------------------------------------------------------------*/

/// Arrays for the inputs of `runner`: files in their order, or `name=file`. An
/// element type that is not the model's is an error.
llvm::Expected<Samples> readInputs(const ModelRunner &runner, llvm::ArrayRef<std::string> files);

/// Recorded inputs and outputs: the files that DIR/io.json names, or
/// DIR/input_*.npy and DIR/output_*.npy in the model's order.
struct Recording {
  Samples inputs;
  std::vector<std::pair<std::string, NdArray>> outputs;
};
llvm::Expected<Recording> readRecording(const ModelRunner &runner, llvm::StringRef folder);

/// Fixed pseudo-random inputs: floats in [-1, 1), small integers below
/// `integerLimit`. Dynamic dimensions are those of `dims`, otherwise 1; a name
/// that no input has is an error. `batch`, where it is given, sizes first dimensions that are
/// dynamic and not in `dims`; it is an error where there is none.
llvm::Expected<Samples> makeRandomInputs(const ModelRunner &runner,
                                         const llvm::StringMap<int64_t> &dims,
                                         int64_t integerLimit = 16,
                                         std::optional<int64_t> batch = std::nullopt);

/// Gives `inputs` once.
std::unique_ptr<SampleStream> makeSingleStream(Samples inputs);

/// The rows of a file for a model with one input, as many at a time as its
/// first dimension says, or `batch` where that is dynamic. The last batch of a
/// static size is filled up with its last row.
llvm::Expected<std::unique_ptr<SampleStream>> makeRowStream(const ModelRunner &runner,
                                                            llvm::StringRef path, int64_t batch);

/// Windows of `context` tokens of a file, one at a time, for a language model:
/// tokens go to its first input, caches (`past...`) are empty.
llvm::Expected<std::unique_ptr<SampleStream>>
makeTokenStream(const ModelRunner &runner, llvm::StringRef path, int64_t context);

/// The inputs of a language model for these tokens; caches are empty.
llvm::Expected<Samples> makeTokenInputs(const ModelRunner &runner, llvm::ArrayRef<int64_t> tokens);

/// The integers of a one-dimensional file.
llvm::Expected<std::vector<int64_t>> readIntegers(llvm::StringRef path);

/// The output of a language model for `tokens` tokens as numbers, tokens x
/// vocabulary; an error unless it is [1, tokens, vocabulary].
llvm::Expected<std::vector<double>> getLogits(const ModelRunner &runner, const NdArray &output,
                                              int64_t tokens);

/*--- Describing ----------------------------------------------------------------*/

/// What the model is: its facts, and {"name", "dtype", "shape"} of each of "inputs" and "outputs",
/// where a dynamic dimension is its name, or "?".
llvm::json::Object describeModel(const ModelRunner &runner);

/*--- Comparing -----------------------------------------------------------------*/

/// What "sqnr_db" is where nothing differs, and with a minus where the reference is all zeros:
/// infinity, which JSON has no number for.
constexpr double exactSqnr = 999;

/// {"outputs": [{"name", "max_abs_diff", "max_abs_ref", "sqnr_db"}]}; a value that is no number
/// where the reference has one counts as the largest double.
llvm::Expected<llvm::json::Object> compareWithRecording(ModelRunner &runner,
                                                        const Recording &recording);

/// The same for two models on the same samples, with top-1 agreement and the
/// mean Kullback-Leibler divergence from `reference` along the last axis.
llvm::Expected<llvm::json::Object> compareModels(ModelRunner &runner, ModelRunner &reference,
                                                 SampleStream &samples);

/*--- Timing --------------------------------------------------------------------*/

struct BenchmarkOptions {
  int64_t warmup = 3;
  int64_t runs = 0; ///< 0 runs until half a second and 20 runs have passed.
  int64_t pairs = 15;
};

/// {"median_ms", "min_ms", "runs"}
llvm::Expected<llvm::json::Object> benchmark(ModelRunner &runner, llvm::ArrayRef<NdArray> inputs,
                                             const BenchmarkOptions &options);

/// Runs A and B in turn: {"a", "b", "ratio", "pairs"}, where ratio is the median
/// of time(A) / time(B).
llvm::Expected<llvm::json::Object> benchmarkPair(ModelRunner &a, llvm::ArrayRef<NdArray> inputsA,
                                                 ModelRunner &b, llvm::ArrayRef<NdArray> inputsB,
                                                 const BenchmarkOptions &options);

/*--- Scoring -------------------------------------------------------------------*/

/// {"top1", "top1_interval", "count"}, in percent. An interval is of 95 %, by bootstrap over the
/// rows, and null for one row. `reference`, which may be null, adds "reference": its "top1";
/// "change", the points by which the model is above it; "kl", the mean of KL(reference || model)
/// over the rows in nats (scores are logits, or probabilities where they sum to 1); "agreement", in
/// how many percent both have the same first choice; each but the first with its interval. What is
/// not finite is null.
llvm::Expected<llvm::json::Object> evaluateTop1(ModelRunner &runner, ModelRunner *reference,
                                                llvm::StringRef inputs, llvm::StringRef labels,
                                                int64_t batch);

/// {"perplexity", "perplexity_interval", "tokens"}: windows of `context` tokens, each token after
/// the first of a window predicted from those before it; windows are what the bootstrap draws.
/// `nllOutput` gets the mean negative log-likelihood of each window, f64. `reference` as above,
/// with "perplexity", and "change_percent", of the perplexity.
llvm::Expected<llvm::json::Object> evaluatePerplexity(ModelRunner &runner, ModelRunner *reference,
                                                      llvm::StringRef tokens, int64_t context,
                                                      llvm::StringRef nllOutput);

/// Greedy decoding after the first `context` tokens of a file:
/// {"tokens", "top2_gaps"}. A model with caches decodes token by token, any
/// other sees the whole sequence again at each step.
llvm::Expected<llvm::json::Object> generate(ModelRunner &runner, llvm::StringRef tokens,
                                            int64_t context, int64_t count);

/// As `generate`, and beside it one forward pass of `reference` over the prompt
/// and all decoded tokens at once (its caches are empty). Adds "same", how many
/// tokens are the most likely ones of `reference` too; "widest_gap", between the
/// two most likely ones of `reference` where they are not; and "max_abs_diff" of
/// the logits that decided.
llvm::Expected<llvm::json::Object> compareDecoding(ModelRunner &runner, ModelRunner &reference,
                                                   llvm::StringRef tokens, int64_t context,
                                                   int64_t count);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_MEASURE_H
