// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The factor, by Cholesky of the moment with its rows and columns in reverse.

#include "passes/Round/ErrorFeedback.h"

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Cholesky>

#include <cmath>
#include <numeric>

using namespace bitwright;
using llvm::ArrayRef;

namespace {

/// A symmetric matrix of which the upper triangle is there, row by row.
struct Triangle {
  ArrayRef<float> values;
  int64_t size;

  float operator()(int64_t i, int64_t k) const {
    if (i > k)
      std::swap(i, k);
    return values[i * size - i * (i - 1) / 2 + k - i]; // rows before it hold size, size - 1, ...
  }
};

} // namespace

/// H + damping * mean(diag H), rows and columns in the reverse of `order`: the lower factor L of
/// this is R with its rows and columns reversed. Only the lower half is filled in.
static Eigen::MatrixXd arrange(const Triangle &h, ArrayRef<int64_t> order, double damping) {
  int64_t size = h.size;
  double mean = 0;
  for (int64_t i = 0; i < size; ++i)
    mean += double(h(i, i)) / double(size);
  Eigen::MatrixXd result(size, size);
  for (int64_t k = 0; k < size; ++k) {
    int64_t column = order[size - 1 - k];
    for (int64_t i = k; i < size; ++i)
      result(i, k) = h(order[size - 1 - i], column);
    // A column that is always 0 takes no part, but must not make the matrix singular.
    result(k, k) = (result(k, k) > 0 ? result(k, k) : mean) + damping * mean;
  }
  return result;
}

/// Replaces the lower half of `matrix` by its factor. False where it has none.
static bool factor(Eigen::MatrixXd &matrix) {
  Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> lower(matrix); // in place
  return lower.info() == Eigen::Success &&
         llvm::all_of(matrix.diagonal(), [](double pivot) { return pivot > 0; });
}

static void read(const Eigen::MatrixXd &lower, ErrorFeedback &feedback) {
  int64_t size = feedback.columns;
  feedback.ratios.assign(size * size, 0.0f);
  feedback.costs.resize(size);
  for (int64_t k = 0; k < size; ++k) {
    double pivot = lower(size - 1 - k, size - 1 - k);
    feedback.costs[k] = float(pivot * pivot);
    for (int64_t j = 0; j < k; ++j)
      feedback.ratios[j * size + k] = float(lower(size - 1 - j, size - 1 - k) / pivot);
  }
}

std::optional<ErrorFeedback> bitwright::factorMoment(ArrayRef<float> moment, int64_t columns) {
  Triangle h{moment, columns};
  if (int64_t(moment.size()) != columns * (columns + 1) / 2 ||
      !llvm::all_of(moment, [](float value) { return std::isfinite(value); }))
    return std::nullopt;
  ErrorFeedback feedback;
  feedback.columns = columns;
  feedback.order.resize(columns);
  std::iota(feedback.order.begin(), feedback.order.end(), 0);
  llvm::sort(feedback.order,
             [&](int64_t a, int64_t b) { return h(a, a) != h(b, b) ? h(a, a) > h(b, b) : a < b; });
  for (double damping : {0.01, 0.1, 1.0}) {
    Eigen::MatrixXd arranged = arrange(h, feedback.order, damping);
    if (!factor(arranged))
      continue;
    feedback.damping = damping;
    read(arranged, feedback);
    return feedback;
  }
  return std::nullopt;
}
