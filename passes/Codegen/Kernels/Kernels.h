// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The kernels that are no contractions, an emitter for each family: each builds
/// its kernel and launches it.

#ifndef BITWRIGHT_PASSES_CODEGEN_KERNELS_KERNELS_H
#define BITWRIGHT_PASSES_CODEGEN_KERNELS_KERNELS_H

#include "passes/Codegen/Host/Program.h"

namespace bitwright::codegen {

/// What came of an op; nullopt where it is not of the emitter's family.
using Emitted = std::optional<mlir::LogicalResult>;

// A family each. They build the kernel of an op and launch it.
Emitted emitMovement(Program &program, mlir::Operation *op);
Emitted emitReduction(Program &program, mlir::Operation *op);
Emitted emitPooling(Program &program, mlir::Operation *op);
Emitted emitQuantKernel(Program &program, mlir::Operation *op);

mlir::LogicalResult emitResize(Program &program, mlir::Operation *op);

/// Emits the loop of a unit of elementwise ops alone.
mlir::LogicalResult emitElementwiseKernel(Program &program, kernel::LaunchOp unit);

/// Copies a strided view: dst[i...] = src[i . srcStrides + srcOffset]. Strides
/// and offsets count elements of `elementBytes`; all dims are equal.
void emitStridedCopy(Program &program, int64_t elementBytes, Dims dims, Value src, Dim srcOffset,
                     Dims srcStrides, Value dst, Dim dstOffset, Dims dstStrides,
                     mlir::Location loc);
/// The same for a copy that walks the source along another dimension than the
/// destination's last; false where it is not of that kind. Strides of
/// neighbouring dimensions must not merge.
bool emitTransposedCopy(Program &program, int64_t elementBytes, llvm::ArrayRef<Dim> dims, Value src,
                        llvm::ArrayRef<Dim> srcStrides, Value dst, llvm::ArrayRef<Dim> dstStrides,
                        mlir::Location loc);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_KERNELS_KERNELS_H
