// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Parts of a matrix product that its quantized forms share.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_MATRICES_H
#define BITWRIGHT_LIB_IMPORT_ONNX_MATRICES_H

#include "Node.h"

namespace bitwright::onnximport {

/// `matrix` (K x N, or N x K where `isTransposed`) as the N x K weight of a linear op; null where
/// it is no constant, nor a constant that is dequantized, of rank 2.
mlir::Value getLinearWeight(Node &n, const ImportedValue &matrix, bool isTransposed);

/// numpy matmul, as qnn.linear where `rhs` is a weight.
mlir::Value createMatmul(Node &n, const ImportedValue &lhs, const ImportedValue &rhs);
mlir::Value createMatmul(Node &n, mlir::Value lhs, mlir::Value rhs);

/// Gemm, by the attributes and inputs of the node.
mlir::Value gemm(Node &n);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_MATRICES_H
