// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Axes and pads renamed for a permuted tensor, op by op.

#include "passes/Simplify/LayoutOps.h"
#include "passes/Common/Utils.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright;

static bool isReduction(Operation *op) {
  return isa<qnn::ReduceMaxOp, qnn::ReduceMeanOp, qnn::ReduceMinOp, qnn::ReduceProdOp,
             qnn::ReduceSumOp>(op);
}

static ArrayRef<int64_t> getAxes(Operation *op) {
  return op->getAttrOfType<DenseI64ArrayAttr>("axes").asArrayRef();
}

static bool dropsDims(Operation *op) {
  return isa<qnn::SqueezeOp>(op) || (isReduction(op) && !op->hasAttr("keep_dims"));
}

SmallVector<OpOperand *> bitwright::getLayoutOperands(Operation *op) {
  SmallVector<OpOperand *> operands;
  if (isa<qnn::ElementwiseInterface, qnn::ConcatOp>(op))
    for (OpOperand &operand : op->getOpOperands())
      operands.push_back(&operand);
  else if (op->getNumOperands() > 0)
    operands.push_back(&op->getOpOperand(0));
  return operands;
}

/// A constant that broadcasts, or has one element.
static bool isFreeOperand(Value value) {
  RankedTensorType type = getTensorType(value);
  return isConstantValue(value) || (type.hasStaticShape() && type.getNumElements() == 1);
}

/// Dimensions left after dropping `axes` come in the same order from the permuted tensor.
static bool keepsOrder(ArrayRef<int64_t> axes, ArrayRef<int64_t> perm) {
  int64_t last = -1;
  for (int64_t from : perm) {
    if (llvm::is_contained(axes, from))
      continue;
    if (from < last)
      return false;
    last = from;
  }
  return true;
}

static bool hasStatistics(qnn::ObserveOp op) {
  return op.getStatistics() && !op.getStatistics()->empty();
}

/// Per tensor, or per slice of an axis (which can be renamed).
template <typename OpTy> static bool hasSimpleGranularity(OpTy op) {
  return op.getBlockSize() == 0;
}

static bool isFlexible(Operation *op) {
  return llvm::TypeSwitch<Operation *, bool>(op)
      .Case<qnn::ElementwiseInterface, qnn::ConcatOp, qnn::SliceOp, qnn::SoftmaxOp,
            qnn::BatchNormOp>([](auto) { return true; })
      .Case<qnn::QuantizeOp, qnn::DequantizeOp>(
          [](auto quant) { return hasSimpleGranularity(quant); })
      .Case<qnn::ObserveOp>([](qnn::ObserveOp observe) { return !hasStatistics(observe); })
      .Case<qnn::PadOp>([](qnn::PadOp pad) { return isConstantValue(pad.getPads()); })
      .Case<qnn::TileOp>([](qnn::TileOp tile) { return isConstantValue(tile.getRepeats()); })
      .Case<qnn::GatherOp>(
          [](qnn::GatherOp gather) { return getTensorType(gather.getIndices()).getRank() == 1; })
      .Default([](Operation *other) { return isReduction(other) && !dropsDims(other); });
}

LayoutRole bitwright::getLayoutRole(Operation *op, ArrayRef<int64_t> perm) {
  int64_t rank = perm.size();
  if (op->getNumResults() != 1 || op->getNumOperands() == 0)
    return LayoutRole::Fixed;
  bool sink = dropsDims(op) || isa<qnn::ShapeOp>(op);
  if (!sink && !isFlexible(op))
    return LayoutRole::Fixed;
  bool moves = false;
  for (OpOperand *operand : getLayoutOperands(op)) {
    if (isFreeOperand(operand->get()) && !sink)
      continue;
    if (getTensorType(operand->get()).getRank() != rank)
      return LayoutRole::Fixed;
    moves = true;
  }
  if (!moves)
    return LayoutRole::Fixed;
  if (!sink)
    return getTensorType(op->getResult(0)).getRank() == rank ? LayoutRole::Flexible
                                                             : LayoutRole::Fixed;
  return isa<qnn::ShapeOp>(op) || keepsOrder(getAxes(op), perm) ? LayoutRole::Sink
                                                                : LayoutRole::Fixed;
}

