// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Between reference tensors and the arrays of npy files. Storage types are
/// signless, so the way back needs to know whether they are unsigned.

#ifndef BITWRIGHT_REFERENCE_ARRAYS_H
#define BITWRIGHT_REFERENCE_ARRAYS_H

#include "bitwright/Reference/Tensor.h"
#include "bitwright/Support/Numpy.h"

namespace bitwright {

/// The same elements; u8 and i8 both become i8, bool i1.
Tensor toTensor(const NdArray &array, mlir::MLIRContext *context);

/// The same elements; i4 becomes a byte for each element.
NdArray toArray(const Tensor &tensor, bool isUnsigned = false);

} // namespace bitwright

#endif // BITWRIGHT_REFERENCE_ARRAYS_H
