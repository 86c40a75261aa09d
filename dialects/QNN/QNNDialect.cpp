// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The qnn dialect: registration and constants.

#include "dialects/QNN/QNNDialect.h"

#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::qnn;

#include "dialects/QNN/QNNDialect.cpp.inc"

void QNNDialect::initialize() {
  weightStore = std::make_shared<bitwright::WeightStore>();
  decisionLog = std::make_shared<bitwright::DecisionLog>();
  weightPrinters = std::make_shared<std::atomic<int>>(0);
  registerAttributes();
  registerOps();
  registerInterfaces();
}

Operation *QNNDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                           Location loc) {
  auto typed = dyn_cast<TypedAttr>(value);
  if (!typed || typed.getType() != type || !isa<RankedTensorType>(type))
    return nullptr;
  return ConstantOp::create(builder, loc, typed);
}

bitwright::WeightStore &bitwright::qnn::getWeightStore(MLIRContext *context) {
  return context->getOrLoadDialect<QNNDialect>()->getWeightStore();
}

bitwright::DecisionLog &bitwright::qnn::getDecisionLog(MLIRContext *context) {
  return context->getOrLoadDialect<QNNDialect>()->getDecisionLog();
}
