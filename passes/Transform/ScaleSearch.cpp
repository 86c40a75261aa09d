// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Grid searches over scales. Output errors are computed from
/// the second moment of the samples where that is the smaller product:
/// |X E^T|^2 = trace(E (X^T X) E^T).

#include "passes/Transform/ScaleSearch.h"

#include "bitwright/Numerics/Quantize.h"

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Core>

#include <algorithm>
#include <cmath>

using namespace bitwright;
using llvm::ArrayRef;

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using MatrixView = Eigen::Map<const Matrix>;

/// Measures |X E^T|^2 for many E.
class OutputError {
public:
  OutputError(ArrayRef<float> samples, int64_t columns)
      : x(samples.data(), columns ? int64_t(samples.size()) / columns : 0, columns),
        useMoment(x.rows() >= columns) {
    if (useMoment)
      moment = x.transpose() * x;
  }

  double measure(const Matrix &error) const {
    if (useMoment)
      return (error * moment).cwiseProduct(error).cast<double>().sum();
    return (x * error.transpose()).cwiseAbs2().cast<double>().sum();
  }

private:
  MatrixView x;
  bool useMoment;
  Matrix moment;
};

} // namespace

/// Columns tied together get the mean of `values` over them.
static void averageTies(std::vector<double> &values, ArrayRef<int64_t> ties) {
  if (ties.empty())
    return;
  int64_t classes = *std::max_element(ties.begin(), ties.end()) + 1;
  std::vector<double> sums(classes, 0), counts(classes, 0);
  for (size_t i = 0; i < values.size(); ++i) {
    sums[ties[i]] += values[i];
    counts[ties[i]] += 1;
  }
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = sums[ties[i]] / counts[ties[i]];
}

/// The same with the largest.
static void maximizeTies(std::vector<double> &values, ArrayRef<int64_t> ties) {
  if (ties.empty())
    return;
  std::vector<double> largest(*std::max_element(ties.begin(), ties.end()) + 1, 0);
  for (size_t i = 0; i < values.size(); ++i)
    largest[ties[i]] = std::max(largest[ties[i]], values[i]);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = largest[ties[i]];
}

/// Clamps to [floor, inf) and divides by sqrt(max * min), so that scales lie
/// around 1. False where one is not finite or cannot be inverted.
static bool normalizeScales(std::vector<double> &scales, double floor) {
  double low = INFINITY, high = 0;
  for (double &scale : scales) {
    scale = std::max(scale, floor);
    if (!std::isfinite(scale))
      return false;
    low = std::min(low, scale);
    high = std::max(high, scale);
  }
  double middle = std::sqrt(low * high);
  for (double &scale : scales) {
    scale /= middle;
    if (!std::isnormal(float(scale)) || !std::isnormal(float(1 / scale)))
      return false;
  }
  return true;
}

/// roundtrip(W * s) / s - W.
static Matrix getWeightError(const WeightMatrix &weight, int64_t columns, ArrayRef<double> scales) {
  const BlockFormat &format = weight.format;
  Matrix error(weight.rows, columns);
  std::vector<float> scaled(columns), rounded(columns);
  for (int64_t row = 0; row < weight.rows; ++row) {
    const float *w = weight.values.data() + row * columns;
    for (int64_t k = 0; k < columns; ++k)
      scaled[k] = w[k] * float(scales[k]);
    for (int64_t k = 0; k < columns; k += format.blockSize) {
      int64_t size = std::min(format.blockSize, columns - k);
      roundTripBlock(ArrayRef<float>(scaled).slice(k, size), format, 1.0f, rounded.data() + k);
    }
    for (int64_t k = 0; k < columns; ++k)
      error(row, k) = rounded[k] / float(scales[k]) - w[k];
  }
  return error;
}

static double getWeightLoss(const ScaleProblem &problem, const OutputError &output,
                            ArrayRef<double> scales) {
  double loss = 0;
  for (const WeightMatrix &weight : problem.weights)
    loss += output.measure(getWeightError(weight, problem.columns, scales));
  return loss;
}

/// Mean over all rows of |w| relative to the largest of its block, for each column.
static std::vector<double> getWeightMagnitude(const ScaleProblem &problem) {
  std::vector<double> result(problem.columns, 0);
  int64_t rows = 0;
  for (const WeightMatrix &weight : problem.weights) {
    rows += weight.rows;
    for (int64_t row = 0; row < weight.rows; ++row)
      for (int64_t begin = 0; begin < problem.columns; begin += weight.format.blockSize) {
        int64_t end = std::min(begin + weight.format.blockSize, problem.columns);
        const float *w = weight.values.data() + row * problem.columns;
        float largest = 1e-6f;
        for (int64_t k = begin; k < end; ++k)
          largest = std::max(largest, std::fabs(w[k]));
        for (int64_t k = begin; k < end; ++k)
          result[k] += std::fabs(w[k]) / largest;
      }
  }
  for (double &value : result)
    value /= double(std::max<int64_t>(rows, 1));
  return result;
}

