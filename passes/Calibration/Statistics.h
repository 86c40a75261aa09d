// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What calibration gathers about one tensor while samples stream by. Memory is
/// bounded by the tensor's channels and does not grow with the number of samples.

#ifndef BITWRIGHT_PASSES_CALIBRATION_STATISTICS_H
#define BITWRIGHT_PASSES_CALIBRATION_STATISTICS_H

#include "bitwright/Numerics/Histogram.h"
#include "passes/Calibration/Statistic.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <optional>
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

/// The range of a tensor and any number of statistics.
class TensorStatistics {
public:
  explicit TensorStatistics(const CalibratorOptions &calibrator) : calibrator(calibrator) {}

  /// Before the first tensor; `statistic` outlives this.
  void gather(const Statistic &statistic, const StatisticOptions &options);

  /// Takes one tensor in; `dims` are its dimensions. The last dimension must be
  /// the same each time where statistics are gathered.
  llvm::Error add(llvm::ArrayRef<float> data, llvm::ArrayRef<int64_t> dims);

  /// Finite elements seen.
  int64_t getCount() const { return count; }
  /// NaN and infinite elements seen.
  int64_t getNonFiniteCount() const { return nonFinite; }
  /// What the calibrator decided; nullopt when nothing finite was seen.
  std::optional<std::pair<double, double>> getRange() const;
  /// Each statistic with its value; none where no channel was seen.
  std::vector<std::pair<const Statistic *, StatisticValue>> finish() const;

private:
  void addRange(llvm::ArrayRef<float> data);

  CalibratorOptions calibrator;
  Histogram histogram;
  double low = 0, high = 0;
  int64_t count = 0, nonFinite = 0;
  bool hasRange = false;
  int64_t channels = -1;
  std::vector<std::pair<const Statistic *, std::unique_ptr<StatisticSums>>> sums;
};

} // namespace bitwright

#endif // BITWRIGHT_PASSES_CALIBRATION_STATISTICS_H
