// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `samples`: rows of the tensor, a uniform choice of all that were seen (reservoir sampling,
/// Vitter's algorithm R), the same in every run.

#include "passes/Calibration/Statistic.h"
#include <algorithm>
#include <random>

using namespace bitwright;
using llvm::ArrayRef;

namespace {

class Sums final : public StatisticSums {
public:
  explicit Sums(const StatisticOptions &options)
      : capacity(options.sampleRows), random(options.seed) {}

  void add(ArrayRef<float> data, int64_t channels) override {
    for (; !data.empty(); data = data.drop_front(channels), ++rows) {
      ArrayRef<float> row = data.take_front(channels);
      if (rows < capacity) {
        samples.insert(samples.end(), row.begin(), row.end());
        continue;
      }
      auto place = int64_t(random() % uint64_t(rows + 1));
      if (place < capacity)
        std::copy(row.begin(), row.end(), samples.begin() + place * channels);
    }
  }

  StatisticValue finish(int64_t channels) const override {
    return {{int64_t(samples.size()) / channels, channels}, samples};
  }

private:
  int64_t capacity, rows = 0;
  std::vector<float> samples;
  std::mt19937_64 random;
};

class Samples final : public Statistic {
public:
  llvm::StringRef getName() const override { return "samples"; }
  llvm::StringRef getSummary() const override { return "some rows (--sample-rows)"; }
  bool isWanted(qnn::ObserveOp observe) const override { return feedsLinear(observe); }
  std::unique_ptr<StatisticSums> start(const StatisticOptions &options) const override {
    return std::make_unique<Sums>(options);
  }
  llvm::SmallVector<int64_t> getShape(int64_t channels) const override {
    return {mlir::ShapedType::kDynamic, channels};
  }
  void rescale(llvm::MutableArrayRef<float> values, ArrayRef<float> factors) const override {
    divideByChannel(values, factors);
  }
};

} // namespace

std::unique_ptr<Statistic> bitwright::makeSamples() { return std::make_unique<Samples>(); }
