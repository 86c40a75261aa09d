// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Pooling that quantized forms share.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_POOLS_H
#define BITWRIGHT_LIB_IMPORT_ONNX_POOLS_H

#include "Node.h"

namespace bitwright::onnximport {

/// AveragePool, by the attributes of the node, of `x`, which has the shape of input 0.
mlir::Value averagePool(Node &n, mlir::Value x);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_POOLS_H
