// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// From the integer form to the LLVM dialect.

#ifndef BITWRIGHT_PASSES_CODEGEN_PASSES_H
#define BITWRIGHT_PASSES_CODEGEN_PASSES_H

#include "dialects/Kernel/KernelDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace bitwright::codegen {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Codegen/Passes.h.inc"

/// From qnn to the LLVM dialect, for the module's `qnn.target`.
void buildCodegenPipeline(mlir::OpPassManager &pm);
/// Registers `qnn-codegen`.
void registerCodegenPipeline();

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PASSES_H
