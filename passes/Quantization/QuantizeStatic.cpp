// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Writes the QDQ form of the activations that a static plan asks for.

#include "bitwright/Numerics/Quantize.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Common/Decisions.h"
#include "passes/Common/Observers.h"
#include "passes/Common/Precision.h"
#include "passes/Quantization/Passes.h"
#include "passes/Quantization/StaticPlan.h"

namespace bitwright {
#define GEN_PASS_DEF_QUANTIZESTATICPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

static bool isStatic(Operation *op) {
  qnn::PrecisionAttr precision = qnn::getPrecision(op);
  return precision && bitwright::isStatic(precision);
}

static bool holdsStatic(func::FuncOp func) {
  return func
      .walk([](Operation *op) {
        return isStatic(op) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

namespace {

/// Takes observers out of the way of a plan, which asks what reads what, and puts them back for
/// the passes after this one: beside the tensor then, with no reader.
class Observers {
public:
  explicit Observers(Operation *root) {
    root->walk<WalkOrder::PreOrder>([&](qnn::ObserveOp observe) {
      Value value = skipObservers(observe.getInput());
      Operation *copy = observe->clone();
      copy->dropAllReferences(); // it must not count as a use
      taken.push_back({value, copy});
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
  }

  void putBack() {
    for (auto &[value, observe] : taken) {
      observe->setOperand(0, value);
      OpBuilder builder(value.getContext());
      builder.setInsertionPointAfterValue(value);
      builder.insert(observe);
    }
    taken.clear();
  }

  ~Observers() { assert(taken.empty() && "put observers back"); }

  RangeMap ranges;

private:
  SmallVector<std::pair<Value, Operation *>> taken;
};

/// Scale and zero point of a class of tensors, and their constants in the IR.
struct Parameters {
  QuantParams numbers;
  Value scale, zeroPoint;
};

class Rewriter {
public:
  Rewriter(func::FuncOp func, const StaticPlan &plan, DecisionRecorder &record)
      : func(func), plan(plan), record(record) {}

  void run() {
    createParameters();
    for (Operation *op : plan.getIntegerOps())
      quantizeConstantOperands(op);
    for (Value tensor : plan.getTensors())
      bracket(tensor);
    for (Operation *op : plan.getIntegerOps())
      if (joinsTensors(op))
        requantizeOperands(op);
    for (Operation *op : plan.getIntegerOps())
      recordChoice(op);
  }

private:
  void createParameters();
  void quantizeConstantOperands(Operation *op);
  void bracket(Value tensor);
  void requantizeOperands(Operation *op);
  void recordChoice(Operation *op);
  Parameters makeParameters(QuantParams numbers);
  Value quantizeConstant(OpBuilder &builder, Value constant, const Parameters &parameters);
  std::pair<Value, Value> quantize(OpBuilder &builder, Location loc, Value value,
                                   const Parameters &parameters);

  func::FuncOp func;
  const StaticPlan &plan;
  DecisionRecorder &record;
  std::vector<Parameters> classes;
};

struct QuantizeStaticPass final : bitwright::impl::QuantizeStaticPassBase<QuantizeStaticPass> {
  using QuantizeStaticPassBase::QuantizeStaticPassBase;

  void runOnOperation() override {
    if (failed(verifyPrecisions(getOperation())))
      return signalPassFailure();
    DecisionRecorder record(&getContext(), getArgument());
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (!func.isExternal() && holdsStatic(func))
        quantize(func, record);
    eraseDeadConstants(getOperation());
  }

  void quantize(func::FuncOp func, DecisionRecorder &record) {
    Observers observers(func);
    StaticPlan::Denials others;
    func.walk([&](Operation *op) {
      if (op->hasAttr(qnn::kKeptFloat) || (isa<qnn::ContractionInterface>(op) && !isStatic(op)))
        others[op] = "it was not assigned to int8";
    });
    StaticPlan plan(func, observers.ranges, others);
    Rewriter(func, plan, record).run();
    numQuantized += plan.getIntegerOps().size();
    for (const auto &[op, reason] : plan.getFloatOps())
      if (!others.contains(op)) {
        op->removeAttr(qnn::kPrecision);
        record.missed(op, "kept float", reason);
        ++numFloat;
      }
    observers.putBack();
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
/// tensor that they are joined to.
void Rewriter::quantizeConstantOperands(Operation *op) {
  if (isa<qnn::ContractionInterface>(op))
    return;
  for (OpOperand *operand : getDataOperands(op)) {
    if (!isConstantValue(operand->get()))
      continue;
    OpBuilder builder(op);
    if (joinsTensors(op)) {
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

void Rewriter::requantizeOperands(Operation *op) {
  const Parameters &wanted = classes[plan.getParameterClass(op->getResult(0))];
  for (OpOperand *operand : getDataOperands(op)) {
    auto dequantize = operand->get().getDefiningOp<qnn::DequantizeOp>();
    if (!dequantize || dequantize.getScale() == wanted.scale)
      continue;
    OpBuilder builder(op);
    operand->set(quantize(builder, op->getLoc(), operand->get(), wanted).second);
  }
}

/// Contractions are recorded when their weights are rounded.
void Rewriter::recordChoice(Operation *op) {
  if (plan.isFused(op))
    record.applied(op, "quantized", "in the epilogue of the op in front of it");
  else if (!isa<qnn::ContractionInterface>(op))
    record.applied(op, "quantized", "int8");
}
