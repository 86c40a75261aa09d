// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `channel_range`: the least and the greatest finite element of each channel, with which the range
/// of a tensor is known after its channels were rescaled. Gathered of what linear ops read and
/// make, as those are the tensors that scales are folded into.

#include "passes/Calibration/Statistic.h"
#include <cmath>

using namespace bitwright;
using llvm::ArrayRef;

namespace {

class Sums final : public StatisticSums {
public:
  void add(ArrayRef<float> data, int64_t channels) override {
    low.resize(channels, INFINITY);
    high.resize(channels, -INFINITY);
    for (; !data.empty(); data = data.drop_front(channels))
      for (int64_t c = 0; c < channels; ++c) {
        if (!std::isfinite(data[c]))
          continue;
        low[c] = std::min(low[c], data[c]);
        high[c] = std::max(high[c], data[c]);
      }
  }

  StatisticValue finish(int64_t channels) const override {
    StatisticValue result{{2, channels}, std::vector<float>(2 * channels, 0)};
    for (size_t c = 0; c < low.size(); ++c)
      if (low[c] <= high[c]) { // else nothing finite was seen
        result.values[c] = low[c];
        result.values[size_t(channels) + c] = high[c];
      }
    return result;
  }

private:
  std::vector<float> low, high;
};

class ChannelRange final : public Statistic {
public:
  llvm::StringRef getName() const override { return "channel_range"; }
  llvm::StringRef getSummary() const override {
    return "the least and the greatest element of each channel";
  }
  bool isWanted(qnn::ObserveOp observe) const override {
    return feedsLinear(observe) || observe.getInput().getDefiningOp<qnn::LinearOp>();
  }
  std::unique_ptr<StatisticSums> start(const StatisticOptions &) const override {
    return std::make_unique<Sums>();
  }
  llvm::SmallVector<int64_t> getShape(int64_t channels) const override { return {2, channels}; }
  void rescale(llvm::MutableArrayRef<float> values, ArrayRef<float> factors) const override {
    divideByChannel(values, factors);
  }
};

} // namespace

std::unique_ptr<Statistic> bitwright::makeChannelRange() {
  return std::make_unique<ChannelRange>();
}
