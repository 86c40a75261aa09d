// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a compiled model says about itself: attributes of the module, from which
/// the descriptor `bw_<model>_desc` is made (docs/architecture.md).

#ifndef BITWRIGHT_PASSES_CODEGEN_HOST_DESCRIPTOR_H
#define BITWRIGHT_PASSES_CODEGEN_HOST_DESCRIPTOR_H

#include "passes/Codegen/Host/NodeNames.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace bitwright::codegen {

/// An error where what enters and leaves a model has no place in the runtime's interface.
mlir::LogicalResult checkInterface(mlir::func::FuncOp main);

void setDescriptor(mlir::ModuleOp module, mlir::func::FuncOp main, llvm::StringRef modelName,
                   int64_t frameBytes, const NodeNames &nodes, llvm::ArrayRef<char> weights);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_HOST_DESCRIPTOR_H
