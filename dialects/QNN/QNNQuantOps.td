// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNQUANTOPS_TD
#define BITWRIGHT_DIALECTS_QNN_QNNQUANTOPS_TD

include "dialects/QNN/QNNBase.td"

//===--- QDQ form ---------------------------------------------------------===//
// Granularity follows from the shape of `scale`:
//   scalar (rank 0)          the whole tensor;
//   rank 1, block_size 0     one per slice of `axis`;
//   rank of the tensor, block_size B > 0
//                            one per B consecutive elements along `axis`; that
//                            dimension of `scale` is ceil(size / B).
// `zero_point` has the shape of `scale` and the storage type of the data.

def QNN_QDQLayoutMethods
    : DeclareOpInterfaceMethods<QNN_LayoutInterface, ["getLayoutRole", "permuteAxes", "getAxisFlow"]>;

def QNN_QuantizeOp : QNN_InferredOp<"quantize", [QNN_QDQLayoutMethods]> {
  let summary = "saturate(round_half_even(x / scale) + zero_point)";
  let arguments = (ins QNN_F32Tensor:$input, QNN_F32Tensor:$scale, QNN_StorageTensor:$zero_point,
                       DefaultValuedAttr<I64Attr, "0">:$axis, DefaultValuedAttr<I64Attr, "0">:$block_size,
                       UnitAttr:$is_unsigned);
  let results = (outs QNN_StorageTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `,` $zero_point attr-dict `:` type($input) `,` type($scale) `,` type($zero_point) `->` type($result)
  }];
  let hasVerifier = 1;
}

def QNN_DequantizeOp : QNN_InferredOp<"dequantize", [QNN_QDQLayoutMethods]> {
  let summary = "float(q - zero_point) * scale";
  let arguments = (ins QNN_StorageTensor:$input, QNN_F32Tensor:$scale, QNN_StorageTensor:$zero_point,
                       DefaultValuedAttr<I64Attr, "0">:$axis, DefaultValuedAttr<I64Attr, "0">:$block_size,
                       UnitAttr:$is_unsigned);
  let results = (outs QNN_F32Tensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `,` $zero_point attr-dict `:` type($input) `,` type($scale) `,` type($zero_point) `->` type($result)
  }];
  let hasVerifier = 1;
}

def QNN_DynamicQuantizeOp : QNN_InferredOp<"dynamic_quantize"> {
  let summary = "quantizes with a scale and zero point taken from the data";
  let description = [{
    One scale for each row of the last dimension. scale = (max(x, 0) - min(x, 0)) / 255, 1 where
    that is 0; zero_point = saturate(round_half_even(-min / scale)); storage is unsigned 8 bit.
    `scale` and `zero_point` have the input's shape with the last dimension 1.
  }];
  let arguments = (ins QNN_F32Tensor:$input);
  let results = (outs QNN_ByteTensor:$result, QNN_F32Tensor:$scale, QNN_ByteTensor:$zero_point);
  let assemblyFormat = [{
    $input attr-dict `:` type($input) `->` type($result) `,` type($scale) `,` type($zero_point)
  }];
}

def QNN_ObserveOp : QNN_Op<"observe", [SameOperandsAndResultType,
    DeclareOpInterfaceMethods<QNN_LayoutInterface, ["getLayoutRole", "getAxisFlow"]>]> {
  let summary = "marks a tensor for calibration and carries what was measured";
  let description = [{
    The identity on its operand. `label` names the tensor in the user's words. `range` is what the
    calibrator decided ([low, high]); `count` the elements seen. `statistics` holds what else was gathered,
    by name: `max_abs = #qnn.weight<...> : tensor<Cxf32>`. Names and shapes are those of the registry of
    statistics (passes/Calibration); the dialect asks for f32 elements that are in the store.
  }];
  let arguments = (ins QNN_F32Tensor:$input, StrAttr:$label, OptionalAttr<DenseF64ArrayAttr>:$range,
                       OptionalAttr<I64Attr>:$count, OptionalAttr<DictionaryAttr>:$statistics);
  let results = (outs QNN_F32Tensor:$result);
  let assemblyFormat = "$input $label (`range` $range^)? (`statistics` $statistics^)? attr-dict `:` type($input)";
  let hasVerifier = 1;
}

