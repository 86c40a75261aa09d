// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Parts of a convolution that its quantized forms share.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_CONVOLUTIONS_H
#define BITWRIGHT_LIB_IMPORT_ONNX_CONVOLUTIONS_H

#include "Images.h"

namespace bitwright::onnximport {

/// From O x I x KH x KW to O x KH x KW x I.
constexpr int64_t convolutionWeightPerm[] = {0, 2, 3, 1};

/// The weight with its dimensions permuted; a line's weight gets KH = 1 first.
mlir::Value getConvolutionWeight(Node &n, const ImportedValue &weight, bool isLine,
                                 llvm::ArrayRef<int64_t> perm);

/// The spatial sizes of the weight, checked against kernel_shape.
llvm::SmallVector<int64_t> getKernelShape(Node &n, unsigned weightIndex);

/// A conv2d on an NHWC image; `bias` may be null.
mlir::Value createConvolution(Node &n, const Window &window, mlir::Value image, mlir::Value weight,
                              mlir::Value bias);

/// Conv, by the attributes and inputs 0 to 2 of the node.
mlir::Value convolve(Node &n);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_CONVOLUTIONS_H
