// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// MatMul, Gemm and their kin. A constant right operand of two dimensions is a
/// weight: it becomes N x K and the op a qnn.linear.

#include "Matrices.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include <cstring>

using namespace mlir;

namespace bitwright::onnximport {

Value getLinearWeight(Node &n, const ImportedValue &matrix, bool isTransposed) {
  if (n.failed() || matrix.getType().getRank() != 2)
    return {};
  SmallVector<int64_t> perm = {1, 0};
  if (matrix.constant)
    return n.materialize(isTransposed ? matrix.constant : transposed(*matrix.constant, perm));
  const DequantizedConstant *source = matrix.dequantized.get();
  if (!source)
    return {};
  if (isTransposed)
    return n.materialize(matrix);
  bool isBlocked = source->blockSize != 0;
  auto turned = [&](const ConstantPtr &constant) {
    return n.materialize(isBlocked ? transposed(*constant, perm) : constant);
  };
  bool isScalar = source->scale->type.getRank() == 0;
  return n.create<qnn::DequantizeOp>(
      {n.materialize(transposed(*source->data, perm)), turned(source->scale),
       turned(source->zeroPoint)},
      {{"axis", n.integer(isScalar ? 0 : 1 - source->axis)},
       {"block_size", n.integer(source->blockSize)},
       {"is_unsigned", n.unit(isUnsigned(source->data->elementType))}});
}

Value createMatmul(Node &n, Value lhs, Value rhs) {
  if (n.failed() || !lhs || !rhs)
    return {};
  int64_t lhsRank = cast<RankedTensorType>(lhs.getType()).getRank();
  int64_t rhsRank = cast<RankedTensorType>(rhs.getType()).getRank();
  if (!n.expect(lhsRank > 0 && rhsRank > 0, "expects operands of rank 1 or more"))
    return {};
  if (lhsRank == 1)
    lhs = n.unsqueeze(lhs, {0});
  if (rhsRank == 1)
    rhs = n.unsqueeze(rhs, {1});
  Value result = n.create<qnn::MatmulOp>({lhs, rhs});
  if (n.failed())
    return {};
  int64_t rank = cast<RankedTensorType>(result.getType()).getRank();
  SmallVector<int64_t> axes;
  if (lhsRank == 1)
    axes.push_back(rank - 2);
  if (rhsRank == 1)
    axes.push_back(rank - 1);
  return axes.empty() ? result : n.squeeze(result, axes);
}

Value createMatmul(Node &n, const ImportedValue &lhs, const ImportedValue &rhs) {
  if (n.failed())
    return {};
  bool isLinear = isFloat(rhs.elementType) && lhs.getType().getRank() >= 1;
  Value weight = isLinear ? getLinearWeight(n, rhs, /*isTransposed=*/false) : Value();
  if (weight)
    return n.create<qnn::LinearOp>({n.materialize(lhs), weight});
  return createMatmul(n, n.materialize(lhs), n.materialize(rhs));
}

namespace {

void expectSameType(Node &n) {
  n.expect(n.getElementType(0) == n.getElementType(1), "expects operands of one type");
}

void buildMatMul(Node &n) {
  expectSameType(n);
  n.setResult(createMatmul(n, n.getImported(0), n.getImported(1)));
}

Value swapLast(Node &n, Value value) {
  if (n.failed())
    return {};
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  if (!n.expect(rank >= 2, "expects a transposed operand of rank 2 or more"))
    return {};
  SmallVector<int64_t> perm = axesBetween(0, rank);
  std::swap(perm[rank - 1], perm[rank - 2]);
  return n.transpose(value, perm);
}

Value scaled(Node &n, Value value, double factor) {
  if (factor == 1)
    return value;
  return n.create<qnn::MulOp>({value, n.createScalar(n.getElementType(0), factor)});
}

/// com.microsoft.FusedMatMul: alpha * A' * B'
void buildFusedMatMul(Node &n) {
  expectSameType(n);
  n.expect(!n.getBool("transBatchA", false) && !n.getBool("transBatchB", false),
           "transposed batches are not supported");
  bool transA = n.getBool("transA", false), transB = n.getBool("transB", false);
  float alpha = n.getFloat("alpha", 1);
  Value lhs = n.getInput(0);
  if (transA)
    lhs = swapLast(n, lhs);
  Value weight = getLinearWeight(n, n.getImported(1), transB);
  if (weight)
    return n.setResult(scaled(n, n.create<qnn::LinearOp>({lhs, weight}), alpha));
  Value rhs = n.getInput(1);
  if (transB)
    rhs = swapLast(n, rhs);
  n.setResult(scaled(n, createMatmul(n, lhs, rhs), alpha));
}

//===--- Gemm -------------------------------------------------------------===//

/// `constant` times `factor`, rounded to its type (float only).
ConstantPtr scaleConstant(Node &n, const ConstantPtr &constant, float factor) {
  if (factor == 1 || constant->elementType != Float)
    return factor == 1 ? constant : nullptr;
  std::vector<float> values(constant->type.getNumElements());
  std::memcpy(values.data(), constant->bytes.data(), constant->bytes.size());
  for (float &value : values)
    value *= factor;
  ConstantPtr result = makeFloats(n.getContext(), constant->type.getShape(), values);
  result->name = constant->name;
  return result;
}

/// A constant C as the bias of `size` channels: [N], [1, N], [1], scalar. Null where it is not.
ConstantPtr getConstantBias(Node &n, const ConstantPtr &constant, int64_t size) {
  ArrayRef<int64_t> shape = constant->type.getShape();
  bool isRow = !shape.empty() && shape.back() == size && constant->type.getNumElements() == size;
  if (isRow)
    return reshaped(*constant, {size});
  if (constant->type.getNumElements() != 1 || constant->elementType != Float)
    return nullptr;
  float value;
  std::memcpy(&value, constant->bytes.data(), sizeof(value));
  return makeFloats(n.getContext(), {size}, std::vector<float>(size, value));
}

class Gemm {
public:
  explicit Gemm(Node &n)
      : n(n), alpha(n.getFloat("alpha", 1)), beta(n.getFloat("beta", 1)),
        transA(n.getBool("transA", false)), transB(n.getBool("transB", false)) {}

