// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Elementwise ops of one operand.

#include "Compose.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include <limits>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

template <typename Op> void buildUnary(Node &n) { n.setResult(n.create<Op>({n.getInput(0)})); }

/// Ops that leave unsigned integers as they are.
template <typename Op> void buildSigned(Node &n) {
  if (isUnsigned(n.getElementType(0)))
    return n.setResult(0, n.getImported(0));
  buildUnary<Op>(n);
}

Value scalar(Node &n, double value) { return n.createScalar(n.getElementType(0), value); }

void buildSign(Node &n) {
  int32_t type = n.getElementType(0);
  if (!isUnsigned(type))
    return buildUnary<qnn::SignOp>(n);
  Value isZero = n.create<qnn::EqualOp>({n.getInput(0), scalar(n, 0)});
  n.setResult(n.create<qnn::WhereOp>({isZero, scalar(n, 0), scalar(n, 1)}));
}

/// -1 - x: all bits turned over, whatever the signedness.
void buildBitwiseNot(Node &n) {
  int32_t type = n.getElementType(0);
  if (!n.expect(!isFloat(type) && type != Bool, "expects integers, but got " + getTypeName(type)))
    return;
  n.setResult(sub(n, scalar(n, -1), n.getInput(0)));
}

void buildIdentity(Node &n) { n.setResult(0, n.getImported(0)); }

void buildDropout(Node &n) {
  n.ignoreAttribute("seed");
  n.getFloat("ratio", 0.5f);
  n.refuseOutput(1, "mask");
  if (n.hasInput(2)) {
    auto training = n.requireIntegers(2, "training_mode");
    n.expect(training.size() == 1 && training[0] == 0, "training mode is not supported");
  }
  n.setResult(0, n.getImported(0));
}

//===--- casts ------------------------------------------------------------===//

void castTo(Node &n, int32_t to) {
  ImportedValue value = n.getImported(0);
  if (n.failed())
    return;
  if (!n.expect(static_cast<bool>(getStorageType(n.getContext(), to)),
                "a cast to " + getTypeName(to) + " is not supported"))
    return;
  if (value.elementType == to)
    return n.setResult(0, std::move(value));
  bool isNarrow = value.elementType == Float16 || value.elementType == BFloat16;
  if (value.constant && isNarrow && to == Float) {
    ImportedValue result;
    result.elementType = to;
    result.constant = widenedToFloat(*value.constant);
    return n.setResult(0, std::move(result));
  }
  Value x = n.materialize(value);
  int32_t from = value.elementType;
  // ONNX leaves open what becomes of floats that 4 bits do not hold; its reference wraps.
  if (isFloat(from) && (to == Int4 || to == UInt4)) {
    x = n.cast(x, from, Int32);
    from = Int32;
  }
  n.setResult(0, n.cast(x, from, to), to);
}

void buildCast(Node &n) {
  // Both matter to float8 alone, which is refused by its type.
  n.ignoreAttribute("saturate");
  n.ignoreAttribute("round_mode");
  int64_t to = n.requireInt("to");
  n.expect(to > 0 && to < 100, "attribute 'to' is no element type: " + Twine(to));
  castTo(n, static_cast<int32_t>(to));
}

void buildCastLike(Node &n) {
  n.ignoreAttribute("saturate");
  n.ignoreAttribute("round_mode");
  castTo(n, n.getElementType(1));
}

//===--- with parameters --------------------------------------------------===//

void buildElu(Node &n) {
  n.setResult(n.create<qnn::EluOp>({n.getInput(0)}, {{"alpha", n.number(n.getFloat("alpha", 1))}}));
}

void buildLeakyRelu(Node &n) {
  n.setResult(n.create<qnn::LeakyReluOp>({n.getInput(0)},
                                         {{"alpha", n.number(n.getFloat("alpha", 0.01f))}}));
}

void buildHardSigmoid(Node &n) {
  float alpha = n.getFloat("alpha", 0.2f), beta = n.getFloat("beta", 0.5f);
  n.setResult(n.create<qnn::HardSigmoidOp>({n.getInput(0)},
                                           {{"alpha", n.number(alpha)}, {"beta", n.number(beta)}}));
}

