// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The sliding window of convolutions and pools over NHWC images: checks of its
/// attributes and the positions that fall inside of the image.

#ifndef BITWRIGHT_LIB_REFERENCE_WINDOW_H
#define BITWRIGHT_LIB_REFERENCE_WINDOW_H

#include "Evaluate.h"

namespace bitwright::reference {

/// Geometry of one operation; [0] is vertical, [1] horizontal.
struct Window {
  int64_t input[2];
  int64_t kernel[2];
  int64_t strides[2];
  int64_t padBegin[2];
  int64_t padEnd[2];
  int64_t dilations[2];
  int64_t output[2];

  /// The input row (or column) under kernel position k at output position o; it
  /// is padding where not in [0, input).
  int64_t position(int dim, int64_t o, int64_t k) const {
    return o * strides[dim] - padBegin[dim] + k * dilations[dim];
  }
  bool inside(int dim, int64_t position) const { return position >= 0 && position < input[dim]; }
};

/// Checks sizes and signs and computes the output size.
Expected<Window> makeWindow(mlir::Operation *op, ArrayRef<int64_t> imageDims,
                            ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
                            ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations);

/// A convolution's window and channel counts, checked.
struct Convolution {
  Window window;
  int64_t batch, inChannels, outChannels, groups;

  int64_t groupInputs() const { return inChannels / groups; }
  int64_t groupOutputs() const { return outChannels / groups; }
};

/// `input` is N x H x W x C, `weight` O x KH x KW x C/groups.
Expected<Convolution> makeConvolution(mlir::Operation *op, const Tensor &input,
                                      const Tensor &weight, ArrayRef<int64_t> strides,
                                      ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations,
                                      int64_t groups);

/// `tensor` is a vector of `size` elements.
llvm::Error checkVector(mlir::Operation *op, llvm::StringRef what, const Tensor &tensor,
                        int64_t size);

} // namespace bitwright::reference

#endif // BITWRIGHT_LIB_REFERENCE_WINDOW_H
