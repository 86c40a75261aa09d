// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What each op is to quantization: QuantizableInterface.

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace bitwright;
using namespace bitwright::qnn;

//===--- questions about any op -------------------------------------------===//

IntegerForm qnn::getIntegerForm(Operation *op) {
  auto quantizable = dyn_cast_or_null<QuantizableInterface>(op);
  return quantizable ? quantizable.getIntegerForm() : IntegerForm::None;
}

FusedTail qnn::getFusedTail(Operation *op) {
  auto quantizable = dyn_cast_or_null<QuantizableInterface>(op);
  return quantizable ? quantizable.getFusedTail() : FusedTail::None;
}

std::string qnn::explainFloat(Operation *op) {
  auto quantizable = dyn_cast_or_null<QuantizableInterface>(op);
  return quantizable ? quantizable.explainFloat() : "it has no integer form";
}

Value qnn::getFunctionArgument(Operation *op) {
  if (!isa<ElementwiseInterface>(op) || op->getNumResults() != 1 ||
      !elementOf(op->getResult(0)).isF32())
    return nullptr;
  Value argument;
  for (Value operand : op->getOperands()) {
    if (isScalarConstant(operand))
      continue;
    if (argument || !elementOf(operand).isF32() || isConstantValue(operand))
      return nullptr;
    argument = operand;
  }
  return argument && argument.getType() == op->getResult(0).getType() ? argument : Value();
}

//===--- what follows from other interfaces -------------------------------===//

IntegerForm qnn::detail::getIntegerForm(Operation *op) {
  if (isa<TransparentInterface>(op))
    return IntegerForm::Move;
  return getFunctionArgument(op) ? IntegerForm::Table : IntegerForm::None;
}

std::string qnn::detail::explainFloat(Operation *op) {
  if (qnn::getIntegerForm(op) == IntegerForm::None)
    return "it has no integer form";
  // What fills is quantized with the data, so it has to be known.
  auto move = dyn_cast<TransparentInterface>(op);
  OpOperand *fill = move ? move.getFillOperand() : nullptr;
  return fill && !isConstantValue(fill->get()) ? "what it fills with is not constant" : "";
}

SmallVector<OpOperand *> qnn::detail::getQuantizableOperands(Operation *op) {
  if (auto contraction = dyn_cast<ContractionInterface>(op))
    return {&contraction.getActivationOperand()};
  auto move = dyn_cast<TransparentInterface>(op);
  unsigned count = move ? move.getNumDataOperands() : op->getNumOperands();
  Value argument = getFunctionArgument(op);
  SmallVector<OpOperand *> result;
  for (OpOperand &operand : op->getOpOperands().take_front(count))
    if (elementOf(operand.get()).isF32() && (!argument || operand.get() == argument))
      result.push_back(&operand);
  return result;
}

SmallVector<Value> qnn::detail::getJoinedOperands(Operation *op) {
  auto move = dyn_cast<TransparentInterface>(op);
  return move ? SmallVector<Value>(op->getOperands().take_front(move.getNumDataOperands()))
              : SmallVector<Value>();
}

//===--- making integer ops -----------------------------------------------===//

namespace {

/// A scalar constant, computed in double and rounded once.
Value createMultiplier(OpBuilder &builder, Location loc, double value) {
  return createFloats(builder, loc, {}, {float(value)});
}

double scaleOf(const QuantizedValue &value) { return value.params.scaleValue; }
double scaleOf(const TensorParams &params) { return params.scaleValue; }

UnitAttr unitIf(OpBuilder &builder, bool condition) {
  return condition ? builder.getUnitAttr() : UnitAttr();
}

/// The attributes and operands that integer ops have in common.
struct Epilogue {
  Epilogue(OpBuilder &builder, Location loc, const IntegerOperands &operands)
      : min(builder.getI64IntegerAttr(operands.clamp.min)),
        max(builder.getI64IntegerAttr(operands.clamp.max)),
        unsignedOutput(unitIf(builder, operands.output.isUnsigned)) {
    for (const QuantizedValue &value : operands.data)
      unsignedData.push_back(unitIf(builder, value.params.isUnsigned));
    if (!operands.residual)
      return;
    residual = operands.residual->data;
    residualZeroPoint = operands.residual->params.zeroPoint;
    residualMultiplier =
        createMultiplier(builder, loc, scaleOf(*operands.residual) / scaleOf(operands.output));
    unsignedResidual = unitIf(builder, operands.residual->params.isUnsigned);
  }

