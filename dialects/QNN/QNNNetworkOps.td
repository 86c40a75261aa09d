// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNNETWORKOPS_TD
#define BITWRIGHT_DIALECTS_QNN_QNNNETWORKOPS_TD

include "dialects/QNN/QNNBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

//===--- constants and control --------------------------------------------===//

def QNN_ConstantOp : QNN_Op<"constant", [Pure, ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "a constant tensor";
  let description = [{
    The value is a `dense` attribute (up to 64 elements, so that shapes and
    scalars stay readable and fold) or a `#qnn.weight`.
  }];
  let arguments = (ins TypedAttrInterface:$value);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def QNN_IfOp : QNN_Op<"if", [RecursiveMemoryEffects, RecursivelySpeculatable,
    SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "runs one of two regions";
  let description = [{
    `condition` is a one-element i1 tensor. The regions take no arguments and
    may use values of the enclosing region; both yield the results.
  }];
  let arguments = (ins QNN_BoolTensor:$condition);
  let results = (outs Variadic<QNN_Tensor>:$results);
  let regions = (region SizedRegion<1>:$thenRegion, SizedRegion<1>:$elseRegion);
  let assemblyFormat = [{
    $condition attr-dict `:` functional-type($condition, $results) $thenRegion `else` $elseRegion
  }];
  let hasVerifier = 1;
}

def QNN_YieldOp : QNN_Op<"yield", [Pure, Terminator, HasParent<"IfOp">]> {
  let summary = "ends a region of `qnn.if`";
  let arguments = (ins Variadic<QNN_Tensor>:$values);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

//===--- contractions -----------------------------------------------------===//

// Of QuantizableInterface, what is said by contractions that have an integer op of their own.
def QNN_SumFormMethods : DeclareOpInterfaceMethods<QNN_QuantizableInterface,
    ["getIntegerForm", "getTermCount", "createIntegerForm"]>;

def QNN_Conv2dOp : QNN_InferredOp<"conv2d",
    [DeclareOpInterfaceMethods<QNN_ContractionInterface, ["getMacsPerElement", "isDepthwise"]>, QNN_SumFormMethods]> {
  let summary = "two-dimensional convolution, channels last";
  let description = [{
    `input` is N x H x W x C, `weight` is O x KH x KW x C/groups, `bias` is O,
    the result N x OH x OW x O. `pads` is top, left, bottom, right.

    ```mlir
    %y = qnn.conv2d %x, %w, %b strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1
      : tensor<?x28x28x32xf32>, tensor<64x3x3x32xf32>, tensor<64xf32> -> tensor<?x28x28x64xf32>
    ```
  }];
  let arguments = (ins QNN_FloatTensor:$input, QNN_FloatTensor:$weight, Optional<QNN_FloatTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                       DenseI64ArrayAttr:$dilations, I64Attr:$groups);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? `strides` $strides `pads` $pads `dilations` $dilations `groups` $groups
    attr-dict `:` type($input) `,` type($weight) (`,` type($bias)^)? `->` type($result)
  }];
}

def QNN_ConvTranspose2dOp : QNN_InferredOp<"conv_transpose2d",
    [DeclareOpInterfaceMethods<QNN_ContractionInterface, ["getMacsPerElement"]>,
     DeclareOpInterfaceMethods<QNN_QuantizableInterface, ["explainFloat"]>]> {
  let summary = "transposed convolution (gradient of conv2d), channels last";
  let description = [{
    `weight` is O/groups x KH x KW x C. `output_pads` adds rows and columns at
    the bottom and right.
  }];
  let arguments = (ins QNN_FloatTensor:$input, QNN_FloatTensor:$weight, Optional<QNN_FloatTensor>:$bias,
                       DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations,
                       I64Attr:$groups, DenseI64ArrayAttr:$output_pads);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? `strides` $strides `pads` $pads `dilations` $dilations `groups` $groups
    `output_pads` $output_pads
    attr-dict `:` type($input) `,` type($weight) (`,` type($bias)^)? `->` type($result)
  }];
}

def QNN_LinearOp : QNN_InferredOp<"linear",
    [DeclareOpInterfaceMethods<QNN_ContractionInterface, ["getMacsPerElement"]>, QNN_SumFormMethods]> {
  let summary = "input times the transpose of a weight matrix, plus bias";
  let description = [{
    `input` is ... x K (rank 1 or more), `weight` N x K, `bias` N, the result ... x N.
  }];
  let arguments = (ins QNN_FloatTensor:$input, QNN_FloatTensor:$weight, Optional<QNN_FloatTensor>:$bias);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? attr-dict `:` type($input) `,` type($weight) (`,` type($bias)^)? `->` type($result)
  }];
}

def QNN_MatmulOp : QNN_InferredOp<"matmul",
    [DeclareOpInterfaceMethods<QNN_LayoutInterface, ["getAxisFlow", "isHomogeneous"]>]> {
  let summary = "numpy matmul of two computed tensors; leading dimensions broadcast";
  let arguments = (ins QNN_Tensor:$lhs, QNN_Tensor:$rhs);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
}

//===--- normalizations ---------------------------------------------------===//

