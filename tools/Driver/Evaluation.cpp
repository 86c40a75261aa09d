// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Scores of classifiers and language models.

#include "bitwright/Support/Error.h"
#include "tools/Driver/Measure.h"
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

llvm::Expected<std::vector<double>> bitwright::getLogits(const ModelRunner &runner,
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
