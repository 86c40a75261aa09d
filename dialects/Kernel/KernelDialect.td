// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_KERNEL_KERNELDIALECT_TD
#define BITWRIGHT_DIALECTS_KERNEL_KERNELDIALECT_TD

include "mlir/IR/OpBase.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::bitwright::kernel";
  let summary = "The plan of a model: sizes, buffers, and what runs together";
  let description = [{
    What code generation has decided before it knows a processor. `qnn-plan-kernels` turns `@main` into it,
    `qnn-emit-kernels` reads nothing else. A planned `@main` is one block:

    - sizes, i64 values that follow from the dimensions of the inputs, and what they must fulfil (`kernel.dim`,
      `kernel.size`, `kernel.require`): the plan function of the compiled model;
    - where tensors lie: `kernel.input`, `kernel.output`, `kernel.buffer` in the arena, `qnn.constant` among the weights,
      and `kernel.view` of any of them;
    - what runs, in order: `kernel.launch`, `kernel.sizes`, `kernel.if`, `qnn.observe`, and at the end `kernel.return`.

    A size is a constant, or the name of an i64 value: `[%n, 4]`. A launch holds the qnn ops that one kernel computes.
    Tensors stay SSA values: the result of a launch is what it wrote `into` its buffer.

    ```mlir
    func.func @main(%arg0: tensor<?x4xf32>) -> tensor<?x2xf32> {
      %n = kernel.dim %arg0, 0 : tensor<?x4xf32>
      %x = kernel.input %arg0 [%n, 4] : tensor<?x4xf32>
      %out = kernel.output 0 [%n, 2] : tensor<?x2xf32>
      %w = qnn.constant dense<0.5> : tensor<2x4xf32>
      %y = kernel.launch into(%out : tensor<?x2xf32>) {
        %0 = qnn.linear %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
        %1 = qnn.relu %0 : tensor<?x2xf32> -> tensor<?x2xf32>
        kernel.yield %1 : tensor<?x2xf32>
      }
      kernel.return %y : tensor<?x2xf32> arena 64
    }
    ```
  }];
  let dependentDialects = ["::bitwright::qnn::QNNDialect", "::mlir::arith::ArithDialect"];
}

#endif // BITWRIGHT_DIALECTS_KERNEL_KERNELDIALECT_TD
