// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `mean_abs`: mean |x| of each channel, what activation-aware scaling goes by. Sums are in double;
/// elements that are not finite count as 0.

#include "passes/Calibration/Statistic.h"
#include <cmath>

using namespace bitwright;
using llvm::ArrayRef;

namespace {

class Sums final : public StatisticSums {
public:
  void add(ArrayRef<float> data, int64_t channels) override {
    sums.resize(channels, 0);
    for (; !data.empty(); data = data.drop_front(channels), ++rows)
      for (int64_t c = 0; c < channels; ++c)
        if (std::isfinite(data[c]))
          sums[c] += std::fabs(data[c]);
  }

  StatisticValue finish(int64_t channels) const override {
    StatisticValue result{{channels}, std::vector<float>(channels, 0)};
    for (size_t i = 0; i < sums.size(); ++i)
      result.values[i] = float(sums[i] / double(rows));
    return result;
  }

private:
  std::vector<double> sums;
  int64_t rows = 0;
};

class MeanAbs final : public Statistic {
public:
  llvm::StringRef getName() const override { return "mean_abs"; }
  llvm::StringRef getSummary() const override { return "mean |x| of each channel"; }
  bool isWanted(qnn::ObserveOp observe) const override { return feedsContraction(observe); }
  std::unique_ptr<StatisticSums> start(const StatisticOptions &) const override {
    return std::make_unique<Sums>();
  }
  void rescale(llvm::MutableArrayRef<float> values, ArrayRef<float> factors) const override {
    divideByChannel(values, factors);
  }
};

} // namespace

std::unique_ptr<Statistic> bitwright::makeMeanAbs() { return std::make_unique<MeanAbs>(); }