void buildGelu(Node &n) {
  std::string mode = n.getString("approximate", "none");
  n.expect(mode == "none" || mode == "tanh",
           "attribute 'approximate' must be 'none' or 'tanh', but is '" + mode + "'");
  n.setResult(
      n.create<qnn::GeluOp>({n.getInput(0)}, {{"tanh_approximation", n.unit(mode == "tanh")}}));
}

/// com.microsoft: the tanh form, with an optional bias.
void buildFastGelu(Node &n) {
  Value x = n.getInput(0);
  if (n.hasInput(1))
    x = add(n, x, n.getInput(1));
  n.setResult(n.create<qnn::GeluOp>({x}, {{"tanh_approximation", n.unit(true)}}));
}

void buildBiasGelu(Node &n) {
  n.setResult(n.create<qnn::GeluOp>({add(n, n.getInput(0), n.getInput(1))}));
}

/// x * sigmoid(alpha * x)
Value swish(Node &n, Value x, float alpha) {
  if (alpha == 1.0f)
    return n.create<qnn::SiluOp>({x});
  return mul(n, x, n.create<qnn::SigmoidOp>({mul(n, x, scalar(n, alpha))}));
}
void buildSwish(Node &n) { n.setResult(swish(n, n.getInput(0), n.getFloat("alpha", 1))); }
void buildQuickGelu(Node &n) { n.setResult(swish(n, n.getInput(0), n.getFloat("alpha", 1.702f))); }

void buildSwiGlu(Node &n) {
  n.expect(n.getElementType(0) == n.getElementType(1), "expects inputs of one type");
  n.setResult(mul(n, swish(n, n.getInput(0), n.getFloat("alpha", 1)), n.getInput(1)));
}

/// alpha * elu(x / alpha)
void buildCelu(Node &n) {
  float alpha = n.getFloat("alpha", 1);
  if (!n.expect(alpha != 0, "attribute 'alpha' must not be 0"))
    return;
  Value scaled = div(n, n.getInput(0), scalar(n, alpha));
  Value elu = n.create<qnn::EluOp>({scaled}, {{"alpha", n.number(1)}});
  n.setResult(mul(n, elu, scalar(n, alpha)));
}

/// gamma * elu(x, alpha)
void buildSelu(Node &n) {
  float alpha = n.getFloat("alpha", 1.67326319217681884765625f);
  float gamma = n.getFloat("gamma", 1.05070102214813232421875f);
  Value elu = n.create<qnn::EluOp>({n.getInput(0)}, {{"alpha", n.number(alpha)}});
  n.setResult(mul(n, elu, scalar(n, gamma)));
}

void buildThresholdedRelu(Node &n) {
  Value alpha = scalar(n, n.getFloat("alpha", 1)), x = n.getInput(0);
  Value above = n.create<qnn::GreaterOp>({x, alpha});
  n.setResult(n.create<qnn::WhereOp>({above, x, scalar(n, 0)}));
}

void buildSoftsign(Node &n) {
  Value x = n.getInput(0);
  n.setResult(div(n, x, add(n, n.create<qnn::AbsOp>({x}), scalar(n, 1))));
}

void buildMish(Node &n) {
  Value x = n.getInput(0);
  Value softplus = n.create<qnn::SoftplusOp>({x});
  n.setResult(mul(n, x, n.create<qnn::TanhOp>({softplus})));
}

/// x + bias below -lambd, x - bias above lambd, 0 between.
void buildShrink(Node &n) {
  float lambda = n.getFloat("lambd", 0.5f), bias = n.getFloat("bias", 0);
  if (!n.expect(isFloat(n.getElementType(0)), "expects a float input"))
    return;
  Value x = n.getInput(0);
  Value below = n.create<qnn::LessOp>({x, scalar(n, -lambda)});
  Value above = n.create<qnn::GreaterOp>({x, scalar(n, lambda)});
  Value high = n.create<qnn::WhereOp>({above, sub(n, x, scalar(n, bias)), scalar(n, 0)});
  n.setResult(n.create<qnn::WhereOp>({below, add(n, x, scalar(n, bias)), high}));
}

