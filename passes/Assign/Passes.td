// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_PASSES_ASSIGN_PASSES_TD
#define BITWRIGHT_PASSES_ASSIGN_PASSES_TD

include "mlir/Pass/PassBase.td"

def AssignPass : Pass<"qnn-assign", "::mlir::ModuleOp"> {
  let summary = "Say which precision ops get";
  let description = [{
    Writes one `#qnn.precision` on each convolution and linear op that can have it; the passes after it read it there.
    An op that has a precision gets the new one, so a second `qnn-assign` may give some ops another:

    ```mlir
    %y = qnn.linear %x, %w : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
    // becomes
    %y = qnn.linear %x, %w {qnn.precision = #qnn.precision<weights = "int4", group = 32, symmetric = false,
      activations = float, rounder = "rtn">} : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
    ```

    Static activations are for convolutions and linear ops; ops without weights need no precision, they compute in int8 where
    what they read does. All others are for linear ops. An op that is named by `keep`, or cannot have the precision, keeps
    what it has; without any it gets `qnn.kept_float` with the reason. With `only`, others than the named ops are left as they are.
  }];
  let options = [
    Option<"weights", "weights", "std::string", /*default=*/"\"int8\"", "Number format of weights">,
    Option<"group", "group", "int64_t", /*default=*/"0",
           "Weights of a row that share a scale; 0 for the row, -1 for the whole tensor">,
    Option<"symmetric", "symmetric", "bool", /*default=*/"true", "No zero points for weights">,
    Option<"activations", "activations", "std::string", /*default=*/"\"static\"",
           "float, static (calibrated uint8), dynamic (uint8 for each row at run time) or int8 (the same, signed and symmetric)">,
    Option<"rounder", "rounder", "std::string", /*default=*/"\"rtn\"", "How weights are rounded">,
    ListOption<"transforms", "transforms", "std::string", "Transforms that may change the op before it is rounded">,
    Option<"keep", "keep", "std::string", /*default=*/"\"\"", "Leave nodes whose name matches this regular expression">,
    Option<"only", "only", "std::string", /*default=*/"\"\"", "Assign to nodes whose name matches this regular expression">
  ];
  let statistics = [
    Statistic<"numAssigned", "ops-assigned", "Ops that got the precision">,
    Statistic<"numKept", "ops-kept", "Ops that did not get it">
  ];
}

def ClearAssignmentPass : Pass<"qnn-clear-assignment", "::mlir::ModuleOp"> {
  let summary = "Remove what qnn-assign wrote, and record what stayed float";
  let description = [{
    Removes `qnn.precision` and `qnn.kept_float`, at the end of quantization. Each op that was kept in float is recorded with
    its reason.
  }];
  let statistics = [
    Statistic<"numFloat", "ops-float", "Ops that stayed float">
  ];
}

#endif // BITWRIGHT_PASSES_ASSIGN_PASSES_TD
