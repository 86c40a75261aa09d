// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The rounders: what holds for all that are registered, and each on problems with a known answer.

#include "passes/Round/Rounder.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>

using namespace bitwright;

/// Integers of `bits` in blocks.
static BlockFormat intBlocks(unsigned bits, int64_t size, bool symmetric) {
  static FormatRegistry formats;
  return {formats.lookup("int" + std::to_string(bits)), size, symmetric};
}

static std::vector<float> makeNormal(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> result(count);
  for (float &value : result)
    value = normal(random);
  return result;
}

/// X^T X / N of rows of `columns`: the upper triangle.
static llvm::SmallVector<float> getMoment(llvm::ArrayRef<float> rows, int64_t columns) {
  llvm::SmallVector<float> result;
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t k = i; k < columns; ++k) {
      double sum = 0;
      for (size_t r = 0; r < rows.size(); r += columns)
        sum += double(rows[r + i]) * rows[r + k];
      result.push_back(float(sum * double(columns) / double(rows.size())));
    }
  return result;
}

namespace {

/// A problem with all statistics that any rounder of this project asks for.
struct Problem {
  std::vector<float> weights = makeNormal(120, 1);
  RoundingProblem problem;

  explicit Problem(BlockFormat format) {
    problem.weights = weights;
    problem.rows = 6;
    problem.columns = 20;
    problem.format = format;
    std::vector<float> samples = makeNormal(1280, 2);
    problem.statistics["samples"].assign(samples.begin(), samples.end());
    problem.statistics["second_moment"] = getMoment(samples, 20);
  }
};

} // namespace

TEST(Rounder, RegistryFindsByName) {
  RounderRegistry registry;
  EXPECT_EQ(registry.listNames(), "awq-clip, gptq, gptq-refined, rtn");
  EXPECT_EQ(registry.lookup("rtn")->getName(), "rtn");
  EXPECT_EQ(registry.lookup("magic"), nullptr);
}

TEST(Rounder, AnyoneCanAddOneOrReplaceOne) {
  struct Zeros final : Rounder {
    llvm::StringRef getName() const override { return "rtn"; }
    llvm::StringRef getSummary() const override { return "all codes 0"; }
    RoundedWeights round(const RoundingProblem &p) const override {
      RoundedWeights result{quantizeBlocks(p.weights, p.rows, p.columns, p.format), ""};
      result.weights.values.assign(result.weights.values.size(), 0);
      return result;
    }
  };
  RounderRegistry registry, other;
  registry.add(std::make_shared<Zeros>());
  EXPECT_EQ(registry.listNames(), "awq-clip, gptq, gptq-refined, rtn");
  EXPECT_EQ(registry.lookup("rtn")->getSummary(), "all codes 0");
  EXPECT_EQ(other.lookup("rtn")->getSummary(), "round to nearest"); // registries are apart
}

/// Sizes fit, codes lie in the format's range, and no weight is further from its value than its
/// block is wide.
TEST(Rounder, ResultsAreWellFormed) {
  RounderRegistry registry;
  for (const Rounder *rounder : registry.getAll())
    for (const BlockFormat &format : {intBlocks(4, 8, false), intBlocks(4, 20, true),
                                      intBlocks(8, 20, true), intBlocks(3, 7, false)}) {
      Problem p(format);
      BlockWeights q = rounder->round(p.problem).weights;
      size_t blocks = 6 * format.countBlocks(20);
      ASSERT_EQ(q.values.size(), size_t(120)) << rounder->getName().str();
      ASSERT_EQ(q.scales.size(), blocks);
      ASSERT_EQ(q.zeroPoints.size(), blocks);
      IntegerRange range = format.number->getRange(format.symmetric);
      for (int8_t code : q.values)
        EXPECT_TRUE(range.contains(format.symmetric ? code : uint8_t(code)));
      std::vector<float> back = dequantizeBlocks(q);
      for (size_t i = 0; i < back.size(); ++i)
        EXPECT_LE(std::fabs(back[i] - p.weights[i]), 4);
    }
}