void buildIsNaN(Node &n) {
  Value x = n.getInput(0);
  n.setResult(0, n.create<qnn::NotOp>({n.create<qnn::EqualOp>({x, x})}), Bool);
}

void buildIsInf(Node &n) {
  bool negative = n.getBool("detect_negative", true), positive = n.getBool("detect_positive", true);
  double infinity = std::numeric_limits<double>::infinity();
  Value x = n.getInput(0);
  if (!n.expect(negative || positive, "an IsInf that detects nothing is not supported"))
    return;
  if (negative && positive)
    x = n.create<qnn::AbsOp>({x});
  n.setResult(0, n.create<qnn::EqualOp>({x, scalar(n, positive ? infinity : -infinity)}), Bool);
}

} // namespace

ArrayRef<OpEntry> getUnaryOps() {
  static const OpEntry entries[] = {
      {"Abs", 1, 1, buildSigned<qnn::AbsOp>},
      {"BitwiseNot", 1, 1, buildBitwiseNot, 18},
      {"Cast", 1, 1, buildCast},
      {"CastLike", 2, 2, buildCastLike, 15},
      {"Ceil", 1, 1, buildUnary<qnn::CeilOp>},
      {"Celu", 1, 1, buildCelu, 12},
      {"Dropout", 1, 3, buildDropout},
      {"Elu", 1, 1, buildElu},
      {"Erf", 1, 1, buildUnary<qnn::ErfOp>, 9},
      {"Exp", 1, 1, buildUnary<qnn::ExpOp>},
      {"Floor", 1, 1, buildUnary<qnn::FloorOp>},
      {"Gelu", 1, 1, buildGelu, 20},
      {"HardSigmoid", 1, 1, buildHardSigmoid},
      {"HardSwish", 1, 1, buildUnary<qnn::HardSwishOp>, 14},
      {"Identity", 1, 1, buildIdentity},
      {"IsInf", 1, 1, buildIsInf, 10},
      {"IsNaN", 1, 1, buildIsNaN, 9},
      {"LeakyRelu", 1, 1, buildLeakyRelu},
      {"Log", 1, 1, buildUnary<qnn::LogOp>},
      {"Mish", 1, 1, buildMish, 18},
      {"Neg", 1, 1, buildUnary<qnn::NegOp>},
      {"Not", 1, 1, buildUnary<qnn::NotOp>},
      {"Reciprocal", 1, 1, buildUnary<qnn::ReciprocalOp>},
      {"Relu", 1, 1, buildUnary<qnn::ReluOp>},
      {"Round", 1, 1, buildUnary<qnn::RoundOp>, 11},
      {"Selu", 1, 1, buildSelu},
      {"Shrink", 1, 1, buildShrink, 9},
      {"Sigmoid", 1, 1, buildUnary<qnn::SigmoidOp>},
      {"Sign", 1, 1, buildSign, 9},
      {"Softplus", 1, 1, buildUnary<qnn::SoftplusOp>},
      {"Softsign", 1, 1, buildSoftsign},
      {"Sqrt", 1, 1, buildUnary<qnn::SqrtOp>},
      {"SwiGLU", 2, 2, buildSwiGlu, 28},
      {"Swish", 1, 1, buildSwish, 24},
      {"Tanh", 1, 1, buildUnary<qnn::TanhOp>},
      {"ThresholdedRelu", 1, 1, buildThresholdedRelu, 10},
      {"BiasGelu", 2, 2, buildBiasGelu, 1, 1, "com.microsoft"},
      {"FastGelu", 1, 2, buildFastGelu, 1, 1, "com.microsoft"},
      {"Gelu", 1, 1, buildUnary<qnn::GeluOp>, 1, 1, "com.microsoft"},
      {"QuickGelu", 1, 1, buildQuickGelu, 1, 1, "com.microsoft"},
  };
  return entries;
}

} // namespace bitwright::onnximport
