// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What ops on images share: the way from NCHW to NHWC and back, and the
/// padding attributes.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_IMAGES_H
#define BITWRIGHT_LIB_IMPORT_ONNX_IMAGES_H

#include "Node.h"

namespace bitwright::onnximport {

/// Turns N x C x spatial into N x H x W x C. An image with one spatial dimension gets H = 1, and
/// the window attributes a neutral first entry.
class ImageView {
public:
  /// Reads input 0; fails where it has not one or two spatial dimensions.
  explicit ImageView(Node &n);

  bool isLine() const { return line; }
  int64_t getSpatialRank() const { return line ? 1 : 2; }
  mlir::Value toImage(mlir::Value value) const;
  mlir::Value fromImage(mlir::Value value) const;
  /// {h, w} from one value for each spatial dimension.
  llvm::SmallVector<int64_t> pair(llvm::ArrayRef<int64_t> values, int64_t neutral) const;
  /// Height and width of input 0; kDynamic where unknown.
  llvm::SmallVector<int64_t> getSizes() const;

private:
  Node &n;
  bool line = false;
};

/// Attributes of a sliding window, for two spatial dimensions.
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, dilations, pads; // pads: top, left, bottom, right

  /// Reads strides, dilations, pads and auto_pad. `kernel` has one size for each spatial dimension.
  /// What auto_pad means for a transposed convolution is left to the caller.
  static Window read(Node &n, const ImageView &view, llvm::ArrayRef<int64_t> kernel,
                     bool isTransposed = false);
  int64_t getReach(unsigned dim) const { return dilations[dim] * (kernel[dim] - 1) + 1; }

private:
  void setAutomaticPads(Node &n, const ImageView &view, llvm::StringRef mode);
};

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_IMAGES_H
