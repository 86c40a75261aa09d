// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_PASSES_CALIBRATION_PASSES_TD
#define BITWRIGHT_PASSES_CALIBRATION_PASSES_TD

include "mlir/Pass/PassBase.td"

def InsertObserversPass : Pass<"qnn-insert-observers", "::mlir::ModuleOp"> {
  let summary = "Mark the tensors that quantization may need to know";
  let description = [{
    Puts a `qnn.observe` on each computed f32 tensor that an op quantization may touch reads or makes: contractions,
    elementwise ops, ops that only move data, and means. Each tensor gets one, which all of its users read. The label is the name
    of the node that makes the tensor (of the argument, for an input), made unique with `~2`, `~3`.

    ```mlir
    %y = qnn.linear %x, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
    // becomes
    %0 = qnn.observe %x "x" : tensor<?x8xf32>
    %y = qnn.linear %0, %w : tensor<?x8xf32>, tensor<4x8xf32> -> tensor<?x4xf32>
    %1 = qnn.observe %y "fc" : tensor<?x4xf32>
    ```

    Leaves alone: constants, integer tensors, tensors that have an observer.
  }];
}

def FoldObserversPass : Pass<"qnn-fold-observers", "::mlir::ModuleOp"> {
  let summary = "Remove observers with what they have measured";
  let description = [{
    Replaces each `qnn.observe` by its operand.

    ```mlir
    %0 = qnn.observe %x "x" range [-1.0, 2.0] : tensor<?x8xf32>
    %y = qnn.relu %0 : tensor<?x8xf32> -> tensor<?x8xf32>
    // becomes
    %y = qnn.relu %x : tensor<?x8xf32> -> tensor<?x8xf32>
    ```
  }];
  let options = [
    Option<"keepMeasured", "keep-measured", "bool", /*default=*/"false",
           "Remove only the observers that hold no measurement">
  ];
}

def EnsureCalibrationPass : Pass<"qnn-ensure-calibration", "::mlir::ModuleOp"> {
  let summary = "Calibrate with synthetic samples where no observer holds a measurement";
  let description = [{
    A scheme that needs statistics runs this first. Where the module holds measurements it does nothing. Otherwise it warns,
    or stops where `--require-calibration` was given, and measures with samples made up from the types of the
    inputs: a fixed seed, floats normally distributed, integers in [0, 100), dynamic sizes 1, or 32 for the sequence
    of a language model's tokens (an i64 input with two dimensions or more).
  }];
  let options = [
    Option<"scheme", "scheme", "std::string", /*default=*/"\"\"", "Name of the scheme, for the message">
  ];
}

#endif // BITWRIGHT_PASSES_CALIBRATION_PASSES_TD
