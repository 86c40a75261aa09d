// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_KERNEL_KERNELOPS_TD
#define BITWRIGHT_DIALECTS_KERNEL_KERNELOPS_TD

include "dialects/Kernel/KernelAttrs.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/CommonTypeConstraints.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Kernel_Op<string mnemonic, list<Trait> traits = []> : Op<Kernel_Dialect, mnemonic, traits>;

// One of a constant and a value, as sizes of tensors are; kDynamic where it is a value.
def Kernel_ConstantSize : TypedSignlessIntegerAttrBase<I64, "int64_t", "a size">;

// What only the body of a function has.
class Kernel_PlanOp<string mnemonic, list<Trait> traits = []>
    : Kernel_Op<mnemonic, traits # [HasParent<"::mlir::func::FuncOp">]>;

//===--- sizes ------------------------------------------------------------===//

def Kernel_DimOp : Kernel_PlanOp<"dim", [Pure]> {
  let summary = "a dimension of an input";
  let description = "`input` is an argument of the function.";
  let arguments = (ins AnyRankedTensor:$input, ConfinedAttr<I64Attr, [IntNonNegative]>:$axis);
  let results = (outs I64:$result);
  let assemblyFormat = "$input `,` $axis attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def Kernel_SizeOp : Kernel_PlanOp<"size", [Pure, AttrSizedOperandSegments]> {
  let summary = "arithmetic on sizes";
  let description = [{
    On i64. `add`, `sub` and `mul` wrap; `div` rounds toward zero; a quotient or remainder by 0 is 0; `equal` and
    `less` give 0 or 1. Nothing traps: sizes are computed before they are checked.

    ```mlir
    %bytes = kernel.size mul 4, %n
    ```
  }];
  let arguments = (ins Kernel_SizeKind:$kind, Optional<I64>:$lhs, Kernel_ConstantSize:$static_lhs, Optional<I64>:$rhs,
                       Kernel_ConstantSize:$static_rhs);
  let results = (outs I64:$result);
  let assemblyFormat = "$kind custom<Size>($lhs, $static_lhs) `,` custom<Size>($rhs, $static_rhs) attr-dict";
  let hasVerifier = 1;
}

def Kernel_RequireOp : Kernel_Op<"require", [ParentOneOf<["::mlir::func::FuncOp", "IfOp"]>]> {
  let summary = "what sizes must fulfil for the model, or a region, to run";
  let description = [{
    In the body of a function: planning fails with a shape error at this node where `condition` is 0; the first that
    fails is reported. At the begin of a region of `kernel.if`: the region fails so, if it is taken.
  }];
  let arguments = (ins I64:$condition, StrAttr:$message);
  let assemblyFormat = "$condition `,` $message attr-dict";
  let hasVerifier = 1;
}

//===--- memory -----------------------------------------------------------===//

// A tensor with sizes: a constant or an i64 value for each dimension.
class Kernel_SizedOp<string mnemonic, list<Trait> traits = []> : Kernel_Op<mnemonic, traits # [Pure]> {
  let results = (outs AnyRankedTensor:$result);
  let hasVerifier = 1;
}

def Kernel_InputOp : Kernel_SizedOp<"input", [HasParent<"::mlir::func::FuncOp">, AllTypesMatch<["argument", "result"]>]> {
  let summary = "a tensor in a buffer of the caller";
  let description = "`argument` is an argument of the function.";
  let arguments = (ins AnyRankedTensor:$argument, Variadic<I64>:$sizes, DenseI64ArrayAttr:$static_sizes);
  let assemblyFormat = "$argument custom<DynamicIndexList>($sizes, $static_sizes) attr-dict `:` type($result)";
}

def Kernel_OutputOp : Kernel_SizedOp<"output", [HasParent<"::mlir::func::FuncOp">]> {
  let summary = "a place in the caller's buffer for a result of the function";
  let description = "A result that is returned from there is not copied; any other is, into its buffer.";
  let arguments = (ins ConfinedAttr<I64Attr, [IntNonNegative]>:$number, Variadic<I64>:$sizes,
                       DenseI64ArrayAttr:$static_sizes);
  let assemblyFormat = "$number custom<DynamicIndexList>($sizes, $static_sizes) attr-dict `:` type($result)";
}

def Kernel_BufferOp : Kernel_SizedOp<"buffer", [HasParent<"::mlir::func::FuncOp">, AttrSizedOperandSegments]> {
  let summary = "a place in the arena";
  let description = [{
    `bytes` at `offset`, a multiple of 64, for a tensor of these sizes. `live` are the first and the last step in which
    it holds something: what runs is numbered in order, the end of a `kernel.if` too, from 0. `repeat [d, times]`:
    `times` neighbours along dimension d of the tensor are one entry in memory; `sizes` counts entries.

    ```mlir
    %b = kernel.buffer at 64 bytes %bytes live [0, 1] [%n, 4] : tensor<?x4xf32>
    ```
  }];
  let arguments = (ins Optional<I64>:$offset, Kernel_ConstantSize:$static_offset, Optional<I64>:$bytes, Kernel_ConstantSize:$static_bytes,
                       DenseI64ArrayAttr:$live, Variadic<I64>:$sizes, DenseI64ArrayAttr:$static_sizes,
                       OptionalAttr<DenseI64ArrayAttr>:$repeat);
  let assemblyFormat = [{
    `at` custom<Size>($offset, $static_offset) `bytes` custom<Size>($bytes, $static_bytes) `live` $live
    custom<DynamicIndexList>($sizes, $static_sizes) (`repeat` $repeat^)? attr-dict `:` type($result)
  }];
}

