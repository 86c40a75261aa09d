// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Walks over observers.

#include "passes/Common/Observers.h"

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

SmallVector<qnn::ObserveOp> bitwright::getObservers(Value value) {
  SmallVector<qnn::ObserveOp> result;
  for (Operation *user : value.getUsers())
    if (auto observe = dyn_cast<qnn::ObserveOp>(user)) {
      result.push_back(observe);
      llvm::append_range(result, getObservers(observe.getResult()));
    }
  return result;
}

/// The float tensor that `value` was before it was quantized.
static Value skipQuantization(Value value) {
  auto dequantize = value.getDefiningOp<qnn::DequantizeOp>();
  auto quantize =
      dequantize ? dequantize.getInput().getDefiningOp<qnn::QuantizeOp>() : qnn::QuantizeOp();
  return quantize ? quantize.getInput() : value;
}

qnn::ObserveOp bitwright::findObserver(Value value) {
  auto countStatistics = [](qnn::ObserveOp observe) {
    return observe.getStatistics() ? observe.getStatistics()->size() : 0;
  };
  qnn::ObserveOp best;
  for (qnn::ObserveOp observe : getObservers(skipObservers(skipQuantization(value))))
    if (observe.getCount() && (!best || countStatistics(best) < countStatistics(observe)))
      best = observe;
  return best;
}
