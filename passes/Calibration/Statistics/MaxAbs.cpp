// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `max_abs`: the largest finite |x| of each channel, what scale migration goes by.

#include "passes/Calibration/Statistic.h"
#include <cmath>

using namespace bitwright;
using llvm::ArrayRef;

namespace {

class Sums final : public StatisticSums {
public:
  void add(ArrayRef<float> data, int64_t channels) override {
    largest.resize(channels, 0);
    for (; !data.empty(); data = data.drop_front(channels))
      for (int64_t c = 0; c < channels; ++c)
        if (std::isfinite(data[c]))
          largest[c] = std::max(largest[c], std::fabs(data[c]));
  }

  StatisticValue finish(int64_t channels) const override {
    StatisticValue result{{channels}, largest};
    result.values.resize(channels, 0);
    return result;
  }

private:
  std::vector<float> largest;
};

class MaxAbs final : public Statistic {
public:
  llvm::StringRef getName() const override { return "max_abs"; }
  llvm::StringRef getSummary() const override { return "the largest |x| of each channel"; }
  bool isWanted(qnn::ObserveOp observe) const override { return feedsContraction(observe); }
  std::unique_ptr<StatisticSums> start(const StatisticOptions &) const override {
    return std::make_unique<Sums>();
  }
  void rescale(llvm::MutableArrayRef<float> values, ArrayRef<float> factors) const override {
    divideByChannel(values, factors);
  }
};

} // namespace

std::unique_ptr<Statistic> bitwright::makeMaxAbs() { return std::make_unique<MaxAbs>(); }
