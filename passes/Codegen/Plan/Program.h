// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The compiled form of one model while it is being built: its parts, and the
/// addresses of its tensors. Each part has a header of its own.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_PROGRAM_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_PROGRAM_H

#include "passes/Codegen/Host/HostFunctions.h"
#include "passes/Codegen/Host/KernelTable.h"
#include "passes/Codegen/Plan/Buffers.h"
#include "passes/Codegen/Plan/NodeNames.h"
#include "passes/Codegen/Plan/Sizes.h"
#include "passes/Codegen/Plan/Tensors.h"
#include "passes/Codegen/Plan/WeightBlock.h"
#include "passes/Codegen/Target/Target.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace bitwright::codegen {

class Program {
public:
  Program(mlir::ModuleOp module, mlir::func::FuncOp main, const Target &target,
          const AbiLayout &abi);

  const Target &getTarget() const { return target; }
  mlir::MLIRContext *getContext() { return module.getContext(); }

  /// Starts the host functions and reads the dimensions of the inputs.
  mlir::LogicalResult begin();
  /// Ends the host functions, describes the model and erases `main`.
  mlir::LogicalResult finish();

  TensorInfo &info(Value tensor) { return tensors[tensor]; }
  bool isKnown(Value tensor) const { return tensors.count(tensor); }
  Dim numElements(Value tensor) { return sizes.product(info(tensor).dims); }

  /// Gives a constant its place in the weight block.
  void ensureBuffer(Value tensor);
  /// The address of a tensor, at the current point of invoke.
  Value pointer(Value tensor, mlir::Location loc);
  /// The address of bytes of the weight block.
  Value constant(llvm::ArrayRef<char> bytes, mlir::Location loc);

  mlir::ModuleOp module;
  mlir::func::FuncOp main;

  const AbiLayout abi; ///< The structures that generated code shares with the runtime.

private:
  const Target &target;
  std::string modelName;
  llvm::DenseMap<Value, TensorInfo> tensors;

public:
  NodeNames nodes;
  Sizes sizes;
  Buffers buffers;
  WeightBlock weights;
  KernelTable kernels;
  HostFunctions host;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_PROGRAM_H
