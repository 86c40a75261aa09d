// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A histogram of fixed size over data whose range is not known beforehand: when
/// a value falls outside, the range doubles and pairs of bins merge, so that no
/// count is ever spread or moved to a wrong bin and memory does not grow.

#ifndef BITWRIGHT_NUMERICS_HISTOGRAM_H
#define BITWRIGHT_NUMERICS_HISTOGRAM_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <utility>
#include <vector>

namespace bitwright {

/// Counts over [-limit, limit) in an even number of equal bins; `limit` is a
/// power of two, so doubling it maps bins onto bins exactly.
class Histogram {
public:
  static constexpr int64_t kBins = 2048;

  /// Counts the finite values; NaN and infinities are left out.
  void add(llvm::ArrayRef<float> values);

  int64_t getCount() const { return count; }
  double getLimit() const { return limit; }
  llvm::ArrayRef<int64_t> getBins() const { return bins; }
  /// The exact extremes of what was added; {0, 0} when empty.
  std::pair<double, double> getExtremes() const;

  /// The interval that holds `percent` of the values, the rest cut in equal
  /// parts at both ends: linear inside a bin, never wider than the extremes.
  std::pair<double, double> getPercentile(double percent) const;

private:
  /// Makes `limit` exceed `magnitude`.
  void grow(double magnitude);
  /// The point below which `rank` values lie.
  double getQuantile(double rank) const;

  std::vector<int64_t> bins;
  double limit = 0;
  double low = 0, high = 0;
  int64_t count = 0;
};

} // namespace bitwright

#endif // BITWRIGHT_NUMERICS_HISTOGRAM_H
