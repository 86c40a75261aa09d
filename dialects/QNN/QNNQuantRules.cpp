// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The rules of the quantization ops, labelled as in docs/semantics.md. What
/// depends on values is checked where they are constant.

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/IntegerRange.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"
#include "dialects/QNN/WeightRules.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace bitwright;
using namespace bitwright::qnn;

namespace {

constexpr int64_t accumulatorLimit = int64_t(1) << 31;

IntegerRange byteRange(bool isUnsigned) { return integerRange(8, isUnsigned); }

//===--- scales and zero points -------------------------------------------===//

/// Q5: a constant scale is positive and finite. Q10: a multiplier may be zero.
LogicalResult checkScaleValues(Operation *op, StringRef what, Value scale, bool allowZero) {
  std::optional<SmallVector<float>> values = getFloats(scale);
  if (!values)
    return success();
  for (auto [index, value] : llvm::enumerate(*values))
    if (!std::isfinite(value) || value < 0 || (value == 0 && !allowZero))
      return op->emitOpError("expects ") << (allowZero ? "finite " : "positive, finite ") << what
                                         << ", but got " << value << " at element " << index;
  return success();
}

/// Q8: one value for the whole tensor.
LogicalResult checkScalar(Operation *op, StringRef what, Value value) {
  if (dimsOf(value).empty())
    return success();
  return op->emitOpError("expects a scalar ") << what << ", but got " << value.getType();
}

/// Q10: a scalar or one multiplier for each of `channels`.
LogicalResult checkMultiplier(Operation *op, StringRef what, Value value, int64_t channels) {
  ArrayRef<int64_t> dims = dimsOf(value);
  if (!dims.empty() && (dims.size() != 1 || !dimsAgree(dims[0], channels)))
    return op->emitOpError("expects a scalar ")
           << what << " or one for each of " << toString({channels}) << " channels, but got "
           << toString(dims);
  return checkScaleValues(op, what, value, /*allowZero=*/true);
}

/// Q10: what a sum takes its operands with may be negative, which makes it a difference.
LogicalResult checkAddend(Operation *op, StringRef what, Value value) {
  if (failed(checkScalar(op, what, value)))
    return failure();
  std::optional<SmallVector<float>> values = getFloats(value);
  if (values && !llvm::all_of(*values, [](float v) { return std::isfinite(v); }))
    return op->emitOpError("expects finite ") << what << ", but got " << values->front();
  return success();
}

LogicalResult checkScalarMultiplier(Operation *op, StringRef what, Value value) {
  if (failed(checkScalar(op, what, value)))
    return failure();
  return checkScaleValues(op, what, value, /*allowZero=*/true);
}

/// Q9: clamp_min <= clamp_max, both storage values of the result.
LogicalResult checkClamp(Operation *op, int64_t low, int64_t high, bool isUnsigned) {
  IntegerRange range = byteRange(isUnsigned);
  if (low < range.min || high > range.max || low > high)
    return op->emitOpError("expects a clamp inside [")
           << range.min << ", " << range.max << "], but got " << low << " to " << high;
  return success();
}

/// Q1 to Q6, for quantize and dequantize.
LogicalResult checkGranularity(Operation *op, Value tensor, Value scale, Value zeroPoint,
                               int64_t axis, int64_t blockSize) {
  ArrayRef<int64_t> dims = dimsOf(tensor), scales = dimsOf(scale);
  int64_t rank = dims.size();
  if (blockSize < 0) // Q3
    return op->emitOpError("expects a block size of at least 0, but got ") << blockSize;
  bool perTensor = scales.empty() && blockSize == 0;
  if (!perTensor && (axis < 0 || axis >= rank)) // Q2
    return op->emitOpError("expects an axis from 0 to ") << rank - 1 << ", but got " << axis;
  Dims expected;
  if (blockSize > 0) {
    expected.assign(dims.begin(), dims.end());
    if (!isDynamic(dims[axis]))
      expected[axis] = llvm::divideCeil(dims[axis], blockSize);
  } else if (!perTensor) {
    expected.push_back(dims[axis]);
  }
  bool fits =
      expected.size() == scales.size() && llvm::all_of(llvm::zip(expected, scales), [](auto pair) {
        return dimsAgree(std::get<0>(pair), std::get<1>(pair));
      });
  if (!fits) // Q1
    return op->emitOpError("expects a scale of shape ")
           << toString(expected) << ", but got " << toString(scales);
  if (failed(verifyCompatibleShape(scale.getType(), zeroPoint.getType()))) // Q4
    return op->emitOpError("expects a zero point of shape ")
           << toString(scales) << ", but got " << toString(dimsOf(zeroPoint));
  if (elementOf(zeroPoint).isInteger(32)) // Q6
    if (auto values = getIntegers(zeroPoint))
      if (llvm::any_of(*values, [](int64_t value) { return value != 0; }))
        return op->emitOpError("expects zero point 0 for i32 storage");
  return checkScaleValues(op, "scale", scale, /*allowZero=*/false);
}

//===--- accumulators -----------------------------------------------------===//

/// What the data of a contraction can be: its storage range and, where that is constant, its
/// zero point.
struct DataRange {
  IntegerRange range;
  std::optional<int64_t> zeroPoint;

