// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The compiled form of one model while it is being built from its plan: its
/// parts, and the addresses of its tensors. Each part has a header of its own.

#ifndef BITWRIGHT_PASSES_CODEGEN_HOST_PROGRAM_H
#define BITWRIGHT_PASSES_CODEGEN_HOST_PROGRAM_H

#include "passes/Codegen/Host/HostFunctions.h"
#include "passes/Codegen/Host/KernelTable.h"
#include "passes/Codegen/Host/NodeNames.h"
#include "passes/Codegen/Host/WeightBlock.h"
#include "passes/Codegen/Plan/Tensors.h"
#include "passes/Codegen/Target/Target.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace bitwright::codegen {

using kernel::LeafAccess;

class Program : public Tensors {
public:
  /// Starts the host functions of `main`, which is planned.
  Program(mlir::ModuleOp module, mlir::func::FuncOp main, const Target &target,
          const AbiLayout &abi);

  const Target &getTarget() const { return target; }
  mlir::MLIRContext *getContext() { return module.getContext(); }

  /// Ends the host functions, describes the model and erases `main`.
  mlir::LogicalResult finish();

  /// The address of a tensor, at the current point of invoke.
  Value pointer(Value tensor, mlir::Location loc);
  /// The address of bytes of the weight block.
  Value constant(llvm::ArrayRef<char> bytes, mlir::Location loc);

  mlir::ModuleOp module;
  mlir::func::FuncOp main;

  const AbiLayout abi; ///< The structures that generated code shares with the runtime.

private:
  TensorInfo read(Value tensor) override;
  /// Where a constant lies in the weight block.
  int64_t offsetOf(mlir::Operation *constant);

  const Target &target;
  std::string modelName;
  llvm::DenseMap<mlir::Operation *, int64_t> constants;

public:
  NodeNames nodes;
  WeightBlock weights;
  KernelTable kernels;
  HostFunctions host;
};

/// "node 'x': 'qnn.linear' on f16 cannot be compiled".
mlir::LogicalResult refuseType(mlir::Operation *op, Type type);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_HOST_PROGRAM_H
