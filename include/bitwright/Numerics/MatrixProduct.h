// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The one product of large matrices that quantization spends its time in: moments of activations,
/// and what rounding errors do to the columns that are left. It uses the vectors of the CPU at
/// hand, but an element is the same bits on each of them: a sum over rows in their order, every
/// product rounded before it is added.

#ifndef BITWRIGHT_NUMERICS_MATRIXPRODUCT_H
#define BITWRIGHT_NUMERICS_MATRIXPRODUCT_H

#include <cstdint>

namespace bitwright {

/// `rows` x `columns` floats, `stride` from one row to the next.
struct MatrixView {
  const float *data = nullptr;
  int64_t rows = 0, columns = 0, stride = 0;

  const float *row(int64_t r) const { return data + r * stride; }
};

/// c += a^T b, where `a` and `b` have the same number of rows; `c` has a row for each column of
/// `a`, a column for each of `b`, and `stride` from one row to the next. Rows are summed in chunks
/// of 128, each from zero, and the chunks added to `c` one after the other.
void addTransposedProduct(const MatrixView &a, const MatrixView &b, float *c, int64_t stride);

} // namespace bitwright

#endif // BITWRIGHT_NUMERICS_MATRIXPRODUCT_H