  DataRange(Value zeroPointValue, bool isUnsigned) : range(byteRange(isUnsigned)) {
    std::optional<SmallVector<int64_t>> values =
        zeroPointValue ? getIntegers(zeroPointValue) : std::nullopt;
    if (values && values->size() == 1)
      zeroPoint = isUnsigned ? (*values)[0] & 255 : (*values)[0];
  }
  /// Largest |x - zero_point|.
  int64_t largest() const {
    return zeroPoint ? std::max(range.max - *zeroPoint, *zeroPoint - range.min) : range.steps();
  }
  /// What the sums of one channel can be.
  AccumulatorBounds bounds(ArrayRef<int8_t> weights, int64_t bias) const {
    if (zeroPoint)
      return accumulatorBounds(weights, range, *zeroPoint, bias);
    return accumulatorBounds(weights, {-range.steps(), range.steps()}, 0, bias);
  }
};

/// The sum of largest magnitude over all channels of constant weights.
std::optional<int64_t> largestSum(Value weight, const std::optional<SmallVector<int64_t>> &bias,
                                  const DataRange &input) {
  std::optional<ConstantData> data = getConstant(weight);
  if (!data || !data->type.getElementType().isInteger(8))
    return std::nullopt;
  int64_t channels = data->type.getShape()[0], largest = 0;
  int64_t size = channels ? data->bytes.size() / channels : 0;
  for (int64_t channel = 0; channel < channels; ++channel) {
    ArrayRef<char> bytes = data->bytes.slice(channel * size, size);
    AccumulatorBounds bounds =
        input.bounds({reinterpret_cast<const int8_t *>(bytes.data()), bytes.size()},
                     bias ? (*bias)[channel] : 0);
    largest = std::max({largest, bounds.max, -(bounds.min + 1)}); // as int32 reaches
  }
  return largest;
}

/// Q12: acc = sum((x - zero_point) * w) + bias stays inside int32. The bound of
/// K products is tried first, the weights themselves where it is not enough.
LogicalResult checkAccumulator(Operation *op, Value weight, Value bias, const DataRange &input) {
  int64_t products = 1;
  for (int64_t dim : dimsOf(weight).drop_front())
    if (isDynamic(dim) || llvm::MulOverflow(products, dim, products))
      return op->emitOpError("expects a weight of known size");
  std::optional<SmallVector<int64_t>> biases = bias ? getIntegers(bias) : std::nullopt;
  if (biases && int64_t(biases->size()) != dimsOf(weight)[0])
    return success(); // N8 reports it
  int64_t largestBias = 0;
  for (int64_t value : biases.value_or(SmallVector<int64_t>()))
    largestBias = std::max(largestBias, std::abs(value));
  int64_t bound = 0;
  int64_t perProduct = input.largest() * -byteRange(/*isUnsigned=*/false).min;
  if (!llvm::MulOverflow(products, perProduct, bound) && bound < accumulatorLimit - largestBias)
    return success();
  std::optional<int64_t> exact = largestSum(weight, biases, input);
  if (exact && *exact < accumulatorLimit)
    return success();
  InFlightDiagnostic diag = op->emitOpError("may overflow its 32-bit accumulator: ");
  if (exact)
    return diag << "sums reach " << *exact;
  return diag << products << " products of up to " << perProduct;
}

//===--- the epilogue -----------------------------------------------------===//

/// Q8 to Q12, which qconv2d and qlinear share.
template <typename OpT> LogicalResult checkContraction(OpT op) {
  ArrayRef<int64_t> weight = dimsOf(op.getWeight());
  if (weight.empty())
    return op.emitOpError("expects a weight of rank 2 or more, but got a scalar");
  if (failed(checkScalar(op, "input zero point", op.getInputZeroPoint())) ||
      failed(checkScalar(op, "output zero point", op.getOutputZeroPoint())) ||
      failed(checkMultiplier(op, "multiplier", op.getMultiplier(), weight[0])) ||
      failed(checkClamp(op, op.getClampMin(), op.getClampMax(), op.getUnsignedOutput())))
    return failure();
  Value residual = op.getResidual(), point = op.getResidualZeroPoint(),
        multiplier = op.getResidualMultiplier();
  if (bool(residual) != bool(point) || bool(residual) != bool(multiplier))
    return op.emitOpError("expects a residual with its zero point and multiplier"); // Q11
  if (residual) {
    if (failed(checkScalar(op, "residual zero point", point)) ||
        failed(checkScalarMultiplier(op, "residual multiplier", multiplier)))
      return failure();
    if (failed(verifyCompatibleShape(residual.getType(), op.getType())))
      return op.emitOpError("expects a residual of the result's shape, but got ")
             << residual.getType();
  }
  return checkAccumulator(op, op.getWeight(), op.getBias(),
                          DataRange(op.getInputZeroPoint(), op.getUnsignedInput()));
}

/// Q13: a mean of `count` differences stays inside int32.
LogicalResult checkMean(Operation *op, int64_t count, Value zeroPoint, bool isUnsigned) {
  if (!fitsInt32(count, DataRange(zeroPoint, isUnsigned).largest()))
    return op->emitOpError("may overflow its 32-bit accumulator: ") << count << " elements";
  return success();
}

/// Two zero points and a multiplier, all scalar.
template <typename OpT> LogicalResult checkRescale(OpT op) {
  if (failed(checkScalar(op, "input zero point", op.getInputZeroPoint())) ||
      failed(checkScalar(op, "output zero point", op.getOutputZeroPoint())))
    return failure();
  return checkScalarMultiplier(op, "multiplier", op.getMultiplier());
}

/// Q7: a statistic is f32 numbers that are known.
LogicalResult checkStatistic(ObserveOp op, NamedAttribute statistic) {
  auto weight = dyn_cast<WeightAttr>(statistic.getValue());
  if (!weight || !weight.getType().getElementType().isF32())
    return op.emitOpError("expects statistic '")
           << statistic.getName().getValue() << "' to be a #qnn.weight of f32, but got "
           << statistic.getValue();
  return checkWeight(op, weight);
}

} // namespace

