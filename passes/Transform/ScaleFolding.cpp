// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The search for producers, and the rewriting of constants.

#include "passes/Transform/ScaleFolding.h"

#include "dialects/QNN/Constants.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/TypeUtilities.h"
#include "passes/Calibration/Statistic.h"
#include "passes/Common/Observers.h"
#include "passes/Transform/ChannelTrace.h"
#include "llvm/ADT/MapVector.h"

using namespace bitwright;
using namespace mlir;

static bool isFloatConstant(Value value) {
  return value.getDefiningOp<qnn::ConstantOp>() && getElementTypeOrSelf(value).isF32();
}

/// A linear op whose weight can be scaled by column.
static qnn::LinearOp getScalableConsumer(OpOperand &use) {
  auto linear = dyn_cast<qnn::LinearOp>(use.getOwner());
  if (!linear || use.getOperandNumber() != 0 || !isFloatConstant(linear.getWeight()))
    return nullptr;
  return linear;
}

/// Sets producer and channels, or the reason.
static void findProducer(ScaleFold &fold, int64_t channels) {
  Operation *op = fold.tensor.getDefiningOp();
  if (isa_and_nonnull<qnn::RmsNormOp, qnn::LayerNormOp>(op)) {
    bool isConstant = llvm::all_of(llvm::drop_begin(op->getOperands()), isFloatConstant);
    auto scale = cast<RankedTensorType>(op->getOperand(1).getType());
    if (!isConstant || scale.getRank() != 1 || scale.getDimSize(0) != channels) {
      fold.reason =
          "the scale of '" + getNodeName(op->getLoc()) + "' is not one constant for each channel";
      return;
    }
    fold.producer = op;
    llvm::append_range(fold.channels, llvm::seq<int64_t>(0, channels));
    return;
  }
  Value source;
  auto steps = traceBack(fold.tensor, source, fold.reason);
  if (!steps)
    return;
  auto linear = source.getDefiningOp<qnn::LinearOp>();
  if (!isFloatConstant(linear.getWeight()) ||
      (linear.getBias() && !isFloatConstant(linear.getBias()))) {
    fold.reason = "weights or bias of '" + getNodeName(linear.getLoc()) + "' are not constant";
    return;
  }
  auto map = traceChannels(source, *steps, fold.reason);
  if (!map)
    return;
  fold.producer = linear;
  fold.channels = std::move(*map);
}

SmallVector<ScaleFold> bitwright::findScaleFolds(Operation *root) {
  SmallVector<ScaleFold> result;
  llvm::DenseSet<Value> seen;
  root->walk<WalkOrder::PreOrder>([&](qnn::LinearOp linear) {
    if (!getScalableConsumer(linear->getOpOperand(0)))
      return;
    Value tensor = skipObservers(linear.getInput());
    if (!seen.insert(tensor).second)
      return;
    ScaleFold fold;
    fold.tensor = tensor;
    SmallVector<OpOperand *> uses = getUsesBehindObservers(tensor);
    // Uses are listed last first.
    for (OpOperand *use : llvm::reverse(uses)) {
      if (qnn::LinearOp consumer = getScalableConsumer(*use))
        fold.consumers.push_back(consumer);
      else
        fold.reason = "'" + getNodeName(use->getOwner()->getLoc()) + "' (" +
                      use->getOwner()->getName().getStringRef().str() + ") reads it too";
    }
    int64_t channels = cast<RankedTensorType>(linear.getWeight().getType()).getDimSize(1);
    if (fold.reason.empty())
      findProducer(fold, channels);
    if (fold && fold.countChannels() != channels) {
      fold.producer = nullptr;
      fold.reason = "its channels are not those of the op before it";
    }
    result.push_back(std::move(fold));
  });
  return result;
}

/// Replaces one operand by a constant of its own: other users of the old constant keep it.
static void setConstant(OpOperand &operand, ArrayRef<float> values) {
  OpBuilder builder(operand.getOwner());
  auto type = cast<RankedTensorType>(operand.get().getType());
  operand.set(createFloats(builder, operand.get().getLoc(), type.getShape(), values));
}

/// Divides slice c of the first dimension by factors[c].
static void divideRows(OpOperand &operand, ArrayRef<float> factors) {
  SmallVector<float> values = *getFloats(operand.get());
  size_t inner = values.size() / factors.size();
  for (size_t i = 0; i < values.size(); ++i)
    values[i] /= factors[i / inner];
  setConstant(operand, values);
}

static void multiplyColumns(OpOperand &operand, ArrayRef<float> factors) {
  SmallVector<float> values = *getFloats(operand.get());
  for (size_t i = 0; i < values.size(); ++i)
    values[i] *= factors[i % factors.size()];
  setConstant(operand, values);
}

static void rescaleObservers(Value value, ArrayRef<float> factors) {
  for (qnn::ObserveOp observe : getObservers(value))
    rescaleObserver(observe, factors);
}

/// The range of a tensor that was measured; null where none was.
static Attribute getRange(Value value) {
  for (qnn::ObserveOp observe : getObservers(value))
    if (observe.getRange())
      return observe.getRangeAttr();
  return nullptr;
}

/// Tensors between the producer and the tensor hold other numbers now. Where ops only moved
/// elements, the range is that of the tensor at the end of the moves; what else was measured of
/// them is forgotten.
static void updateBetween(Value source, ArrayRef<TraceStep> steps, Value tensor) {
  auto isMove = [](TraceStep step) { return isa<qnn::TransparentInterface>(step->getOwner()); };
  for (auto [i, step] : llvm::enumerate(steps.drop_back())) {
    Attribute range;
    if (llvm::all_of(steps.take_front(i + 1), isMove))
      range = getRange(source);
    else if (llvm::all_of(steps.drop_front(i + 1), isMove))
      range = getRange(tensor);
    for (qnn::ObserveOp observe : getObservers(step->getOwner()->getResult(0))) {
      observe.removeStatisticsAttr();
      observe.removeRangeAttr();
      if (observe.getCount() && range)
        observe.setRangeAttr(cast<DenseF64ArrayAttr>(range));
      else
        observe.removeCountAttr();
    }
  }
}

void bitwright::applyScales(const ScaleFold &fold, ArrayRef<float> scales) {
  for (qnn::LinearOp consumer : fold.consumers)
    multiplyColumns(consumer->getOpOperand(1), scales);

  if (auto linear = dyn_cast<qnn::LinearOp>(fold.producer)) {
    SmallVector<float> rows(cast<RankedTensorType>(linear.getWeight().getType()).getDimSize(0),
                            1.0f);
    for (auto [channel, scale] : llvm::zip_equal(fold.channels, scales))
      rows[channel] = scale;
    for (OpOperand &operand : llvm::drop_begin(linear->getOpOperands()))
      divideRows(operand, rows);
    Value source;
    std::string reason;
    auto steps = traceBack(fold.tensor, source, reason);
    rescaleObservers(fold.tensor, scales);
    if (source != fold.tensor)
      rescaleObservers(source, rows);
    updateBetween(source, *steps, fold.tensor);
    return;
  }
  for (OpOperand &operand : llvm::drop_begin(fold.producer->getOpOperands()))
    divideRows(operand, scales);
  rescaleObservers(fold.tensor, scales);
}
