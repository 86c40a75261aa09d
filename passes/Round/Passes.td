// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_PASSES_ROUND_PASSES_TD
#define BITWRIGHT_PASSES_ROUND_PASSES_TD

include "mlir/Pass/PassBase.td"

def RoundPass : Pass<"qnn-round", "::mlir::ModuleOp"> {
  let summary = "Round the weights of ops that have a precision";
  let description = [{
    Asks the rounder that the op's `#qnn.precision` names for codes, scales and zero points, and writes them as a constant and
    its `qnn.dequantize`. Blocks lie along axis 1; where activations are static or dynamic, each output channel has a scale
    (axis 0).

    ```mlir
    %y = qnn.linear %x, %w {qnn.precision = #qnn.precision<weights = "int4", group = 8, symmetric = true,
      activations = float, rounder = "rtn">} : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
    // becomes
    %1 = qnn.dequantize %q, %s, %z {axis = 1, block_size = 8} : tensor<4x8xi4>, tensor<4x1xf32>, tensor<4x1xi4> -> tensor<4x8xf32>
    %y = qnn.linear %x, %1 {qnn.precision = ...} : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
    ```

    The weights of an op with static activations are rounded once its input is quantized (`qnn-quantize-static`), so that its
    scales leave room for the bias at `scale_x * scale_w`. Weights that are not finite f32 constants stay float. Where a
    statistic that the rounder needs was not gathered, weights are rounded to nearest, and the decision log says so. Statistics that
    are gathered for rounders alone leave the observer when the last op behind it is rounded.
  }];
  let statistics = [
    Statistic<"numRounded", "weights-rounded", "Weights that are codes now">,
    Statistic<"numFloat", "weights-float", "Weights that stay float">
  ];
}

#endif // BITWRIGHT_PASSES_ROUND_PASSES_TD
