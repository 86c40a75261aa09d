// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_PASSES_CODEGEN_PASSES_TD
#define BITWRIGHT_PASSES_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def ConvertQNNToKernelsPass : Pass<"convert-qnn-to-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn a model into kernels and the entry points that launch them";
  let description = [{
    Replaces `@main` by `llvm.func @bw_<model>_plan` and `@bw_<model>_invoke` (signatures in `bitwright_rt/abi.h`)
    and the kernels they call, as scf, arith, vector and llvm ops. Elementwise ops run in one loop, or in registers
    behind the contraction that feeds them. Weights are packed in the order in which kernels stream them, into
    `qnn.packed_weights`; all other buffers get an offset in one arena. Describes the model in `qnn.inputs`,
    `qnn.outputs`, `qnn.node_names`, `qnn.observer_names` and `qnn.features`.

    ```mlir
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {   // becomes @bw_model_plan, @bw_model_invoke, @elementwise_0
      %0 = qnn.relu %x : tensor<?x4xf32> -> tensor<?x4xf32>
      return %0 : tensor<?x4xf32>
    }
    ```

    Refuses shapes that depend on data, and ops and element types without a kernel.
  }];
  let options = [
    Option<"features", "features", "uint64_t", /*default=*/"1",
           "BW_CPU_* bits of bitwright_rt/abi.h that kernels may use">,
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // BITWRIGHT_PASSES_CODEGEN_PASSES_TD
