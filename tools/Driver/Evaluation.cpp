// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Scores of classifiers and language models, and how far they are from another model's.

#include "bitwright/Support/Error.h"
#include "tools/Driver/Bootstrap.h"
#include "tools/Driver/Measure.h"
#include <cmath>
#include <cstring>

using namespace bitwright;

using Numbers = llvm::ArrayRef<double>;

static int64_t getBest(Numbers scores) { return llvm::max_element(scores) - scores.begin(); }

/*--- Distributions -------------------------------------------------------------*/

/// A model may end in a softmax: its scores are probabilities then.
static bool areProbabilities(Numbers scores) {
  double sum = 0;
  for (double score : scores) {
    if (!(score >= 0 && score <= 1))
      return false;
    sum += score;
  }
  return std::abs(sum - 1) < 1e-2;
}

/// log softmax(logits)
static std::vector<double> getLogProbabilities(Numbers logits) {
  double most = *llvm::max_element(logits), sum = 0;
  for (double logit : logits)
    sum += std::exp(logit - most);
  double shift = most + std::log(sum);
  std::vector<double> result;
  for (double logit : logits)
    result.push_back(logit - shift);
  return result;
}

/// The same for a classifier's scores, logits or probabilities. A probability of 0 counts as
/// 1e-12, so that divergences stay finite.
static std::vector<double> getClassifierLogProbabilities(Numbers scores) {
  if (!areProbabilities(scores))
    return getLogProbabilities(scores);
  std::vector<double> logits;
  for (double score : scores)
    logits.push_back(std::log(std::max(score, 1e-12)));
  return getLogProbabilities(logits);
}

/// KL(p || q), S. Kullback and R. A. Leibler, "On information and sufficiency", 1951; of
/// logarithms, in nats.
static double getDivergence(Numbers p, Numbers q) {
  double sum = 0;
  for (auto [x, y] : llvm::zip_equal(p, q))
    sum += std::exp(x) * (x - y);
  return std::max(sum, 0.0);
}

/// JSON has no NaN and no infinity.
static llvm::json::Value getFinite(double value) {
  return std::isfinite(value) ? llvm::json::Value(value) : nullptr;
}

/*--- Tables --------------------------------------------------------------------*/

namespace {
/// What is known of each sample, a row or a window. Those from Reference on only with a reference.
enum Column : unsigned { Own, Reference, Divergence, Agreement };

/// The means of both models, and how far one is from the other.
class ScoreTable {
public:
  explicit ScoreTable(bool hasReference) : columns(hasReference ? 4 : 1) {}

  ScoreColumn &operator[](Column column) { return columns[column]; }
  bool hasReference() const { return columns.size() > 1; }
  size_t size() const { return columns.front().size(); }

  /// `name` with its interval, and "reference" where there is one: the same of the other model,
  /// `change` with its interval, and what is known of the distributions.
  llvm::json::Object summarize(llvm::StringRef name, llvm::function_ref<double(double)> scale,
                               llvm::StringRef change,
                               llvm::function_ref<double(double, double)> compare) const;

private:
  std::vector<ScoreColumn> columns;
};
} // namespace

llvm::json::Object ScoreTable::summarize(llvm::StringRef name,
                                         llvm::function_ref<double(double)> scale,
                                         llvm::StringRef change,
                                         llvm::function_ref<double(double, double)> compare) const {
  Bootstrap bootstrap(columns);
  auto put = [&](llvm::json::Object &object, llvm::StringRef key,
                 const Bootstrap::Statistic &statistic) {
    object[key] = getFinite(bootstrap.getValue(statistic));
    object[(key + "_interval").str()] = bootstrap.getInterval(statistic);
  };
  llvm::json::Object result;
  put(result, name, [&](Numbers means) { return scale(means[Own]); });
  if (!hasReference())
    return result;
  llvm::json::Object reference;
  reference[name] =
      getFinite(bootstrap.getValue([&](Numbers means) { return scale(means[Reference]); }));
  put(reference, change, [&](Numbers means) { return compare(means[Own], means[Reference]); });
  put(reference, "kl", [](Numbers means) { return means[Divergence]; });
  put(reference, "agreement", [](Numbers means) { return 100 * means[Agreement]; });
  result["reference"] = std::move(reference);
  return result;
}