def QNN_BatchNormOp : QNN_InferredOp<"batch_norm", [QNN_AxisMethods]> {
  let summary = "(x - mean) / sqrt(variance + epsilon) * scale + bias for each channel";
  let arguments = (ins QNN_FloatTensor:$input, QNN_FloatTensor:$scale, QNN_FloatTensor:$bias,
                       QNN_FloatTensor:$mean, QNN_FloatTensor:$variance, F64Attr:$epsilon, I64Attr:$axis);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `,` $bias `,` $mean `,` $variance attr-dict
    `:` type($input) `,` type($scale) `,` type($bias) `,` type($mean) `,` type($variance) `->` type($result)
  }];
}

def QNN_LayerNormOp : QNN_InferredOp<"layer_norm"> {
  let summary = "normalizes over the dimensions from `axis` on to mean 0, variance 1; then scale and bias";
  let arguments = (ins QNN_FloatTensor:$input, QNN_FloatTensor:$scale, Optional<QNN_FloatTensor>:$bias,
                       F64Attr:$epsilon, I64Attr:$axis);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = [{
    $input `,` $scale (`,` $bias^)? attr-dict `:` type($input) `,` type($scale) (`,` type($bias)^)? `->` type($result)
  }];
}

def QNN_RmsNormOp : QNN_InferredOp<"rms_norm"> {
  let summary = "x / sqrt(mean(x^2) + epsilon) * scale over the last dimension";
  let arguments = (ins QNN_FloatTensor:$input, QNN_FloatTensor:$scale, F64Attr:$epsilon);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = "$input `,` $scale attr-dict `:` type($input) `,` type($scale) `->` type($result)";
}

def QNN_SoftmaxOp : QNN_InferredOp<"softmax", [QNN_AxisMethods]> {
  let summary = "exp(x - max) / sum(exp(x - max)) along an axis";
  let arguments = (ins QNN_FloatTensor:$input, I64Attr:$axis);
  let results = (outs QNN_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

//===--- reductions and pooling -------------------------------------------===//

// Of QuantizableInterface, what ops say that average.
def QNN_MeanMethods : DeclareOpInterfaceMethods<QNN_QuantizableInterface,
    ["getIntegerForm", "getTermCount", "getJoinedOperands", "createIntegerForm"]>;

class QNN_ReduceOp<string mnemonic, string text, list<Trait> traits = []>
    : QNN_InferredOp<mnemonic, traits # [QNN_ReductionInterface]> {
  let summary = text;
  let arguments = (ins QNN_Tensor:$input, DenseI64ArrayAttr:$axes, UnitAttr:$keep_dims);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input `axes` $axes attr-dict `:` type($input) `->` type($result)";
}

def QNN_ReduceMaxOp : QNN_ReduceOp<"reduce_max", "the largest element">;
def QNN_ReduceMeanOp : QNN_ReduceOp<"reduce_mean", "the arithmetic mean", [QNN_MeanMethods]>;
def QNN_ReduceMinOp : QNN_ReduceOp<"reduce_min", "the smallest element">;
def QNN_ReduceProdOp : QNN_ReduceOp<"reduce_prod", "the product">;
def QNN_ReduceSumOp : QNN_ReduceOp<"reduce_sum", "the sum">;

def QNN_ArgMaxOp : QNN_InferredOp<"arg_max"> {
  let summary = "index of the first largest element along an axis, as i64";
  let arguments = (ins QNN_Tensor:$input, I64Attr:$axis, UnitAttr:$keep_dims);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def QNN_CumSumOp : QNN_InferredOp<"cum_sum"> {
  let summary = "sums of the elements up to each place of an axis";
  let description = [{
    With `exclusive` the element at the place itself is left out; with
    `reverse` sums begin at the end of the axis. Integers wrap.
  }];
  let arguments = (ins QNN_Tensor:$input, I64Attr:$axis, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

class QNN_PoolOp<string mnemonic, string text, dag extra = (ins), list<Trait> traits = []>
    : QNN_InferredOp<mnemonic, traits> {
  let summary = text;
  let description = [{
    NHWC. `pads` is top, left, bottom, right; an importer that rounds output
    sizes up writes it as larger pads at the end.
  }];
  let arguments = !con((ins QNN_Tensor:$input, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$strides,
                        DenseI64ArrayAttr:$pads, DenseI64ArrayAttr:$dilations), extra);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = [{
    $input `kernel` $kernel `strides` $strides `pads` $pads `dilations` $dilations attr-dict
    `:` type($input) `->` type($result)
  }];
}

def QNN_MaxPool2dOp : QNN_PoolOp<"max_pool2d", "largest element of each window",
    (ins UnitAttr:$unsigned_storage), [DeclareOpInterfaceMethods<QNN_TransparentInterface, ["setStorage"]>]>;
def QNN_AvgPool2dOp : QNN_PoolOp<"avg_pool2d", "mean of each window; padding counts where `count_include_pad` is set",
    (ins UnitAttr:$count_include_pad),
    [QNN_MeanMethods, DeclareOpInterfaceMethods<QNN_QuantizableInterface, ["explainFloat"]>]>;

#endif // BITWRIGHT_DIALECTS_QNN_QNNNETWORKOPS_TD
