// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Rotation of pairs of features by angles that grow with the position.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_ROTARY_H
#define BITWRIGHT_LIB_IMPORT_ONNX_ROTARY_H

#include "Compose.h"

namespace bitwright::onnximport {

/// Cosines and sines that broadcast over the heads: of the rank of what is rotated, half as wide.
struct RotaryTables {
  mlir::Value cosine, sine;
};

/// The rows of tables P x W for positions B x S, or tables B x S x W where `positions` is null,
/// with a dimension for the heads at `headAxis`.
RotaryTables lookUpRotary(Node &n, mlir::Value cosine, mlir::Value sine, mlir::Value positions,
                          int64_t headAxis);

/// Rotates the first features of the last dimension, as many as the tables have angles for: the
/// two halves, or each even one with the next.
mlir::Value rotate(Node &n, mlir::Value x, const RotaryTables &tables, bool isInterleaved);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_ROTARY_H
