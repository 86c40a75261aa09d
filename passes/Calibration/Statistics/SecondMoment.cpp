// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `second_moment`: X^T X / N over all N rows, what error-compensating rounding goes by. Each chunk
/// of rows is multiplied in single precision and added to sums in double, chunk by chunk in the
/// order of the samples, so the result is the same in every run and does not lose small terms.
/// Rows that hold an element that is not finite are left out. Only gathered when asked for: it
/// costs as many numbers as a square weight.

#include "passes/Calibration/Statistic.h"

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>

#include <algorithm>
#include <cmath>

using namespace bitwright;
using llvm::ArrayRef;

/// Rows of one product in single precision.
static constexpr int64_t kChunkRows = 128;

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

class Sums final : public StatisticSums {
public:
  void add(ArrayRef<float> data, int64_t channels) override {
    if (sums.size() == 0)
      sums = Eigen::MatrixXd::Zero(channels, channels);
    for (; !data.empty(); data = data.drop_front(channels)) {
      ArrayRef<float> row = data.take_front(channels);
      if (!llvm::all_of(row, [](float value) { return std::isfinite(value); }))
        continue;
      pending.insert(pending.end(), row.begin(), row.end());
      if (int64_t(pending.size()) == kChunkRows * channels) {
        merge(sums);
        rows += kChunkRows;
        pending.clear();
      }
    }
  }

  StatisticValue finish(int64_t channels) const override {
    StatisticValue result{{channels, channels}, std::vector<float>(channels * channels, 0)};
    if (sums.size() == 0)
      return result;
    Eigen::MatrixXd total = sums;
    merge(total);
    int64_t count = rows + int64_t(pending.size()) / channels;
    for (int64_t i = 0; count > 0 && i < channels; ++i)
      for (int64_t k = 0; k < channels; ++k)
        // Products differ in the last bit across the diagonal; the moment is symmetric.
        result.values[i * channels + k] =
            float(total(std::min(i, k), std::max(i, k)) / double(count));
    return result;
  }

private:
  /// Adds the product of the rows that wait.
  void merge(Eigen::MatrixXd &total) const {
    Eigen::Map<const Matrix> x(pending.data(), int64_t(pending.size()) / total.rows(),
                               total.rows());
    Matrix product = x.transpose() * x;
    total += product.cast<double>();
  }

  Eigen::MatrixXd sums;
  std::vector<float> pending;
  int64_t rows = 0;
};

class SecondMoment final : public Statistic {
public:
  llvm::StringRef getName() const override { return "second_moment"; }
  llvm::StringRef getSummary() const override { return "mean of x^T x, channels by channels"; }
  bool isDefault() const override { return false; }
  bool isWanted(qnn::ObserveOp observe) const override { return feedsLinear(observe); }
  std::unique_ptr<StatisticSums> start(const StatisticOptions &) const override {
    return std::make_unique<Sums>();
  }
  llvm::SmallVector<int64_t> getShape(int64_t channels) const override {
    return {channels, channels};
  }
  void rescale(llvm::MutableArrayRef<float> values, ArrayRef<float> factors) const override {
    for (size_t i = 0; i < factors.size(); ++i)
      for (size_t k = 0; k < factors.size(); ++k)
        values[i * factors.size() + k] /= factors[i] * factors[k];
  }
};

} // namespace

std::unique_ptr<Statistic> bitwright::makeSecondMoment() {
  return std::make_unique<SecondMoment>();
}
