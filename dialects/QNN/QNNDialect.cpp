// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The qnn dialect: registration and constants.

#include "dialects/QNN/QNNDialect.h"

#include "dialects/QNN/QNNOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace bitwright::qnn;

#include "dialects/QNN/QNNDialect.cpp.inc"

void QNNDialect::initialize() {
  weightStore = std::make_shared<bitwright::WeightStore>();
  decisionLog = std::make_shared<bitwright::DecisionLog>();
  contextState = std::make_shared<ContextState>();
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

/// F5: what `attribute` says about a function's argument or result of `type`.
static LogicalResult verifyInterfaceAttr(Operation *op, Type type, NamedAttribute attribute) {
  if (attribute.getName() == "qnn.name" && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError("expects 'qnn.name' to be a string");
  if (attribute.getName() == "qnn.unsigned" && !isa<UnitAttr>(attribute.getValue()))
    return op->emitOpError("expects 'qnn.unsigned' to have no value");
  if (attribute.getName() != "qnn.dim_names")
    return success();
  auto names = dyn_cast<ArrayAttr>(attribute.getValue());
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!names || !tensor || int64_t(names.size()) != tensor.getRank() ||
      !llvm::all_of(names, llvm::IsaPred<StringAttr>))
    return op->emitOpError("expects 'qnn.dim_names' to hold a string for each dimension of ")
           << type;
  return success();
}

LogicalResult QNNDialect::verifyRegionArgAttribute(Operation *op, unsigned region,
                                                   unsigned argument, NamedAttribute attribute) {
  return verifyInterfaceAttr(op, op->getRegion(region).getArgument(argument).getType(), attribute);
}

LogicalResult QNNDialect::verifyRegionResultAttribute(Operation *op, unsigned /*region*/,
                                                      unsigned result, NamedAttribute attribute) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  Type type = function ? function.getResultTypes()[result] : Type();
  return verifyInterfaceAttr(op, type, attribute);
}

LogicalResult QNNDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if ((name == "qnn.model_name" || name == "qnn.weights_file" || name == kScheme) &&
      !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError("expects '") << name << "' to be a string";
  // F6
  if (name == kPrecision && !isa<PrecisionAttr>(attribute.getValue()))
    return op->emitOpError("expects '") << name << "' to be a #qnn.precision";
  if (name == kPrecision && !isa<ContractionInterface>(op))
    return op->emitOpError("has '") << name << "', but no weights to round";
  if (name == kKeptFloat && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError("expects '") << name << "' to be a string";
  return success();
}

bitwright::WeightStore &bitwright::qnn::getWeightStore(MLIRContext *context) {
  return context->getOrLoadDialect<QNNDialect>()->getWeightStore();
}

ContextState &bitwright::qnn::getContextState(MLIRContext *context) {
  return context->getOrLoadDialect<QNNDialect>()->getContextState();
}

bitwright::DecisionLog &bitwright::qnn::getDecisionLog(MLIRContext *context) {
  return context->getOrLoadDialect<QNNDialect>()->getDecisionLog();
}
