// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `second_moment`: X^T X / N over all N rows, what error-compensating rounding goes by. It is
/// symmetric, so its upper triangle is kept: K (K + 1) / 2 numbers, row by row. Rows are added in
/// chunks, in the order of the samples, so the result is the same bits however many rows come at
/// once. Rows that hold an element that is not finite are left out. Only gathered for algorithms
/// that ask for it, or by name: it costs half as many numbers as a square weight.

#include "bitwright/Numerics/MatrixProduct.h"
#include "passes/Calibration/Statistic.h"
#include <algorithm>
#include <cmath>

using namespace bitwright;
using llvm::ArrayRef;

/// Rows of one product.
static constexpr int64_t kChunkRows = 128;
/// Rows of the triangle that are kept as one rectangle, which begins at their first diagonal
/// element.
static constexpr int64_t kBandRows = 60;
/// Beyond these a moment takes more than half a gigabyte, and its factor several.
static constexpr int64_t kMostChannels = 16384;

namespace {

class Sums final : public StatisticSums {
public:
  void add(ArrayRef<float> data, int64_t channels) override {
    for (; !data.empty(); data = data.drop_front(channels)) {
      ArrayRef<float> row = data.take_front(channels);
      if (!llvm::all_of(row, [](float value) { return std::isfinite(value); }))
        continue;
      pending.insert(pending.end(), row.begin(), row.end());
      ++rows;
      if (int64_t(pending.size()) == kChunkRows * channels) {
        addChunk(bands, channels);
        pending.clear();
      }
    }
  }

  StatisticValue finish(int64_t channels) const override {
    std::vector<std::vector<float>> total = bands;
    addChunk(total, channels);
    StatisticValue result{{channels * (channels + 1) / 2}, {}};
    result.values.reserve(result.dims.front());
    for (int64_t i = 0; i < channels; ++i) {
      int64_t begin = i / kBandRows * kBandRows, width = channels - begin;
      const float *row = total[i / kBandRows].data() + (i - begin) * width;
      for (int64_t k = i - begin; k < width; ++k)
        result.values.push_back(rows > 0 ? float(row[k] / double(rows)) : 0.0f);
    }
    return result;
  }

private:
  /// Adds the product of the rows that wait.
  void addChunk(std::vector<std::vector<float>> &sums, int64_t channels) const {
    sums.resize((channels + kBandRows - 1) / kBandRows);
    int64_t waiting = int64_t(pending.size()) / channels;
    for (int64_t begin = 0; begin < channels; begin += kBandRows) {
      int64_t height = std::min(kBandRows, channels - begin), width = channels - begin;
      std::vector<float> &band = sums[begin / kBandRows];
      band.resize(height * width, 0.0f);
      addTransposedProduct({pending.data() + begin, waiting, height, channels},
                           {pending.data() + begin, waiting, width, channels}, band.data(), width);
    }
  }

  std::vector<std::vector<float>> bands;
  std::vector<float> pending;
  int64_t rows = 0;
};

class SecondMoment final : public Statistic {
public:
  llvm::StringRef getName() const override { return "second_moment"; }
  llvm::StringRef getSummary() const override {
    return "mean of x^T x, the upper triangle row by row; of at most 16384 channels";
  }
  bool isDefault() const override { return false; }
  bool isWanted(qnn::ObserveOp observe) const override {
    ArrayRef<int64_t> dims = mlir::cast<mlir::RankedTensorType>(observe.getType()).getShape();
    return feedsLinear(observe) && (dims.empty() || dims.back() <= kMostChannels);
  }
  std::unique_ptr<StatisticSums> start(const StatisticOptions &) const override {
    return std::make_unique<Sums>();
  }
  llvm::SmallVector<int64_t> getShape(int64_t channels) const override {
    return {channels * (channels + 1) / 2};
  }
  int64_t countChannels(ArrayRef<int64_t> dims) const override {
    return dims.size() == 1 ? int64_t(std::sqrt(2.0 * double(dims.front()))) : 0;
  }
  void rescale(llvm::MutableArrayRef<float> values, ArrayRef<float> factors) const override {
    float *value = values.data();
    for (size_t i = 0; i < factors.size(); ++i)
      for (size_t k = i; k < factors.size(); ++k)
        *value++ /= factors[i] * factors[k];
  }
};

} // namespace

std::unique_ptr<Statistic> bitwright::makeSecondMoment() {
  return std::make_unique<SecondMoment>();
}
