// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The search for producers, and the rewriting of constants.

#include "passes/Quantization/ScaleFolding.h"

#include "dialects/QNN/Constants.h"
#include "mlir/IR/Builders.h"
#include "passes/Quantization/ChannelTrace.h"
#include "llvm/ADT/MapVector.h"

using namespace bitwright;
using namespace mlir;

Value bitwright::skipObservers(Value value) {
  while (auto observe = value.getDefiningOp<qnn::ObserveOp>())
    value = observe.getInput();
  return value;
}

SmallVector<OpOperand *> bitwright::getUsesBehindObservers(Value value) {
  SmallVector<OpOperand *> result;
  for (OpOperand &use : value.getUses()) {
    if (auto observe = dyn_cast<qnn::ObserveOp>(use.getOwner()))
      llvm::append_range(result, getUsesBehindObservers(observe.getResult()));
    else
      result.push_back(&use);
  }
  return result;
}

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

static qnn::WeightAttr divideStatistic(qnn::WeightAttr attr, ArrayRef<float> factors, int power) {
  if (!attr)
    return attr;
  SmallVector<float> values = *getFloats(getConstantData(attr));
  for (size_t i = 0; i < values.size(); ++i)
    for (int p = 0; p < power; ++p)
      values[i] /= factors[i % factors.size()];
  ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()),
                       values.size() * sizeof(float));
  MLIRContext *context = attr.getContext();
  StringRef hash = qnn::getWeightStore(context).add({bytes.begin(), bytes.end()});
  return qnn::WeightAttr::get(context, hash, attr.getType());
}

/// Channel statistics follow; a range of the whole tensor cannot, so it becomes that of
/// the largest channel.
static void updateObserver(qnn::ObserveOp observe, ArrayRef<float> factors) {
  observe.setMeanAbsAttr(divideStatistic(observe.getMeanAbsAttr(), factors, 1));
  observe.setMeanSquareAttr(divideStatistic(observe.getMeanSquareAttr(), factors, 2));
  observe.setMaxAbsAttr(divideStatistic(observe.getMaxAbsAttr(), factors, 1));
  observe.setSamplesAttr(divideStatistic(observe.getSamplesAttr(), factors, 1));
  if (!observe.getRange() || !observe.getMaxAbsAttr())
    return;
  SmallVector<float> largest = *getFloats(getConstantData(observe.getMaxAbsAttr()));
  double bound = *std::max_element(largest.begin(), largest.end());
  bool hasSign = (*observe.getRange())[0] < 0;
  observe.setRange(ArrayRef<double>{hasSign ? -bound : 0.0, bound});
}

/// Observers between the producer and the tensor saw values that are no longer computed.
static void forgetObservers(Value value) {
  for (Operation *user : value.getUsers())
    if (auto observe = dyn_cast<qnn::ObserveOp>(user)) {
      for (StringRef name : {"range", "count", "mean_abs", "mean_square", "max_abs", "samples"})
        observe->removeAttr(name);
      forgetObservers(observe.getResult());
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
    forgetObservers(source);
    for (TraceStep step : *steps)
      if (step->getOwner()->getResult(0) != fold.tensor)
        forgetObservers(step->getOwner()->getResult(0));
  } else {
    for (OpOperand &operand : llvm::drop_begin(fold.producer->getOpOperands()))
      divideRows(operand, scales);
  }
  for (Operation *user : llvm::make_early_inc_range(fold.tensor.getUsers()))
    if (auto observe = dyn_cast<qnn::ObserveOp>(user))
      updateObserver(observe, scales);
}
