// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Quantization parameters as ONNX gives them, brought into qnn's form.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_QUANTIZATIONS_H
#define BITWRIGHT_LIB_IMPORT_ONNX_QUANTIZATIONS_H

#include "Node.h"

namespace bitwright::onnximport {

/// A scale and zero point: scalars for a whole tensor, vectors along `axis`, or of the tensor's
/// rank with blocks of `blockSize` along it.
struct QuantizationParameters {
  ImportedValue scale, zeroPoint;
  int32_t storage = Undefined;
  int64_t axis = 0;
  int64_t blockSize = 0;

  /// Reads inputs `scaleIndex` and `zeroIndex`; a zero point that is not given is 0 of type
  /// `storage`. `axis` counts in a tensor of rank `rank`.
  static QuantizationParameters read(Node &n, unsigned scaleIndex, unsigned zeroIndex,
                                     int32_t storage, int64_t axis, int64_t blockSize,
                                     int64_t rank);

  mlir::Value quantize(Node &n, mlir::Value value) const;
  mlir::Value dequantize(Node &n, mlir::Value value) const;
  /// The dequantized value; remembers how it came about where all of it is constant.
  ImportedValue dequantize(Node &n, const ImportedValue &value) const;
};

/// Brings scales of quantized constants of 4 or 8 bits above 0, without changing what they stand
/// for: tools that keep 4 bits symmetric write negative scales, and 0 for blocks of zeros.
void makeScalesPositive(DequantizedConstant &constant);

/// A value quantized to uint8 by one scale and zero point that follow from its extremes.
struct DynamicallyQuantized {
  mlir::Value data, scale, zeroPoint;
};
DynamicallyQuantized quantizeDynamically(Node &n, mlir::Value x);

/// The int32 bias at input `index`, whose scale is that of the data times that of the weight; null
/// where the node has none.
mlir::Value dequantizeBias(Node &n, unsigned index, const QuantizationParameters &x,
                           const QuantizationParameters &w);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_QUANTIZATIONS_H
