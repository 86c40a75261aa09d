// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What the rounding error of a column does to the output, and how the columns after it can make up
/// for it: the triangular factor of the second moment of a layer's input.
///
/// An error e of a row of weights makes a mean squared output error e H e^T. With H = R R^T, R
/// upper triangular, this is |e R|^2: a sum over columns k of R_kk^2 (e_k + sum_{j<k} e_j R_jk /
/// R_kk)^2. So column k is best rounded at w_k + sum_{j<k} e_j R_jk / R_kk. That is GPTQ
/// (arXiv:2210.17323), in the form that QuIP (arXiv:2307.13304, theorem 6) showed to be equal,
/// which needs no inverse.

#ifndef BITWRIGHT_PASSES_ROUND_ERRORFEEDBACK_H
#define BITWRIGHT_PASSES_ROUND_ERRORFEEDBACK_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace bitwright {

struct ErrorFeedback {
  int64_t columns = 0;
  /// order[k]: the column that is rounded as the k-th. Columns of large moments come first.
  std::vector<int64_t> order;
  /// R_jk / R_kk, row-major, both in that order; used above the diagonal only.
  std::vector<float> ratios;
  /// R_kk^2: what a squared error of the k-th column costs after feedback.
  std::vector<float> costs;
  /// Added to the diagonal, as a part of its mean.
  double damping = 0;
};

/// `moment` is the upper triangle of H, row by row. A column whose input was always 0 is
/// independent of the others. Where H has no such factor, more of the mean of its diagonal is
/// added: 0.01, 0.1, 1. Nullopt where that does not help, or where H is not finite.
std::optional<ErrorFeedback> factorMoment(llvm::ArrayRef<float> moment, int64_t columns);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_ROUND_ERRORFEEDBACK_H
