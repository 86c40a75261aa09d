// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Growth by merging bins, and quantiles.

#include "bitwright/Numerics/Histogram.h"

#include <algorithm>
#include <cmath>

using namespace bitwright;

void Histogram::grow(double magnitude) {
  if (limit == 0) {
    // The smallest power of two above the first batch; a batch of zeros gets a
    // tiny range, which doubles later.
    int exponent = 0;
    std::frexp(magnitude, &exponent);
    limit = magnitude > 0 ? std::ldexp(1.0, exponent) : std::ldexp(1.0, -126);
    bins.assign(kBins, 0);
    return;
  }
  while (magnitude >= limit) {
    // Bin i of [-L, L) lies in bin (i + kBins / 2) / 2 of [-2L, 2L).
    std::vector<int64_t> merged(kBins, 0);
    for (int64_t i = 0; i < kBins; ++i)
      merged[(i + kBins / 2) / 2] += bins[i];
    bins = std::move(merged);
    limit *= 2;
  }
}

void Histogram::add(llvm::ArrayRef<float> values) {
  double magnitude = 0;
  bool any = false;
  for (float value : values) {
    if (!std::isfinite(value))
      continue;
    low = (any || count) ? std::min<double>(low, value) : value;
    high = (any || count) ? std::max<double>(high, value) : value;
    magnitude = std::max<double>(magnitude, std::fabs(value));
    any = true;
  }
  if (!any)
    return;
  grow(magnitude);
  double scale = double(kBins / 2) / limit;
  for (float value : values) {
    if (!std::isfinite(value))
      continue;
    auto bin = int64_t(std::floor(double(value) * scale)) + kBins / 2;
    ++bins[std::clamp<int64_t>(bin, 0, kBins - 1)];
    ++count;
  }
}

std::pair<double, double> Histogram::getExtremes() const { return {low, high}; }

double Histogram::getQuantile(double rank) const {
  double width = 2 * limit / double(kBins);
  double below = 0;
  for (int64_t i = 0; i < kBins; ++i) {
    if (bins[i] && below + double(bins[i]) >= rank) {
      double inside = (rank - below) / double(bins[i]);
      return std::clamp(-limit + (double(i) + inside) * width, low, high);
    }
    below += double(bins[i]);
  }
  return high;
}

std::pair<double, double> Histogram::getPercentile(double percent) const {
  if (count == 0)
    return {0, 0};
  double cut = double(count) * (100.0 - percent) / 200.0;
  if (cut <= 0)
    return {low, high};
  return {getQuantile(cut), getQuantile(double(count) - cut)};
}
