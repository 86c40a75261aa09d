// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Type inference of the quantization ops and what they tell passes.

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"

using namespace mlir;
using namespace bitwright;
using namespace bitwright::qnn;

#define QNN_INFER(OP)                                                                              \
  LogicalResult OP::inferReturnTypes(MLIRContext *context, std::optional<Location> location,       \
                                     Adaptor adaptor, SmallVectorImpl<Type> &types)

namespace {

LogicalResult finish(ArrayRef<int64_t> dims, Type elementType, SmallVectorImpl<Type> &types) {
  types.push_back(RankedTensorType::get(dims, elementType));
  return success();
}

Type byteType(MLIRContext *context) { return IntegerType::get(context, 8); }

OpOperand *firstOrNull(MutableOperandRange range) { return range.empty() ? nullptr : &range[0]; }

} // namespace

//===--- QDQ form ---------------------------------------------------------===//

QNN_INFER(QuantizeOp) {
  return finish(dimsOf(adaptor.getInput()), elementOf(adaptor.getZeroPoint()), types);
}

QNN_INFER(DequantizeOp) {
  return finish(dimsOf(adaptor.getInput()), Float32Type::get(context), types);
}

QNN_INFER(DynamicQuantizeOp) {
  Site site{location, getOperationName()};
  Dims dims(dimsOf(adaptor.getInput()));
  if (dims.empty())
    return site.fail("expects an input of rank 1 or more, but got a scalar");
  types.push_back(RankedTensorType::get(dims, byteType(context)));
  dims.back() = 1;
  types.push_back(RankedTensorType::get(dims, Float32Type::get(context)));
  types.push_back(RankedTensorType::get(dims, byteType(context)));
  return success();
}

//===--- integer form -----------------------------------------------------===//

int64_t QConv2dOp::getMacsPerElement() { return contractedSize(getWeight()); }
bool QConv2dOp::isDepthwise() { return getGroups() > 1 && dimsOf(getWeight())[3] == 1; }
OpOperand *QConv2dOp::getBiasOperand() { return firstOrNull(getBiasMutable()); }
SmallVector<Value> QConv2dOp::getWeightParameters() { return {getMultiplier()}; }
int64_t QLinearOp::getMacsPerElement() { return contractedSize(getWeight()); }
OpOperand *QLinearOp::getBiasOperand() { return firstOrNull(getBiasMutable()); }
SmallVector<Value> QLinearOp::getWeightParameters() { return {getMultiplier()}; }
int64_t DynamicQLinearOp::getMacsPerElement() { return contractedSize(getWeight()); }
OpOperand *DynamicQLinearOp::getBiasOperand() { return firstOrNull(getBiasMutable()); }
SmallVector<Value> DynamicQLinearOp::getWeightParameters() { return {getWeightScale()}; }
int64_t BlockLinearOp::getMacsPerElement() { return contractedSize(getWeight()); }
OpOperand *BlockLinearOp::getBiasOperand() { return firstOrNull(getBiasMutable()); }
SmallVector<Value> BlockLinearOp::getWeightParameters() {
  return {getWeightScale(), getWeightZeroPoint()};
}

QNN_INFER(QConv2dOp) {
  Site site{location, getOperationName()};
  Window window{{}, adaptor.getStrides(), adaptor.getPads(), adaptor.getDilations()};
  FailureOr<Dims> dims = inferConv(site, adaptor.getInput(), adaptor.getWeight(), adaptor.getBias(),
                                   window, adaptor.getGroups());
  if (failed(dims))
    return failure();
  return finish(*dims, byteType(context), types);
}

QNN_INFER(QLinearOp) {
  Site site{location, getOperationName()};
  FailureOr<Dims> dims =
      inferLinear(site, adaptor.getInput(), adaptor.getWeight(), adaptor.getBias());
  if (failed(dims))
    return failure();
  return finish(*dims, byteType(context), types);
}

QNN_INFER(DynamicQLinearOp) {
  Site site{location, getOperationName()};
  FailureOr<Dims> dims =
      inferLinear(site, adaptor.getInput(), adaptor.getWeight(), adaptor.getBias());
  if (failed(dims))
    return failure();
  return finish(*dims, Float32Type::get(context), types);
}

QNN_INFER(BlockLinearOp) {
  Site site{location, getOperationName()};
  FailureOr<Dims> dims =
      inferLinear(site, adaptor.getInput(), adaptor.getWeight(), adaptor.getBias());
  if (failed(dims))
    return failure();
  return finish(*dims, Float32Type::get(context), types);
}

#define QNN_INFER_BROADCAST(OP)                                                                    \
  QNN_INFER(OP) {                                                                                  \
    Site site{location, getOperationName()};                                                       \
    FailureOr<Dims> dims = broadcast(site, dimsOf(adaptor.getLhs()), dimsOf(adaptor.getRhs()));    \
    if (failed(dims))                                                                              \
      return failure();                                                                            \
    return finish(*dims, byteType(context), types);                                                \
  }

QNN_INFER_BROADCAST(QAddOp)
QNN_INFER_BROADCAST(QMulOp)

QNN_INFER(QReduceMeanOp) {
  Site site{location, getOperationName()};
  FailureOr<Dims> dims =
      inferReduce(site, dimsOf(adaptor.getInput()), adaptor.getAxes(), adaptor.getKeepDims());
  if (failed(dims))
    return failure();
  return finish(*dims, byteType(context), types);
}

QNN_INFER(QAvgPool2dOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  int64_t dilations[] = {1, 1};
  Window window{adaptor.getKernel(), adaptor.getStrides(), adaptor.getPads(), dilations};
  FailureOr<Dims> spatial = slideWindow(site, window, in);
  if (failed(spatial))
    return failure();
  return finish({in[0], (*spatial)[0], (*spatial)[1], in[3]}, byteType(context), types);
}

QNN_INFER(RequantizeOp) {
  types.push_back(adaptor.getInput().getType());
  return success();
}

QNN_INFER(LookupOp) {
  types.push_back(adaptor.getInput().getType());
  return success();
}