//===--- QDQ form ---------------------------------------------------------===//

LogicalResult QuantizeOp::verify() {
  return checkGranularity(*this, getInput(), getScale(), getZeroPoint(), getAxis(), getBlockSize());
}

LogicalResult DequantizeOp::verify() {
  if (elementOf(getInput()) != elementOf(getZeroPoint())) // Q4
    return emitOpError("expects a zero point of element type ")
           << elementOf(getInput()) << ", but got " << elementOf(getZeroPoint());
  return checkGranularity(*this, getInput(), getScale(), getZeroPoint(), getAxis(), getBlockSize());
}

LogicalResult ObserveOp::verify() {
  if (std::optional<ArrayRef<double>> range = getRange())
    if (range->size() != 2 || !std::isfinite((*range)[0]) || !std::isfinite((*range)[1]) ||
        (*range)[0] > (*range)[1])
      return emitOpError("expects a range of two finite values, the lower one first");
  if (int64_t(getCount().value_or(0)) < 0)
    return emitOpError("expects a count of at least 0, but got ") << int64_t(*getCount());
  if (DictionaryAttr statistics = getStatisticsAttr())
    for (NamedAttribute statistic : statistics)
      if (failed(checkStatistic(*this, statistic)))
        return failure();
  return success();
}

//===--- integer form -----------------------------------------------------===//

LogicalResult QConv2dOp::verify() { return checkContraction(*this); }
LogicalResult QLinearOp::verify() { return checkContraction(*this); }

LogicalResult DynamicQLinearOp::verify() {
  if (dimsOf(getInput()).empty() || dimsOf(getWeight()).empty())
    return emitOpError("expects an input and a weight that are no scalars");
  Dims perRow(dimsOf(getInput()));
  perRow.back() = 1;
  for (Value value : {Value(getScale()), Value(getZeroPoint())}) // Q14
    if (failed(verifyCompatibleShape(dimsOf(value), perRow)))
      return emitOpError("expects scale and zero point of shape ")
             << toString(perRow) << ", but got " << toString(dimsOf(value));
  ArrayRef<int64_t> scales = dimsOf(getWeightScale());
  if (!scales.empty() && (scales.size() != 1 || !dimsAgree(scales[0], dimsOf(getWeight())[0])))
    return emitOpError("expects a scalar weight scale or one for each output, but got ")
           << toString(scales);
  if (failed(checkScaleValues(*this, "weight scale", getWeightScale(), /*allowZero=*/false)) ||
      failed(checkScaleValues(*this, "scale", getScale(), /*allowZero=*/false)))
    return failure();
  return checkAccumulator(*this, getWeight(), Value(), DataRange(Value(), /*isUnsigned=*/true));
}

