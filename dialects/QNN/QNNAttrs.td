// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNATTRS_TD
#define BITWRIGHT_DIALECTS_QNN_QNNATTRS_TD

include "dialects/QNN/QNNDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/EnumAttr.td"

def QNN_WeightAttr : AttrDef<QNN_Dialect, "Weight", [TypedAttrInterface]> {
  let mnemonic = "weight";
  let summary = "A tensor whose bytes live in the WeightStore";
  let description = [{
    Names a tensor by the SHA-256 of its bytes. The bytes are row-major,
    little-endian; i1 takes a byte, i4 is packed two to a byte along the last
    axis, the even element in the low nibble, each row padded to a whole byte.

    ```mlir
    #qnn.weight<"9f86d081884c7d65...", tensor<64x3x3x32xf32>>
    ```
  }];
  let parameters = (ins StringRefParameter<"SHA-256, lower-case hex">:$hash,
                        AttributeSelfTypeParameter<"the tensor type", "::mlir::ShapedType">:$type);
  let genVerifyDecl = 1;
  let hasCustomAssemblyFormat = 1;
}

def QNN_TargetAttr : AttrDef<QNN_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "The processor that code is generated for";
  let description = [{
    The attribute `qnn.target` of a module, as `qnn-set-target` or a tool sets it: a normalized triple, LLVM's name of
    the CPU that is the baseline, and the features on top of it.

    ```mlir
    #qnn.target<"x86_64-unknown-linux-gnu", "x86-64-v2", "+f16c,+avx2,+fma">
    ```
  }];
  let parameters = (ins StringRefParameter<"the triple">:$triple, StringRefParameter<"the baseline CPU">:$cpu,
                        StringRefParameter<"features on top">:$features);
  let assemblyFormat = "`<` $triple `,` $cpu `,` $features `>`";
}

def QNN_PadMode : I32EnumAttr<"PadMode", "how a pad fills the border", [
  I32EnumAttrCase<"Constant", 0, "constant">,
  I32EnumAttrCase<"Reflect", 1, "reflect">,
  I32EnumAttrCase<"Edge", 2, "edge">,
  I32EnumAttrCase<"Wrap", 3, "wrap">]> {
  let cppNamespace = "::bitwright::qnn";
}

def QNN_ResizeMode : I32EnumAttr<"ResizeMode", "how a resize interpolates", [
  I32EnumAttrCase<"Nearest", 0, "nearest">,
  I32EnumAttrCase<"Linear", 1, "linear">,
  I32EnumAttrCase<"Cubic", 2, "cubic">]> {
  let cppNamespace = "::bitwright::qnn";
}

def QNN_CoordinateMode : I32EnumAttr<"CoordinateMode", "how a resize maps output to input coordinates", [
  I32EnumAttrCase<"HalfPixel", 0, "half_pixel">,
  I32EnumAttrCase<"Asymmetric", 1, "asymmetric">,
  I32EnumAttrCase<"AlignCorners", 2, "align_corners">,
  I32EnumAttrCase<"PytorchHalfPixel", 3, "pytorch_half_pixel">]> {
  let cppNamespace = "::bitwright::qnn";
}

def QNN_NearestMode : I32EnumAttr<"NearestMode", "how nearest rounds a coordinate", [
  I32EnumAttrCase<"RoundPreferFloor", 0, "round_prefer_floor">,
  I32EnumAttrCase<"RoundPreferCeil", 1, "round_prefer_ceil">,
  I32EnumAttrCase<"Floor", 2, "floor">,
  I32EnumAttrCase<"Ceil", 3, "ceil">]> {
  let cppNamespace = "::bitwright::qnn";
}

def QNN_ActivationMode : I32EnumAttr<"ActivationMode", "how a block-quantized linear op reads its activations", [
  I32EnumAttrCase<"Float", 0, "float">,
  I32EnumAttrCase<"Int8", 1, "int8">]> {
  let cppNamespace = "::bitwright::qnn";
}

def QNN_ActivationForm : I32EnumAttr<"ActivationForm", "what an op with quantized weights reads", [
  I32EnumAttrCase<"Float", 0, "float">,
  I32EnumAttrCase<"Static", 1, "static">,
  I32EnumAttrCase<"Dynamic", 2, "dynamic">,
  I32EnumAttrCase<"Int8", 3, "int8">]> {
  let cppNamespace = "::bitwright::qnn";
}

def QNN_PrecisionAttr : AttrDef<QNN_Dialect, "Precision"> {
  let mnemonic = "precision";
  let summary = "The precision that an op is to get";
  let description = [{
    What `qnn-assign` decides and every later step of quantization reads; the discardable attribute `qnn.precision` of a
    convolution or linear op. `weights` names a number format; `group` weights of a row share a scale (0: the row, -1: the
    whole tensor), and a zero point unless `symmetric`. Activations are `float`; `static`: uint8 with calibrated ranges;
    `dynamic`: uint8 for each row, at run time; `int8`: the same, signed and symmetric. `rounder` names how weights become
    codes, `transforms` what may be done to the op before.

    ```mlir
    #qnn.precision<weights = "int4", group = 32, symmetric = false, activations = float, rounder = "awq-clip", transforms = ["awq"]>
    ```
  }];
  let parameters = (ins StringRefParameter<"number format">:$weights, "int64_t":$group, "bool":$symmetric,
                        EnumParameter<QNN_ActivationForm>:$activations, StringRefParameter<"rounder">:$rounder,
                        OptionalParameter<"::mlir::ArrayAttr">:$transforms);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // BITWRIGHT_DIALECTS_QNN_QNNATTRS_TD
