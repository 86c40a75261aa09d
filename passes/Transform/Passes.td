// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_PASSES_TRANSFORM_PASSES_TD
#define BITWRIGHT_PASSES_TRANSFORM_PASSES_TD

include "mlir/Pass/PassBase.td"

def ScaleWeightsPass : Pass<"qnn-scale-weights", "::mlir::ModuleOp"> {
  let summary = "Activation-aware scaling of weights before low-bit rounding";
  let description = [{
    For each tensor whose readers are linear ops with the transform "awq" in their `#qnn.precision`, searches scales of its
    channels with which the weights, rounded as their precision says, give outputs nearest to float on the observer's sample
    rows, multiplies the weights by them and divides the producer: the norm or linear op in front. The network's function
    does not change, and what observers hold is rescaled with their tensors. A tensor whose producer cannot be divided exactly
    is left alone, with the reason in the decision log.
  }];
  let options = [
    Option<"duo", "duo", "bool", /*default=*/"false", "Try scales that regard the weights' magnitude too">
  ];
  let statistics = [
    Statistic<"numRescaled", "ops-rescaled", "Linear ops whose input is rescaled">,
    Statistic<"numLeft", "ops-left", "Linear ops left as they are">
  ];
}

def SmoothActivationsPass : Pass<"qnn-smooth-activations", "::mlir::ModuleOp"> {
  let summary = "Move the scale of outlier channels from activations to weights";
  let description = [{
    For each tensor whose readers are linear ops with the transform "smooth" in their `#qnn.precision`, divides its channels by
    `s = max|x|^alpha / max|w|^(1 - alpha)`, folded into its producer, and multiplies the weights. Alpha is searched for each
    tensor on the observer's sample rows, unless it is given. The network's function does not change, and what observers hold
    is rescaled with their tensors.
  }];
  let options = [
    Option<"alpha", "alpha", "double", /*default=*/"-1.0", "Fixed alpha; negative searches 0.3 ... 0.9">
  ];
  let statistics = [
    Statistic<"numRescaled", "ops-rescaled", "Linear ops whose input is rescaled">,
    Statistic<"numLeft", "ops-left", "Linear ops left as they are">
  ];
}

#endif // BITWRIGHT_PASSES_TRANSFORM_PASSES_TD
