// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNINTERFACES_TD
#define BITWRIGHT_DIALECTS_QNN_QNNINTERFACES_TD

include "mlir/IR/OpBase.td"

// The interfaces that passes are written against; no pass lists ops.

def QNN_ContractionInterface : OpInterface<"ContractionInterface"> {
  let cppNamespace = "::bitwright::qnn";
  let description = [{
    An op that multiplies activations by weights and sums: convolutions and
    linear ops. The weight's axis 0 is the output channel, the rest is
    contracted; the activation's channel axis is its last.
  }];
  let methods = [
    InterfaceMethod<"The operand that holds activations",
      "::mlir::OpOperand &", "getActivationOperand", (ins), [{}],
      [{ return $_op->getOpOperand(0); }]>,
    InterfaceMethod<"The operand that holds weights",
      "::mlir::OpOperand &", "getWeightOperand", (ins), [{}],
      [{ return $_op->getOpOperand(1); }]>,
    InterfaceMethod<"The bias operand, or null",
      "::mlir::OpOperand *", "getBiasOperand", (ins), [{}],
      [{ return $_op->getNumOperands() > 2 ? &$_op->getOpOperand(2) : nullptr; }]>,
    InterfaceMethod<"Multiply-accumulates for one result element",
      "int64_t", "getMacsPerElement">,
    InterfaceMethod<"True when each channel is convolved on its own (depthwise)",
      "bool", "isDepthwise", (ins), [{}], [{ return false; }]>,
  ];
}

def QNN_ElementwiseInterface : OpInterface<"ElementwiseInterface"> {
  let cppNamespace = "::bitwright::qnn";
  let description = [{
    An op that computes each result element from the elements at the same
    place of its operands, after numpy broadcasting.
  }];
  let methods = [];
}

def QNN_TransparentInterface : OpInterface<"TransparentInterface"> {
  let cppNamespace = "::bitwright::qnn";
  let description = [{
    An op that only moves or selects elements of its data operands, so that
    quantized values pass through with their scale and zero point unchanged
    (what `pad` fills with is then in storage terms).
  }];
  let methods = [
    InterfaceMethod<"How many leading operands are data (the rest are shapes, indices)",
      "unsigned", "getNumDataOperands", (ins), [{}], [{ return 1; }]>,
  ];
}

#endif // BITWRIGHT_DIALECTS_QNN_QNNINTERFACES_TD
