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

def PlanKernelsPass : Pass<"qnn-plan-kernels", "::mlir::ModuleOp"> {
  let summary = "Decide which ops run together, where tensors lie, and which sizes are computed";
  let description = [{
    Rewrites the body of `@main` into ops of the kernel dialect, for any processor. Elementwise ops run in one loop, or
    in registers behind the contraction that feeds them. Results are written into the caller's buffers, all else gets
    an offset in one arena, which tensors share that are not alive together. What only repeats heads for a matmul is
    not copied. Sizes that are not constant are computed from the dimensions of the inputs.

    ```mlir
    func.func @main(%arg0: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %0 = kernel.dim %arg0, 0 : tensor<?x4xf32>
      %x = kernel.input %arg0 [%0, 4] : tensor<?x4xf32>
      %out = kernel.output 0 [%0, 4] : tensor<?x4xf32>
      %y = kernel.launch reads(%x full : tensor<?x4xf32>) into(%out : tensor<?x4xf32>) {
        %1 = qnn.relu %x : tensor<?x4xf32> -> tensor<?x4xf32>
        kernel.yield %1 : tensor<?x4xf32>
      }
      kernel.return %y : tensor<?x4xf32> arena 64
    }
    ```

    Refuses shapes that depend on data, and what the runtime's interface has no place for.
  }];
  let dependentDialects = ["::bitwright::kernel::KernelDialect"];
}

def EmitKernelsPass : Pass<"qnn-emit-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn a plan into kernels and the entry points that launch them";
  let description = [{
    Replaces a planned `@main` (see `qnn-plan-kernels`) by `llvm.func @bw_<model>_plan` and `@bw_<model>_invoke`
    (signatures in `bitwright_rt/abi.h`) and the kernels they call, as scf, arith, vector and llvm ops. Equal kernels
    are kept once. Weights are packed in the order in which kernels stream them, into `qnn.packed_weights`. Describes
    the model in `qnn.inputs`, `qnn.outputs`, `qnn.node_names`, `qnn.observer_names` and `qnn.frame_bytes`. The code is
    for the module's `qnn.target` (see `qnn-set-target`); without one, for the x86-64 baseline.

    Refuses ops and element types without a kernel.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::scf::SCFDialect", "::mlir::arith::ArithDialect",
                           "::mlir::vector::VectorDialect"];
}

#endif // BITWRIGHT_PASSES_CODEGEN_PASSES_TD
