// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Checks and geometry of sliding windows.

#include "Window.h"

using namespace bitwright;
using namespace bitwright::reference;

/// No attribute above this: products of three stay far inside of 64 bits.
static constexpr int64_t maxExtent = int64_t(1) << 30;

static llvm::Error checkRange(mlir::Operation *op, const char *what, ArrayRef<int64_t> values,
                              size_t count, int64_t least) {
  if (values.size() != count)
    return makeError(op, llvm::Twine("expects ") + llvm::Twine(count) + " " + what + ", but got " +
                             llvm::Twine(values.size()));
  for (int64_t value : values)
    if (value < least || value > maxExtent)
      return makeError(op, llvm::Twine("expects ") + what + " of at least " + llvm::Twine(least) +
                               ", but got " + llvm::Twine(value));
  return llvm::Error::success();
}

Expected<Window> reference::makeWindow(mlir::Operation *op, ArrayRef<int64_t> imageDims,
                                       ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides,
                                       ArrayRef<int64_t> pads, ArrayRef<int64_t> dilations) {
  if (imageDims.size() != 4)
    return makeError(op, "expects an NHWC image of rank 4, but got " + formatDims(imageDims));
  if (llvm::Error error = checkRange(op, "kernel sizes", kernel, 2, 1))
    return error;
  if (llvm::Error error = checkRange(op, "strides", strides, 2, 1))
    return error;
  if (llvm::Error error = checkRange(op, "pads", pads, 4, 0))
    return error;
  if (llvm::Error error = checkRange(op, "dilations", dilations, 2, 1))
    return error;
  Window window;
  for (int i = 0; i < 2; ++i) {
    window.input[i] = imageDims[i + 1];
    window.kernel[i] = kernel[i];
    window.strides[i] = strides[i];
    window.padBegin[i] = pads[i];
    window.padEnd[i] = pads[i + 2];
    window.dilations[i] = dilations[i];
    int64_t span = (kernel[i] - 1) * dilations[i] + 1;
    int64_t padded = imageDims[i + 1] + pads[i] + pads[i + 2];
    window.output[i] = padded < span ? 0 : (padded - span) / strides[i] + 1;
    if (padded < span)
      return makeError(op, "the window of " + llvm::Twine(span) +
                               " is larger than the padded input of " + llvm::Twine(padded));
  }
  return window;
}

Expected<Convolution> reference::makeConvolution(mlir::Operation *op, const Tensor &input,
                                                 const Tensor &weight, ArrayRef<int64_t> strides,
                                                 ArrayRef<int64_t> pads,
                                                 ArrayRef<int64_t> dilations, int64_t groups) {
  if (weight.rank() != 4)
    return makeError(op, "expects a weight of rank 4, but got " + formatDims(weight.dims));
  Expected<Window> window = makeWindow(op, input.dims, ArrayRef<int64_t>(weight.dims).slice(1, 2),
                                       strides, pads, dilations);
  if (!window)
    return window.takeError();
  Convolution conv = {*window, input.dims[0], input.dims[3], weight.dims[0], groups};
  if (groups < 1 || conv.inChannels % groups || conv.outChannels % groups ||
      conv.groupInputs() != weight.dims[3])
    return makeError(op, llvm::Twine(groups) + " groups do not fit an input of " +
                             formatDims(input.dims) + " and a weight of " +
                             formatDims(weight.dims));
  return conv;
}

llvm::Error reference::checkVector(mlir::Operation *op, llvm::StringRef what, const Tensor &tensor,
                                   int64_t size) {
  if (tensor.rank() == 1 && tensor.dims[0] == size)
    return llvm::Error::success();
  return makeError(op, "expects a " + what + " of " + llvm::Twine(size) + " elements, but got " +
                           formatDims(tensor.dims));
}
