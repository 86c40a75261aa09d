// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// From the arrays of npy files to reference tensors.

#ifndef BITWRIGHT_REFERENCE_ARRAYS_H
#define BITWRIGHT_REFERENCE_ARRAYS_H

#include "bitwright/Reference/Tensor.h"
#include "bitwright/Support/Numpy.h"

namespace bitwright {

/// The same elements; u8 and i8 both become i8, bool i1.
Tensor toTensor(const NdArray &array, mlir::MLIRContext *context);

} // namespace bitwright

#endif // BITWRIGHT_REFERENCE_ARRAYS_H
