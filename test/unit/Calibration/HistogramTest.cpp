// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Growth of histograms and their percentiles, against sorted data.

#include "bitwright/Numerics/Histogram.h"
#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace bitwright;

TEST(Histogram, GrowsByMergingAndKeepsEveryCount) {
  Histogram histogram;
  histogram.add({0.5f, -0.25f});
  EXPECT_EQ(histogram.getLimit(), 1.0);
  histogram.add({3.0f});
  EXPECT_EQ(histogram.getLimit(), 4.0);
  histogram.add({-1000.0f});
  EXPECT_EQ(histogram.getLimit(), 1024.0);
  auto bins = histogram.getBins();
  EXPECT_EQ(std::accumulate(bins.begin(), bins.end(), int64_t(0)), 4);
  EXPECT_EQ(bins.size(), size_t(Histogram::kBins));
  // One bin is 1 wide now: 0.5 and 3.0 in their own, -0.25 below zero.
  EXPECT_EQ(bins[1024], 1);
  EXPECT_EQ(bins[1027], 1);
  EXPECT_EQ(bins[1023], 1);
  EXPECT_EQ(bins[24], 1);
}

TEST(Histogram, OrderOfBatchesDoesNotMatter) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 10);
  std::vector<float> values(5000);
  for (float &value : values)
    value = normal(random);
  Histogram forward, backward;
  for (float value : values)
    forward.add({value});
  std::reverse(values.begin(), values.end());
  backward.add(values);
  EXPECT_EQ(forward.getLimit(), backward.getLimit());
  EXPECT_EQ(forward.getBins(), backward.getBins());
}

TEST(Histogram, PercentileAgreesWithSortedData) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal(1, 3);
  std::vector<float> values(100000);
  for (float &value : values)
    value = normal(random);
  Histogram histogram;
  for (size_t i = 0; i < values.size(); i += 1000)
    histogram.add(llvm::ArrayRef<float>(values).slice(i, 1000));
  std::sort(values.begin(), values.end());
  auto [low, high] = histogram.getPercentile(99);
  double bin = 2 * histogram.getLimit() / Histogram::kBins;
  EXPECT_NEAR(low, values[500], bin);
  EXPECT_NEAR(high, values[99500], bin);
}

TEST(Histogram, PercentileStaysWithinTheExtremes) {
  Histogram histogram;
  histogram.add(std::vector<float>(100, 0.7f)); // one bin, whose edges lie outside
  auto [low, high] = histogram.getPercentile(99.99);
  EXPECT_FLOAT_EQ(low, 0.7f);
  EXPECT_FLOAT_EQ(high, 0.7f);
  EXPECT_EQ(Histogram().getPercentile(99.0), std::make_pair(0.0, 0.0));
}

TEST(Histogram, LeavesOutWhatIsNotFinite) {
  Histogram histogram;
  histogram.add({NAN, INFINITY, -INFINITY});
  EXPECT_EQ(histogram.getCount(), 0);
  histogram.add({1.0f, NAN});
  EXPECT_EQ(histogram.getCount(), 1);
  EXPECT_EQ(histogram.getExtremes(), std::make_pair(1.0, 1.0));
}

TEST(Histogram, ZerosFirstThenValues) {
  Histogram histogram;
  histogram.add({0.0f, 0.0f});
  histogram.add({5.0f});
  EXPECT_EQ(histogram.getLimit(), 8.0);
  EXPECT_EQ(histogram.getCount(), 3);
  EXPECT_EQ(histogram.getPercentile(100), std::make_pair(0.0, 5.0));
}
