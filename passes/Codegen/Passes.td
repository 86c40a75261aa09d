// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_PASSES_CODEGEN_PASSES_TD
#define BITWRIGHT_PASSES_CODEGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

def SetTargetPass : Pass<"qnn-set-target", "::mlir::ModuleOp"> {
  let summary = "Say which processor a module is to be compiled for";
  let description = [{
    Sets `qnn.target` of the module from what `--target`, `--mcpu` and `--mattr` of quant-compile take. Features bring
    those they build on. Refuses what is unknown, and a module whose code is already generated.

    ```mlir
    module attributes {qnn.target = #qnn.target<"x86_64-unknown-linux-gnu", "x86-64-v2", "+avx2,+fma">} {
    }
    ```
  }];
  let options = [
    Option<"triple", "triple", "std::string", /*default=*/"", "The target; x86-64 Linux where empty">,
    Option<"cpu", "cpu", "std::string", /*default=*/"", "LLVM's name of a CPU, or native; the oldest where empty">,
    Option<"features", "features", "std::string", /*default=*/"", "Added or taken away: +avx2,+fma,-avx512f">,
  ];
  let dependentDialects = ["::bitwright::qnn::QNNDialect"];
}

def ConvertQNNToKernelsPass : Pass<"convert-qnn-to-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn a model into kernels and the entry points that launch them";
  let description = [{
    Replaces `@main` by `llvm.func @bw_<model>_plan` and `@bw_<model>_invoke` (signatures in `bitwright_rt/abi.h`)
    and the kernels they call, as scf, arith, vector and llvm ops. Elementwise ops run in one loop, or in registers
    behind the contraction that feeds them. Weights are packed in the order in which kernels stream them, into
    `qnn.packed_weights`; all other buffers get an offset in one arena. Describes the model in `qnn.inputs`,
    `qnn.outputs`, `qnn.node_names`, `qnn.observer_names` and `qnn.frame_bytes`. The code is for the module's
    `qnn.target` (see `qnn-set-target`); without one, for the x86-64 baseline.

    ```mlir
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {   // becomes @bw_model_plan, @bw_model_invoke, @elementwise_0
      %0 = qnn.relu %x : tensor<?x4xf32> -> tensor<?x4xf32>
      return %0 : tensor<?x4xf32>
    }
    ```

    Refuses shapes that depend on data, and ops and element types without a kernel.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // BITWRIGHT_PASSES_CODEGEN_PASSES_TD
