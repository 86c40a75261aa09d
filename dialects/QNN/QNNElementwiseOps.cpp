// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Type inference and rules of the elementwise ops.

#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"

using namespace mlir;
using namespace bitwright::qnn;

namespace {

/// The broadcast of two operands with `elementType` elements.
LogicalResult inferBinary(const Site &site, Value lhs, Value rhs, Type elementType,
                          SmallVectorImpl<Type> &types) {
  FailureOr<Dims> dims = broadcast(site, dimsOf(lhs), dimsOf(rhs));
  if (failed(dims))
    return failure();
  types.push_back(RankedTensorType::get(*dims, elementType));
  return success();
}

} // namespace

#define QNN_INFER(OP)                                                                              \
  LogicalResult OP::inferReturnTypes(MLIRContext *context, std::optional<Location> location,       \
                                     Adaptor adaptor, SmallVectorImpl<Type> &types)

// The result has the type of the operand.
#define QNN_INFER_UNARY(OP)                                                                        \
  QNN_INFER(OP) {                                                                                  \
    types.push_back(adaptor.getInput().getType());                                                 \
    return success();                                                                              \
  }

QNN_INFER_UNARY(AbsOp)
QNN_INFER_UNARY(CeilOp)
QNN_INFER_UNARY(CosOp)
QNN_INFER_UNARY(EluOp)
QNN_INFER_UNARY(ErfOp)
QNN_INFER_UNARY(ExpOp)
QNN_INFER_UNARY(FloorOp)
QNN_INFER_UNARY(GeluOp)
QNN_INFER_UNARY(HardSigmoidOp)
QNN_INFER_UNARY(HardSwishOp)
QNN_INFER_UNARY(LeakyReluOp)
QNN_INFER_UNARY(LogOp)
QNN_INFER_UNARY(NegOp)
QNN_INFER_UNARY(NotOp)
QNN_INFER_UNARY(ReciprocalOp)
QNN_INFER_UNARY(ReluOp)
QNN_INFER_UNARY(RoundOp)
QNN_INFER_UNARY(SigmoidOp)
QNN_INFER_UNARY(SignOp)
QNN_INFER_UNARY(SiluOp)
QNN_INFER_UNARY(SinOp)
QNN_INFER_UNARY(SoftplusOp)
QNN_INFER_UNARY(SqrtOp)
QNN_INFER_UNARY(TanhOp)

QNN_INFER(ClipOp) {
  double low = adaptor.getMin().convertToDouble(), high = adaptor.getMax().convertToDouble();
  if (!(low <= high))
    return Site{location, getOperationName()}.fail("expects min of at most max, but got ", low,
                                                   " and ", high);
  types.push_back(adaptor.getInput().getType());
  return success();
}

// Both operands have one element type.
#define QNN_INFER_BINARY(OP, ELEMENT)                                                              \
  QNN_INFER(OP) {                                                                                  \
    Site site{location, getOperationName()};                                                       \
    if (failed(checkSameElement(site, "a right operand", adaptor.getRhs(), adaptor.getLhs())))     \
      return failure();                                                                            \
    return inferBinary(site, adaptor.getLhs(), adaptor.getRhs(), ELEMENT, types);                  \
  }

#define QNN_INFER_ARITHMETIC(OP) QNN_INFER_BINARY(OP, elementOf(adaptor.getLhs()))
#define QNN_INFER_COMPARISON(OP) QNN_INFER_BINARY(OP, IntegerType::get(context, 1))

QNN_INFER_ARITHMETIC(AddOp)
QNN_INFER_ARITHMETIC(SubOp)
QNN_INFER_ARITHMETIC(MulOp)
QNN_INFER_ARITHMETIC(DivOp)
QNN_INFER_ARITHMETIC(MaxOp)
QNN_INFER_ARITHMETIC(MinOp)
QNN_INFER_ARITHMETIC(ModOp)
QNN_INFER_ARITHMETIC(PReluOp)
QNN_INFER_ARITHMETIC(AndOp)
QNN_INFER_ARITHMETIC(OrOp)
QNN_INFER_ARITHMETIC(XorOp)
QNN_INFER_COMPARISON(EqualOp)
QNN_INFER_COMPARISON(GreaterOp)
QNN_INFER_COMPARISON(GreaterEqualOp)
QNN_INFER_COMPARISON(LessOp)
QNN_INFER_COMPARISON(LessEqualOp)

QNN_INFER(PowOp) {
  Site site{location, getOperationName()};
  return inferBinary(site, adaptor.getLhs(), adaptor.getRhs(), elementOf(adaptor.getLhs()), types);
}

QNN_INFER(WhereOp) {
  Site site{location, getOperationName()};
  if (failed(checkSameElement(site, "a right operand", adaptor.getRhs(), adaptor.getLhs())))
    return failure();
  FailureOr<Dims> dims = broadcast(site, dimsOf(adaptor.getLhs()), dimsOf(adaptor.getRhs()));
  if (failed(dims))
    return failure();
  dims = broadcast(site, dimsOf(adaptor.getCondition()), *dims);
  if (failed(dims))
    return failure();
  types.push_back(RankedTensorType::get(*dims, elementOf(adaptor.getLhs())));
  return success();
}

LogicalResult CastOp::verify() {
  if (failed(verifyCompatibleShape(getInput().getType(), getType())))
    return emitOpError("expects a result of the input's shape, but got ") << getType();
  if (!getInput().getType().getElementType().isIntOrFloat() ||
      !getType().getElementType().isIntOrFloat())
    return emitOpError("expects integer or float elements");
  return success();
}
