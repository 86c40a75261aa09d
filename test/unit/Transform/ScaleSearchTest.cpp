// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The searches, on problems with a known answer.

#include "passes/Transform/ScaleSearch.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace bitwright;

/// Integers of `bits` in blocks.
static BlockFormat intBlocks(unsigned bits, int64_t size, bool symmetric) {
  static FormatRegistry formats;
  return {formats.lookup("int" + std::to_string(bits)), size, symmetric};
}

namespace {

/// Random weights, and activations of which channel 3 is 30 times the others.
struct Problem {
  static constexpr int64_t kRows = 24, kColumns = 32, kSamples = 128;
  std::vector<float> weights, samples, meanAbs, maxAbs;
  ScaleProblem problem;

  explicit Problem(float outlier = 30) : meanAbs(kColumns, 0), maxAbs(kColumns, 0) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal(0, 1);
    for (int64_t i = 0; i < kRows * kColumns; ++i)
      weights.push_back(normal(random));
    for (int64_t i = 0; i < kSamples * kColumns; ++i) {
      float x = normal(random) * (i % kColumns == 3 ? outlier : 1);
      samples.push_back(x);
      meanAbs[i % kColumns] += std::fabs(x) / kSamples;
      maxAbs[i % kColumns] = std::max(maxAbs[i % kColumns], std::fabs(x));
    }
    problem.columns = kColumns;
    problem.weights.push_back({weights, kRows, intBlocks(8, kColumns, true)});
    problem.samples = samples;
    problem.meanAbs = meanAbs;
    problem.maxAbs = maxAbs;
  }
};

/// sum over samples and rows of ((q(w s) / s - w) x)^2, written out.
double measure(const Problem &p, const std::vector<float> &scales, const BlockFormat &format) {
  std::vector<float> scaled = p.weights;
  for (size_t i = 0; i < scaled.size(); ++i)
    scaled[i] *= scales[i % Problem::kColumns];
  std::vector<float> back =
      dequantizeBlocks(quantizeBlocks(scaled, Problem::kRows, Problem::kColumns, format));
  double loss = 0;
  for (int64_t s = 0; s < Problem::kSamples; ++s)
    for (int64_t r = 0; r < Problem::kRows; ++r) {
      double sum = 0;
      for (int64_t k = 0; k < Problem::kColumns; ++k) {
        int64_t i = r * Problem::kColumns + k;
        sum += (double(back[i]) / scales[k] - p.weights[i]) * p.samples[s * Problem::kColumns + k];
      }
      loss += sum * sum;
    }
  return loss;
}

ScaleResult search(Problem &p, const BlockFormat &format, bool duo) {
  p.problem.weights[0].format = format;
  return searchWeightScales(p.problem, duo);
}

} // namespace

TEST(ScaleSearch, FindsTheOutlierChannel) {
  Problem p;
  BlockFormat format = intBlocks(4, 16, false);
  ScaleResult result = search(p, format, false);
  EXPECT_GT(result.alpha, 0.1);
  EXPECT_LT(result.lossAfter, 0.6 * result.lossBefore);
  for (int64_t k = 0; k < Problem::kColumns; ++k)
    if (k != 3)
      EXPECT_GT(result.scales[3], result.scales[k]);
}

TEST(ScaleSearch, LossesAreThoseOfTheOutputs) {
  Problem p;
  BlockFormat format = intBlocks(4, 16, false);
  ScaleResult result = search(p, format, false);
  std::vector<float> ones(Problem::kColumns, 1.0f);
  EXPECT_NEAR(result.lossBefore / measure(p, ones, format), 1, 1e-3);
  EXPECT_NEAR(result.lossAfter / measure(p, result.scales, format), 1, 1e-3);
}

TEST(ScaleSearch, FewSamplesGiveTheSameLossAsTheirMoment) {
  Problem p;
  // 16 rows are fewer than the columns: the other way to compute the error.
  p.problem.samples = p.problem.samples.take_front(16 * Problem::kColumns);
  BlockFormat format = intBlocks(4, 16, true);
  ScaleResult few = search(p, format, false);
  std::vector<float> eight;
  for (int i = 0; i < 8; ++i)
    eight.insert(eight.end(), p.problem.samples.begin(), p.problem.samples.end());
  p.problem.samples = eight;
  ScaleResult many = search(p, format, false);
  EXPECT_NEAR(many.lossBefore / few.lossBefore, 8, 1e-2);
}

TEST(ScaleSearch, ScalesLieAroundOneAndAreNormal) {
  Problem p(1e8f);
  p.meanAbs[5] = 0; // a dead channel
  ScaleResult result = search(p, intBlocks(4, 32, false), true);
  double low = INFINITY, high = 0;
  for (float scale : result.scales) {
    EXPECT_TRUE(std::isnormal(scale));
    EXPECT_TRUE(std::isnormal(1 / scale));
    low = std::min<double>(low, scale);
    high = std::max<double>(high, scale);
  }
  EXPECT_NEAR(low * high, 1, 1e-3);
}

TEST(ScaleSearch, NothingBetterLeavesAllOnes) {
  Problem p;
  p.meanAbs.assign(Problem::kColumns, 1.0f); // no channel stands out: every alpha is the same
  ScaleResult result = search(p, intBlocks(4, 16, false), false);
  EXPECT_EQ(result.scales, std::vector<float>(Problem::kColumns, 1.0f));
  EXPECT_EQ(result.lossBefore, result.lossAfter);
}

TEST(ScaleSearch, NonFiniteStatisticsAreNoScales) {
  Problem p;
  p.meanAbs[0] = INFINITY;
  p.maxAbs[0] = NAN;
  EXPECT_EQ(search(p, intBlocks(4, 16, false), false).scales,
            std::vector<float>(Problem::kColumns, 1.0f));
}

TEST(ScaleSearch, TiedChannelsGetOneScale) {
  Problem p;
  std::vector<int64_t> ties(Problem::kColumns);
  for (int64_t k = 0; k < Problem::kColumns; ++k)
    ties[k] = k / 4; // channels 0..3 come from one row: the outlier pulls them along
  p.problem.ties = ties;
  for (const ScaleResult &result :
       {search(p, intBlocks(4, 16, false), false), searchActivationScales(p.problem, -1)})
    for (int64_t k = 0; k < Problem::kColumns; ++k)
      EXPECT_EQ(result.scales[k], result.scales[k / 4 * 4]);
}

TEST(ScaleSearch, SmoothingHelpsOutlierActivations) {
  Problem p(100);
  ScaleResult result = searchActivationScales(p.problem, -1);
  EXPECT_LT(result.lossAfter, 0.3 * result.lossBefore);
  EXPECT_GT(result.scales[3], 3 * result.scales[0]);
  // A fixed alpha is the formula: s_j = max|x|^a / max|w|^(1-a), up to a factor.
  ScaleResult fixed = searchActivationScales(p.problem, 0.5);
  EXPECT_EQ(fixed.alpha, 0.5);
  auto expect = [&](int64_t k) {
    float largest = 0;
    for (int64_t r = 0; r < Problem::kRows; ++r)
      largest = std::max(largest, std::fabs(p.weights[r * Problem::kColumns + k]));
    return std::sqrt(p.maxAbs[k] / largest);
  };
  EXPECT_NEAR(fixed.scales[3] / fixed.scales[0], expect(3) / expect(0), 1e-3);
}
