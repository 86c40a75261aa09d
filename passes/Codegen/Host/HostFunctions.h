// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The host code of a compiled model, two functions. `plan` computes the sizes of the plan that
/// `invoke` needs from the input dimensions, in straight-line code, into the frame, an array of
/// i64 slots. `invoke` reads it and launches kernels in order. Sizes known at compile time never
/// reach the frame.

#ifndef BITWRIGHT_PASSES_CODEGEN_HOST_HOSTFUNCTIONS_H
#define BITWRIGHT_PASSES_CODEGEN_HOST_HOSTFUNCTIONS_H

#include "passes/Codegen/Host/KernelTable.h"
#include "passes/Codegen/Host/NodeNames.h"
#include "passes/Codegen/Plan/Sizes.h"

namespace bitwright::codegen {

class HostFunctions {
public:
  HostFunctions(mlir::ModuleOp module, mlir::Location loc, llvm::StringRef modelName, Sizes &sizes,
                const AbiLayout &abi);

  /// What plan reports.
  struct Report {
    Dim arenaBytes;
    int64_t scratchBytes;
    llvm::SmallVector<Dims> results; ///< The dimensions of each.
  };

  /// Declares plan and invoke and starts invoke's body; kernels are launched
  /// between begin() and end().
  void begin();
  /// Ends it, and writes plan: the sizes of the planned function `body`.
  void end(mlir::Block &body, const Report &report, NodeNames &nodes);

  //===--- inside of invoke ------------------------------------------------===//

  mlir::OpBuilder &builder() { return invokeBuilder; }
  KernelBuilder kernel(mlir::Location at) { return KernelBuilder(invokeBuilder, at); }
  /// A size as an i64.
  Value value(Dim dim, mlir::Location at);
  /// What the caller gave: the bw_exec, and where weights and arena begin.
  Value exec() { return invokeFunction.getArgument(0); }
  Value weights() { return invokeFunction.getArgument(5); }
  Value arena() { return invokeFunction.getArgument(4); }
  /// The caller's buffers.
  Value input(int64_t number, mlir::Location at);
  Value output(int64_t number, mlir::Location at);
  /// The i32 word that a kernel sets to report an error at run time.
  Value errorWord() { return arena(); }
  /// Memory of invoke for what one call is given; the next call overwrites it.
  Value callMemory(int64_t bytes);
  /// Calls the kernel over [0, n); over several threads if n iterations of
  /// about `cost` operations each are worth it.
  void launch(const Kernel &kernel, llvm::ArrayRef<Value> args, Dim n, int64_t cost,
              mlir::Location at);

  /// The structures that generated code shares with the runtime.
  const AbiLayout &abi;

private:
  void beginInvoke();
  void endInvoke();
  void emitPlan(mlir::Block &body, const Report &report, NodeNames &nodes);

  mlir::Location loc;
  std::string modelName;
  Sizes &sizes;
  mlir::OpBuilder moduleBuilder, invokeBuilder;
  mlir::LLVM::LLVMFuncOp planFunction, invokeFunction;
  Value framePointer, scratchPointer, callBlock; // in invoke
  int64_t callBytes = 8;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_HOST_HOSTFUNCTIONS_H
