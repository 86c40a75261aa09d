// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNINTERFACES_TD
#define BITWRIGHT_DIALECTS_QNN_QNNINTERFACES_TD

include "mlir/IR/OpBase.td"

// The interfaces that passes are written against; no pass lists ops.

// What an op is to quantization. Quantization plans by it, fusion follows it, calibration
// observes by it.
def QNN_QuantizableInterface : OpInterface<"QuantizableInterface"> {
  let cppNamespace = "::bitwright::qnn";
  let description = [{
    An op on floats that a scheme may quantize, or that passes quantized values on. What it
    becomes where its data has 8 bits follows from the other interfaces: an op with the
    TransparentInterface runs on bytes as it is, an elementwise op is a table where it is a
    function of one tensor, any other op stays float. Ops for which that is not all say it
    themselves.
  }];
  let methods = [
    InterfaceMethod<"What the op becomes where its data is quantized to 8 bits",
      "::bitwright::qnn::IntegerForm", "getIntegerForm", (ins), [{}],
      [{ return ::bitwright::qnn::detail::getIntegerForm($_op); }]>,
    InterfaceMethod<"Why the op, as it stands, has no integer form; \"\" where it has one",
      "::std::string", "explainFloat", (ins), [{}],
      [{ return ::bitwright::qnn::detail::explainFloat($_op); }]>,
    InterfaceMethod<"The operands that are quantized; the rest are parameters, shapes, indices",
      "::llvm::SmallVector<::mlir::OpOperand *>", "getQuantizableOperands", (ins), [{}],
      [{ return ::bitwright::qnn::detail::getQuantizableOperands($_op); }]>,
    InterfaceMethod<"How many products or elements are summed for one result element, as far as is known",
      "int64_t", "getTermCount", (ins), [{}], [{ return 1; }]>,
    InterfaceMethod<"What the op may be at the end of the integer op in front of it",
      "::bitwright::qnn::FusedTail", "getFusedTail", (ins), [{}],
      [{ return ::bitwright::qnn::FusedTail::None; }]>,
    InterfaceMethod<"The interval that a clamp keeps each element in; asked of no other op",
      "::bitwright::qnn::Limits", "getLimits", (ins), [{}],
      [{ return ::bitwright::qnn::Limits(); }]>,
    InterfaceMethod<[{The operands whose elements, at most limited, negated or averaged, lie side by side in the
      result: a scale for the result has to do for each of them. Empty where the op computes new ones.}],
      "::llvm::SmallVector<::mlir::Value>", "getJoinedOperands", (ins), [{}],
      [{ return ::bitwright::qnn::detail::getJoinedOperands($_op); }]>,
    InterfaceMethod<"Makes the integer op of a contraction, binary op or mean",
      "::mlir::Operation *", "createIntegerForm",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc, "::mlir::Type":$type,
           "const ::bitwright::IntegerOperands &":$operands), [{}],
      [{ llvm_unreachable("the op has no integer op of its own"); }]>,
  ];
}

// How an op takes to another layout, and where the dimensions of its operands go.
def QNN_LayoutInterface : OpInterface<"LayoutInterface"> {
  let cppNamespace = "::bitwright::qnn";
  let description = [{
    An op that knows what becomes of it when tensors are stored permuted, and where a dimension
    of its operands is in its result. In a layout `perm`, dimension i is dimension perm[i] of
    what the op has now.
  }];
  let methods = [
    InterfaceMethod<"The operands that change layout together; constants that broadcast among them",
      "::llvm::SmallVector<::mlir::OpOperand *>", "getLayoutOperands", (ins), [{}],
      [{ return ::bitwright::qnn::detail::getLayoutOperands($_op); }]>,
    InterfaceMethod<"How the op takes to the layout `perm`, for tensors of rank perm.size()",
      "::bitwright::qnn::LayoutRole", "getLayoutRole", (ins "::llvm::ArrayRef<int64_t>":$perm), [{}],
      [{ return ::bitwright::qnn::detail::getLayoutRole($_op, perm); }]>,
    InterfaceMethod<[{Renames the axes in the attributes and in the operands that have an entry for each dimension.
      Called on a copy of the op whose tensors are in the layout `perm` already.}],
      "void", "permuteAxes", (ins "::llvm::ArrayRef<int64_t>":$perm), [{}],
      [{ ::bitwright::qnn::detail::permuteAxes($_op, perm); }]>,
    InterfaceMethod<[{Makes the op for the layout `perm`: on `operands`, permuted where getLayoutOperands says so, its
      result is permuted (of a sink: is what it was).}],
      "::mlir::Value", "createInLayout",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::ValueRange":$operands,
           "::llvm::ArrayRef<int64_t>":$perm), [{}],
      [{ return ::bitwright::qnn::detail::createInLayout($_op, builder, operands, perm); }]>,
    InterfaceMethod<"Where the dimensions of `operand` are in the result",
      "::bitwright::qnn::AxisFlow", "getAxisFlow", (ins "::mlir::OpOperand &":$operand), [{}],
      [{ return ::bitwright::qnn::detail::getAxisFlow(operand); }]>,
    InterfaceMethod<[{True where a positive factor on some elements of `operand` is the same factor on what becomes of
      them, and changes nothing else}],
      "bool", "isHomogeneous", (ins "::mlir::OpOperand &":$operand), [{}],
      [{ return ::bitwright::qnn::detail::isHomogeneous(operand); }]>,
  ];
}