  Value build();

private:
  Value getWeight();
  Value getBias(Value weight);

  Node &n;
  float alpha, beta;
  bool transA, transB;
};

/// The weight with alpha folded in where that is possible; alpha is 1 after it.
Value Gemm::getWeight() {
  ImportedValue matrix = n.getImported(1);
  if (n.failed() || !isFloat(matrix.elementType))
    return {};
  if (matrix.constant && alpha != 1) {
    ConstantPtr folded = scaleConstant(n, matrix.constant, alpha);
    if (folded) {
      matrix.constant = folded;
      alpha = 1;
    }
  }
  return getLinearWeight(n, matrix, transB);
}

/// C as a bias of the linear op; null where it must be added.
Value Gemm::getBias(Value weight) {
  int64_t size = cast<RankedTensorType>(weight.getType()).getShape()[0];
  ImportedValue matrix = n.getImported(2);
  if (n.failed() || ShapedType::isDynamic(size) || alpha != 1)
    return {};
  if (matrix.constant) {
    ConstantPtr folded = scaleConstant(n, matrix.constant, beta);
    ConstantPtr bias = folded ? getConstantBias(n, folded, size) : nullptr;
    return bias ? n.materialize(bias) : Value();
  }
  bool fits = matrix.getType().getShape() == ArrayRef<int64_t>{size} && beta == 1;
  return fits ? n.materialize(matrix) : Value();
}

Value Gemm::build() {
  expectSameType(n);
  Value lhs = n.getInput(0);
  if (!n.expect(n.getRank(0) == 2 && n.getRank(1) == 2, "expects matrices of rank 2"))
    return {};
  if (transA)
    lhs = n.transpose(lhs, {1, 0});
  bool hasC = n.hasInput(2) && beta != 0;
  Value result, bias;
  if (Value weight = getWeight()) {
    bias = hasC ? getBias(weight) : Value();
    result = n.create<qnn::LinearOp>({lhs, weight, bias});
  } else {
    Value rhs = n.getInput(1);
    result = createMatmul(n, lhs, transB ? n.transpose(rhs, {1, 0}) : rhs);
  }
  result = scaled(n, result, alpha);
  if (hasC && !bias)
    result = n.create<qnn::AddOp>({result, scaled(n, n.getInput(2), beta)});
  return result;
}

void buildGemm(Node &n) { n.setResult(gemm(n)); }

} // namespace

Value gemm(Node &n) { return Gemm(n).build(); }

ArrayRef<OpEntry> getMatrixOps() {
  static const OpEntry entries[] = {
      {"Gemm", 2, 3, buildGemm},
      {"MatMul", 2, 2, buildMatMul},
      {"FusedMatMul", 2, 2, buildFusedMatMul, 1, 1, "com.microsoft"},
  };
  return entries;
}

} // namespace bitwright::onnximport
