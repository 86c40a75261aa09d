// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Calibrators and the statistics of channels and rows.

#include "passes/Calibration/Statistics.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace bitwright;

static CalibratorOptions getOptions(llvm::StringRef calibrator) {
  auto parsed = CalibratorOptions::parse(calibrator);
  EXPECT_TRUE(bool(parsed));
  return *parsed;
}

static void add(TensorStatistics &statistics, std::vector<float> data, std::vector<int64_t> dims) {
  EXPECT_FALSE(bool(statistics.add(data, dims)));
}

TEST(Statistics, MinMaxTakesTheExtremesOfAllSamples) {
  TensorStatistics statistics(getOptions("minmax"));
  add(statistics, {1, 2}, {2});
  add(statistics, {-3, 0.5}, {2});
  EXPECT_EQ(statistics.getRange(), std::make_pair(-3.0, 2.0));
  EXPECT_EQ(statistics.getCount(), 4);
}

TEST(Statistics, MovingAverageWeighsThePast) {
  TensorStatistics statistics(getOptions("moving-average:0.75"));
  add(statistics, {-4, 8}, {2});
  add(statistics, {0, 4}, {2});
  EXPECT_EQ(statistics.getRange(), std::make_pair(-3.0, 7.0));
}

TEST(Statistics, PercentileCutsOutliers) {
  TensorStatistics statistics(getOptions("percentile:90"));
  std::vector<float> data(1000, 1.0f);
  for (int i = 0; i < 500; ++i)
    data[i] = -1.0f;
  data[0] = 1000;
  add(statistics, data, {1000});
  EXPECT_LT(statistics.getRange()->second, 2.0);
}

TEST(Statistics, NonFiniteElementsAreCountedApart) {
  TensorStatistics statistics(getOptions("minmax"));
  EXPECT_FALSE(statistics.getRange());
  add(statistics, {NAN, -INFINITY}, {2});
  EXPECT_FALSE(statistics.getRange());
  add(statistics, {NAN, 2}, {2});
  EXPECT_EQ(statistics.getRange(), std::make_pair(2.0, 2.0));
  EXPECT_EQ(statistics.getNonFiniteCount(), 3);
}

TEST(Statistics, ChannelsAreThoseOfTheLastDimension) {
  TensorStatistics statistics(getOptions("minmax"));
  std::unique_ptr<Statistic> meanAbs = makeMeanAbs();
  statistics.gather(*meanAbs, {});
  add(statistics, {1, -2, 3, -4}, {2, 2});
  add(statistics, {5, 0}, {1, 2});
  auto values = statistics.finish();
  ASSERT_EQ(values.size(), size_t(1));
  EXPECT_EQ(values[0].first, meanAbs.get());
  EXPECT_EQ(values[0].second.values, (std::vector<float>{3, 2}));
  llvm::Error error = statistics.add({1.0f}, {1, 1});
  EXPECT_EQ(llvm::toString(std::move(error)), "the last dimension was 2 before and is 1 now");
}

TEST(Statistics, EmptyTensorsAreNothing) {
  TensorStatistics statistics(getOptions("minmax"));
  StatisticRegistry registry;
  for (const Statistic *statistic : registry.getAll())
    statistics.gather(*statistic, {});
  EXPECT_TRUE(statistics.finish().empty()); // no channel was seen
  add(statistics, {}, {0, 3});
  EXPECT_FALSE(statistics.getRange());
  for (const auto &[statistic, value] : statistics.finish())
    for (float number : value.values)
      EXPECT_EQ(number, 0) << statistic->getName().str();
}

TEST(Calibrator, RefusesWhatItDoesNotKnow) {
  for (const char *text : {"entropy", "minmax:1", "moving-average:1", "percentile:0",
                           "percentile:101", "percentile:x", "percentile:nan", ""}) {
    auto parsed = CalibratorOptions::parse(text);
    EXPECT_FALSE(bool(parsed)) << text;
    if (!parsed)
      EXPECT_NE(llvm::toString(parsed.takeError()), "");
  }
}
