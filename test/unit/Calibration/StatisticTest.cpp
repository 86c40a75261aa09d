// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Each registered statistic: its numbers, and what holds for all of them.

#include "passes/Calibration/Statistic.h"
#include "gtest/gtest.h"

#include <cmath>
#include <random>
#include <set>

using namespace bitwright;

/// Feeds `rows` in pieces of `piece` rows.
static StatisticValue gather(const Statistic &statistic, const std::vector<float> &rows,
                             int64_t channels, int64_t piece, StatisticOptions options = {}) {
  std::unique_ptr<StatisticSums> sums = statistic.start(options);
  for (llvm::ArrayRef<float> rest = rows; !rest.empty();
       rest = rest.drop_front(std::min<size_t>(rest.size(), piece * channels)))
    sums->add(rest.take_front(piece * channels), channels);
  return sums->finish(channels);
}

static std::vector<float> makeRows(int64_t rows, int64_t channels) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal(0.5f, 1);
  std::vector<float> result(rows * channels);
  for (float &value : result)
    value = normal(random);
  return result;
}

TEST(Statistic, NumbersWorkedOutByHand) {
  std::vector<float> rows{1, -2, 3, NAN, -5, 4};
  EXPECT_EQ(gather(*makeMeanAbs(), rows, 2, 1).values, (std::vector<float>{3, 2}));
  EXPECT_EQ(gather(*makeMaxAbs(), rows, 2, 1).values, (std::vector<float>{5, 4}));
  EXPECT_EQ(gather(*makeChannelRange(), rows, 2, 1).values, (std::vector<float>{-5, -2, 3, 4}));
  // The row with a NaN is left out: ((1, -2) and (-5, 4)) / 2.
  EXPECT_EQ(gather(*makeSecondMoment(), rows, 2, 1).values, (std::vector<float>{13, -11, 10}));
}

TEST(Statistic, DoesNotDependOnHowRowsArrive) {
  StatisticRegistry registry;
  std::vector<float> rows = makeRows(700, 5);
  for (const Statistic *statistic : registry.getAll()) {
    StatisticValue whole = gather(*statistic, rows, 5, 700, {64, 3});
    for (int64_t piece : {1, 7, 128, 300})
      EXPECT_EQ(gather(*statistic, rows, 5, piece, {64, 3}).values, whole.values)
          << statistic->getName().str();
  }
}

TEST(Statistic, HasTheShapeThatItSays) {
  StatisticRegistry registry;
  std::vector<float> rows = makeRows(100, 5);
  for (const Statistic *statistic : registry.getAll()) {
    StatisticValue value = gather(*statistic, rows, 5, 100);
    llvm::SmallVector<int64_t> shape = statistic->getShape(5);
    EXPECT_EQ(statistic->countChannels(value.dims), 5);
    ASSERT_EQ(value.dims.size(), shape.size()) << statistic->getName().str();
    int64_t count = 1;
    for (size_t i = 0; i < shape.size(); ++i) {
      EXPECT_TRUE(shape[i] == value.dims[i] || mlir::ShapedType::isDynamic(shape[i]));
      count *= value.dims[i];
    }
    EXPECT_EQ(int64_t(value.values.size()), count);
  }
}

/// Rescaling a statistic gives that of the rescaled tensor.
TEST(Statistic, FollowsRescaledChannels) {
  StatisticRegistry registry;
  std::vector<float> rows = makeRows(300, 4), factors{0.5f, 2, 3, 0.7f}, scaled = rows;
  for (size_t i = 0; i < scaled.size(); ++i)
    scaled[i] /= factors[i % 4];
  for (const Statistic *statistic : registry.getAll()) {
    StatisticValue value = gather(*statistic, rows, 4, 300);
    statistic->rescale(value.values, factors);
    std::vector<float> expected = gather(*statistic, scaled, 4, 300).values;
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(value.values[i], expected[i], 1e-5f * (1 + std::fabs(expected[i])))
          << statistic->getName().str();
  }
}

TEST(Statistic, SecondMomentKeepsSmallTermsBesideManyLargeOnes) {
  // 40,000 rows: one single-precision sum of 1e8 would stop growing by 1.
  std::vector<float> rows;
  for (int i = 0; i < 40000; ++i)
    rows.insert(rows.end(), {100.0f, 0.01f});
  StatisticValue value = gather(*makeSecondMoment(), rows, 2, 999);
  EXPECT_NEAR(value.values[0], 1e4, 1e-1);
  EXPECT_NEAR(value.values[1], 1, 1e-5);
  EXPECT_NEAR(value.values[2], 1e-4, 1e-9);
}

TEST(Statistic, SecondMomentIsThatOfTheSamples) {
  for (int64_t channels : {1, 6, 60, 131}) {
    std::vector<float> rows = makeRows(333, channels);
    StatisticValue value = gather(*makeSecondMoment(), rows, channels, 100);
    EXPECT_EQ(makeSecondMoment()->countChannels(value.dims), channels);
    const float *next = value.values.data();
    for (int64_t i = 0; i < channels; ++i)
      for (int64_t k = i; k < channels; ++k) {
        double sum = 0;
        for (int64_t r = 0; r < 333; ++r)
          sum += double(rows[r * channels + i]) * rows[r * channels + k];
        EXPECT_NEAR(*next++, sum / 333, 1e-5);
      }
  }
}

TEST(Statistic, ReservoirIsBoundedWholeRowsAndUniform) {
  std::vector<float> rows;
  for (int i = 0; i < 10000; ++i)
    rows.insert(rows.end(), {float(i), -float(i)});
  std::vector<float> samples = gather(*makeSamples(), rows, 2, 100, {64, 0}).values;
  ASSERT_EQ(samples.size(), size_t(128));
  std::set<float> distinct;
  double sum = 0;
  for (size_t i = 0; i < samples.size(); i += 2) {
    EXPECT_EQ(samples[i], -samples[i + 1]);
    distinct.insert(samples[i]);
    sum += samples[i];
  }
  EXPECT_EQ(distinct.size(), size_t(64));
  EXPECT_NEAR(sum / 64, 5000, 1200); // 3 standard deviations of a mean of 64
}