Value bitwright::permuteConstant(OpBuilder &builder, Value constant, ArrayRef<int64_t> perm) {
  RankedTensorType type = getTensorType(constant);
  int64_t rank = perm.size();
  if (type.hasStaticShape() && type.getNumElements() == 1 && type.getRank() <= rank)
    return constant;
  if (type.getRank() < rank) {
    SmallVector<int64_t> shape(rank - type.getRank(), 1), axes;
    for (int64_t i = 0; i < rank - type.getRank(); ++i)
      axes.push_back(i);
    shape.append(type.getShape().begin(), type.getShape().end());
    type = RankedTensorType::get(shape, type.getElementType());
    constant = qnn::UnsqueezeOp::create(builder, constant.getLoc(), type, constant,
                                        builder.getDenseI64ArrayAttr(axes));
  }
  return qnn::TransposeOp::create(builder, constant.getLoc(), permuteType(type, perm), constant,
                                  builder.getDenseI64ArrayAttr(perm));
}

namespace {

/// The attributes of the new op.
class AxisRenamer {
public:
  AxisRenamer(OpBuilder &builder, ArrayRef<int64_t> perm)
      : builder(builder), perm(perm), place(invertPermutation(perm)) {}

  void rename(Operation *op, SmallVector<Value> &operands) {
    llvm::TypeSwitch<Operation *>(op)
        .Case<qnn::ConcatOp, qnn::SoftmaxOp, qnn::BatchNormOp, qnn::GatherOp>(
            [&](auto axisOp) { axisOp.setAxis(place[axisOp.getAxis()]); })
        .Case<qnn::QuantizeOp, qnn::DequantizeOp>([&](auto quant) {
          if (getTensorType(quant.getScale()).getRank() == 1)
            quant.setAxis(place[quant.getAxis()]);
        })
        .Case<qnn::SliceOp>([&](qnn::SliceOp slice) { slice.setAxes(mapAxes(slice.getAxes())); })
        .Case<qnn::PadOp, qnn::TileOp>(
            [&](auto) { op->setOperand(1, permutePerDimension(operands[1])); })
        .Default([&](Operation *other) {
          if (isReduction(other) || isa<qnn::SqueezeOp>(other))
            other->setAttr("axes", builder.getDenseI64ArrayAttr(sortedAxes(getAxes(other))));
        });
  }

private:
  SmallVector<int64_t> mapAxes(ArrayRef<int64_t> axes) {
    return llvm::map_to_vector(axes, [&](int64_t axis) { return place[axis]; });
  }
  SmallVector<int64_t> sortedAxes(ArrayRef<int64_t> axes) {
    SmallVector<int64_t> mapped = mapAxes(axes);
    llvm::sort(mapped);
    return mapped;
  }
  /// One or two integers for each dimension (all the first ones come first).
  Value permutePerDimension(Value constant) {
    SmallVector<int64_t> values = *getIntegers(constant), permuted;
    for (size_t base = 0; base + perm.size() <= values.size(); base += perm.size())
      for (int64_t from : perm)
        permuted.push_back(values[base + from]);
    return createIntegers(builder, constant.getLoc(), getTensorType(constant).getElementType(),
                          {int64_t(permuted.size())}, permuted);
  }

  OpBuilder &builder;
  ArrayRef<int64_t> perm;
  SmallVector<int64_t> place; // of each axis in the permuted tensor
};

} // namespace

/// shape(v)[start, end) from the permuted v.
static Value createPermutedShape(OpBuilder &builder, qnn::ShapeOp op, Value input,
                                 ArrayRef<int64_t> perm) {
  int64_t rank = perm.size(), count = op.getType().getDimSize(0);
  SmallVector<int64_t> place = invertPermutation(perm);
  Value all = qnn::ShapeOp::create(builder, op.getLoc(),
                                   RankedTensorType::get({rank}, builder.getI64Type()), input,
                                   builder.getI64IntegerAttr(0), builder.getI64IntegerAttr(rank));
  Value indices = createIntegers(builder, op.getLoc(), builder.getI64Type(), {count},
                                 ArrayRef<int64_t>(place).slice(op.getStart(), count));
  return qnn::GatherOp::create(builder, op.getLoc(), op.getType(), all, indices,
                               builder.getI64IntegerAttr(0));
}

Value bitwright::createInLayout(OpBuilder &builder, Operation *op, SmallVector<Value> operands,
                                ArrayRef<int64_t> perm) {
  if (auto shape = dyn_cast<qnn::ShapeOp>(op))
    return createPermutedShape(builder, shape, operands.front(), perm);
  Type type = op->getResult(0).getType();
  if (getLayoutRole(op, perm) == LayoutRole::Flexible)
    type = permuteType(cast<RankedTensorType>(type), perm);
  Operation *permuted = cloneWith(builder, op, operands, type);
  builder.setInsertionPoint(permuted);
  AxisRenamer(builder, perm).rename(permuted, operands);
  builder.setInsertionPointAfter(permuted);
  return permuted->getResult(0);
}
