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

def CalibratePass : Pass<"qnn-calibrate", "::mlir::ModuleOp"> {
  let summary = "Run the model on samples and record what its tensors hold";
  let description = [{
    Removes the observers that are there, marks tensors anew, runs the module as it is on the samples and writes what was
    seen into the observers. As a pass it can stand behind one that changes tensors, which are then measured again:

    ```
    qnn-calibrate{samples=x.npz}, qnn-assign{...}, qnn-smooth-activations, qnn-calibrate{samples=x.npz}, qnn-quantize-static
    ```

    The model must have been simplified. What the rounder in an op's `#qnn.precision` needs to know is gathered of the tensor
    that the op reads, so calibrate after `qnn-assign`; further statistics are asked for by name.
  }];
  let options = [
    Option<"samples", "samples", "std::string", /*default=*/"\"\"", "An .npz, an .npy or a folder, as at --calibrate">,
    Option<"maxSamples", "max-samples", "int64_t", /*default=*/"0", "Take the first N samples; 0 takes all">,
    Option<"calibrator", "calibrator", "std::string", /*default=*/"\"minmax\"",
           "minmax, moving-average[:momentum] or percentile[:percent]">,
    Option<"executor", "executor", "std::string", /*default=*/"\"compiled\"", "compiled or interpreter">,
    Option<"sampleRows", "sample-rows", "int64_t", /*default=*/"512", "Rows to keep of the input of each linear op">,
    ListOption<"statistics", "statistics", "std::string", "Names of further statistics to gather">
  ];
  let dependentDialects = ["::bitwright::qnn::QNNDialect"];
}

def EnsureCalibrationPass : Pass<"qnn-ensure-calibration", "::mlir::ModuleOp"> {
  let summary = "Calibrate where no observer holds a measurement";
  let description = [{
    A scheme that needs statistics runs this once ops have their precision. Where the module holds measurements, they stay; a
    warning says where they lack what a rounder uses. Otherwise it calibrates (`qnn-calibrate`) with the samples that the user
    named (`--calibrate`). Where there are none it warns, or stops where `--require-calibration` was given, and measures with
    samples made up from the types of the inputs: a fixed seed, floats normally distributed, integers in [0, 100), dynamic
    sizes 1, or 32 for the sequence of a language model's tokens (an i64 input with two dimensions or more).
  }];
  let options = [
    Option<"scheme", "scheme", "std::string", /*default=*/"\"\"", "Name of the scheme, for the message">,
    Option<"optional", "optional", "bool", /*default=*/"false", "Make up no samples: the scheme can do without">
  ];
}

#endif // BITWRIGHT_PASSES_CALIBRATION_PASSES_TD
