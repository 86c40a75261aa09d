// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The searches of activation-aware quantization, on plain arrays: scales of
/// input channels for low-bit weights (AWQ, arXiv:2306.00978) and for 8-bit
/// activations (SmoothQuant, arXiv:2211.10438).
/// Multiplying the columns of W by s and dividing x by s leaves the product as
/// it is; a good s makes what matters easier to round.

#ifndef BITWRIGHT_PASSES_TRANSFORM_SCALESEARCH_H
#define BITWRIGHT_PASSES_TRANSFORM_SCALESEARCH_H

#include "bitwright/Numerics/BlockWeights.h"

namespace bitwright {

/// A weight matrix of `rows` x (columns of the problem), row-major, and what it will be
/// rounded to.
struct WeightMatrix {
  llvm::ArrayRef<float> values;
  int64_t rows = 0;
  BlockFormat format;
};

/// All linear ops that read one tensor, and what is known of that tensor.
struct ScaleProblem {
  int64_t columns = 0;
  std::vector<WeightMatrix> weights;
  /// Rows of `columns` elements.
  llvm::ArrayRef<float> samples;
  /// Mean |x| and max |x| of each column.
  llvm::ArrayRef<float> meanAbs, maxAbs;
  /// Columns with the same number share a scale (they come from one channel of
  /// the op that the scale is folded into). Empty: each has its own.
  llvm::ArrayRef<int64_t> ties;
};

struct ScaleResult {
  /// One for each column; all 1 where nothing beat leaving the weights alone.
  std::vector<float> scales;
  double alpha = 0;
  /// Sum of squared errors of the outputs on the samples, without and with scales.
  double lossBefore = 0, lossAfter = 0;
};

/// s = mean|x|^alpha, clamped to 1e-4 and divided by sqrt(max s * min s), alpha =
/// 0, 0.05 ... 0.95; the alpha whose outputs on the samples are nearest to float.
/// With `duo` also s = mean|x|^alpha / mean|w|^(1 - alpha), w relative to its block.
ScaleResult searchWeightScales(const ScaleProblem &problem, bool duo);

/// s = max|x|^alpha / max|w|^(1 - alpha), clamped to 1e-5, alpha = 0.3, 0.35 ... 0.9
/// (or just `alpha` where it is >= 0); the loss is that of `qnn.dynamic_qlinear` with the weights
/// rounded.
ScaleResult searchActivationScales(const ScaleProblem &problem, double alpha);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_TRANSFORM_SCALESEARCH_H
