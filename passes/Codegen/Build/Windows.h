// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Sliding windows over NHWC images: which taps of a window are inside of the
/// image, which output columns need no such question, and how the channels of a
/// pixel are cut into vectors. Shared by pooling, depthwise and transposed
/// convolutions.

#ifndef BITWRIGHT_PASSES_CODEGEN_BUILD_WINDOWS_H
#define BITWRIGHT_PASSES_CODEGEN_BUILD_WINDOWS_H

#include "passes/Codegen/Build/Iterations.h"

namespace bitwright::codegen {

/// The fixed part of a window; [0] is vertical, [1] horizontal.
struct SlidingWindow {
  int64_t kernel[2], strides[2], pads[2], dilations[2];

  SlidingWindow(llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<int64_t> strides,
                llvm::ArrayRef<int64_t> pads, llvm::ArrayRef<int64_t> dilations);
  int64_t taps() const { return kernel[0] * kernel[1]; }
};

/// The taps [begin, end) of one axis that are inside of the image: tap t reads
/// position origin + t * dilation. Empty where end <= begin.
struct Taps {
  Value begin, end, origin;
  /// How many there are.
  Value count(KernelBuilder &k) const;
};
Taps clampTaps(KernelBuilder &k, const SlidingWindow &window, int axis, Value output, Value size);

/// The sizes of the image and of the output, as values of a kernel.
struct ImageSizes {
  Value height, width, outHeight, outWidth;
};

/// One output row of one image.
struct OutputRow {
  Value image, line;
  Taps rows;
};

/// Calls `border` for the output columns of `row` whose windows reach into the
/// padding and `interior` for those where all taps are inside, with ranges
/// [lower, upper). Each is emitted once.
using ColumnRange = llvm::function_ref<void(Value lower, Value upper)>;
void splitColumns(KernelBuilder &k, const SlidingWindow &window, const OutputRow &row,
                  const ImageSizes &sizes, ColumnRange border, ColumnRange interior);

/// Calls `body` for each output row; iterations are their numbers, batch * outHeight.
void forEachOutputRow(KernelBuilder &k, const SlidingWindow &window, const ImageSizes &sizes,
                      Iterations &iterations, llvm::function_ref<void(const OutputRow &row)> body);

/// Folds the taps of one window: `fold(tap, y, x, carried)` with the tap's
/// number and its position in the image. `interior` unrolls all taps where there
/// are at most 25, else the loops run over the taps inside of the image.
using TapFold = llvm::function_ref<llvm::SmallVector<Value>(Value tap, Value y, Value x,
                                                            mlir::ValueRange carried)>;
llvm::SmallVector<Value> foldTaps(KernelBuilder &k, const SlidingWindow &window, const Taps &rows,
                                  const Taps &columns, bool interior, mlir::ValueRange init,
                                  TapFold fold);

/// `element`, or a vector of it.
mlir::Type laneType(KernelBuilder &k, mlir::Type element, int64_t lanes);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_BUILD_WINDOWS_H
