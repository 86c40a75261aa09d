// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Integer convolutions and linear ops: exact int32 sums. The zero point of the
/// activations is folded into the start of the accumulators,
/// `bias - zero_point * sum(w)`, so padding is filled with it.

#include "passes/Codegen/Contractions/Contraction.h"
#include "passes/Codegen/Contractions/PackedContraction.h"
#include "passes/Codegen/Contractions/Requantize.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

//===--- operands ---------------------------------------------------------===//

namespace {
/// Operands of the three ops under one roof.
struct ContractionOperands {
  Value bias, zeroPoint, multiplier, residual, rowScale, rowZeroPoint, floatBias;
};

/// The pointer arguments of the kernels that only integer contractions have.
enum Own {
  Multiplier = PackedContraction::FirstOwn,
  Residual,
  RowScale,
  RowZeroPoint,
  FloatBias,
  Result
};
} // namespace

static LogicalResult checkConstants(Operation *op, ValueRange values) {
  for (Value value : values)
    if (value && !bitwright::getConstant(value))
      return op->emitError()
             << "node '" << bitwright::getNodeName(op->getLoc())
             << "': weights, scales and zero points must be constants to be compiled";
  return success();
}

template <typename QOp> static FailureOr<ContractionOperands> getQuantizedOperands(QOp op) {
  if (failed(checkConstants(op, {op.getWeight(), op.getBias(), op.getInputZeroPoint(),
                                 op.getMultiplier(), op.getOutputZeroPoint(),
                                 op.getResidualZeroPoint(), op.getResidualMultiplier()})))
    return failure();
  return ContractionOperands{
      op.getBias(), op.getInputZeroPoint(), op.getMultiplier(), op.getResidual(), {}, {}, {}};
}

static FailureOr<ContractionOperands> getOperands(Operation *op) {
  if (auto dynamic = dyn_cast<qnn::DynamicQLinearOp>(op)) {
    if (failed(
            checkConstants(op, {dynamic.getWeight(), dynamic.getWeightScale(), dynamic.getBias()})))
      return failure();
    return ContractionOperands{{},
                               {},
                               dynamic.getWeightScale(),
                               {},
                               dynamic.getScale(),
                               dynamic.getZeroPoint(),
                               dynamic.getBias()};
  }
  if (auto conv = dyn_cast<qnn::QConv2dOp>(op))
    return getQuantizedOperands(conv);
  return getQuantizedOperands(cast<qnn::QLinearOp>(op));
}

static bool hasUnsignedInput(Operation *op) {
  if (auto conv = dyn_cast<qnn::QConv2dOp>(op))
    return conv.getUnsignedInput();
  if (auto linear = dyn_cast<qnn::QLinearOp>(op))
    return linear.getUnsignedInput();
  return true; // dynamic_quantize
}

//===--- the end of the sums ----------------------------------------------===//

/// dynamic_qlinear: the row's zero point meets the sums of the weights, which
/// `Residual` holds; then the scales of the columns and of the row.
static Value scaleDynamically(KernelBuilder &k, qnn::DynamicQLinearOp op, Value acc, Value row,
                              Value column, ValueRange pointers) {
  Type ints = acc.getType();
  Value zero = k.extend(k.load(k.i8(), pointers[RowZeroPoint], row), k.i32(), true);
  Value sums = k.load(ints, pointers[Residual], column);
  acc = k.sub(acc, k.mul(k.splat(zero, ints), sums));
  Value r = k.toFloat(acc, k.f32(), false);
  Type floats = r.getType();
  bool perChannel = op.getWeightScale().getType().getNumElements() > 1;
  Value scale = perChannel ? k.load(floats, pointers[Multiplier], column)
                           : k.splat(k.loadAt(k.f32(), pointers[Multiplier]), floats);
  r = k.mul(r, scale);
  r = k.mul(r, k.splat(k.load(k.f32(), pointers[RowScale], row), floats));
  return op.getBias() ? k.add(r, k.load(floats, pointers[FloatBias], column)) : r;
}

