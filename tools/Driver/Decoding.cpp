// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Greedy decoding with language models, and whether decoding with caches does
/// what the full forward pass does.

#include "bitwright/Support/Error.h"
#include "tools/Driver/Measure.h"
#include <cmath>

using namespace bitwright;

/// getLogits, and an error unless all are finite.
static llvm::Expected<std::vector<double>> getFiniteLogits(const ModelRunner &runner,
                                                           const NdArray &output, int64_t tokens) {
  auto logits = getLogits(runner, output, tokens);
  if (logits && !llvm::all_of(*logits, [](double logit) { return std::isfinite(logit); }))
    return makeError(runner.getLabel() + ": a logit is not a finite number");
  return logits;
}

namespace {
/// The most likely token and how far the logit of the next one is below.
struct Choice {
  explicit Choice(llvm::ArrayRef<double> logits) {
    double best = -HUGE_VAL, second = -HUGE_VAL;
    for (auto [index, logit] : llvm::enumerate(logits)) {
      second = std::max(second, std::min(best, logit));
      if (logit > best) {
        best = logit;
        token = index;
      }
    }
    gap = best - second;
  }
  int64_t token = 0;
  double gap = 0;
};

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
    auto logits = getFiniteLogits(runner, results.front(), fed.size());
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

/// A decoded text: prompt, new tokens, and the logits that chose each of these.
struct Decoded {
  std::vector<int64_t> tokens;
  std::vector<std::vector<double>> logits;
  llvm::json::Object result;
};
} // namespace

static llvm::Expected<Decoded> decode(ModelRunner &runner, llvm::StringRef path, int64_t context,
                                      int64_t count) {
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
  Decoded decoded;
  llvm::json::Array chosen, gaps;
  for (int64_t i = 0; i < count; ++i) {
    auto logits = decoder.step(*tokens);
    if (!logits)
      return logits.takeError();
    Choice choice(*logits);
    gaps.push_back(choice.gap);
    chosen.push_back(choice.token);
    tokens->push_back(choice.token);
    decoded.logits.push_back(std::move(*logits));
  }
  decoded.tokens = std::move(*tokens);
  decoded.result =
      llvm::json::Object{{"tokens", std::move(chosen)}, {"top2_gaps", std::move(gaps)}};
  return decoded;
}

llvm::Expected<llvm::json::Object> bitwright::generate(ModelRunner &runner, llvm::StringRef path,
                                                       int64_t context, int64_t count) {
  auto decoded = decode(runner, path, context, count);
  if (!decoded)
    return decoded.takeError();
  return std::move(decoded->result);
}

/// The logits of `runner` after each of `tokens`, from one forward pass.
static llvm::Expected<std::vector<double>> runAtOnce(ModelRunner &runner,
                                                     llvm::ArrayRef<int64_t> tokens) {
  auto inputs = makeTokenInputs(runner, tokens);
  if (!inputs)
    return inputs.takeError();
  auto results = runner.run(*inputs);
  if (!results)
    return results.takeError();
  return getFiniteLogits(runner, results->front(), tokens.size());
}

llvm::Expected<llvm::json::Object> bitwright::compareDecoding(ModelRunner &runner,
                                                              ModelRunner &reference,
                                                              llvm::StringRef path, int64_t context,
                                                              int64_t count) {
  auto decoded = decode(runner, path, context, count);
  if (!decoded)
    return decoded.takeError();
  // The last token was chosen and never fed.
  auto all = runAtOnce(reference, llvm::ArrayRef<int64_t>(decoded->tokens).drop_back());
  if (!all)
    return all.takeError();
  size_t vocabulary = all->size() / (decoded->tokens.size() - 1);
  if (vocabulary != decoded->logits.front().size())
    return makeError(runner.getLabel() + " has a vocabulary of " +
                     llvm::Twine(decoded->logits.front().size()) + ", but " + reference.getLabel() +
                     " one of " + llvm::Twine(vocabulary));
  int64_t same = 0;
  double widestGap = 0, difference = 0;
  for (auto [step, logits] : llvm::enumerate(decoded->logits)) {
    auto expected =
        llvm::ArrayRef<double>(*all).slice((context - 1 + step) * vocabulary, vocabulary);
    for (auto [a, b] : llvm::zip_equal(logits, expected))
      difference = std::max(difference, std::fabs(a - b));
    Choice choice(expected);
    if (choice.token == decoded->tokens[context + step])
      ++same;
    else
      widestGap = std::max(widestGap, choice.gap);
  }
  decoded->result["same"] = same;
  decoded->result["widest_gap"] = widestGap;
  decoded->result["max_abs_diff"] = difference;
  return std::move(decoded->result);
}
