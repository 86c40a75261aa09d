// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Draws and percentiles.

#include "tools/Driver/Bootstrap.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <numeric>
#include <random>

using namespace bitwright;

static constexpr size_t kDraws = 2000;

/// The percentile that lies `share` of the way through sorted values, interpolated.
static double getPercentile(llvm::ArrayRef<double> sorted, double share) {
  double place = share * double(sorted.size() - 1);
  auto below = size_t(place);
  size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - double(below)) * (sorted[above] - sorted[below]);
}

Bootstrap::Bootstrap(llvm::ArrayRef<ScoreColumn> columns) : isSingle(columns.front().size() < 2) {
  size_t count = columns.front().size();
  for (const ScoreColumn &column : columns)
    means.push_back(std::accumulate(column.begin(), column.end(), 0.0) / double(count));
  if (isSingle)
    return;
  std::mt19937_64 random; // its numbers are part of the standard, those of distributions are not
  std::vector<size_t> drawn(count);
  for (size_t draw = 0; draw < kDraws; ++draw) {
    for (size_t &index : drawn)
      index = random() % count;
    std::vector<double> &row = draws.emplace_back();
    for (const ScoreColumn &column : columns) {
      double sum = 0;
      for (size_t index : drawn)
        sum += column[index];
      row.push_back(sum / double(count));
    }
  }
}

llvm::json::Value Bootstrap::getInterval(const Statistic &statistic) const {
  if (isSingle)
    return nullptr;
  std::vector<double> values;
  for (const std::vector<double> &draw : draws)
    values.push_back(statistic(draw));
  if (!llvm::all_of(values, [](double value) { return std::isfinite(value); }))
    return nullptr;
  llvm::sort(values);
  return llvm::json::Array{getPercentile(values, 0.025), getPercentile(values, 0.975)};
}
