// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Scores of classifiers and language models, and greedy decoding.

#include "bitwright/Driver/Measure.h"
#include "bitwright/Support/Error.h"
#include <cmath>
#include <cstring>

using namespace bitwright;

/*--- Classifiers ---------------------------------------------------------------*/

llvm::Expected<llvm::json::Object> bitwright::evaluateTop1(ModelRunner &runner,
                                                           llvm::StringRef inputs,
                                                           llvm::StringRef labels, int64_t batch) {
  auto expected = readIntegers(labels);
  if (!expected)
    return expected.takeError();
  auto stream = makeRowStream(runner, inputs, batch);
  if (!stream)
    return stream.takeError();
  int64_t count = expected->size(), done = 0, right = 0;
  for (;;) {
    auto samples = (*stream)->next();
    if (!samples)
      return samples.takeError();
    if (!*samples)
      break;
    auto results = runner.run(**samples);
    if (!results)
      return results.takeError();
    int64_t rows = (*samples)->front().dims.front();
    std::vector<double> scores = toDoubles(results->front());
    if (rows == 0 || scores.empty() || scores.size() % rows != 0)
      return makeError(runner.getLabel() + ": output '" + runner.getOutputs().front().name +
                       "' has no scores for each row");
    size_t classes = scores.size() / rows;
    for (int64_t row = 0; row < rows && done < count; ++row, ++done) {
      if ((*expected)[done] < 0 || (*expected)[done] >= int64_t(classes))
        return makeError(labels + ": label " + llvm::Twine((*expected)[done]) + " of row " +
                         llvm::Twine(done) + " is outside the " + llvm::Twine(classes) +
                         " classes of the model");
      auto first = scores.begin() + row * classes;
      right += std::max_element(first, first + classes) - first == (*expected)[done];
    }
  }
  if (done != count)
    return makeError(labels + ": holds " + llvm::Twine(count) + " labels, but '" + inputs +
                     "' holds " + llvm::Twine(done) + " rows");
  return llvm::json::Object{{"top1", 100.0 * double(right) / double(count)}, {"count", count}};
}

/*--- Language models -----------------------------------------------------------*/

/// The logits of a language model: [1, tokens, vocabulary].
static llvm::Expected<std::vector<double>> getLogits(const ModelRunner &runner,
                                                     const NdArray &output, int64_t tokens) {
  if (output.dims.size() != 3 || output.dims[0] != 1 || output.dims[1] != tokens ||
      output.dims[2] < 2)
    return makeError(runner.getLabel() + ": expects logits of 1 x " + llvm::Twine(tokens) +
                     " x vocabulary, but got " + describe(output.dtype, output.dims));
  return toDoubles(output);
}

/// -log softmax(logits)[target]
static double getNll(llvm::ArrayRef<double> logits, int64_t target) {
  double most = *std::max_element(logits.begin(), logits.end()), sum = 0;
  for (double logit : logits)
    sum += std::exp(logit - most);
  return most + std::log(sum) - logits[target];
}

static llvm::Expected<double> getWindowNll(ModelRunner &runner, llvm::ArrayRef<int64_t> tokens) {
  auto inputs = makeTokenInputs(runner, tokens);
  if (!inputs)
    return inputs.takeError();
  auto results = runner.run(*inputs);
  if (!results)
    return results.takeError();
  auto logits = getLogits(runner, results->front(), tokens.size());
  if (!logits)
    return logits.takeError();
  int64_t vocabulary = results->front().dims[2];
  double sum = 0;
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i + 1] < 0 || tokens[i + 1] >= vocabulary)
      return makeError("token " + llvm::Twine(tokens[i + 1]) + " is outside the vocabulary of " +
                       llvm::Twine(vocabulary));
    sum += getNll(llvm::ArrayRef<double>(*logits).slice(i * vocabulary, vocabulary), tokens[i + 1]);
  }
  return sum / double(tokens.size() - 1);
}