  IntegerAttr min, max;
  UnitAttr unsignedOutput, unsignedResidual;
  SmallVector<UnitAttr, 2> unsignedData;
  Value residual, residualZeroPoint, residualMultiplier;
};

} // namespace

//===--- contractions -----------------------------------------------------===//

IntegerForm Conv2dOp::getIntegerForm() { return IntegerForm::Contraction; }
int64_t Conv2dOp::getTermCount() { return contractedSize(getWeight()); }
IntegerForm LinearOp::getIntegerForm() { return IntegerForm::Contraction; }
int64_t LinearOp::getTermCount() { return contractedSize(getWeight()); }
std::string ConvTranspose2dOp::explainFloat() {
  return "transposed convolution has no integer form";
}

Operation *Conv2dOp::createIntegerForm(OpBuilder &builder, Location loc, Type type,
                                       const IntegerOperands &operands) {
  const QuantizedValue &input = operands.data[0];
  Epilogue e(builder, loc, operands);
  return QConv2dOp::create(builder, loc, type, input.data, operands.weight, operands.bias,
                           input.params.zeroPoint, operands.multiplier, operands.output.zeroPoint,
                           e.residual, e.residualZeroPoint, e.residualMultiplier, getStridesAttr(),
                           getPadsAttr(), getDilationsAttr(), getGroupsAttr(), e.min, e.max,
                           e.unsignedData[0], e.unsignedOutput, e.unsignedResidual);
}

Operation *LinearOp::createIntegerForm(OpBuilder &builder, Location loc, Type type,
                                       const IntegerOperands &operands) {
  const QuantizedValue &input = operands.data[0];
  Epilogue e(builder, loc, operands);
  return QLinearOp::create(builder, loc, type, input.data, operands.weight, operands.bias,
                           input.params.zeroPoint, operands.multiplier, operands.output.zeroPoint,
                           e.residual, e.residualZeroPoint, e.residualMultiplier, e.min, e.max,
                           e.unsignedData[0], e.unsignedOutput, e.unsignedResidual);
}

//===--- sums and products of two tensors ---------------------------------===//

/// With a scalar constant they are functions of the other operand.
static IntegerForm getBinaryForm(Operation *op) {
  return getFunctionArgument(op) ? IntegerForm::Table : IntegerForm::Binary;
}

IntegerForm AddOp::getIntegerForm() { return getBinaryForm(*this); }
IntegerForm SubOp::getIntegerForm() { return getBinaryForm(*this); }
IntegerForm MulOp::getIntegerForm() { return getBinaryForm(*this); }
FusedTail AddOp::getFusedTail() { return FusedTail::Residual; }

/// lhs + sign * rhs.
static Operation *createSum(OpBuilder &builder, Location loc, Type type,
                            const IntegerOperands &operands, double sign) {
  const QuantizedValue &lhs = operands.data[0], &rhs = operands.data[1];
  double scale = scaleOf(operands.output);
  Value lhsMultiplier = createMultiplier(builder, loc, scaleOf(lhs) / scale);
  Value rhsMultiplier = createMultiplier(builder, loc, sign * scaleOf(rhs) / scale);
  Epilogue e(builder, loc, operands);
  return QAddOp::create(builder, loc, type, lhs.data, lhs.params.zeroPoint, lhsMultiplier, rhs.data,
                        rhs.params.zeroPoint, rhsMultiplier, operands.output.zeroPoint, e.min,
                        e.max, e.unsignedData[0], e.unsignedData[1], e.unsignedOutput);
}

Operation *AddOp::createIntegerForm(OpBuilder &builder, Location loc, Type type,
                                    const IntegerOperands &operands) {
  return createSum(builder, loc, type, operands, 1);
}

Operation *SubOp::createIntegerForm(OpBuilder &builder, Location loc, Type type,
                                    const IntegerOperands &operands) {
  return createSum(builder, loc, type, operands, -1);
}