/*--- Classifiers ---------------------------------------------------------------*/

namespace {
/// A model's scores of one row after another, whatever batch it runs.
class RowScores {
public:
  RowScores(ModelRunner &runner, std::unique_ptr<SampleStream> stream)
      : runner(runner), stream(std::move(stream)) {}

  static llvm::Expected<RowScores> open(ModelRunner &runner, llvm::StringRef inputs,
                                        int64_t batch) {
    auto stream = makeRowStream(runner, inputs, batch);
    if (!stream)
      return stream.takeError();
    return RowScores(runner, std::move(*stream));
  }

  /// The next row, valid until the next call; empty after the last. A last batch of a static size
  /// goes on with rows that were added to fill it.
  llvm::Expected<Numbers> next() {
    if (row == rows)
      if (llvm::Error error = runBatch())
        return std::move(error);
    if (rows == 0)
      return Numbers();
    size_t classes = scores.size() / rows;
    return Numbers(scores).slice(classes * row++, classes);
  }

private:
  llvm::Error runBatch();

  ModelRunner &runner;
  std::unique_ptr<SampleStream> stream;
  std::vector<double> scores; // of the batch
  size_t rows = 0, row = 0;
};
} // namespace

llvm::Error RowScores::runBatch() {
  rows = row = 0;
  auto samples = stream->next();
  if (!samples || !*samples)
    return samples.takeError();
  auto results = runner.run(**samples);
  if (!results)
    return results.takeError();
  rows = (*samples)->front().dims.front();
  scores = toDoubles(results->front());
  if (rows == 0 || scores.empty() || scores.size() % rows != 0)
    return makeError(runner.getLabel() + ": output '" + runner.getOutputs().front().name +
                     "' has no scores for each row");
  return llvm::Error::success();
}

/// What the reference gives for the row whose scores are `own`.
static llvm::Error addReferenceRow(ScoreTable &table, RowScores &reference, Numbers own,
                                   int64_t label, llvm::StringRef where) {
  auto scores = reference.next();
  if (!scores)
    return scores.takeError();
  if (scores->size() != own.size())
    return makeError(where + ": the model has " + llvm::Twine(own.size()) +
                     " classes, but the reference " + llvm::Twine(scores->size()));
  table[Reference].push_back(getBest(*scores) == label);
  table[Divergence].push_back(
      getDivergence(getClassifierLogProbabilities(*scores), getClassifierLogProbabilities(own)));
  table[Agreement].push_back(getBest(*scores) == getBest(own));
  return llvm::Error::success();
}