llvm::Expected<llvm::json::Object> bitwright::evaluatePerplexity(ModelRunner &runner,
                                                                 llvm::StringRef path,
                                                                 int64_t context,
                                                                 llvm::StringRef nllOutput) {
  auto tokens = readIntegers(path);
  if (!tokens)
    return tokens.takeError();
  int64_t windows = context < 2 ? 0 : int64_t(tokens->size()) / context;
  if (windows == 0)
    return makeError(path + ": holds " + llvm::Twine(tokens->size()) +
                     " tokens, expected at least one window of --context=" + llvm::Twine(context));
  NdArray means;
  means.dtype = BW_F64;
  means.dims = {windows};
  means.bytes.resize(windows * sizeof(double));
  double sum = 0;
  for (int64_t window = 0; window < windows; ++window) {
    auto mean =
        getWindowNll(runner, llvm::ArrayRef<int64_t>(*tokens).slice(window * context, context));
    if (!mean)
      return mean.takeError();
    sum += *mean;
    std::memcpy(means.bytes.data() + window * sizeof(double), &*mean, sizeof(double));
  }
  if (!nllOutput.empty())
    if (llvm::Error error = writeNpy(nllOutput, means))
      return std::move(error);
  double perplexity = std::exp(sum / double(windows));
  if (!std::isfinite(perplexity))
    return makeError(runner.getLabel() + ": the perplexity is not a number");
  return llvm::json::Object{{"perplexity", perplexity}, {"tokens", windows * (context - 1)}};
}

/*--- Decoding ------------------------------------------------------------------*/

namespace {
/// Feeds a language model token by token where it has caches.
class Decoder {
public:
  explicit Decoder(ModelRunner &runner) : runner(runner) {}

  /// The output that each cache takes for the next step.
  llvm::Error findCaches() {
    for (const ValueSpec &input : runner.getInputs().drop_front()) {
      llvm::StringRef name = input.name;
      (void)name.consume_front("past");
      int index = runner.findOutput(("present" + name).str());
      if (index < 0)
        return makeError(runner.getLabel() + ": has no output 'present" + name + "' for input '" +
                         input.name + "'");
      caches.push_back(index);
    }
    return llvm::Error::success();
  }

  /// Logits after the last of `tokens`, all those so far.
  llvm::Expected<std::vector<double>> step(llvm::ArrayRef<int64_t> tokens) {
    bool isIncremental = !caches.empty() && !results.empty();
    llvm::ArrayRef<int64_t> fed = isIncremental ? tokens.take_back(1) : tokens;
    auto inputs = makeTokenInputs(runner, fed);
    if (!inputs)
      return inputs.takeError();
    for (size_t i = 0; isIncremental && i < caches.size(); ++i)
      (*inputs)[i + 1] = std::move(results[caches[i]]);
    auto outputs = runner.run(*inputs);
    if (!outputs)
      return outputs.takeError();
    results = std::move(*outputs);
    auto logits = getLogits(runner, results.front(), fed.size());
    if (!logits)
      return logits.takeError();
    size_t vocabulary = results.front().dims[2];
    return std::vector<double>(logits->end() - vocabulary, logits->end());
  }

private:
  ModelRunner &runner;
  llvm::SmallVector<int> caches;
  std::vector<NdArray> results;
};
} // namespace

llvm::Expected<llvm::json::Object> bitwright::generate(ModelRunner &runner, llvm::StringRef path,
                                                       int64_t context, int64_t count) {
  auto tokens = readIntegers(path);
  if (!tokens)
    return tokens.takeError();
  if (context < 1 || static_cast<int64_t>(tokens->size()) < context)
    return makeError(path + ": holds " + llvm::Twine(tokens->size()) +
                     " tokens, expected at least --context=" + llvm::Twine(context));
  tokens->resize(context);
  if (runner.getInputs().empty())
    return makeError(runner.getLabel() + ": has no inputs");
  Decoder decoder(runner);
  if (llvm::Error error = decoder.findCaches())
    return std::move(error);
  llvm::json::Array chosen, gaps;
  for (int64_t i = 0; i < count; ++i) {
    auto logits = decoder.step(*tokens);
    if (!logits)
      return logits.takeError();
    auto best = std::max_element(logits->begin(), logits->end());
    int64_t token = best - logits->begin();
    double value = std::exchange(*best, -HUGE_VAL);
    gaps.push_back(value - *std::max_element(logits->begin(), logits->end()));
    chosen.push_back(token);
    tokens->push_back(token);
  }
  return llvm::json::Object{{"tokens", std::move(chosen)}, {"top2_gaps", std::move(gaps)}};
}
