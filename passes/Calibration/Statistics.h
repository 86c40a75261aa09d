// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What calibration gathers about one tensor while samples stream by. Memory is
/// bounded by the tensor's channels and does not grow with the number of samples.

#ifndef BITWRIGHT_PASSES_CALIBRATION_STATISTICS_H
#define BITWRIGHT_PASSES_CALIBRATION_STATISTICS_H

#include "bitwright/Numerics/Histogram.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace bitwright {

/// How a range is decided from what was seen.
struct CalibratorOptions {
  enum class Kind { MinMax, MovingAverage, Percentile };
  Kind kind = Kind::MinMax;
  /// MovingAverage: the weight of the past, in [0, 1).
  double momentum = 0.9;
  /// Percentile: how much of the data the range holds, in (0, 100].
  double percent = 99.99;

  /// "minmax", "moving-average[:momentum]" or "percentile[:percent]".
  static llvm::Expected<CalibratorOptions> parse(llvm::StringRef text);
};

/// Which statistics an observer gathers beside its range.
struct StatisticsOptions {
  CalibratorOptions calibrator;
  /// mean |x|, mean x^2 and max |x| for each index of the last dimension.
  bool perChannel = false;
  /// Rows of the last dimension kept as samples; 0 for none.
  int64_t sampleRows = 0;
  /// Seed of the choice of rows.
  uint64_t seed = 0;
};

class TensorStatistics {
public:
  explicit TensorStatistics(const StatisticsOptions &options);

  /// Takes one tensor in; `dims` are its dimensions. The last dimension must be
  /// the same each time where per-channel statistics are kept.
  llvm::Error add(llvm::ArrayRef<float> data, llvm::ArrayRef<int64_t> dims);

  /// Finite elements seen.
  int64_t getCount() const { return count; }
  /// NaN and infinite elements seen.
  int64_t getNonFiniteCount() const { return nonFinite; }
  /// What the calibrator decided; nullopt when nothing finite was seen.
  std::optional<std::pair<double, double>> getRange() const;
  int64_t getChannels() const { return channels; }
  std::vector<float> getMeanAbs() const;
  std::vector<float> getMeanSquare() const;
  std::vector<float> getMaxAbs() const { return maxAbs; }
  /// Rows of `getChannels()` elements: a uniform choice of all rows seen
  /// (reservoir sampling, Vitter's algorithm R), the same in every run.
  llvm::ArrayRef<float> getSamples() const { return samples; }

private:
  void addRange(llvm::ArrayRef<float> data);
  void addChannels(llvm::ArrayRef<float> data);
  void addSamples(llvm::ArrayRef<float> data);

  StatisticsOptions options;
  Histogram histogram;
  double low = 0, high = 0;
  int64_t count = 0, nonFinite = 0;
  bool hasRange = false;
  int64_t channels = -1, rows = 0;
  std::vector<double> sumAbs, sumSquare;
  std::vector<float> maxAbs, samples;
  std::mt19937_64 random;
};

} // namespace bitwright

#endif // BITWRIGHT_PASSES_CALIBRATION_STATISTICS_H
