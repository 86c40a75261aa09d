// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// com.microsoft's ops on quantized tensors. Each becomes dequantize, float op,
/// quantize, which fusion turns to integers.

#include "Compose.h"
#include "Matrices.h"
#include "OpTable.h"
#include "Pools.h"
#include "Quantizations.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;

namespace bitwright::onnximport {

namespace {

using Parameters = QuantizationParameters;

/// Input `index` as float, by the scale at `scaleIndex` and the zero point after it.
Value dequantized(Node &n, unsigned index, unsigned scaleIndex) {
  auto parameters = Parameters::read(n, scaleIndex, scaleIndex + 1, n.getElementType(index), 0, 0,
                                     n.getRank(index));
  return parameters.dequantize(n, n.getInput(index));
}

/// Sets result 0 to `value`, quantized by the scale at `scaleIndex` and the zero point after it.
void setQuantized(Node &n, Value value, unsigned scaleIndex, int32_t storage) {
  if (n.failed())
    return;
  auto parameters =
      Parameters::read(n, scaleIndex, scaleIndex + 1, storage, 0, 0, rankOf(n, value));
  n.setResult(0, parameters.quantize(n, value), storage);
}

/// X, its scale and zero point, then those of the result.
void buildOfOne(Node &n, llvm::function_ref<Value(Value)> compute) {
  Value x = dequantized(n, 0, 1);
  if (!n.failed())
    setQuantized(n, compute(x), 3, n.getElementType(0));
}

template <typename Op> void buildOfTwo(Node &n) {
  Value result = n.create<Op>({dequantized(n, 0, 1), dequantized(n, 3, 4)});
  setQuantized(n, result, 6, n.getElementType(0));
}

void buildSigmoid(Node &n) {
  buildOfOne(n, [&](Value x) { return n.create<qnn::SigmoidOp>({x}); });
}

void buildLeakyRelu(Node &n) {
  Attribute alpha = n.number(n.getFloat("alpha", 0.01f));
  buildOfOne(n, [&](Value x) { return n.create<qnn::LeakyReluOp>({x}, {{"alpha", alpha}}); });
}

/// Since opset 13 along the axis, before over all dimensions from it on.
void buildSoftmax(Node &n) {
  int64_t opset = n.getInt("opset", 13);
  int64_t axis = n.normalizeAxis(n.getInt("axis", opset < 13 ? 1 : -1), n.getRank(0));
  buildOfOne(n, [&](Value x) {
    if (opset >= 13)
      return softmaxOver(n, x, axis);
    Value flat = n.create<qnn::FlattenOp>({x}, {{"axis", n.integer(axis)}});
    return n.create<qnn::ReshapeOp>({softmaxOver(n, flat, 1), n.shapeOf(x)});
  });
}

void buildAveragePool(Node &n) {
  n.expect(!n.getBool("channels_last", false), "attribute 'channels_last' is not supported");
  buildOfOne(n, [&](Value x) { return averagePool(n, x); });
}

void buildGlobalAveragePool(Node &n) {
  bool isLast = n.getBool("channels_last", false);
  int64_t rank = n.getRank(0);
  SmallVector<int64_t> axes = isLast ? axesBetween(1, rank - 1) : axesBetween(2, rank);
  n.expect(rank >= 3, "expects an input of rank 3 or more");
  buildOfOne(n, [&](Value x) { return reduce<qnn::ReduceMeanOp>(n, x, axes); });
}

void buildReduceMean(Node &n) {
  int64_t rank = n.getRank(0);
  SmallVector<int64_t> axes = n.normalizeAxes(n.getInts("axes", {}), rank);
  bool keepDims = n.getBool("keepdims", true);
  if (axes.empty())
    axes = axesBetween(0, rank);
  buildOfOne(n, [&](Value x) { return reduce<qnn::ReduceMeanOp>(n, x, axes, keepDims); });
}

/// The result's scale and zero point come first, then three inputs for each part.
void buildConcat(Node &n) {
  if (!n.expect(n.getNumInputs() % 3 == 2, "expects a scale and a zero point for each part"))
    return;
  int64_t axis = n.normalizeAxis(n.requireInt("axis"), n.getRank(2));
  SmallVector<Value> parts;
  for (unsigned i = 2; i < n.getNumInputs(); i += 3)
    parts.push_back(dequantized(n, i, i + 1));
  setQuantized(n, concat(n, parts, axis), 0, n.getElementType(2));
}

void buildWhere(Node &n) {
  n.expect(n.getElementType(0) == Bool, "expects a condition of bool");
  Value result = where(n, n.getInput(0), dequantized(n, 1, 2), dequantized(n, 4, 5));
  setQuantized(n, result, 7, n.getElementType(1));
}

//===--- products ---------------------------------------------------------===//

/// The int32 addend of a QGemm, whose scale is alpha times those of the operands.
Value dequantizedAddend(Node &n, const Parameters &a, const Parameters &b, float alpha) {
  Value scale = mul(n, n.materialize(a.scale), n.materialize(b.scale));
  if (alpha != 1)
    scale = mul(n, scale, n.createScalar(Float, alpha));
  return mul(n, n.cast(n.getInput(6), n.getElementType(6), Float), scale);
}

/// alpha * A' * B' + C, quantized where the scale of the result is given.
void buildQGemm(Node &n) {
  float alpha = n.getFloat("alpha", 1);
  bool transA = n.getBool("transA", false), transB = n.getBool("transB", false);
  if (n.failed() || !n.expect(n.getRank(0) == 2 && n.getRank(3) == 2, "expects matrices of rank 2"))
    return;
  auto a = Parameters::read(n, 1, 2, n.getElementType(0), 0, 0, 2);
  auto b = Parameters::read(n, 4, 5, n.getElementType(3), transB ? 0 : 1, 0, 2);
  Value lhs = a.dequantize(n, n.getInput(0));
  if (transA)
    lhs = n.transpose(lhs, {1, 0});
  ImportedValue rhs = b.dequantize(n, n.getImported(3));
  if (n.failed())
    return;
  Value result, bias, weight = getLinearWeight(n, rhs, transB);
  if (weight) {
    bool isBias = alpha == 1 && n.hasInput(6) && n.getRank(6) == 1 &&
                  n.getInputType(6).getShape()[0] == sizeOf(n, weight, 0).known;
    bias = isBias ? dequantizeBias(n, 6, a, b) : Value();
    result = n.create<qnn::LinearOp>({lhs, weight, bias});
  } else {
    result = createMatmul(n, lhs, transB ? n.transpose(rhs.value, {1, 0}) : rhs.value);
  }
  if (alpha != 1)
    result = mul(n, result, n.createScalar(Float, alpha));
  if (n.hasInput(6) && !bias)
    result = add(n, result, dequantizedAddend(n, a, b, alpha));
  if (!n.hasInput(7))
    return n.setResult(0, result, Float);
  setQuantized(n, result, 7, n.hasInput(8) ? n.getElementType(8) : n.getElementType(0));
}

/// A and B with scales at 2 and 3, zero points at 4 and 5 and a bias at 6; the result is float.
void buildMatMulIntegerToFloat(Node &n) {
  auto a = Parameters::read(n, 2, 4, n.getElementType(0), -2, 0, n.getRank(0));
  auto b = Parameters::read(n, 3, 5, n.getElementType(1), -1, 0, n.getRank(1));
  Value lhs = a.dequantize(n, n.getInput(0));
  ImportedValue rhs = b.dequantize(n, n.getImported(1));
  if (n.failed())
    return;
  ImportedValue data;
  data.elementType = Float;
  data.value = lhs;
  Value result = createMatmul(n, data, rhs);
  n.setResult(0, n.hasInput(6) ? add(n, result, n.getInput(6)) : result, Float);
}

/// A float, quantized as DynamicQuantizeLinear does; B with scale and zero point at 2 and 3 and a
/// bias at 4.
void buildDynamicQuantizeMatMul(Node &n) {
  auto b = Parameters::read(n, 2, 3, n.getElementType(1), -1, 0, n.getRank(1));
  DynamicallyQuantized a = quantizeDynamically(n, n.getInput(0));
  if (n.failed())
    return;
  ImportedValue data;
  data.elementType = Float;
  data.value = n.create<qnn::DequantizeOp>({a.data, a.scale, a.zeroPoint},
                                           {{"axis", n.integer(0)}, {"is_unsigned", n.unit(true)}});
  Value result = createMatmul(n, data, b.dequantize(n, n.getImported(1)));
  n.setResult(0, n.hasInput(4) ? add(n, result, n.getInput(4)) : result, Float);
}

} // namespace

ArrayRef<OpEntry> getQLinearOps() {
  static constexpr StringLiteral ms = "com.microsoft";
  static const OpEntry entries[] = {
      {"DynamicQuantizeMatMul", 3, 5, buildDynamicQuantizeMatMul, 1, 1, ms},
      {"MatMulIntegerToFloat", 4, 7, buildMatMulIntegerToFloat, 1, 1, ms},
      {"QGemm", 6, 9, buildQGemm, 1, 1, ms},
      {"QLinearAdd", 7, 8, buildOfTwo<qnn::AddOp>, 1, 1, ms},
      {"QLinearAveragePool", 4, 5, buildAveragePool, 1, 1, ms},
      {"QLinearConcat", 5, anyNumber, buildConcat, 1, 1, ms},
      {"QLinearGlobalAveragePool", 5, 5, buildGlobalAveragePool, 1, 1, ms},
      {"QLinearLeakyRelu", 4, 5, buildLeakyRelu, 1, 1, ms},
      {"QLinearMul", 7, 8, buildOfTwo<qnn::MulOp>, 1, 1, ms},
      {"QLinearReduceMean", 4, 5, buildReduceMean, 1, 1, ms},
      {"QLinearSigmoid", 4, 5, buildSigmoid, 1, 1, ms},
      {"QLinearSoftmax", 5, 5, buildSoftmax, 1, 1, ms},
      {"QLinearWhere", 9, 9, buildWhere, 1, 1, ms},
  };
  return entries;
}

} // namespace bitwright::onnximport