static Kernel buildKernel(PackedContraction &c, int64_t zeroPoint) {
  auto dynamic = dyn_cast<qnn::DynamicQLinearOp>(c.op);
  std::optional<Requantize> requantize;
  if (!dynamic)
    requantize = Requantize::get(c.op);
  auto finish = [&c, dynamic, requantize](KernelBuilder &k, Value acc, Value row, Value column,
                                          Value offset, ValueRange v) {
    Value q = requantize ? requantize->emit(k, acc, offset, column, v[Multiplier], v[Residual])
                         : scaleDynamically(k, dynamic, acc, row, column, v);
    c.epilogue.store(k, q, offset, column, v.drop_front(Result));
  };
  return c.build(isa<qnn::QConv2dOp>(c.op) ? "qconv2d" : "qlinear", zeroPoint, /*hasStart=*/true,
                 Result - PackedContraction::FirstOwn, finish);
}

//===--- launch -----------------------------------------------------------===//

/// The start of the accumulators: bias - zeroPoint * sum(w), padded.
static std::vector<char> packStart(ArrayRef<int64_t> sums, const int64_t *bias, int64_t zeroPoint,
                                   int64_t padded) {
  std::vector<char> bytes(padded * 4, 0);
  for (size_t n = 0; n < sums.size(); ++n) {
    int32_t value = int32_t((bias ? bias[n] : 0) - zeroPoint * sums[n]);
    std::memcpy(bytes.data() + 4 * n, &value, 4);
  }
  return bytes;
}

/// The sum of the weights of each column of one group.
static SmallVector<int64_t> sumWeights(const ContractionSpec &spec, ArrayRef<char> weights,
                                       int64_t group) {
  SmallVector<int64_t> sums(spec.n, 0);
  for (int64_t i = 0; i < spec.n; ++i)
    for (char weight : weights.slice((group * spec.n + i) * spec.k, spec.k))
      sums[i] += int8_t(weight);
  return sums;
}

/// The arguments of one group from Start on.
static SmallVector<Value> getArguments(PackedContraction &c, const ContractionOperands &operands,
                                       ArrayRef<char> weights, int64_t zeroPoint, int64_t group) {
  Program &p = c.p;
  Location loc = c.op->getLoc();
  std::optional<SmallVector<int64_t>> bias;
  if (operands.bias)
    bias = bitwright::getIntegers(operands.bias);
  SmallVector<int64_t> sums = sumWeights(c.spec, weights, group);
  constexpr int64_t first = PackedContraction::Start;
  SmallVector<Value> values(Result - first, p.host.weights());
  auto set = [&](int64_t argument, Value value) { values[argument - first] = value; };
  set(first, p.constant(packStart(sums, bias ? bias->data() + group * c.spec.n : nullptr,
                                  zeroPoint + c.tile.lhsOffset(c.spec), c.paddedColumns()),
                        loc));
  bool perChannel = cast<RankedTensorType>(operands.multiplier.getType()).getNumElements() > 1;
  set(Multiplier,
      c.shifted(operands.multiplier, perChannel ? LeafAccess::Column : LeafAccess::Scalar, group));
  if (operands.residual)
    set(Residual, c.shifted(operands.residual, LeafAccess::Full, group));
  if (isa<qnn::DynamicQLinearOp>(c.op)) {
    set(Residual, p.constant(packStart(sums, nullptr, -1, c.paddedColumns()), loc));
    set(RowScale, p.pointer(operands.rowScale, loc));
    set(RowZeroPoint, p.pointer(operands.rowZeroPoint, loc));
    if (operands.floatBias)
      set(FloatBias, p.pointer(operands.floatBias, loc));
  }
  return values;
}

LogicalResult bitwright::codegen::emitIntegerContraction(Program &p, kernel::LaunchOp unit) {
  Operation *op = unit.getAnchor();
  FailureOr<ContractionOperands> operands = getOperands(op);
  if (failed(operands))
    return failure();
  bool isUnsigned = hasUnsignedInput(op);
  auto c = PackedContraction::create(p, unit, isUnsigned ? ElementKind::U8 : ElementKind::S8,
                                     ElementKind::S8);
  if (!c)
    return failure();
  int64_t zeroPoint =
      isa<qnn::DynamicQLinearOp>(op) ? 0 : readByte(operands->zeroPoint, isUnsigned);
  Kernel kernel = buildKernel(*c, zeroPoint);
  // The constant owns the bytes of a dense attribute.
  auto constantWeights = *bitwright::getConstant(op->getOperand(1));
  ArrayRef<char> weights = constantWeights.bytes;
  c->launch(kernel, weights, /*perOperation=*/16,
            [&](int64_t group) { return getArguments(*c, *operands, weights, zeroPoint, group); });
  return success();
}
