// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Accumulators of calibration. Tensors arrive one after the other, so sums are
/// formed in the same order in every run, in double precision.

#include "passes/Calibration/Statistics.h"

#include <algorithm>
#include <cmath>

using namespace bitwright;
using llvm::ArrayRef;

llvm::Expected<CalibratorOptions> CalibratorOptions::parse(llvm::StringRef text) {
  CalibratorOptions result;
  auto [name, value] = text.split(':');
  double number = 0;
  bool hasNumber = text.contains(':');
  if (hasNumber && (value.getAsDouble(number) || !std::isfinite(number)))
    return llvm::createStringError("calibrator '%s' expects a number after ':'",
                                   text.str().c_str());
  if (name == "minmax" && !hasNumber)
    return result;
  if (name == "moving-average") {
    result.kind = Kind::MovingAverage;
    result.momentum = hasNumber ? number : result.momentum;
    if (result.momentum >= 0 && result.momentum < 1)
      return result;
    return llvm::createStringError("momentum of calibrator '%s' must be in [0, 1)",
                                   text.str().c_str());
  }
  if (name == "percentile") {
    result.kind = Kind::Percentile;
    result.percent = hasNumber ? number : result.percent;
    if (result.percent > 0 && result.percent <= 100)
      return result;
    return llvm::createStringError("percentile of calibrator '%s' must be in (0, 100]",
                                   text.str().c_str());
  }
  return llvm::createStringError(
      "unknown calibrator '%s', expects minmax, moving-average[:momentum] or percentile[:percent]",
      text.str().c_str());
}

void TensorStatistics::gather(const Statistic &statistic, const StatisticOptions &options) {
  sums.emplace_back(&statistic, statistic.start(options));
}

llvm::Error TensorStatistics::add(ArrayRef<float> data, ArrayRef<int64_t> dims) {
  addRange(data);
  if (sums.empty())
    return llvm::Error::success();
  int64_t last = dims.empty() ? 1 : dims.back();
  if (channels == -1)
    channels = last;
  if (last != channels)
    return llvm::createStringError("the last dimension was %lld before and is %lld now",
                                   static_cast<long long>(channels), static_cast<long long>(last));
  if (channels == 0 || data.empty())
    return llvm::Error::success();
  for (auto &[statistic, sum] : sums)
    sum->add(data, channels);
  return llvm::Error::success();
}

std::vector<std::pair<const Statistic *, StatisticValue>> TensorStatistics::finish() const {
  std::vector<std::pair<const Statistic *, StatisticValue>> result;
  for (const auto &[statistic, sum] : sums)
    if (channels > 0)
      result.emplace_back(statistic, sum->finish(channels));
  return result;
}

void TensorStatistics::addRange(ArrayRef<float> data) {
  float batchLow = INFINITY, batchHigh = -INFINITY;
  int64_t finite = 0;
  for (float value : data) {
    if (!std::isfinite(value))
      continue;
    batchLow = std::min(batchLow, value);
    batchHigh = std::max(batchHigh, value);
    ++finite;
  }
  count += finite;
  nonFinite += int64_t(data.size()) - finite;
  if (finite == 0)
    return;
  using Kind = CalibratorOptions::Kind;
  if (calibrator.kind == Kind::Percentile) {
    histogram.add(data);
  } else if (!hasRange) {
    low = batchLow;
    high = batchHigh;
  } else if (calibrator.kind == Kind::MinMax) {
    low = std::min<double>(low, batchLow);
    high = std::max<double>(high, batchHigh);
  } else {
    double momentum = calibrator.momentum;
    low = momentum * low + (1 - momentum) * batchLow;
    high = momentum * high + (1 - momentum) * batchHigh;
  }
  hasRange = true;
}

std::optional<std::pair<double, double>> TensorStatistics::getRange() const {
  if (!hasRange)
    return std::nullopt;
  if (calibrator.kind == CalibratorOptions::Kind::Percentile)
    return histogram.getPercentile(calibrator.percent);
  return std::make_pair(low, high);
}
