// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_PASSES_QUANTIZATION_PASSES_TD
#define BITWRIGHT_PASSES_QUANTIZATION_PASSES_TD

include "mlir/Pass/PassBase.td"

def EnsureUnquantizedPass : Pass<"qnn-ensure-unquantized", "::mlir::ModuleOp"> {
  let summary = "Make it an error to quantize what is quantized already";
  let description = [{
    Changes nothing. A model all of whose convolutions and linear ops have integer weights (in QDQ form or as integer
    ops) is an error: nothing is left for a scheme. Where some are float, a warning counts the others, and each is
    recorded in the decision log.
  }];
  let statistics = [
    Statistic<"numQuantized", "quantized", "Ops that have integer weights already">
  ];
}

def QuantizeStaticPass : Pass<"qnn-quantize-static", "::mlir::ModuleOp"> {
  let summary = "Static int8: bracket activations by quantize and dequantize";
  let description = [{
    Decides which ops compute in int8, chooses scales from the ranges that observers hold, and writes the QDQ form of
    `docs/rationale/qdq-form.md`. Convolutions and linear ops with static activations in their `#qnn.precision` are quantized,
    and cheap ops (add, mul, pooling, means, functions of one tensor, moves) where all they read is. `qnn-round` writes the
    weights. An op with `qnn.kept_float`, or with another precision, stays as it is.

    ```mlir
    %0 = qnn.observe %x "x" range [-1.0, 2.0] : tensor<1x8xf32>
    %y = qnn.linear %0, %w {qnn.precision = ...} : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
    // becomes
    %q = qnn.quantize %x, %s, %z {is_unsigned} : ...
    %0 = qnn.dequantize %q, %s, %z {is_unsigned} : ...
    %y = qnn.linear %0, %w {qnn.precision = ...} : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
    ```

    Observers stay, beside their tensors. An op that could not be static loses its precision; what stays float is recorded with
    its reason in the decision log.
  }];
  let statistics = [
    Statistic<"numQuantized", "ops-quantized", "Ops that compute in int8">,
    Statistic<"numFloat", "ops-float", "Ops that were to be quantized and stay float">
  ];
}

def QuantizeDynamicPass : Pass<"qnn-quantize-dynamic", "::mlir::ModuleOp"> {
  let summary = "Linear ops on activations quantized at run time";
  let description = [{
    Linear ops whose weights `qnn-round` has rounded become `qnn.dynamic_qlinear` on a `qnn.dynamic_quantize` that all which
    read the tensor share, where their `#qnn.precision` says `dynamic`, and `qnn.block_linear ... activations int8` where it says
    `int8`.
  }];
  let statistics = [
    Statistic<"numQuantized", "ops-quantized", "Linear ops whose input is quantized at run time">
  ];
}

def RecordSchemePass : Pass<"qnn-record-scheme", "::mlir::ModuleOp"> {
  let summary = "Note on the module by which scheme it was quantized";
  let description = [{
    Sets `qnn.scheme`, which the compiled model carries to whoever asks what it is (`quant-run model.so`). A module that was quantized
    before keeps what it says, and the new scheme is joined to it by ` + `. It computes nothing.

    ```mlir
    module {}
    // becomes, with scheme=int8
    module attributes {qnn.scheme = "int8"} {}
    ```
  }];
  let options = [Option<"scheme", "scheme", "std::string", /*default=*/"\"\"", "The scheme, NAME[:OPTION,...]">];
}

#endif // BITWRIGHT_PASSES_QUANTIZATION_PASSES_TD