TEST(Rounder, RespectsLeastScales) {
  RounderRegistry registry;
  std::vector<float> least{0, 1, 2, 3, 4, 5};
  for (const Rounder *rounder : registry.getAll()) {
    Problem p(intBlocks(8, 20, true));
    p.problem.leastScales = least;
    BlockWeights q = rounder->round(p.problem).weights;
    for (size_t row = 0; row < least.size(); ++row)
      EXPECT_GE(q.scales[row], least[row]) << rounder->getName().str();
  }
}

TEST(Rounder, ClippingLowersTheOutputErrorAndSparesQueriesAndKeys) {
  RounderRegistry registry;
  Problem p(intBlocks(4, 20, true));
  auto &samples = p.problem.statistics["samples"];
  auto measure = [&](const BlockWeights &q) {
    std::vector<float> back = dequantizeBlocks(q);
    double loss = 0;
    for (int64_t s = 0; s < 64; ++s)
      for (int64_t row = 0; row < 6; ++row) {
        double sum = 0;
        for (int64_t k = 0; k < 20; ++k)
          sum += (back[row * 20 + k] - p.weights[row * 20 + k]) * samples[s * 20 + k];
        loss += sum * sum;
      }
    return loss;
  };
  const Rounder *clip = registry.lookup("awq-clip");
  BlockWeights nearest = registry.lookup("rtn")->round(p.problem).weights;
  RoundedWeights clipped = clip->round(p.problem);
  EXPECT_EQ(clipped.shortfall, "");
  EXPECT_LT(measure(clipped.weights), 0.95 * measure(nearest));
  p.problem.makesAttentionScores = true;
  RoundedWeights spared = clip->round(p.problem);
  EXPECT_EQ(spared.weights.values, nearest.values);
  EXPECT_EQ(spared.shortfall, "it makes queries or keys of an attention");
}

TEST(ClipSearch, ClipsAnOutlierThatDoesNotMatter) {
  // Element 0 is large, but its activation is nearly 0: the range should follow the others.
  std::vector<float> weights{10, 1, -1, 0.9f}, samples;
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 1);
  for (int i = 0; i < 64; ++i)
    samples.insert(samples.end(),
                   {1e-4f * normal(random), normal(random), normal(random), normal(random)});
  ClipFactors clip = searchClipping(weights, 1, 4, samples, intBlocks(4, 4, true));
  // 10 * 0.7 / 7 = 1 puts the other weights on the grid; 0.65 is its neighbour.
  EXPECT_NEAR(clip[0], 0.675f, 0.03f);
  // With an activation as large as the others, cutting it off costs too much.
  for (size_t i = 0; i < samples.size(); i += 4)
    samples[i] *= 1e4f;
  EXPECT_GT(searchClipping(weights, 1, 4, samples, intBlocks(4, 4, true))[0], 0.9f);
}

TEST(ClipSearch, NeverRaisesTheErrorOfABlock) {
  constexpr int64_t kRows = 24, kColumns = 32, kSamples = 128;
  std::vector<float> weights = makeNormal(kRows * kColumns, 7),
                     samples = makeNormal(kSamples * kColumns, 8);
  for (int64_t s = 0; s < kSamples; ++s)
    samples[s * kColumns + 3] *= 30;
  BlockFormat format = intBlocks(4, 20, false); // a short last block
  ClipFactors clip = searchClipping(weights, kRows, kColumns, samples, format);
  ASSERT_EQ(clip.size(), size_t(kRows * 2));
  auto error = [&](const ClipFactors &factors, int64_t row, int64_t block) {
    std::vector<float> back =
        dequantizeBlocks(quantizeBlocks(weights, kRows, kColumns, format, factors));
    double loss = 0;
    for (int64_t s = 0; s < kSamples; ++s) {
      double sum = 0;
      for (int64_t k = block * 20; k < std::min<int64_t>(block * 20 + 20, 32); ++k)
        sum += (back[row * 32 + k] - weights[row * 32 + k]) * samples[s * 32 + k];
      loss += sum * sum;
    }
    return loss;
  };
  for (int64_t row = 0; row < 4; ++row)
    for (int64_t block : {0, 1})
      EXPECT_LE(error(clip, row, block), error({}, row, block) * 1.0001);
}
