// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef BITWRIGHT_DIALECTS_QNN_QNNELEMENTWISEOPS_TD
#define BITWRIGHT_DIALECTS_QNN_QNNELEMENTWISEOPS_TD

include "dialects/QNN/QNNBase.td"

//===--- one operand ------------------------------------------------------===//

class QNN_UnaryOp<string mnemonic, string text, dag extraAttrs = (ins), Type type = QNN_Tensor,
                  list<Trait> traits = []>
    : QNN_InferredOp<mnemonic, traits # [DeclareOpInterfaceMethods<QNN_ElementwiseInterface>]> {
  let summary = text;
  let arguments = !con((ins type:$input), extraAttrs);
  let results = (outs type:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

class QNN_TranscendentalOp<string mnemonic, string text, dag extraAttrs = (ins)>
    : QNN_UnaryOp<mnemonic, text, extraAttrs, QNN_FloatTensor, [QNN_Transcendental]>;

// Of QuantizableInterface, what relu and clip say of themselves; what ops say that have an integer op
// of their own; what ops say that lay elements of their operands side by side.
def QNN_ClampMethods
    : DeclareOpInterfaceMethods<QNN_QuantizableInterface, ["getFusedTail", "getLimits", "getJoinedOperands"]>;
def QNN_BinaryFormMethods
    : DeclareOpInterfaceMethods<QNN_QuantizableInterface, ["getIntegerForm", "createIntegerForm"]>;
def QNN_JoinMethods : DeclareOpInterfaceMethods<QNN_QuantizableInterface, ["getJoinedOperands"]>;

def QNN_AbsOp : QNN_UnaryOp<"abs", "absolute value">;
def QNN_CeilOp : QNN_UnaryOp<"ceil", "rounds up to an integer", (ins), QNN_FloatTensor>;
def QNN_ClipOp : QNN_UnaryOp<"clip", "limits each element to [min, max]",
    (ins F64Attr:$min, F64Attr:$max), QNN_Tensor, [QNN_ClampMethods]>;
def QNN_CosOp : QNN_TranscendentalOp<"cos", "cosine of radians">;
def QNN_EluOp : QNN_TranscendentalOp<"elu", "x for x >= 0, alpha * (exp(x) - 1) below", (ins F64Attr:$alpha)>;
def QNN_ErfOp : QNN_TranscendentalOp<"erf", "Gauss error function">;
def QNN_ExpOp : QNN_TranscendentalOp<"exp", "natural exponential">;
def QNN_FloorOp : QNN_UnaryOp<"floor", "rounds down to an integer", (ins), QNN_FloatTensor>;
def QNN_GeluOp : QNN_TranscendentalOp<"gelu", "0.5 x (1 + erf(x / sqrt 2)), or its tanh approximation",
    (ins UnitAttr:$tanh_approximation)>;
def QNN_HardSigmoidOp : QNN_UnaryOp<"hard_sigmoid", "max(0, min(1, alpha x + beta))",
    (ins F64Attr:$alpha, F64Attr:$beta), QNN_FloatTensor>;
def QNN_HardSwishOp : QNN_UnaryOp<"hard_swish", "x max(0, min(1, x / 6 + 0.5))", (ins), QNN_FloatTensor>;
def QNN_LeakyReluOp : QNN_UnaryOp<"leaky_relu", "x for x >= 0, alpha x below", (ins F64Attr:$alpha), QNN_FloatTensor>;
def QNN_LogOp : QNN_TranscendentalOp<"log", "natural logarithm">;
def QNN_NegOp : QNN_UnaryOp<"neg", "negation", (ins), QNN_Tensor, [QNN_JoinMethods]>;
def QNN_NotOp : QNN_UnaryOp<"not", "logical negation", (ins), QNN_BoolTensor>;
def QNN_ReciprocalOp : QNN_UnaryOp<"reciprocal", "1 / x", (ins), QNN_FloatTensor>;
def QNN_ReluOp : QNN_UnaryOp<"relu", "max(0, x)", (ins), QNN_Tensor,
    [QNN_ClampMethods, DeclareOpInterfaceMethods<QNN_LayoutInterface, ["isHomogeneous"]>]>;
def QNN_RoundOp : QNN_UnaryOp<"round", "rounds to an integer, half to even", (ins), QNN_FloatTensor>;
def QNN_SigmoidOp : QNN_TranscendentalOp<"sigmoid", "1 / (1 + exp(-x))">;
def QNN_SignOp : QNN_UnaryOp<"sign", "-1, 0 or 1">;
def QNN_SiluOp : QNN_TranscendentalOp<"silu", "x sigmoid(x)">;
def QNN_SinOp : QNN_TranscendentalOp<"sin", "sine of radians">;
def QNN_SoftplusOp : QNN_TranscendentalOp<"softplus", "log(1 + exp(x))">;
def QNN_SqrtOp : QNN_UnaryOp<"sqrt", "square root", (ins), QNN_FloatTensor>;
def QNN_TanhOp : QNN_TranscendentalOp<"tanh", "hyperbolic tangent">;

def QNN_CastOp : QNN_Op<"cast", [Pure, DeclareOpInterfaceMethods<QNN_ElementwiseInterface>]> {
  let summary = "converts the element type";
  let description = [{
    Float to integer truncates toward zero and saturates; to i1 it compares
    with zero. `unsigned_input` and `unsigned_result` read and write the
    integer storage as unsigned.
  }];
  let arguments = (ins QNN_Tensor:$input, UnitAttr:$unsigned_input, UnitAttr:$unsigned_result);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

//===--- two operands, numpy broadcasting ---------------------------------===//

class QNN_BinaryOp<string mnemonic, string text, list<Trait> traits = [], Type type = QNN_Tensor>
    : QNN_InferredOp<mnemonic, traits # [DeclareOpInterfaceMethods<QNN_ElementwiseInterface>]> {
  let summary = text;
  let arguments = (ins type:$lhs, type:$rhs);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
}

def QNN_AddOp : QNN_BinaryOp<"add", "sum",
    [DeclareOpInterfaceMethods<QNN_QuantizableInterface, ["getIntegerForm", "getFusedTail", "createIntegerForm"]>]>;
def QNN_SubOp : QNN_BinaryOp<"sub", "difference", [QNN_BinaryFormMethods]>;
def QNN_MulOp : QNN_BinaryOp<"mul", "product",
    [QNN_BinaryFormMethods, DeclareOpInterfaceMethods<QNN_LayoutInterface, ["isHomogeneous"]>]>;
def QNN_DivOp : QNN_BinaryOp<"div", "quotient; integers truncate toward zero">;
def QNN_PowOp : QNN_BinaryOp<"pow", "lhs to the power rhs; the result has the type of lhs", [QNN_Transcendental]>;
def QNN_MaxOp : QNN_BinaryOp<"max", "the larger; NaN wins", [QNN_JoinMethods]>;
def QNN_MinOp : QNN_BinaryOp<"min", "the smaller; NaN wins", [QNN_JoinMethods]>;
def QNN_ModOp : QNN_BinaryOp<"mod", "remainder with the sign of rhs, or of lhs where `fmod` is set"> {
  let arguments = (ins QNN_Tensor:$lhs, QNN_Tensor:$rhs, UnitAttr:$fmod);
}
def QNN_PReluOp : QNN_BinaryOp<"prelu", "lhs for lhs >= 0, rhs * lhs below", [], QNN_FloatTensor>;
def QNN_EqualOp : QNN_BinaryOp<"equal", "lhs == rhs, as i1">;
def QNN_GreaterOp : QNN_BinaryOp<"greater", "lhs > rhs, as i1">;
def QNN_GreaterEqualOp : QNN_BinaryOp<"greater_equal", "lhs >= rhs, as i1">;
def QNN_LessOp : QNN_BinaryOp<"less", "lhs < rhs, as i1">;
def QNN_LessEqualOp : QNN_BinaryOp<"less_equal", "lhs <= rhs, as i1">;
def QNN_AndOp : QNN_BinaryOp<"and", "logical and", [], QNN_BoolTensor>;
def QNN_OrOp : QNN_BinaryOp<"or", "logical or", [], QNN_BoolTensor>;
def QNN_XorOp : QNN_BinaryOp<"xor", "logical exclusive or", [], QNN_BoolTensor>;

def QNN_WhereOp : QNN_InferredOp<"where",
    [DeclareOpInterfaceMethods<QNN_ElementwiseInterface>, QNN_JoinMethods]> {
  let summary = "lhs where the condition holds, rhs elsewhere; all three broadcast";
  let arguments = (ins QNN_BoolTensor:$condition, QNN_Tensor:$lhs, QNN_Tensor:$rhs);
  let results = (outs QNN_Tensor:$result);
  let assemblyFormat = [{
    $condition `,` $lhs `,` $rhs attr-dict `:` type($condition) `,` type($lhs) `,` type($rhs) `->` type($result)
  }];
}

#endif // BITWRIGHT_DIALECTS_QNN_QNNELEMENTWISEOPS_TD
