// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What can be gained once a weight is rounded: codes that do better given all others, and scales
/// that do better given the codes. Both lower e H e^T, which GPTQ's one pass over the columns
/// leaves above its least value.

#ifndef BITWRIGHT_PASSES_ROUND_REFINE_H
#define BITWRIGHT_PASSES_ROUND_REFINE_H

#include "bitwright/Numerics/BlockWeights.h"

namespace bitwright {

/// The second moment of a layer's input, damped as it was for rounding.
class OutputMoment {
public:
  /// `triangle` is the upper triangle of H, row by row, finite; `damping` is a part of the mean of
  /// its diagonal, which columns that were always 0 get besides.
  OutputMoment(llvm::ArrayRef<float> triangle, int64_t columns, double damping);

  int64_t getColumns() const { return columns; }
  const float *row(int64_t k) const { return values.data() + k * columns; }

private:
  int64_t columns;
  std::vector<float> values;
};

/// Changes codes and, where `fitsScales`, scales of `rounded`, which stands for `weights`; the cost
/// e H e^T of no row grows. Returns their sum.
double refine(llvm::ArrayRef<float> weights, const OutputMoment &moment, bool fitsScales,
              BlockWeights &rounded);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_ROUND_REFINE_H
