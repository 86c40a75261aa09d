// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The kernels of a model. Kernels that are the same function are kept once.

#ifndef BITWRIGHT_PASSES_CODEGEN_HOST_KERNELTABLE_H
#define BITWRIGHT_PASSES_CODEGEN_HOST_KERNELTABLE_H

#include "passes/Codegen/Build/Iterations.h"

#include "bitwright/Target/AbiLayout.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace bitwright::codegen {

/// A kernel: `body` takes pointers, sizes and scratch, `thunk` unpacks the former from a
/// structure so that the runtime can call it.
struct Kernel {
  mlir::LLVM::LLVMFuncOp body;
  mlir::LLVM::LLVMFuncOp thunk;
};

enum class KernelArg { Pointer, Size };
using KernelBody =
    llvm::function_ref<void(KernelBuilder &, ValueRange args, Iterations &iterations)>;

class KernelTable {
public:
  KernelTable(mlir::ModuleOp module, const AbiLayout &abi)
      : builder(module.getBodyRegion()), abi(abi) {
    builder.setInsertionPointToEnd(module.getBody());
  }

  /// Builds the kernel, or finds the one of this name whose arguments and ops are
  /// the same: whatever an emitter builds in is part of the comparison.
  Kernel get(llvm::StringRef name, llvm::ArrayRef<KernelArg> args, mlir::Location loc,
             KernelBody body);

  /// The most scratch that one of the kernels needs.
  int64_t getScratchBytes() const { return scratchBytes; }

private:
  struct Entry {
    uint64_t hash; ///< Of the ops.
    Kernel kernel;
  };
  mlir::OpBuilder builder; // at the end of the module
  const AbiLayout &abi;
  int64_t scratchBytes = 0;
  llvm::StringMap<llvm::SmallVector<Entry>> kernels; // by name
};

/// Where the arguments of a kernel lie in the structure that its thunk unpacks.
AbiLayout::Struct layOutArguments(const AbiLayout &abi, mlir::TypeRange types);

/// A function at the place of `module`, visible outside only if `exported`.
mlir::LLVM::LLVMFuncOp declareFunction(mlir::OpBuilder &module, mlir::Location loc,
                                       llvm::StringRef name, Type result, llvm::ArrayRef<Type> args,
                                       bool exported);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_HOST_KERNELTABLE_H
