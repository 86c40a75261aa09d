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

TensorStatistics::TensorStatistics(const StatisticsOptions &options)
    : options(options), random(options.seed) {}

llvm::Error TensorStatistics::add(ArrayRef<float> data, ArrayRef<int64_t> dims) {
  addRange(data);
  if (!options.perChannel && options.sampleRows == 0)
    return llvm::Error::success();
  int64_t last = dims.empty() ? 1 : dims.back();
  if (channels == -1) {
    channels = last;
    sumAbs.assign(channels, 0);
    sumSquare.assign(channels, 0);
    maxAbs.assign(channels, 0);
  }
  if (last != channels)
    return llvm::createStringError("the last dimension was %lld before and is %lld now",
                                   static_cast<long long>(channels), static_cast<long long>(last));
  if (channels == 0 || data.empty())
    return llvm::Error::success();
  addSamples(data);
  addChannels(data);
  return llvm::Error::success();
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
  if (options.calibrator.kind == Kind::Percentile) {
    histogram.add(data);
  } else if (!hasRange) {
    low = batchLow;
    high = batchHigh;
  } else if (options.calibrator.kind == Kind::MinMax) {
    low = std::min<double>(low, batchLow);
    high = std::max<double>(high, batchHigh);
  } else {
    double momentum = options.calibrator.momentum;
    low = momentum * low + (1 - momentum) * batchLow;
    high = momentum * high + (1 - momentum) * batchHigh;
  }
  hasRange = true;
}

void TensorStatistics::addChannels(ArrayRef<float> data) {
  int64_t numRows = int64_t(data.size()) / channels;
  for (int64_t row = 0; row < numRows; ++row) {
    const float *values = data.data() + row * channels;
    for (int64_t c = 0; c < channels; ++c) {
      float magnitude = std::fabs(values[c]);
      if (!std::isfinite(magnitude))
        continue;
      sumAbs[c] += magnitude;
      sumSquare[c] += double(magnitude) * magnitude;
      maxAbs[c] = std::max(maxAbs[c], magnitude);
    }
  }
  rows += numRows;
}

void TensorStatistics::addSamples(ArrayRef<float> data) {
  if (options.sampleRows == 0)
    return;
  int64_t numRows = int64_t(data.size()) / channels;
  for (int64_t i = 0; i < numRows; ++i) {
    ArrayRef<float> row = data.slice(i * channels, channels);
    int64_t seen = rows + i;
    if (seen < options.sampleRows) {
      samples.insert(samples.end(), row.begin(), row.end());
      continue;
    }
    auto place = int64_t(random() % uint64_t(seen + 1));
    if (place < options.sampleRows)
      std::copy(row.begin(), row.end(), samples.begin() + place * channels);
  }
}

std::optional<std::pair<double, double>> TensorStatistics::getRange() const {
  if (!hasRange)
    return std::nullopt;
  if (options.calibrator.kind == CalibratorOptions::Kind::Percentile)
    return histogram.getPercentile(options.calibrator.percent);
  return std::make_pair(low, high);
}

static std::vector<float> divide(const std::vector<double> &sums, int64_t rows) {
  std::vector<float> result(sums.size(), 0.0f);
  for (size_t i = 0; rows > 0 && i < sums.size(); ++i)
    result[i] = float(sums[i] / double(rows));
  return result;
}

std::vector<float> TensorStatistics::getMeanAbs() const { return divide(sumAbs, rows); }

std::vector<float> TensorStatistics::getMeanSquare() const { return divide(sumSquare, rows); }