Operation *MulOp::createIntegerForm(OpBuilder &builder, Location loc, Type type,
                                    const IntegerOperands &operands) {
  const QuantizedValue &lhs = operands.data[0], &rhs = operands.data[1];
  Value multiplier =
      createMultiplier(builder, loc, scaleOf(lhs) * scaleOf(rhs) / scaleOf(operands.output));
  Epilogue e(builder, loc, operands);
  return QMulOp::create(builder, loc, type, lhs.data, lhs.params.zeroPoint, rhs.data,
                        rhs.params.zeroPoint, multiplier, operands.output.zeroPoint, e.min, e.max,
                        e.unsignedData[0], e.unsignedData[1], e.unsignedOutput);
}

//===--- means ------------------------------------------------------------===//

IntegerForm ReduceMeanOp::getIntegerForm() { return IntegerForm::Mean; }
SmallVector<Value> ReduceMeanOp::getJoinedOperands() { return {getInput()}; }
int64_t ReduceMeanOp::getTermCount() {
  int64_t count = 1;
  for (int64_t axis : getAxes())
    if (int64_t size = dimsOf(getInput())[axis];
        !isDynamic(size) && llvm::MulOverflow(count, size, count))
      return INT64_MAX;
  return count;
}

Operation *ReduceMeanOp::createIntegerForm(OpBuilder &builder, Location loc, Type type,
                                           const IntegerOperands &operands) {
  const QuantizedValue &input = operands.data[0];
  Value multiplier = createMultiplier(builder, loc, scaleOf(input) / scaleOf(operands.output));
  Epilogue e(builder, loc, operands);
  return QReduceMeanOp::create(builder, loc, type, input.data, input.params.zeroPoint, multiplier,
                               operands.output.zeroPoint, getAxesAttr(), getKeepDimsAttr(),
                               e.unsignedData[0], e.unsignedOutput);
}

IntegerForm AvgPool2dOp::getIntegerForm() { return IntegerForm::Mean; }
SmallVector<Value> AvgPool2dOp::getJoinedOperands() { return {getInput()}; }
int64_t AvgPool2dOp::getTermCount() {
  int64_t count = 0;
  return llvm::MulOverflow(getKernel()[0], getKernel()[1], count) ? INT64_MAX : count;
}

std::string AvgPool2dOp::explainFloat() {
  bool isDense = llvm::all_of(getDilations(), [](int64_t dilation) { return dilation == 1; });
  return isDense ? "" : "its window is dilated";
}

Operation *AvgPool2dOp::createIntegerForm(OpBuilder &builder, Location loc, Type type,
                                          const IntegerOperands &operands) {
  const QuantizedValue &input = operands.data[0];
  Value multiplier = createMultiplier(builder, loc, scaleOf(input) / scaleOf(operands.output));
  Epilogue e(builder, loc, operands);
  return QAvgPool2dOp::create(builder, loc, type, input.data, input.params.zeroPoint, multiplier,
                              operands.output.zeroPoint, getKernelAttr(), getStridesAttr(),
                              getPadsAttr(), getCountIncludePadAttr(), e.unsignedData[0],
                              e.unsignedOutput);
}

//===--- clamps and joins -------------------------------------------------===//

FusedTail ReluOp::getFusedTail() { return FusedTail::Clamp; }
Limits ReluOp::getLimits() { return {0, std::numeric_limits<double>::infinity()}; }
SmallVector<Value> ReluOp::getJoinedOperands() { return {getInput()}; }
FusedTail ClipOp::getFusedTail() { return FusedTail::Clamp; }
Limits ClipOp::getLimits() { return {getMin().convertToDouble(), getMax().convertToDouble()}; }
SmallVector<Value> ClipOp::getJoinedOperands() { return {getInput()}; }

SmallVector<Value> NegOp::getJoinedOperands() { return {getInput()}; }
SmallVector<Value> MaxOp::getJoinedOperands() { return {getLhs(), getRhs()}; }
SmallVector<Value> MinOp::getJoinedOperands() { return {getLhs(), getRhs()}; }
SmallVector<Value> WhereOp::getJoinedOperands() { return {getLhs(), getRhs()}; }

SmallVector<Value> PadOp::getJoinedOperands() {
  if (getMode() == PadMode::Constant)
    return {getInput(), getValue()};
  return {getInput()};
}

OpOperand *PadOp::getFillOperand() { return &getValueMutable(); }
void MaxPool2dOp::setStorage(bool isUnsigned) { setUnsignedStorage(isUnsigned); }