//===--- integer form -----------------------------------------------------===//
// Epilogue of all integer contractions, with `acc` the exact int32 sum
//   sum((x - input_zero_point) * w) + bias:
//     r = float(acc) * multiplier[c]
//     r = r + float(residual - residual_zero_point) * residual_multiplier   (if there is a residual)
//     q = saturate(round_half_even(r) + output_zero_point, clamp_min, clamp_max)
// each float step rounded on its own (no fused multiply-add). clamp_min and clamp_max are in storage
// values and carry a fused relu or clip. Zero points are scalars, `multiplier` is a scalar or one per
// output channel; both must be constants. `unsigned_*` tell how the i8 storage is read.

def QNN_QConv2dOp : QNN_InferredOp<"qconv2d", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<QNN_ContractionInterface, ["getMacsPerElement", "isDepthwise", "getBiasOperand", "getWeightParameters"]>]> {
  let summary = "integer convolution with fused bias, residual, activation and requantization";
  let description = "Padding stands for real zero: padded elements equal `input_zero_point`. Layouts as `qnn.conv2d`.";
  let arguments = (ins QNN_ByteTensor:$input, QNN_ByteTensor:$weight, Optional<QNN_I32Tensor>:$bias,
                       QNN_ByteTensor:$input_zero_point, QNN_F32Tensor:$multiplier, QNN_ByteTensor:$output_zero_point,
                       Optional<QNN_ByteTensor>:$residual, Optional<QNN_ByteTensor>:$residual_zero_point,
                       Optional<QNN_F32Tensor>:$residual_multiplier,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations, I64Attr:$groups,
                       I64Attr:$clamp_min, I64Attr:$clamp_max,
                       UnitAttr:$unsigned_input, UnitAttr:$unsigned_output, UnitAttr:$unsigned_residual);
  let results = (outs QNN_ByteTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? `zero_point` $input_zero_point `requantize` $multiplier `,` $output_zero_point
    (`residual` $residual^ `,` $residual_zero_point `,` $residual_multiplier)?
    `strides` $strides `pads` $pads `dilations` $dilations `groups` $groups `clamp` $clamp_min `to` $clamp_max
    attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def QNN_QLinearOp : QNN_InferredOp<"qlinear", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<QNN_ContractionInterface, ["getMacsPerElement", "getBiasOperand", "getWeightParameters"]>]> {
  let summary = "integer linear op with fused bias, residual, activation and requantization";
  let description = "Layouts as `qnn.linear`.";
  let arguments = (ins QNN_ByteTensor:$input, QNN_ByteTensor:$weight, Optional<QNN_I32Tensor>:$bias,
                       QNN_ByteTensor:$input_zero_point, QNN_F32Tensor:$multiplier, QNN_ByteTensor:$output_zero_point,
                       Optional<QNN_ByteTensor>:$residual, Optional<QNN_ByteTensor>:$residual_zero_point,
                       Optional<QNN_F32Tensor>:$residual_multiplier,
                       I64Attr:$clamp_min, I64Attr:$clamp_max,
                       UnitAttr:$unsigned_input, UnitAttr:$unsigned_output, UnitAttr:$unsigned_residual);
  let results = (outs QNN_ByteTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? `zero_point` $input_zero_point `requantize` $multiplier `,` $output_zero_point
    (`residual` $residual^ `,` $residual_zero_point `,` $residual_multiplier)?
    `clamp` $clamp_min `to` $clamp_max
    attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def QNN_DynamicQLinearOp : QNN_InferredOp<"dynamic_qlinear",
    [DeclareOpInterfaceMethods<QNN_ContractionInterface, ["getMacsPerElement", "getBiasOperand", "getWeightParameters"]>]> {
  let summary = "integer linear op on activations that were quantized dynamically; float result";
  let description = [{
    `input`, `scale`, `zero_point` come from `qnn.dynamic_quantize`; `weight` is N x K signed i8, symmetric,
    `weight_scale` N (or a scalar). For each row m and channel n, in this order:
      acc = sum((x - zero_point[m]) * w)           exact int32
      r   = (float(acc) * weight_scale[n]) * scale[m]
      r   = r + bias[n]                            if there is a bias (f32)
  }];
  let arguments = (ins QNN_ByteTensor:$input, QNN_ByteTensor:$weight, QNN_F32Tensor:$scale, QNN_ByteTensor:$zero_point,
                       QNN_F32Tensor:$weight_scale, Optional<QNN_F32Tensor>:$bias);
  let results = (outs QNN_F32Tensor:$result);
  let assemblyFormat = [{
    $input `,` $weight `scales` $scale `,` $weight_scale `zero_point` $zero_point (`bias` $bias^)?
    attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def QNN_BlockLinearOp : QNN_InferredOp<"block_linear",
    [DeclareOpInterfaceMethods<QNN_ContractionInterface, ["getMacsPerElement", "getBiasOperand", "getWeightParameters"]>]> {
  let summary = "linear op on block-quantized weights";
  let description = [{
    `weight` is N x K of i4 or i8, `weight_scale` and `weight_zero_point` N x ceil(K / block_size) (zero point in the
    storage type; block_size K is one block for each row). `input` is float.
    With activations `float`: the float contraction of `input` with (w - zero_point) * weight_scale, within the
    tolerance of float contractions. With `int8`: each row of the input is quantized as
    by symmetric int8, scale_a = max|x| / 127 (1 where that is 0), q = round_half_even(x / scale_a); then for each block in k order
      acc_b = sum(q * (w - zero_point))            exact int32
      r     = r + float(acc_b) * weight_scale[n, b]
    and at the end r = r * scale_a, then + bias. Bit-exact.
  }];
  let arguments = (ins QNN_F32Tensor:$input, RankedTensorOf<[QNN_I4, I8]>:$weight, QNN_F32Tensor:$weight_scale,
                       RankedTensorOf<[QNN_I4, I8]>:$weight_zero_point, Optional<QNN_F32Tensor>:$bias,
                       I64Attr:$block_size, UnitAttr:$is_unsigned, QNN_ActivationMode:$activations);
  let results = (outs QNN_F32Tensor:$result);
  let assemblyFormat = [{
    $input `,` $weight `scales` $weight_scale `zero_points` $weight_zero_point (`bias` $bias^)? `block` $block_size
    `activations` $activations attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def QNN_QAddOp : QNN_InferredOp<"qadd"> {
  let summary = "integer sum of two quantized tensors, requantized";
  let description = [{
    r = float(lhs - lhs_zero_point) * lhs_multiplier + float(rhs - rhs_zero_point) * rhs_multiplier, each step rounded
    on its own; q = saturate(round_half_even(r) + output_zero_point, clamp_min, clamp_max). Operands broadcast.
  }];
  let arguments = (ins QNN_ByteTensor:$lhs, QNN_ByteTensor:$lhs_zero_point, QNN_F32Tensor:$lhs_multiplier,
                       QNN_ByteTensor:$rhs, QNN_ByteTensor:$rhs_zero_point, QNN_F32Tensor:$rhs_multiplier,
                       QNN_ByteTensor:$output_zero_point, I64Attr:$clamp_min, I64Attr:$clamp_max,
                       UnitAttr:$unsigned_lhs, UnitAttr:$unsigned_rhs, UnitAttr:$unsigned_output);
  let results = (outs QNN_ByteTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $lhs_zero_point `,` $lhs_multiplier `and` $rhs `,` $rhs_zero_point `,` $rhs_multiplier
    `zero_point` $output_zero_point `clamp` $clamp_min `to` $clamp_max attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def QNN_QMulOp : QNN_InferredOp<"qmul"> {
  let summary = "integer product of two quantized tensors, requantized";
  let description = [{
    acc = (lhs - lhs_zero_point) * (rhs - rhs_zero_point), exact; r = float(acc) * multiplier;
    q = saturate(round_half_even(r) + output_zero_point, clamp_min, clamp_max). Operands broadcast.
  }];
  let arguments = (ins QNN_ByteTensor:$lhs, QNN_ByteTensor:$lhs_zero_point, QNN_ByteTensor:$rhs, QNN_ByteTensor:$rhs_zero_point,
                       QNN_F32Tensor:$multiplier, QNN_ByteTensor:$output_zero_point,
                       I64Attr:$clamp_min, I64Attr:$clamp_max,
                       UnitAttr:$unsigned_lhs, UnitAttr:$unsigned_rhs, UnitAttr:$unsigned_output);
  let results = (outs QNN_ByteTensor:$result);
  let assemblyFormat = [{
    $lhs `,` $lhs_zero_point `and` $rhs `,` $rhs_zero_point
    `requantize` $multiplier `,` $output_zero_point `clamp` $clamp_min `to` $clamp_max attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def QNN_QReduceMeanOp : QNN_InferredOp<"qreduce_mean"> {
  let summary = "integer mean over axes, requantized";
  let description = [{
    acc = sum(x - input_zero_point) over n elements, exact int32; r = float(acc) * (multiplier / float(n)), where the
    quotient is rounded to float first; q = saturate(round_half_even(r) + output_zero_point).
  }];
  let arguments = (ins QNN_ByteTensor:$input, QNN_ByteTensor:$input_zero_point, QNN_F32Tensor:$multiplier,
                       QNN_ByteTensor:$output_zero_point, DenseI64ArrayAttr:$axes, UnitAttr:$keep_dims,
                       UnitAttr:$unsigned_input, UnitAttr:$unsigned_output);
  let results = (outs QNN_ByteTensor:$result);
  let assemblyFormat = [{
    $input `zero_point` $input_zero_point `requantize` $multiplier `,` $output_zero_point `axes` $axes
    attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def QNN_QAvgPool2dOp : QNN_InferredOp<"qavg_pool2d"> {
  let summary = "integer mean of each window, requantized; arithmetic as `qnn.qreduce_mean`";
  let description = "n is the number of elements the float op would divide by; padding contributes 0.";
  let arguments = (ins QNN_ByteTensor:$input, QNN_ByteTensor:$input_zero_point, QNN_F32Tensor:$multiplier,
                       QNN_ByteTensor:$output_zero_point, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                       DenseI64ArrayAttr:$pads, UnitAttr:$count_include_pad,
                       UnitAttr:$unsigned_input, UnitAttr:$unsigned_output);
  let results = (outs QNN_ByteTensor:$result);
  let assemblyFormat = [{
    $input `zero_point` $input_zero_point `requantize` $multiplier `,` $output_zero_point
    `kernel` $kernel `strides` $strides `pads` $pads attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def QNN_RequantizeOp : QNN_InferredOp<"requantize"> {
  let summary = "changes scale and zero point of 8-bit data";
  let description = [{
    r = float(x - input_zero_point) * multiplier; q = saturate(round_half_even(r) + output_zero_point, clamp_min, clamp_max).
  }];
  let arguments = (ins QNN_ByteTensor:$input, QNN_ByteTensor:$input_zero_point, QNN_F32Tensor:$multiplier,
                       QNN_ByteTensor:$output_zero_point, I64Attr:$clamp_min, I64Attr:$clamp_max,
                       UnitAttr:$unsigned_input, UnitAttr:$unsigned_output);
  let results = (outs QNN_ByteTensor:$result);
  let assemblyFormat = [{
    $input `zero_point` $input_zero_point `requantize` $multiplier `,` $output_zero_point `clamp` $clamp_min `to` $clamp_max
    attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def QNN_LookupOp : QNN_InferredOp<"lookup"> {
  let summary = "maps each byte through a table of 256 entries";
  let description = [{
    result = table[unsigned value of the input byte]. Any function of one quantized tensor is exact this way.
  }];
  let arguments = (ins QNN_ByteTensor:$input, QNN_ByteTensor:$table);
  let results = (outs QNN_ByteTensor:$result);
  let assemblyFormat = "$input `,` $table attr-dict `:` type($input) `,` type($table) `->` type($result)";
  let hasVerifier = 1;
}

#endif // BITWRIGHT_DIALECTS_QNN_QNNQUANTOPS_TD
