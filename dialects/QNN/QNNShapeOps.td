// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNSHAPEOPS_TD
#define BITWRIGHT_DIALECTS_QNN_QNNSHAPEOPS_TD

include "dialects/QNN/QNNBase.td"

// Of LayoutInterface, what ops say that keep dimensions, or the order of elements.
def QNN_FlowMethods : DeclareOpInterfaceMethods<QNN_LayoutInterface, ["getAxisFlow"]>;

def QNN_ReshapeOp : QNN_InferredOp<"reshape",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface>, QNN_FlowMethods]> {
  let summary = "the same elements in another shape";
  let description = [{
    `shape` is a one-dimensional i64 tensor; at most one -1 stands for what is
    left. A 0 copies the dimension of the input at that place, unless
    `allow_zero` is set.
  }];
  let arguments = (ins QNN_Tensor:$input, RankedTensorOf<[I64]>:$shape, UnitAttr:$allow_zero);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input `,` $shape attr-dict `:` type($input) `,` type($shape) `->` type($result)";
}

def QNN_SqueezeOp : QNN_InferredOp<"squeeze",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface>, QNN_FlowMethods, QNN_AxisMethods]> {
  let summary = "drops dimensions of size one";
  let arguments = (ins QNN_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input `axes` $axes attr-dict `:` type($input) `->` type($result)";
}

def QNN_UnsqueezeOp : QNN_InferredOp<"unsqueeze",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface>, QNN_FlowMethods]> {
  let summary = "inserts dimensions of size one; axes count in the result";
  let arguments = (ins QNN_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input `axes` $axes attr-dict `:` type($input) `->` type($result)";
}

def QNN_FlattenOp : QNN_InferredOp<"flatten",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface>, QNN_FlowMethods]> {
  let summary = "folds the dimensions before and from `axis` into two";
  let arguments = (ins QNN_Tensor:$input, I64Attr:$axis);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def QNN_TransposeOp : QNN_InferredOp<"transpose",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface>, QNN_FlowMethods]> {
  let summary = "permutes dimensions: result dimension i is input dimension perm[i]";
  let arguments = (ins QNN_Tensor:$input, DenseI64ArrayAttr:$perm);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input `perm` $perm attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

def QNN_GatherOp : QNN_InferredOp<"gather",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface>, QNN_AxisMethods]> {
  let summary = "picks slices along an axis; negative indices count from the end";
  let description = "An index out of range is a run-time error.";
  let arguments = (ins QNN_Tensor:$input, QNN_IndexTensor:$indices, I64Attr:$axis);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input `,` $indices attr-dict `:` type($input) `,` type($indices) `->` type($result)";
}

def QNN_GatherNDOp : QNN_InferredOp<"gather_nd", [DeclareOpInterfaceMethods<QNN_TransparentInterface>]> {
  let summary = "picks slices by tuples of indices; negative indices count from the end";
  let description = [{
    The last dimension of `indices` is a tuple for the dimensions of the input
    after the first `batch_dims`, which both operands share. An index out of
    range is a run-time error.
  }];
  let arguments = (ins QNN_Tensor:$input, QNN_IndexTensor:$indices, I64Attr:$batch_dims);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input `,` $indices attr-dict `:` type($input) `,` type($indices) `->` type($result)";
}

def QNN_SliceOp : QNN_InferredOp<"slice",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface>, QNN_AxisMethods]> {
  let summary = "a strided window";
  let description = [{
    `starts`, `ends`, `steps` hold one i64 for each of `axes`; ONNX rules:
    negative values count from the end, out-of-range ones are clamped.
  }];
  let arguments = (ins QNN_Tensor:$input, RankedTensorOf<[I64]>:$starts, RankedTensorOf<[I64]>:$ends,
                       RankedTensorOf<[I64]>:$steps, DenseI64ArrayAttr:$axes);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $starts `,` $ends `,` $steps `axes` $axes attr-dict `:`
    type($input) `,` type($starts) `,` type($ends) `,` type($steps) `->` type($result)
  }];
}

def QNN_ConcatOp : QNN_InferredOp<"concat",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface, ["getNumDataOperands"]>,
     DeclareOpInterfaceMethods<QNN_LayoutInterface, ["getLayoutOperands", "getLayoutRole", "permuteAxes"]>]> {
  let summary = "joins tensors along an axis";
  let arguments = (ins Variadic<QNN_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` type($inputs) `->` type($result)";
}

def QNN_PadOp : QNN_InferredOp<"pad",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface, ["getFillOperand"]>, QNN_AxisMethods,
     DeclareOpInterfaceMethods<QNN_QuantizableInterface, ["getJoinedOperands"]>]> {
  let summary = "grows or crops each dimension";
  let description = [{
    `pads` holds 2 * rank i64: all the begins, then all the ends; negative
    values crop. `value` is a scalar tensor of the input's element type, used
    in mode `constant`.
  }];
  let arguments = (ins QNN_Tensor:$input, RankedTensorOf<[I64]>:$pads, QNN_Tensor:$value, QNN_PadMode:$mode);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $pads `,` $value $mode attr-dict `:` type($input) `,` type($pads) `,` type($value) `->` type($result)
  }];
}

def QNN_ExpandOp : QNN_InferredOp<"expand",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface>, QNN_FlowMethods]> {
  let summary = "broadcasts to the numpy broadcast of the input's shape and `shape`";
  let arguments = (ins QNN_Tensor:$input, RankedTensorOf<[I64]>:$shape);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input `,` $shape attr-dict `:` type($input) `,` type($shape) `->` type($result)";
}

def QNN_TileOp : QNN_InferredOp<"tile",
    [DeclareOpInterfaceMethods<QNN_TransparentInterface>, QNN_AxisMethods]> {
  let summary = "repeats the tensor `repeats[i]` times along each dimension";
  let arguments = (ins QNN_Tensor:$input, RankedTensorOf<[I64]>:$repeats);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input `,` $repeats attr-dict `:` type($input) `,` type($repeats) `->` type($result)";
}

def QNN_ResizeOp : QNN_InferredOp<"resize"> {
  let summary = "resamples the spatial dimensions of an NHWC image";
  let description = [{
    `sizes` holds the two output sizes (i64 tensor of 2); `scales` the two
    float scales that coordinates are computed with.
  }];
  let arguments = (ins QNN_Tensor:$input, RankedTensorOf<[I64]>:$sizes, DenseF64ArrayAttr:$scales,
                       QNN_ResizeMode:$mode, QNN_CoordinateMode:$coordinates, QNN_NearestMode:$nearest);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $sizes $mode $coordinates $nearest `scales` $scales attr-dict `:` type($input) `,` type($sizes) `->` type($result)
  }];
}

def QNN_ShapeOp : QNN_InferredOp<"shape",
    [DeclareOpInterfaceMethods<QNN_LayoutInterface, ["getLayoutRole", "createInLayout"]>]> {
  let summary = "the dimensions [start, end) of a tensor as i64";
  let arguments = (ins QNN_Tensor:$input, I64Attr:$start, I64Attr:$end);
  let results = (outs RankedTensorOf<[I64]>:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def QNN_RangeOp : QNN_InferredOp<"range"> {
  let summary = "start, start + delta, ... up to and without limit; scalars in, one dimension out";
  let arguments = (ins QNN_Tensor:$start, QNN_Tensor:$limit, QNN_Tensor:$delta);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = [{
    $start `,` $limit `,` $delta attr-dict `:` type($start) `,` type($limit) `,` type($delta) `->` type($result)
  }];
}

#endif // BITWRIGHT_DIALECTS_QNN_QNNSHAPEOPS_TD