def QNN_ContractionInterface : OpInterface<"ContractionInterface", [QNN_QuantizableInterface]> {
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
    InterfaceMethod<"False for the integer forms",
      "bool", "hasFloatWeights", (ins), [{}],
      [{ return ::llvm::isa<::mlir::FloatType>(::mlir::getElementTypeOrSelf($_op.getWeightOperand().get())); }]>,
    InterfaceMethod<"The scales, zero points and multipliers that weights are read with",
      "::llvm::SmallVector<::mlir::Value>", "getWeightParameters", (ins), [{}], [{ return {}; }]>,
    InterfaceMethod<"Multiply-accumulates for one result element",
      "int64_t", "getMacsPerElement">,
    InterfaceMethod<"True when each channel is convolved on its own (depthwise)",
      "bool", "isDepthwise", (ins), [{}], [{ return false; }]>,
  ];
}

def QNN_ElementwiseInterface : OpInterface<"ElementwiseInterface",
    [QNN_QuantizableInterface, QNN_LayoutInterface]> {
  let cppNamespace = "::bitwright::qnn";
  let description = [{
    An op that computes each result element from the elements at the same
    place of its operands, after numpy broadcasting.
  }];
  let methods = [];
}

def QNN_TransparentInterface : OpInterface<"TransparentInterface", [QNN_QuantizableInterface]> {
  let cppNamespace = "::bitwright::qnn";
  let description = [{
    An op that only moves or selects elements of its data operands, so that
    quantized values pass through with their scale and zero point unchanged
    (what `pad` fills with is then in storage terms).
  }];
  let methods = [
    InterfaceMethod<"How many leading operands are data (the rest are shapes, indices)",
      "unsigned", "getNumDataOperands", (ins), [{}], [{ return 1; }]>,
    InterfaceMethod<"The scalar operand that is laid beside the data, and is quantized with it; null where there is none",
      "::mlir::OpOperand *", "getFillOperand", (ins), [{}], [{ return nullptr; }]>,
    InterfaceMethod<"Says to an op that compares elements how their storage is read",
      "void", "setStorage", (ins "bool":$isUnsigned), [{}], [{ return; }]>,
  ];
}

def QNN_ReductionInterface : OpInterface<"ReductionInterface", [QNN_LayoutInterface]> {
  let cppNamespace = "::bitwright::qnn";
  let description = [{
    An op that combines the elements along some axes of its operand, whatever the order; the axes
    stay with size 1, or are dropped.
  }];
  let methods = [
    InterfaceMethod<"The axes, which count from 0", "::llvm::ArrayRef<int64_t>", "getAxes">,
    InterfaceMethod<"Sets them", "void", "setAxes", (ins "::llvm::ArrayRef<int64_t>":$axes)>,
    InterfaceMethod<"True where they stay", "bool", "getKeepDims">,
  ];
}

// An elementwise op that takes many instructions: an exponential, logarithm or the like.
def QNN_Transcendental : NativeOpTrait<"Transcendental"> {
  let cppNamespace = "::bitwright::qnn";
}

#endif // BITWRIGHT_DIALECTS_QNN_QNNINTERFACES_TD
