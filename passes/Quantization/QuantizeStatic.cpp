// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Writes the QDQ form that a static plan asks for.

#include "bitwright/Numerics/Quantize.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Quantization/Common.h"
#include "passes/Quantization/Passes.h"
#include "passes/Quantization/ScaleFolding.h"
#include "passes/Quantization/StaticPlan.h"

namespace bitwright {
#define GEN_PASS_DEF_QUANTIZESTATICPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

/// Takes the ranges out of the observers and removes those.
static RangeMap takeRanges(Operation *root) {
  RangeMap ranges;
  root->walk<WalkOrder::PreOrder>([&](qnn::ObserveOp observe) {
    Value value = skipObservers(observe.getInput());
    if (!observe.getRange() || observe.getRange()->size() != 2)
      return;
    auto low = (*observe.getRange())[0], high = (*observe.getRange())[1];
    auto [it, isNew] = ranges.try_emplace(value, low, high);
    it->second.first = std::min(it->second.first, low);
    it->second.second = std::max(it->second.second, high);
  });
  root->walk([](qnn::ObserveOp observe) {
    observe.getResult().replaceAllUsesWith(observe.getInput());
    observe.erase();
  });
  return ranges;
}

namespace {

/// Scale and zero point of a class of tensors, and their constants in the IR.
struct Parameters {
  QuantParams numbers;
  Value scale, zeroPoint;
};

class Rewriter {
public:
  Rewriter(func::FuncOp func, const StaticPlan &plan, bool perTensor, DecisionRecorder &record)
      : func(func), plan(plan), perTensor(perTensor), record(record) {}

  void run() {
    createParameters();
    for (Operation *op : plan.getIntegerOps())
      if (auto contraction = dyn_cast<qnn::ContractionInterface>(op))
        quantizeWeight(contraction);
    for (Operation *op : plan.getIntegerOps())
      quantizeConstantOperands(op);
    for (Value tensor : plan.getTensors())
      bracket(tensor);
    for (Operation *op : plan.getIntegerOps())
      if (auto concat = dyn_cast<qnn::ConcatOp>(op))
        requantizeOperands(concat);
    for (Operation *op : plan.getIntegerOps())
      recordChoice(op);
  }

private:
  void createParameters();
  void quantizeWeight(qnn::ContractionInterface op);
  void quantizeConstantOperands(Operation *op);
  void bracket(Value tensor);
  void requantizeOperands(qnn::ConcatOp concat);
  void recordChoice(Operation *op);
  Parameters makeParameters(QuantParams numbers);
  Value quantizeConstant(OpBuilder &builder, Value constant, const Parameters &parameters);
  std::pair<Value, Value> quantize(OpBuilder &builder, Location loc, Value value,
                                   const Parameters &parameters);

  func::FuncOp func;
  const StaticPlan &plan;
  bool perTensor;
  DecisionRecorder &record;
  std::vector<Parameters> classes;
  llvm::DenseSet<Operation *> widened;
};

struct QuantizeStaticPass final : bitwright::impl::QuantizeStaticPassBase<QuantizeStaticPass> {
  using QuantizeStaticPassBase::QuantizeStaticPassBase;

  void runOnOperation() override {
    KeepFilter filter;
    if (failed(filter.parse(keep, getOperation())))
      return signalPassFailure();
    DecisionRecorder record(&getContext(), getArgument());
    RangeMap ranges = takeRanges(getOperation());
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      if (func.isExternal())
        continue;
      StaticPlan::Denials kept;
      func.walk([&](Operation *op) {
        if (filter.matches(op))
          kept[op] = "its name matches 'keep'";
      });
      StaticPlan plan(func, ranges, std::move(kept));
      Rewriter(func, plan, perTensor, record).run();
      for (const auto &[op, reason] : plan.getFloatOps())
        record.missed(op, "kept float", reason);
    }
    eraseDeadConstants(getOperation());
  }
};

} // namespace

static constexpr IntegerRange kActivationRange = integerRange(8, /*isUnsigned=*/true);

Parameters Rewriter::makeParameters(QuantParams numbers) {
  OpBuilder builder = OpBuilder::atBlockBegin(&func.front());
  Location loc = func.getLoc();
  return {numbers, createFloats(builder, loc, {}, {numbers.scale}),
          createIntegers(builder, loc, builder.getI8Type(), {}, {numbers.zeroPoint})};
}

void Rewriter::createParameters() {
  for (int64_t i = 0; i < plan.countClasses(); ++i) {
    auto [low, high] = plan.getClassRange(i);
    classes.push_back(
        makeParameters(chooseAsymmetricParams(float(low), float(high), kActivationRange)));
  }
}