LogicalResult BlockLinearOp::verify() {
  ArrayRef<int64_t> weight = dimsOf(getWeight());
  if (weight.size() != 2)
    return emitOpError("expects a weight of rank 2, but got ") << toString(weight);
  int64_t blockSize = getBlockSize();
  if (blockSize <= 0) // Q15
    return emitOpError("expects a block size of at least 1, but got ") << blockSize;
  Dims blocks(weight);
  if (!isDynamic(weight[1]))
    blocks[1] = llvm::divideCeil(weight[1], blockSize);
  for (Value value : {Value(getWeightScale()), Value(getWeightZeroPoint())}) // Q16
    if (failed(verifyCompatibleShape(dimsOf(value), blocks)))
      return emitOpError("expects weight scales and zero points of shape ")
             << toString(blocks) << ", but got " << toString(dimsOf(value));
  if (elementOf(getWeight()) != elementOf(getWeightZeroPoint())) // Q4
    return emitOpError("expects zero points of element type ")
           << elementOf(getWeight()) << ", but got " << elementOf(getWeightZeroPoint());
  IntegerRange range =
      integerRange(elementOf(getWeight()).getIntOrFloatBitWidth(), getIsUnsigned());
  int64_t products = isDynamic(weight[1]) ? blockSize : std::min(weight[1], blockSize), sum = 0;
  int64_t perProduct = (range.max - range.min) * narrowRange(8).max;
  if (getActivations() == ActivationMode::Int8 && // Q12
      (llvm::MulOverflow(products, perProduct, sum) || sum >= accumulatorLimit))
    return emitOpError("may overflow its 32-bit accumulator: ")
           << products << " products of up to " << perProduct;
  return checkScaleValues(*this, "weight scale", getWeightScale(), /*allowZero=*/false);
}

LogicalResult QAddOp::verify() {
  if (failed(checkScalar(*this, "left zero point", getLhsZeroPoint())) ||
      failed(checkScalar(*this, "right zero point", getRhsZeroPoint())) ||
      failed(checkScalar(*this, "output zero point", getOutputZeroPoint())) ||
      failed(checkAddend(*this, "left multiplier", getLhsMultiplier())) ||
      failed(checkAddend(*this, "right multiplier", getRhsMultiplier())))
    return failure();
  return checkClamp(*this, getClampMin(), getClampMax(), getUnsignedOutput());
}

LogicalResult QMulOp::verify() {
  if (failed(checkScalar(*this, "left zero point", getLhsZeroPoint())) ||
      failed(checkScalar(*this, "right zero point", getRhsZeroPoint())) ||
      failed(checkScalar(*this, "output zero point", getOutputZeroPoint())) ||
      failed(checkScalarMultiplier(*this, "multiplier", getMultiplier())))
    return failure();
  return checkClamp(*this, getClampMin(), getClampMax(), getUnsignedOutput());
}

LogicalResult QReduceMeanOp::verify() {
  if (failed(checkRescale(*this)))
    return failure();
  int64_t count = 1;
  for (int64_t axis : getAxes())
    if (axis >= 0 && axis < int64_t(dimsOf(getInput()).size())) {
      int64_t size = dimsOf(getInput())[axis];
      if (size == 0)
        return emitOpError("expects at least one element along axis ") << axis;
      if (!isDynamic(size) && llvm::MulOverflow(count, size, count))
        count = INT64_MAX;
    }
  return checkMean(*this, count, getInputZeroPoint(), getUnsignedInput());
}

LogicalResult QAvgPool2dOp::verify() {
  if (failed(checkRescale(*this)))
    return failure();
  int64_t count = 1;
  for (int64_t size : getKernel())
    if (llvm::MulOverflow(count, size, count))
      count = INT64_MAX;
  return checkMean(*this, count, getInputZeroPoint(), getUnsignedInput());
}

LogicalResult RequantizeOp::verify() {
  if (failed(checkRescale(*this)))
    return failure();
  return checkClamp(*this, getClampMin(), getClampMax(), getUnsignedOutput());
}

LogicalResult LookupOp::verify() {
  ArrayRef<int64_t> table = dimsOf(getTable());
  if (table.size() != 1 || table[0] != 256) // Q17
    return emitOpError("expects a table of 256 entries, but got ") << toString(table);
  return success();
}
