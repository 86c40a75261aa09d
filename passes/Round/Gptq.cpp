// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `gptq`: columns one after the other, each at a target that makes up for the errors of those
/// before it (GPTQ, arXiv:2210.17323). Scales and zero points are chosen from the weights as they
/// were, so columns may be rounded in the order of what they matter (act-order with static groups).
/// Each row keeps the best of three: blocks as wide as their extremes, blocks of least weight
/// error, and rounding to nearest. `gptq-refined` goes on from there.

#include "bitwright/Numerics/MatrixProduct.h"
#include "passes/Round/ErrorFeedback.h"
#include "passes/Round/Refine.h"
#include "passes/Round/Rounder.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <optional>

using namespace bitwright;
using llvm::ArrayRef;

/// Rows that are rounded together, so that what is done to them stays in the caches.
static constexpr int64_t kRows = 480;
/// The same where each row also has a product for each of its blocks.
static constexpr int64_t kRefinedRows = 60;
/// Columns after which errors go to all later columns at once.
static constexpr int64_t kColumns = 64;

/// For each block the factor, 1, 0.96 ... 0.52, that makes sum c |q(w) - w|^2.5 least, where c is
/// what a squared error of the column costs after feedback. (GPTQ's authors take 2.4 and no costs:
/// on `lm` that leaves 2 to 4 % more output error.)
static ClipFactors searchWeightError(ArrayRef<float> weights, int64_t rows,
                                     const BlockFormat &format, ArrayRef<float> costs) {
  constexpr int kSteps = 12;
  int64_t columns = int64_t(costs.size());
  int64_t blocks = format.countBlocks(columns);
  ClipFactors best(rows * blocks, 1.0f);
  std::vector<float> rounded(format.blockSize);
  for (int64_t i = 0; i < rows * blocks; ++i) {
    int64_t begin = i % blocks * format.blockSize;
    int64_t size = std::min(format.blockSize, columns - begin);
    ArrayRef<float> block = weights.slice(i / blocks * columns + begin, size);
    float lowest = INFINITY;
    for (int step = 0; step <= kSteps; ++step) {
      float factor = 1.0f - 0.04f * float(step), loss = 0;
      roundTripBlock(block, format, factor, rounded.data());
      for (int64_t k = 0; k < size; ++k) {
        float error = std::fabs(rounded[k] - block[k]);
        loss += costs[begin + k] * error * error * std::sqrt(error);
      }
      if (loss < lowest) {
        lowest = loss;
        best[i] = factor;
      }
    }
  }
  return best;
}

namespace {

/// Some rows of a weight and what they were rounded to, with one choice of parameters.
class Sweep {
public:
  Sweep(ArrayRef<float> weights, const ErrorFeedback &feedback, BlockWeights start)
      : weights(weights), feedback(feedback), result(std::move(start)), costs(result.rows, 0.0),
        targets(weights.size()) {}

  /// Measures the codes, which are replaced first, each where its turn comes, if `compensates`.
  void run(bool compensates) {
    int64_t columns = result.columns;
    for (int64_t row = 0; row < result.rows; ++row)
      for (int64_t k = 0; k < columns; ++k)
        targets[row * columns + k] = weights[row * columns + feedback.order[k]];
    std::vector<float> errors(result.rows * kColumns);
    for (int64_t begin = 0; begin < columns; begin += kColumns) {
      int64_t size = std::min(kColumns, columns - begin), end = begin + size;
      for (int64_t row = 0; row < result.rows; ++row)
        roundRow(row, begin, size, compensates, errors.data() + row);
      addTransposedProduct(
          {errors.data(), size, result.rows, result.rows},
          {feedback.ratios.data() + begin * columns + end, size, columns - end, columns},
          targets.data() + end, columns);
    }
  }

  const BlockWeights &getResult() const { return result; }
  /// e H e^T of a row.
  double getCost(int64_t row) const { return costs[row]; }

private:
  /// Columns `begin` ... of the order in one row; their errors go to every `rows`-th place.
  void roundRow(int64_t row, int64_t begin, int64_t size, bool compensates, float *errors) {
    const BlockFormat &format = result.format;
    float *target = targets.data() + row * result.columns + begin;
    double cost = 0;
    for (int64_t k = 0; k < size; ++k, errors += result.rows) {
      int64_t column = feedback.order[begin + k];
      int64_t place = row * result.columns + column;
      QuantParams params = result.getParams(row, column / format.blockSize);
      int8_t &code = result.values[place];
      if (compensates)
        format.number->encode(target[k], params, format.symmetric, &code);
      float value;
      format.number->decode(code, params, format.symmetric, &value);
      float missing = target[k] - value;
      cost += double(missing) * missing * feedback.costs[begin + k];
      float error = weights[place] - value;
      *errors = error;
      const float *ratios = feedback.ratios.data() + (begin + k) * result.columns + begin;
      for (int64_t j = k + 1; j < size; ++j)
        target[j] += error * ratios[j];
    }
    costs[row] += cost;
  }