def Kernel_ViewOp : Kernel_SizedOp<"view"> {
  let summary = "a tensor's memory under another shape";
  let description = "`repeat` as in `kernel.buffer`: what only repeats a tensor need not be computed.";
  let arguments = (ins AnyRankedTensor:$source, Variadic<I64>:$sizes, DenseI64ArrayAttr:$static_sizes,
                       OptionalAttr<DenseI64ArrayAttr>:$repeat);
  let assemblyFormat = [{
    $source custom<DynamicIndexList>($sizes, $static_sizes) (`repeat` $repeat^)? attr-dict
    `:` type($source) `->` type($result)
  }];
}

//===--- what runs --------------------------------------------------------===//

def Kernel_SizesOp : Kernel_Op<"sizes", [ParentOneOf<["::mlir::func::FuncOp", "IfOp"]>, AttrSizedOperandSegments]> {
  let summary = "an integer tensor made of sizes";
  let description = [{
    Its elements in order. Written `into` a buffer where a kernel reads it as data; where it is only asked for sizes
    (the shape of a reshape, the start of a slice) it is nowhere in memory.
  }];
  let arguments = (ins Variadic<I64>:$elements, DenseI64ArrayAttr:$static_elements, Optional<AnyRankedTensor>:$out);
  let results = (outs RankedTensorOf<[AnySignlessInteger]>:$result);
  let assemblyFormat = [{
    custom<DynamicIndexList>($elements, $static_elements) (`into` `(` $out^ `:` type($out) `)`)? attr-dict
    `:` type($result)
  }];
  let hasVerifier = 1;
}

def Kernel_LaunchOp : Kernel_Op<"launch", [ParentOneOf<["::mlir::func::FuncOp", "IfOp"]>, AttrSizedOperandSegments,
    SingleBlock, InferTypeOpAdaptor]> {
  let summary = "the ops that one kernel computes";
  let description = [{
    A unit: an *anchor*, which is computed by a kernel of its kind, and the elementwise ops that change its result
    while it is in registers; or elementwise ops alone, in one loop. The last op's results are yielded and written
    `into` buffers; no other result reaches memory.

    The anchor reads its operands in its own way. `reads` lists what the elementwise ops read from memory, in the order
    of the kernel's arguments, and how: at the same place as the result (`full`), at the same place of the last
    dimension (`column`), one element (`scalar`), or with some dimensions repeated (`broadcast`; not behind an anchor).

    The region is not isolated: qnn ops find their constants where they are defined. The verifier holds the region
    and `reads` together.

    ```mlir
    %y = kernel.launch reads(%r full : tensor<3x2xf32>) into(%out : tensor<3x2xf32>) {
      %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
      %1 = qnn.add %0, %r : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<3x2xf32>
      kernel.yield %1 : tensor<3x2xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$leaves, DefaultValuedAttr<DenseI32ArrayAttr, "{}">:$accesses,
                       Variadic<AnyRankedTensor>:$outs);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    (`reads` `(` custom<Leaves>($leaves, type($leaves), $accesses)^ `)`)? `into` `(` $outs `:` type($outs) `)` $body attr-dict
  }];
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The op that decides which kernel computes the unit; null for elementwise ops alone.
    ::mlir::Operation *getAnchor();
    /// The elementwise ops in order.
    ::llvm::SmallVector<::mlir::Operation *> getElementwise();
    /// The op whose results are stored.
    ::mlir::Operation *getRoot();
    /// How the elementwise ops read leaf number `leaf`.
    LeafAccess getAccess(unsigned leaf) { return LeafAccess(getAccesses()[leaf]); }
  }];
}

def Kernel_IfOp : Kernel_Op<"if", [ParentOneOf<["::mlir::func::FuncOp", "IfOp"]>,
    SingleBlockImplicitTerminator<"YieldOp">, InferTypeOpAdaptor]> {
  let summary = "runs one of two regions";
  let description = [{
    `condition` is a one-element i1 tensor in memory. What a region yields is copied `into` the buffers of the results.
    A region may begin with `kernel.require`.
  }];
  let arguments = (ins RankedTensorOf<[I1]>:$condition, Variadic<AnyRankedTensor>:$outs);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let regions = (region SizedRegion<1>:$thenRegion, SizedRegion<1>:$elseRegion);
  let assemblyFormat = [{
    $condition `:` type($condition) (`into` `(` $outs^ `:` type($outs) `)`)? $thenRegion `else` $elseRegion attr-dict
  }];
  let hasRegionVerifier = 1;
}

def Kernel_YieldOp : Kernel_Op<"yield", [Pure, Terminator, ParentOneOf<["LaunchOp", "IfOp"]>]> {
  let summary = "the results of a region";
  let arguments = (ins Variadic<AnyRankedTensor>:$values);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def Kernel_ReturnOp : Kernel_PlanOp<"return", [Terminator, AttrSizedOperandSegments]> {
  let summary = "the results of a planned function, and the arena that it needs";
  let description = [{
    Marks the function as planned. The first 64 bytes of the arena hold the word in which kernels report errors.
    Verifies the whole plan: that nothing else stands in the function, that what is read lies in memory, that buffers
    end inside the arena, that each is alive wherever it is used, and that no two that are alive together overlap, as
    far as constants tell.

    ```mlir
    kernel.return %y : tensor<?x2xf32> arena %bytes
    ```
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$values, Optional<I64>:$bytes, Kernel_ConstantSize:$static_bytes);
  let assemblyFormat = "($values^ `:` type($values))? `arena` custom<Size>($bytes, $static_bytes) attr-dict";
  let hasVerifier = 1;
}

#endif // BITWRIGHT_DIALECTS_KERNEL_KERNELOPS_TD