llvm::Expected<llvm::json::Object> bitwright::evaluateTop1(ModelRunner &runner,
                                                           ModelRunner *reference,
                                                           llvm::StringRef inputs,
                                                           llvm::StringRef labels, int64_t batch) {
  auto expected = readIntegers(labels);
  if (!expected)
    return expected.takeError();
  auto own = RowScores::open(runner, inputs, batch);
  if (!own)
    return own.takeError();
  std::optional<RowScores> other;
  if (reference) {
    auto opened = RowScores::open(*reference, inputs, batch);
    if (!opened)
      return opened.takeError();
    other.emplace(std::move(*opened));
  }
  ScoreTable table(reference);
  for (auto [row, label] : llvm::enumerate(*expected)) {
    auto scores = own->next();
    if (!scores)
      return scores.takeError();
    if (scores->empty())
      break;
    if (label < 0 || label >= int64_t(scores->size()))
      return makeError(labels + ": label " + llvm::Twine(label) + " of row " + llvm::Twine(row) +
                       " is outside the " + llvm::Twine(scores->size()) + " classes of the model");
    table[Own].push_back(getBest(*scores) == label);
    if (other)
      if (llvm::Error error = addReferenceRow(table, *other, *scores, label, inputs))
        return std::move(error);
  }
  if (table.size() == 0 || table.size() != expected->size())
    return makeError(labels + ": holds " + llvm::Twine(expected->size()) + " labels, but '" +
                     inputs + "' holds " + llvm::Twine(table.size()) + " rows");
  llvm::json::Object result = table.summarize(
      "top1", [](double share) { return 100 * share; }, "change",
      [](double share, double other) { return 100 * (share - other); });
  result["count"] = int64_t(table.size());
  return result;
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

/// The logits of a window: tokens x vocabulary.
static llvm::Expected<std::vector<double>> getWindowLogits(ModelRunner &runner,
                                                           llvm::ArrayRef<int64_t> tokens) {
  auto inputs = makeTokenInputs(runner, tokens);
  if (!inputs)
    return inputs.takeError();
  auto results = runner.run(*inputs);
  if (!results)
    return results.takeError();
  return getLogits(runner, results->front(), tokens.size());
}

/// Adds a window: the means over its tokens after the first.
static llvm::Error addWindow(ScoreTable &table, llvm::ArrayRef<int64_t> tokens, Numbers own,
                             Numbers reference) {
  size_t vocabulary = own.size() / tokens.size(), predicted = tokens.size() - 1;
  if (table.hasReference() && reference.size() != own.size())
    return makeError("the model has a vocabulary of " + llvm::Twine(vocabulary) +
                     ", but the reference of " + llvm::Twine(reference.size() / tokens.size()));
  double sums[4] = {};
  for (size_t i = 0; i < predicted; ++i) {
    int64_t target = tokens[i + 1];
    if (target < 0 || target >= int64_t(vocabulary))
      return makeError("token " + llvm::Twine(target) + " is outside the vocabulary of " +
                       llvm::Twine(vocabulary));
    std::vector<double> p = getLogProbabilities(own.slice(i * vocabulary, vocabulary));
    sums[Own] -= p[target];
    if (!table.hasReference())
      continue;
    std::vector<double> q = getLogProbabilities(reference.slice(i * vocabulary, vocabulary));
    sums[Reference] -= q[target];
    sums[Divergence] += getDivergence(q, p);
    sums[Agreement] += getBest(q) == getBest(p);
  }
  for (Column column : {Own, Reference, Divergence, Agreement})
    if (column == Own || table.hasReference())
      table[column].push_back(sums[column] / double(predicted));
  return llvm::Error::success();
}

/// One f64 for each window.
static llvm::Error writeLosses(llvm::StringRef path, const ScoreColumn &losses) {
  NdArray array;
  array.dtype = BW_F64;
  array.dims = {int64_t(losses.size())};
  array.bytes.resize(losses.size() * sizeof(double));
  std::memcpy(array.bytes.data(), losses.data(), array.bytes.size());
  return writeNpy(path, array);
}

llvm::Expected<llvm::json::Object>
bitwright::evaluatePerplexity(ModelRunner &runner, ModelRunner *reference, llvm::StringRef path,
                              int64_t context, llvm::StringRef nllOutput) {
  auto tokens = readIntegers(path);
  if (!tokens)
    return tokens.takeError();
  int64_t windows = context < 2 ? 0 : int64_t(tokens->size()) / context;
  if (windows == 0)
    return makeError(path + ": holds " + llvm::Twine(tokens->size()) +
                     " tokens, expected at least one window of --context=" + llvm::Twine(context));
  ScoreTable table(reference);
  for (int64_t window = 0; window < windows; ++window) {
    auto slice = llvm::ArrayRef<int64_t>(*tokens).slice(window * context, context);
    auto own = getWindowLogits(runner, slice);
    if (!own)
      return own.takeError();
    std::vector<double> other;
    if (reference) {
      auto logits = getWindowLogits(*reference, slice);
      if (!logits)
        return logits.takeError();
      other = std::move(*logits);
    }
    if (llvm::Error error = addWindow(table, slice, *own, other))
      return std::move(error);
  }
  if (!nllOutput.empty())
    if (llvm::Error error = writeLosses(nllOutput, table[Own]))
      return std::move(error);
  llvm::json::Object result = table.summarize(
      "perplexity", [](double loss) { return std::exp(loss); }, "change_percent",
      [](double loss, double other) { return 100 * std::expm1(loss - other); });
  if (!result.getNumber("perplexity"))
    return makeError(runner.getLabel() + ": the perplexity is not a number");
  result["tokens"] = windows * (context - 1);
  return result;
}