  ArrayRef<float> weights;
  const ErrorFeedback &feedback;
  BlockWeights result;
  std::vector<double> costs;
  /// The weights in the order of rounding, and what is added to them.
  std::vector<float> targets;
};

/// What became of rows, and e H e^T summed over them.
struct Outcome {
  BlockWeights weights;
  double cost = 0, nearestCost = 0;

  /// Appends rows `begin` to `end` of `from`.
  void append(const BlockWeights &from, int64_t begin, int64_t end) {
    auto add = [&](auto &to, const auto &values) {
      int64_t size = int64_t(values.size()) / from.rows;
      to.insert(to.end(), values.begin() + begin * size, values.begin() + end * size);
    };
    add(weights.values, from.values);
    add(weights.scales, from.scales);
    add(weights.zeroPoints, from.zeroPoints);
  }
};

class GptqRounder final : public Rounder {
public:
  explicit GptqRounder(bool refines) : refines(refines) {}

  llvm::StringRef getName() const override { return refines ? "gptq-refined" : "gptq"; }
  llvm::StringRef getSummary() const override {
    return refines ? "gptq, then codes and scales that lower its error further"
                   : "each column makes up for the errors of those before it";
  }
  llvm::SmallVector<llvm::StringRef> needs() const override { return {"second_moment"}; }
  RoundedWeights round(const RoundingProblem &p) const override;

private:
  bool refines;
};

} // namespace

/// `rows` of the problem from row `begin` on.
static Outcome roundRows(const RoundingProblem &p, const ErrorFeedback &feedback, int64_t begin,
                         int64_t rows) {
  ArrayRef<float> weights = p.weights.slice(begin * p.columns, rows * p.columns);
  ArrayRef<float> least = p.leastScales.empty() ? p.leastScales : p.leastScales.slice(begin, rows);
  BlockWeights extremes = quantizeBlocks(weights, rows, p.columns, p.format, {}, least);
  std::vector<float> costs(p.columns);
  for (int64_t k = 0; k < p.columns; ++k)
    costs[feedback.order[k]] = feedback.costs[k];
  BlockWeights clipped = quantizeBlocks(weights, rows, p.columns, p.format,
                                        searchWeightError(weights, rows, p.format, costs), least);
  Sweep nearest(weights, feedback, extremes), wide(weights, feedback, extremes),
      narrow(weights, feedback, clipped);
  nearest.run(/*compensates=*/false);
  wide.run(/*compensates=*/true);
  narrow.run(/*compensates=*/true);
  Outcome outcome{{p.format, rows, p.columns, {}, {}, {}}};
  for (int64_t row = 0; row < rows; ++row) {
    const Sweep *best = &wide;
    for (const Sweep *other : {&narrow, &nearest})
      if (other->getCost(row) < best->getCost(row))
        best = other;
    outcome.append(best->getResult(), row, row + 1);
    outcome.cost += best->getCost(row);
    outcome.nearestCost += nearest.getCost(row);
  }
  return outcome;
}

RoundedWeights GptqRounder::round(const RoundingProblem &p) const {
  ArrayRef<float> moment = p.statistics.find("second_moment")->second;
  auto feedback = factorMoment(moment, p.columns);
  if (!feedback)
    return {quantizeBlocks(p.weights, p.rows, p.columns, p.format, {}, p.leastScales),
            "the second moment of its input is not finite or has no factor, even with damping 1"};
  Outcome outcome{{p.format, p.rows, p.columns, {}, {}, {}}};
  std::optional<OutputMoment> whole;
  if (refines)
    whole.emplace(moment, p.columns, feedback->damping);
  int64_t height = refines ? kRefinedRows : kRows;
  for (int64_t begin = 0; begin < p.rows; begin += height) {
    int64_t rows = std::min(height, p.rows - begin);
    Outcome part = roundRows(p, *feedback, begin, rows);
    if (refines)
      part.cost = refine(p.weights.slice(begin * p.columns, rows * p.columns), *whole,
                         /*fitsScales=*/p.leastScales.empty(), part.weights);
    outcome.append(part.weights, 0, rows);
    outcome.cost += part.cost;
    outcome.nearestCost += part.nearestCost;
  }
  double ratio = outcome.nearestCost > 0 ? outcome.cost / outcome.nearestCost : 1;
  std::string detail = llvm::formatv("output error {0:F3} of that of rtn", ratio);
  if (feedback->damping > 0.01)
    detail += llvm::formatv(", damping {0}", feedback->damping);
  return {std::move(outcome.weights), "", std::move(detail)};
}

std::unique_ptr<Rounder> bitwright::makeGptqRounder(bool refines) {
  return std::make_unique<GptqRounder>(refines);
}