/// Symmetric weights, one scale for each output channel; a scale grows where the bias, at
/// scale_x * scale_w, would not fit int32 beside the products.
void Rewriter::quantizeWeight(qnn::ContractionInterface op) {
  Value weight = op.getWeightOperand().get();
  auto type = cast<RankedTensorType>(weight.getType());
  SmallVector<float> values = *getFloats(weight);
  int64_t channels = type.getDimSize(0), size = int64_t(values.size()) / channels;
  SmallVector<float> bias(channels, 0.0f);
  if (OpOperand *operand = op.getBiasOperand(); operand && operand->get())
    bias = *getFloats(operand->get());
  float inputScale = classes[plan.getParameterClass(op.getActivationOperand().get())].numbers.scale;
  IntegerRange range = narrowRange(8);
  int64_t headroom = size * 255 * 128;

  SmallVector<float> scales;
  for (int64_t c = 0; c < channels; ++c) {
    ArrayRef<float> channel = ArrayRef<float>(values).slice(c * size, size);
    float scale = chooseBlockParams(perTensor ? ArrayRef<float>(values) : channel, range,
                                    /*symmetric=*/true)
                      .scale;
    // Weights that are all 0 ask for no scale: the bias alone has one, as fine as it fits.
    bool isZero = llvm::all_of(channel, [](float value) { return value == 0.0f; });
    if (isZero && bias[c] != 0.0f)
      scale = std::numeric_limits<float>::min();
    scales.push_back(guardWeightScale(scale, inputScale, bias[c], headroom));
    if (scales.back() != scale && !isZero)
      widened.insert(op);
  }
  if (perTensor)
    scales.assign(1, *std::max_element(scales.begin(), scales.end()));
  SmallVector<int8_t> stored;
  for (int64_t i = 0; i < int64_t(values.size()); ++i)
    stored.push_back(static_cast<int8_t>(
        bitwright::quantize(values[i], scales[perTensor ? 0 : i / size], 0, range)));

  OpBuilder builder(op);
  Location loc = weight.getLoc();
  SmallVector<int64_t> shape;
  if (!perTensor)
    shape.push_back(channels);
  Value dequantized = qnn::DequantizeOp::create(
      builder, loc, type, createStorage(builder, loc, 8, type.getShape(), stored),
      createFloats(builder, loc, shape, scales),
      createStorage(builder, loc, 8, shape, SmallVector<int8_t>(scales.size(), 0)), /*axis=*/0);
  op.getWeightOperand().set(dequantized);
}

Value Rewriter::quantizeConstant(OpBuilder &builder, Value constant, const Parameters &parameters) {
  auto type = cast<RankedTensorType>(constant.getType());
  SmallVector<int8_t> stored;
  SmallVector<float> values = *getFloats(constant);
  for (float value : values)
    stored.push_back(static_cast<int8_t>(bitwright::quantize(
        value, parameters.numbers.scale, parameters.numbers.zeroPoint, kActivationRange)));
  Value storage = createStorage(builder, constant.getLoc(), 8, type.getShape(), stored);
  return qnn::DequantizeOp::create(builder, constant.getLoc(), type, storage, parameters.scale,
                                   parameters.zeroPoint, 0, 0, /*is_unsigned=*/true);
}

/// Constants that integer ops read as data: parameters of their own, or those of the
/// concat that they go into.
void Rewriter::quantizeConstantOperands(Operation *op) {
  if (isa<qnn::ContractionInterface>(op))
    return;
  for (OpOperand *operand : getDataOperands(op)) {
    if (!operand->get().getDefiningOp<qnn::ConstantOp>())
      continue;
    OpBuilder builder(op);
    if (isa<qnn::ConcatOp>(op)) {
      operand->set(quantizeConstant(builder, operand->get(),
                                    classes[plan.getParameterClass(op->getResult(0))]));
      continue;
    }
    SmallVector<float> values = *getFloats(operand->get());
    Parameters own = makeParameters(chooseBlockParams(values, kActivationRange, false));
    operand->set(quantizeConstant(builder, operand->get(), own));
  }
}

std::pair<Value, Value> Rewriter::quantize(OpBuilder &builder, Location loc, Value value,
                                           const Parameters &parameters) {
  Value stored = qnn::QuantizeOp::create(builder, loc, value, parameters.scale,
                                         parameters.zeroPoint, 0, 0, /*is_unsigned=*/true);
  Value back = qnn::DequantizeOp::create(builder, loc, value.getType(), stored, parameters.scale,
                                         parameters.zeroPoint, 0, 0, /*is_unsigned=*/true);
  return {stored, back};
}

void Rewriter::bracket(Value tensor) {
  OpBuilder builder(func.getContext());
  Operation *maker = tensor.getDefiningOp();
  builder.setInsertionPointAfterValue(tensor);
  // Arguments: behind the constants of the parameters.
  if (!maker)
    builder.setInsertionPointAfterValue(classes[plan.getParameterClass(tensor)].zeroPoint);
  auto [stored, back] =
      quantize(builder, tensor.getLoc(), tensor, classes[plan.getParameterClass(tensor)]);
  bool isInteger = maker && plan.isInteger(maker);
  for (OpOperand &use : llvm::make_early_inc_range(tensor.getUses())) {
    Operation *user = use.getOwner();
    if (user == stored.getDefiningOp())
      continue;
    if (isa<qnn::ShapeOp>(user) && isInteger)
      use.set(stored); // The same dimensions, and no float tensor is kept for them.
    else if (isInteger || (plan.isInteger(user) && llvm::is_contained(getDataOperands(user), &use)))
      use.set(back);
  }
}

void Rewriter::requantizeOperands(qnn::ConcatOp concat) {
  const Parameters &wanted = classes[plan.getParameterClass(concat.getResult())];
  for (OpOperand &operand : concat->getOpOperands()) {
    auto dequantize = operand.get().getDefiningOp<qnn::DequantizeOp>();
    if (!dequantize || dequantize.getScale() == wanted.scale)
      continue;
    OpBuilder builder(concat);
    operand.set(quantize(builder, concat.getLoc(), operand.get(), wanted).second);
  }
}

void Rewriter::recordChoice(Operation *op) {
  if (plan.isFused(op))
    return record.applied(op, "quantized", "in the epilogue of the op in front of it");
  if (!isa<qnn::ContractionInterface>(op))
    return record.applied(op, "quantized", "int8");
  record.applied(op, "quantized",
                 Twine("int8 weights ") +
                     (perTensor ? "for the whole tensor" : "for each channel") +
                     ", uint8 activations" +
                     (widened.contains(op) ? "; a weight scale was widened to fit the bias" : ""));
}
