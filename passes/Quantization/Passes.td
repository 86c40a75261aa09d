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
}

def QuantizeStaticPass : Pass<"qnn-quantize-static", "::mlir::ModuleOp"> {
  let summary = "Static int8: bracket activations and weights by quantize and dequantize";
  let description = [{
    Decides which ops compute in int8, chooses scales from the ranges that observers hold, and writes the QDQ form of
    `docs/rationale/qdq-form.md`. Convolutions and linear ops with constant weights are quantized; cheap ops (add, mul, pooling,
    means, functions of one tensor, moves) where all they read is quantized. Observers are removed.

    ```mlir
    %0 = qnn.observe %x "x" range [-1.0, 2.0] : tensor<1x8xf32>
    %y = qnn.linear %0, %w : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
    // becomes
    %q = qnn.quantize %x, %s, %z {is_unsigned} : ...
    %0 = qnn.dequantize %q, %s, %z {is_unsigned} : ...
    %1 = qnn.dequantize %wq, %ws, %wz {axis = 0} : tensor<4x8xi8>, tensor<4xf32>, tensor<4xi8> -> tensor<4x8xf32>
    %y = qnn.linear %0, %1 : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
    ```

    What stays float is recorded with its reason in the decision log.
  }];
  let options = [
    Option<"perTensor", "per-tensor", "bool", /*default=*/"false",
           "One weight scale for each tensor instead of each output channel">,
    Option<"keep", "keep", "std::string", /*default=*/"\"\"",
           "Keep nodes whose name matches this regular expression in float">
  ];
}

def QuantizeDynamicPass : Pass<"qnn-quantize-dynamic", "::mlir::ModuleOp"> {
  let summary = "int8 linear ops on activations quantized at run time";
  let description = [{
    Linear ops with constant weights become `qnn.dynamic_qlinear` on `qnn.dynamic_quantize`, with weights that are symmetric
    for each output channel. Linear ops that read one tensor share its quantization. Convolutions stay float.
  }];
  let options = [
    Option<"keep", "keep", "std::string", /*default=*/"\"\"",
           "Keep nodes whose name matches this regular expression in float">
  ];
}

def QuantizeWeightsPass : Pass<"qnn-quantize-weights", "::mlir::ModuleOp"> {
  let summary = "Weights of linear ops to 4 or 8 bits in blocks, rounded to nearest";
  let description = [{
    With activations `float` the weight becomes a constant and a `qnn.dequantize` with `axis = 1` and `block_size`; with `int8` the
    linear op becomes a `qnn.block_linear` that quantizes its input at run time. With `clip`, the range of each block is searched on the
    sample rows of the input's observer, where it has any and the op does not make queries or keys of an attention.
  }];
  let options = [
    Option<"bits", "bits", "unsigned", /*default=*/"4", "4 or 8">,
    Option<"group", "group", "int64_t", /*default=*/"32", "Elements of a block; 0 for one block to a row">,
    Option<"symmetric", "symmetric", "bool", /*default=*/"false", "Signed, with zero point 0">,
    Option<"activations", "activations", "std::string", /*default=*/"\"float\"", "float or int8">,
    Option<"clip", "clip", "bool", /*default=*/"false", "Search the range of each block">,
    Option<"keep", "keep", "std::string", /*default=*/"\"\"",
           "Keep nodes whose name matches this regular expression in float">
  ];
}

def ScaleWeightsPass : Pass<"qnn-scale-weights", "::mlir::ModuleOp"> {
  let summary = "Activation-aware scaling of weights before low-bit rounding";
  let description = [{
    For each tensor that linear ops read, searches scales of its channels with which the rounded weights give outputs
    nearest to float on the observer's sample rows, multiplies the weights by them and divides the producer: the
    norm or linear op in front. The network's function does not change. A tensor whose producer cannot be divided
    exactly is left alone, with the reason in the decision log.
  }];
  let options = [
    Option<"bits", "bits", "unsigned", /*default=*/"4", "4 or 8">,
    Option<"group", "group", "int64_t", /*default=*/"32", "Elements of a block; 0 for one block to a row">,
    Option<"symmetric", "symmetric", "bool", /*default=*/"false", "Signed, with zero point 0">,
    Option<"duo", "duo", "bool", /*default=*/"false", "Try scales that regard the weights' magnitude too">,
    Option<"keep", "keep", "std::string", /*default=*/"\"\"",
           "Leave nodes whose name matches this regular expression out of the search">
  ];
}

def SmoothActivationsPass : Pass<"qnn-smooth-activations", "::mlir::ModuleOp"> {
  let summary = "Move the scale of outlier channels from activations to weights";
  let description = [{
    For each tensor that linear ops read, divides its channels by `s = max|x|^alpha / max|w|^(1 - alpha)`, folded into its producer, and
    multiplies the weights. Alpha is searched for each tensor on the observer's sample rows, unless it is given. The
    network's function does not change.
  }];
  let options = [
    Option<"alpha", "alpha", "double", /*default=*/"-1.0", "Fixed alpha; negative searches 0.3 ... 0.9">,
    Option<"keep", "keep", "std::string", /*default=*/"\"\"",
           "Leave nodes whose name matches this regular expression out of the search">
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
