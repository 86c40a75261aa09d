// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which elements a reduction folds into which result element.

#ifndef BITWRIGHT_LIB_REFERENCE_REDUCE_H
#define BITWRIGHT_LIB_REFERENCE_REDUCE_H

#include "Evaluate.h"

namespace bitwright::reference {

struct Reduction {
  Dims dims;                   // of the result
  int64_t count = 1;           // elements folded into each result element
  std::vector<int64_t> target; // for each input element, its result element
};

Expected<Reduction> makeReduction(mlir::Operation *op, const Tensor &input, ArrayRef<int64_t> axes,
                                  bool keepDims);

} // namespace bitwright::reference

#endif // BITWRIGHT_LIB_REFERENCE_REDUCE_H
