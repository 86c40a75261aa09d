// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_PASSES_FUSION_PASSES_TD
#define BITWRIGHT_PASSES_FUSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def PropagateQuantizationPass : Pass<"qnn-propagate-quantization", "::mlir::func::FuncOp"> {
  let summary = "Let ops that only move elements work on quantized values";
  let description = [{
    A `qnn.quantize` moves up through an op with TransparentInterface (and pad), a `qnn.dequantize` moves down, where
    scale and zero point belong to the whole tensor. Both are exact. Concat with operands of several scales requantizes
    them. A quantize of a dequantize with equal parameters disappears; with others it becomes `qnn.requantize` in
    qnn-fuse-qdq.

    ```mlir
    %a = qnn.dequantize %q, %s, %z {is_unsigned} : ...
    %b = qnn.reshape %a, %shape : ...
    %c = qnn.quantize %b, %s, %z {is_unsigned} : ...
    // becomes
    %c = qnn.reshape %q, %shape : ...
    ```
  }];
  let statistics = [
    Statistic<"numMoved", "ops-replaced", "Ops that work on quantized values now, and pairs removed">
  ];
}

def FuseQDQPass : Pass<"qnn-fuse-qdq", "::mlir::func::FuncOp"> {
  let summary = "Turn float ops between dequantize and quantize into integer ops";
  let description = [{
    Convolutions and linear ops with their bias, residual add, relu or clip and requantization become `qnn.qconv2d` and
    `qnn.qlinear`; add, sub, mul, avg_pool2d and reduce_mean their integer forms; any other function of one quantized
    tensor a `qnn.lookup`, whose table the reference interpreter computes. The patterns are those of
    docs/rationale/qdq-form.md. Each op fused is recorded in the decision log; ops that do not match stay, and
    qnn-report-remaining says why.

    ```mlir
    %x = qnn.dequantize %xq, %sx, %zx {is_unsigned} : ...
    %w = qnn.dequantize %wq, %sw, %zw {axis = 0 : i64} : ...
    %y = qnn.linear %x, %w, %b : ...
    %r = qnn.relu %y : ...
    %q = qnn.quantize %r, %sy, %zy {is_unsigned} : ...
    // becomes
    %q = qnn.qlinear %xq, %wq bias %bq zero_point %zx requantize %m, %zy clamp 3 to 255 ...
    ```
  }];
  let statistics = [
    Statistic<"numFused", "ops-fused", "Integer ops made">
  ];
}

def FuseBlockLinearPass : Pass<"qnn-fuse-block-linear", "::mlir::func::FuncOp"> {
  let summary = "Fuse the dequantization of weights into linear ops on float activations";
  let description = [{
    `qnn.linear` of a dequantized constant (in blocks along the row, or one scale for each row) becomes
    `qnn.block_linear` with activations `float`.
  }];
  let statistics = [
    Statistic<"numFused", "ops-fused", "Linear ops with the dequantization of their weights">
  ];
}

def FoldFloatWeightsPass : Pass<"qnn-fold-float-weights", "::mlir::func::FuncOp"> {
  let summary = "Dequantize once, at compile time, the constants that no integer op took";
  let description = [{
    What is left of `qnn.dequantize` on constants would run at each inference. Its value becomes a float constant, and
    the decision log says which node keeps float weights.
  }];
  let statistics = [
    Statistic<"numFolded", "constants-folded", "Constants dequantized">
  ];
}

def ReportRemainingPass : Pass<"qnn-report-remaining", "::mlir::func::FuncOp"> {
  let summary = "Name each quantize and dequantize that is left, with the reason";
  let description = [{
    Changes nothing. For each `qnn.quantize` and `qnn.dequantize` records in the decision log which op is the cause and
    why it has no integer form there.
  }];
  let statistics = [
    Statistic<"numRemaining", "remaining", "Quantizes and dequantizes that are left">
  ];
}

def CheckFusedPass : Pass<"qnn-check-fused", "::mlir::func::FuncOp"> {
  let summary = "Record integer ops that may be slower than their float form";
  let description = [{
    Changes nothing. An integer contraction that stands alone between quantize and dequantize pays for two conversions;
    where it has fewer than `min-macs` multiply-accumulates for each converted element this is recorded.
  }];
  let options = [Option<"minMacs", "min-macs", "int64_t", /*default=*/"16",
                        "Multiply-accumulates for each converted element below which an op is recorded">];
  let statistics = [
    Statistic<"numSlow", "slow-ops", "Integer ops that may be slower than float">
  ];
}

def MeasureWeightsPass : Pass<"qnn-measure-weights", "::mlir::ModuleOp"> {
  let summary = "Note on the module what its weights take";
  let description = [{
    Sets the attribute `qnn.weight_sizes`: elements and bytes of the weights of contractions (scales and zero points
    included) and of all other constants. The report reads it, for code generation leaves no weights to measure.
  }];
}

#endif // BITWRIGHT_PASSES_FUSION_PASSES_TD