/// Keeps the candidate where its loss is finite and lower.
static void consider(ScaleResult &best, const std::vector<double> &scales, double alpha,
                     double loss) {
  if (!std::isfinite(loss) || !(loss < best.lossAfter))
    return;
  best.scales.assign(scales.begin(), scales.end());
  best.alpha = alpha;
  best.lossAfter = loss;
}

ScaleResult bitwright::searchWeightScales(const ScaleProblem &problem, bool duo) {
  OutputError output(problem.samples, problem.columns);
  ScaleResult best;
  best.scales.assign(problem.columns, 1.0f);
  std::vector<double> ones(problem.columns, 1.0);
  best.lossBefore = best.lossAfter = getWeightLoss(problem, output, ones);

  std::vector<double> activation(problem.meanAbs.begin(), problem.meanAbs.end());
  averageTies(activation, problem.ties);
  std::vector<double> magnitude;
  if (duo) {
    magnitude = getWeightMagnitude(problem);
    averageTies(magnitude, problem.ties);
  }
  for (int step = 0; step < 20; ++step) {
    double alpha = step / 20.0;
    for (bool withWeights : {false, true}) {
      if ((withWeights && !duo) || (!withWeights && step == 0))
        continue;
      std::vector<double> scales(problem.columns);
      for (int64_t k = 0; k < problem.columns; ++k) {
        scales[k] = std::pow(activation[k], alpha);
        if (withWeights)
          scales[k] /= std::pow(magnitude[k], 1 - alpha) + 1e-4;
      }
      if (normalizeScales(scales, 1e-4))
        consider(best, scales, alpha, getWeightLoss(problem, output, scales));
    }
  }
  return best;
}

/// Each row of X / s through `qnn.dynamic_quantize` and back.
static Matrix roundTripActivations(ArrayRef<float> samples, int64_t columns,
                                   ArrayRef<double> scales) {
  Matrix result(int64_t(samples.size()) / columns, columns);
  std::vector<float> row(columns);
  for (int64_t r = 0; r < result.rows(); ++r) {
    for (int64_t k = 0; k < columns; ++k)
      row[k] = samples[r * columns + k] / float(scales[k]);
    QuantParams params = chooseDynamicParams(row);
    for (int64_t k = 0; k < columns; ++k)
      result(r, k) =
          dequantize(quantize(row[k], params.scale, params.zeroPoint, integerRange(8, true)),
                     params.scale, params.zeroPoint);
  }
  return result;
}

static double getDynamicLoss(const ScaleProblem &problem, ArrayRef<Matrix> expected,
                             ArrayRef<double> scales) {
  Matrix x = roundTripActivations(problem.samples, problem.columns, scales);
  double loss = 0;
  for (auto [weight, reference] : llvm::zip_equal(problem.weights, expected)) {
    Matrix rounded(weight.rows, problem.columns);
    std::vector<float> scaled(problem.columns);
    for (int64_t row = 0; row < weight.rows; ++row) {
      for (int64_t k = 0; k < problem.columns; ++k)
        scaled[k] = weight.values[row * problem.columns + k] * float(scales[k]);
      roundTripBlock(scaled, weight.format, 1.0f, rounded.data() + row * problem.columns);
    }
    loss += (x * rounded.transpose() - reference).cwiseAbs2().cast<double>().sum();
  }
  return loss;
}

ScaleResult bitwright::searchActivationScales(const ScaleProblem &problem, double alpha) {
  ScaleResult best;
  best.scales.assign(problem.columns, 1.0f);
  MatrixView x(problem.samples.data(), int64_t(problem.samples.size()) / problem.columns,
               problem.columns);
  std::vector<double> weightMax(problem.columns, 0);
  std::vector<Matrix> expected;
  for (const WeightMatrix &weight : problem.weights) {
    MatrixView w(weight.values.data(), weight.rows, problem.columns);
    expected.push_back(x * w.transpose());
    for (int64_t k = 0; k < problem.columns && weight.rows > 0; ++k)
      weightMax[k] = std::max<double>(weightMax[k], w.col(k).cwiseAbs().maxCoeff());
  }
  std::vector<double> ones(problem.columns, 1.0);
  best.lossBefore = best.lossAfter = getDynamicLoss(problem, expected, ones);
  std::vector<double> activationMax(problem.maxAbs.begin(), problem.maxAbs.end());
  maximizeTies(activationMax, problem.ties);
  maximizeTies(weightMax, problem.ties);

  std::vector<double> grid{alpha};
  if (alpha < 0) {
    grid.clear();
    for (int step = 6; step <= 18; ++step)
      grid.push_back(step / 20.0);
  }
  for (double a : grid) {
    std::vector<double> scales(problem.columns);
    for (int64_t k = 0; k < problem.columns; ++k)
      scales[k] = std::pow(std::max(activationMax[k], 1e-5), a) /
                  std::pow(std::max(weightMax[k], 1e-5), 1 - a);
    if (normalizeScales(scales, 1e-5))
      consider(best, scales, a, getDynamicLoss(problem, expected, scales));
  }
  return best;
}
