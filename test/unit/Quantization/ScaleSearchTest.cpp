// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The searches, on problems with a known answer.

#include "passes/Quantization/ScaleSearch.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace bitwright;

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
    problem.weights.push_back({weights, kRows});
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

} // namespace

TEST(ScaleSearch, FindsTheOutlierChannel) {
  Problem p;
  BlockFormat format{4, 16, false};
  ScaleResult result = searchWeightScales(p.problem, format, false);
  EXPECT_GT(result.alpha, 0.1);
  EXPECT_LT(result.lossAfter, 0.6 * result.lossBefore);
  for (int64_t k = 0; k < Problem::kColumns; ++k)
    if (k != 3)
      EXPECT_GT(result.scales[3], result.scales[k]);
}

TEST(ScaleSearch, LossesAreThoseOfTheOutputs) {
  Problem p;
  BlockFormat format{4, 16, false};
  ScaleResult result = searchWeightScales(p.problem, format, false);
  std::vector<float> ones(Problem::kColumns, 1.0f);
  EXPECT_NEAR(result.lossBefore / measure(p, ones, format), 1, 1e-3);
  EXPECT_NEAR(result.lossAfter / measure(p, result.scales, format), 1, 1e-3);
}

TEST(ScaleSearch, FewSamplesGiveTheSameLossAsTheirMoment) {
  Problem p;
  // 16 rows are fewer than the columns: the other way to compute the error.
  p.problem.samples = p.problem.samples.take_front(16 * Problem::kColumns);
  BlockFormat format{4, 16, true};
  ScaleResult few = searchWeightScales(p.problem, format, false);
  std::vector<float> eight;
  for (int i = 0; i < 8; ++i)
    eight.insert(eight.end(), p.problem.samples.begin(), p.problem.samples.end());
  p.problem.samples = eight;
  ScaleResult many = searchWeightScales(p.problem, format, false);
  EXPECT_NEAR(many.lossBefore / few.lossBefore, 8, 1e-2);
}

TEST(ScaleSearch, ScalesLieAroundOneAndAreNormal) {
  Problem p(1e8f);
  p.meanAbs[5] = 0; // a dead channel
  ScaleResult result = searchWeightScales(p.problem, {4, 32, false}, true);
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
  ScaleResult result = searchWeightScales(p.problem, {4, 16, false}, false);
  EXPECT_EQ(result.scales, std::vector<float>(Problem::kColumns, 1.0f));
  EXPECT_EQ(result.lossBefore, result.lossAfter);
}

TEST(ScaleSearch, NonFiniteStatisticsAreNoScales) {
  Problem p;
  p.meanAbs[0] = INFINITY;
  p.maxAbs[0] = NAN;
  EXPECT_EQ(searchWeightScales(p.problem, {4, 16, false}, false).scales,
            std::vector<float>(Problem::kColumns, 1.0f));
}

TEST(ScaleSearch, TiedChannelsGetOneScale) {
  Problem p;
  std::vector<int64_t> ties(Problem::kColumns);
  for (int64_t k = 0; k < Problem::kColumns; ++k)
    ties[k] = k / 4; // channels 0..3 come from one row: the outlier pulls them along
  p.problem.ties = ties;
  for (const ScaleResult &result : {searchWeightScales(p.problem, {4, 16, false}, false),
                                    searchActivationScales(p.problem, -1)})
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

TEST(ClipSearch, ClipsAnOutlierThatDoesNotMatter) {
  // Element 0 is large, but its activation is nearly 0: the range should follow the others.
  std::vector<float> weights{10, 1, -1, 0.9f}, samples;
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 1);
  for (int i = 0; i < 64; ++i)
    samples.insert(samples.end(),
                   {1e-4f * normal(random), normal(random), normal(random), normal(random)});
  ClipFactors clip = searchClipping(weights, 1, 4, samples, {4, 4, true});
  // 10 * 0.7 / 7 = 1 puts the other weights on the grid; 0.65 is its neighbour.
  EXPECT_NEAR(clip[0], 0.675f, 0.03f);
  // With an activation as large as the others, cutting it off costs too much.
  for (size_t i = 0; i < samples.size(); i += 4)
    samples[i] *= 1e4f;
  EXPECT_GT(searchClipping(weights, 1, 4, samples, {4, 4, true})[0], 0.9f);
}

TEST(ClipSearch, NeverRaisesTheErrorOfABlock) {
  Problem p;
  BlockFormat format{4, 20, false}; // a short last block
  ClipFactors clip =
      searchClipping(p.weights, Problem::kRows, Problem::kColumns, p.samples, format);
  ASSERT_EQ(clip.size(), size_t(Problem::kRows * 2));
  auto error = [&](const ClipFactors &factors, int64_t row, int64_t block) {
    std::vector<float> back = dequantizeBlocks(
        quantizeBlocks(p.weights, Problem::kRows, Problem::kColumns, format, factors));
    double loss = 0;
    for (int64_t s = 0; s < Problem::kSamples; ++s) {
      double sum = 0;
      for (int64_t k = block * 20; k < std::min<int64_t>(block * 20 + 20, 32); ++k)
        sum += (back[row * 32 + k] - p.weights[row * 32 + k]) * p.samples[s * 32 + k];
      loss += sum * sum;
    }
    return loss;
  };
  for (int64_t row = 0; row < 4; ++row)
    for (int64_t block : {0, 1})
      EXPECT_LE(error(clip, row, block), error({}, row, block) * 1.0001);
}
