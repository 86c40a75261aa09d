// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Symbolic shapes: the sizes of each op's results as functions of the input
/// sizes, and the values of integer tensors that are made of sizes alone.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_SHAPES_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_SHAPES_H

#include "passes/Codegen/Plan/Tensors.h"

namespace bitwright::codegen {

/// Fills in Tensors::info of the results of `op` (dims, element type, elements).
/// Emits an error where a shape depends on data.
mlir::LogicalResult inferShapes(Tensors &tensors, mlir::Operation *op);

/// One dimension of a numpy broadcast.
Dim broadcastDim(Tensors &tensors, Dim x, Dim y);

/// First element and number of elements of one sliced axis, by ONNX's rules.
struct SliceAxis {
  Dim start, count, step;
};
llvm::SmallVector<SliceAxis> getSliceAxes(Tensors &tensors, mlir::Operation *op);

/// Integer sizes of a convolution or pooling window along one axis.
Dim windowCount(Tensors &tensors, Dim input, int64_t kernel, int64_t stride, int64_t padding,
                int64_t dilation);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_SHAPES_H
