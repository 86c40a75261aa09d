// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What the weights of a network take.

#ifndef BITWRIGHT_PASSES_FUSION_WEIGHTSIZES_H
#define BITWRIGHT_PASSES_FUSION_WEIGHTSIZES_H

#include "mlir/IR/BuiltinOps.h"

namespace bitwright {

/// What the weights of contractions (and all other constants) take.
struct WeightSizes {
  int64_t weights = 0;       ///< elements of the weights of contractions
  int64_t weightBytes = 0;   ///< with scales and zero points
  int64_t otherElements = 0; ///< all other constants but shapes and scalars
  int64_t otherBytes = 0;

  int64_t floatBytes() const { return 4 * (weights + otherElements); }
  double bitsPerWeight() const { return weights ? 8.0 * double(weightBytes) / double(weights) : 0; }
};
WeightSizes measureWeights(mlir::ModuleOp module);

/// The attribute of a module in which qnn-measure-weights leaves the sizes: an array of weights,
/// weightBytes, otherElements, otherBytes.
inline constexpr llvm::StringLiteral weightSizesAttr = "qnn.weight_sizes";

} // namespace bitwright

#endif // BITWRIGHT_PASSES_FUSION_WEIGHTSIZES_H
