// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Calibrators and the statistics of channels and rows.

#include "passes/Calibration/Statistics.h"
#include "gtest/gtest.h"

#include <cmath>
#include <set>

using namespace bitwright;

static StatisticsOptions getOptions(llvm::StringRef calibrator) {
  StatisticsOptions options;
  auto parsed = CalibratorOptions::parse(calibrator);
  EXPECT_TRUE(bool(parsed));
  options.calibrator = *parsed;
  return options;
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
  StatisticsOptions options = getOptions("minmax");
  options.perChannel = true;
  TensorStatistics statistics(options);
  add(statistics, {1, -2, 3, -4}, {2, 2});
  add(statistics, {5, 0}, {1, 2});
  EXPECT_EQ(statistics.getMeanAbs(), (std::vector<float>{3, 2}));
  EXPECT_EQ(statistics.getMeanSquare(), (std::vector<float>{35.0f / 3, 20.0f / 3}));
  EXPECT_EQ(statistics.getMaxAbs(), (std::vector<float>{5, 4}));
  EXPECT_TRUE(bool(statistics.add({1.0f}, {1, 1})) ? true : false);
}

TEST(Statistics, EmptyTensorsAreNothing) {
  StatisticsOptions options = getOptions("minmax");
  options.perChannel = true;
  options.sampleRows = 4;
  TensorStatistics statistics(options);
  add(statistics, {}, {0, 3});
  EXPECT_FALSE(statistics.getRange());
  EXPECT_TRUE(statistics.getSamples().empty());
  EXPECT_EQ(statistics.getMeanAbs(), (std::vector<float>{0, 0, 0}));
}

TEST(Statistics, ReservoirIsBoundedWholeRowsAndUniform) {
  StatisticsOptions options = getOptions("minmax");
  options.sampleRows = 64;
  TensorStatistics statistics(options), again(options);
  for (int i = 0; i < 100; ++i) {
    std::vector<float> rows;
    for (int r = 0; r < 100; ++r)
      rows.insert(rows.end(), {float(i * 100 + r), -float(i * 100 + r)});
    add(statistics, rows, {100, 2});
    add(again, rows, {100, 2});
  }
  llvm::ArrayRef<float> samples = statistics.getSamples();
  ASSERT_EQ(samples.size(), size_t(128));
  EXPECT_EQ(samples, again.getSamples());
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

TEST(Calibrator, RefusesWhatItDoesNotKnow) {
  for (const char *text : {"entropy", "minmax:1", "moving-average:1", "percentile:0",
                           "percentile:101", "percentile:x", "percentile:nan", ""}) {
    auto parsed = CalibratorOptions::parse(text);
    EXPECT_FALSE(bool(parsed)) << text;
    if (!parsed)
      EXPECT_NE(llvm::toString(parsed.takeError()), "");
  }
}
