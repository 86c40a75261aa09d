// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Convolutions as products of rows: an output pixel is a row of the lhs, the
/// taps under its window times the channels. Rows that do not lie in memory as a
/// kernel reads them are gathered.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_ROWS_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_ROWS_H

#include "passes/Codegen/Host/Program.h"

namespace bitwright::codegen {

/// The shape of a convolution as kernels see it.
struct ConvShape {
  Dim batch, height, width, outHeight, outWidth;
  int64_t channels, outChannels, kernelHeight, kernelWidth;
  llvm::SmallVector<int64_t> strides, pads, dilations;
  int64_t groups;
  int64_t groupChannels() const { return channels / groups; }
  int64_t depth() const { return kernelHeight * kernelWidth * groupChannels(); }
  bool isPointwise() const;
};
ConvShape getConvShape(Program &program, mlir::Operation *op);

/// What gathered rows are made of: elements `from` the input become `to`, padding
/// is `fill`, and a row takes `rowBytes`.
struct RowForm {
  Type from, to;
  bool isUnsigned;
  int64_t rowBytes;
};

/// Copies the input windows of rows [begin, end) into `scratch`: taps x channels.
void emitGatherRows(KernelBuilder &k, const ConvShape &conv, const RowForm &form, Value input,
                    Value fill, Value scratch, Value begin, Value end, const ImageSizes &sizes);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_ROWS_H
