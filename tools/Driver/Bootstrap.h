// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How far a score would move on other samples of the same kind: percentile intervals of the
/// bootstrap (B. Efron, "Bootstrap methods: another look at the jackknife", 1979).

#ifndef BITWRIGHT_TOOLS_DRIVER_BOOTSTRAP_H
#define BITWRIGHT_TOOLS_DRIVER_BOOTSTRAP_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/JSON.h"
#include <functional>
#include <vector>

namespace bitwright {

/// One number for each sample; samples are drawn as a whole (an image, a window of tokens).
using ScoreColumn = std::vector<double>;

class Bootstrap {
public:
  /// Draws as many samples as there are, with replacement, 2,000 times; the same draws for all
  /// columns and in every run. The columns are of one length, not 0.
  explicit Bootstrap(llvm::ArrayRef<ScoreColumn> columns);

  /// Of a function of the columns' means.
  using Statistic = std::function<double(llvm::ArrayRef<double> means)>;
  double getValue(const Statistic &statistic) const { return statistic(means); }
  /// [low, high], between which the statistic lies in 95 % of the draws; null for a single
  /// sample, and where it is not finite in a draw.
  llvm::json::Value getInterval(const Statistic &statistic) const;

private:
  bool isSingle;
  std::vector<double> means;              // of the columns
  std::vector<std::vector<double>> draws; // means of the columns in each draw
};

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_BOOTSTRAP_H
