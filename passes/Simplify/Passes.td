// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_PASSES_SIMPLIFY_PASSES_TD
#define BITWRIGHT_PASSES_SIMPLIFY_PASSES_TD

include "mlir/Pass/PassBase.td"

def FoldConstantsPass : Pass<"qnn-fold-constants", "::mlir::func::FuncOp"> {
  let summary = "Evaluate ops on constants and make shapes as static as they can be";
  let description = [{
    Walks the function once from top to bottom. An op whose operands are all constants is evaluated by the reference
    interpreter. Integer vectors that come from shapes are followed element by element, so that

    ```mlir
    %s = qnn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x4x8xf32> -> tensor<1xi64>
    %t = qnn.concat %s, %c32 {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
    %r = qnn.reshape %x, %t : tensor<?x4x8xf32>, tensor<2xi64> -> tensor<?x?xf32>
    ```

    becomes a reshape to the constant `[0, 32]` with the result `tensor<?x32xf32>`. Result types are inferred again on
    the way, and the results of the function follow. `qnn.if` on a constant is replaced by its region. Left alone:
    `qnn.dequantize` (it is what QDQ form is made of), and results over `max-bytes` or more than eight times their
    operands unless the op is a cast.

    Constants that take the place of others are free; those that are added to them grow the function by at most
    `max-bytes` and as much as its constants had. The bytes that all foldings read and write are bounded by 4 `max-bytes`
    and 32 times its constants. An op that costs more runs with the model.
  }];
  let options = [Option<"maxBytes", "max-bytes", "int64_t", /*default=*/"int64_t(64) << 20",
                        "Largest result to compute, in bytes">];
  let statistics = [
    Statistic<"numFolded", "ops-folded", "Ops replaced: most by constants, qnn.if by a branch">
  ];
}

def FoldBatchNormPass : Pass<"qnn-fold-batch-norm", "::mlir::func::FuncOp"> {
  let summary = "Fold BatchNorm and per-channel scales into weights and bias";
  let description = [{
    A `qnn.batch_norm` with constant parameters after `qnn.conv2d`, `qnn.conv_transpose2d` or `qnn.linear` (or after the
    transpose that follows one) goes into its weights and bias, as do a `qnn.mul` by a constant for each channel after a
    convolution and a `qnn.add` of one after any of them. The contraction must have no other use. New parameters are
    computed in double and rounded once. A batch_norm that remains becomes a mul and an add of constants.

    ```mlir
    %y = qnn.conv2d %x, %w strides [1, 1] ... : ... -> tensor<?x8x8x4xf32>
    %z = qnn.batch_norm %y, %g, %b, %m, %v {axis = 3 : i64, epsilon = 1.0e-5} : ...
    // becomes
    %z = qnn.conv2d %x, %w2, %b2 strides [1, 1] ...
    ```
  }];
  let statistics = [
    Statistic<"numFolded", "ops-folded", "Normalizations, products and sums replaced">
  ];
}

def PropagateLayoutPass : Pass<"qnn-propagate-layout", "::mlir::func::FuncOp"> {
  let summary = "Move and cancel transposes so that as few as possible remain";
  let description = [{
    Importers put a transpose before and after each image op. Ops that work in any layout (elementwise ops, concat,
    slice, pad, reductions, batch_norm, softmax) may run in the permuted layout with their axes renamed; which of them
    do is decided by a minimum cut that counts the transposes left, larger tensors breaking ties. The pass therefore
    ends, and never leaves more transposes than there were. A transpose that only moves dimensions of size one becomes
    a reshape. See docs/rationale/layout.md.

    ```mlir
    %a = qnn.transpose %conv1 perm [0, 3, 1, 2] : ...
    %b = qnn.relu %a : ...
    %c = qnn.transpose %b perm [0, 2, 3, 1] : ...
    // becomes
    %c = qnn.relu %conv1 : ...
    ```
  }];
  let statistics = [
    Statistic<"numRemoved", "transposes-removed", "Transposes that are gone">
  ];
}

def RaiseNormsPass : Pass<"qnn-raise-norms", "::mlir::func::FuncOp"> {
  let summary = "Find normalizations that were exported in pieces";
  let description = [{
    `x / sqrt(mean(x^2) + eps) * w` over the last dimension becomes `qnn.rms_norm`; `(x - mean) / sqrt(var + eps) * w + b`
    over the last dimensions becomes `qnn.layer_norm`, also where the variance is written `mean(x^2) - mean^2`.
    Means may be written as sums times 1/n; scale and bias may be absent.
  }];
  let statistics = [
    Statistic<"numRaised", "ops-raised", "Normalizations found">
  ];
}

def RaiseActivationsPass : Pass<"qnn-raise-activations", "::mlir::func::FuncOp"> {
  let summary = "Find activations that were exported in pieces";
  let description = [{
    `x * sigmoid(x)` becomes `qnn.silu`; `x * clip(x + 3, 0, 6) / 6` becomes `qnn.hard_swish`, without the leading factor
    `qnn.hard_sigmoid`; `0.5 * x * (1 + erf(x / sqrt 2))` and its tanh approximation become `qnn.gelu`. Products are
    matched in any order and association.
  }];
  let statistics = [
    Statistic<"numRaised", "ops-raised", "Activations found">
  ];
}

def SimplifyAlgebraPass : Pass<"qnn-simplify-algebra", "::mlir::func::FuncOp"> {
  let summary = "Remove what does nothing and merge what belongs together";
  let description = [{
    Identity casts, `x + 0`, `x * 1`, chains of reshapes, squeezes and flattens, slices and expansions that keep everything,
    relu and clip after each other, minimum and maximum with scalars (as clip), matmul by a constant matrix (as linear),
    the sum of a contraction and a constant for each channel (as its bias), and unused ops.
  }];
  let statistics = [
    Statistic<"numReplaced", "ops-replaced", "Ops replaced by simpler ones or by an operand">
  ];
}

#endif // BITWRIGHT_PASSES_SIMPLIFY_PASSES_TD
