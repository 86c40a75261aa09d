// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What each op does in another layout, and where dimensions go: LayoutInterface.

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"

using namespace mlir;
using namespace bitwright;
using namespace bitwright::qnn;

using Flow = AxisFlow::Kind;

RankedTensorType bitwright::permuteType(RankedTensorType type, ArrayRef<int64_t> perm) {
  SmallVector<int64_t> shape;
  for (int64_t from : perm)
    shape.push_back(type.getDimSize(from));
  return RankedTensorType::get(shape, type.getElementType(), type.getEncoding());
}

SmallVector<int64_t> bitwright::invertPermutation(ArrayRef<int64_t> perm) {
  SmallVector<int64_t> inverse(perm.size());
  for (auto [to, from] : llvm::enumerate(perm))
    inverse[from] = to;
  return inverse;
}

//===--- questions about any op -------------------------------------------===//

/// A constant that broadcasts, or one element.
static bool isFreeOperand(Value value) {
  RankedTensorType type = rankedType(value);
  return isConstantValue(value) || (type.hasStaticShape() && type.getNumElements() == 1);
}

LayoutRole qnn::getLayoutRole(Operation *op, ArrayRef<int64_t> perm) {
  auto layout = dyn_cast<LayoutInterface>(op);
  if (!layout || op->getNumResults() != 1 || op->getNumOperands() == 0)
    return LayoutRole::Fixed;
  int64_t rank = perm.size();
  LayoutRole role = layout.getLayoutRole(perm);
  bool moves = false;
  for (OpOperand *operand : layout.getLayoutOperands()) {
    if (isFreeOperand(operand->get()) && role == LayoutRole::Flexible)
      continue;
    if (rankedType(operand->get()).getRank() != rank)
      return LayoutRole::Fixed;
    moves = true;
  }
  bool fits = role == LayoutRole::Sink || rankedType(op->getResult(0)).getRank() == rank;
  return moves && fits ? role : LayoutRole::Fixed;
}

SmallVector<OpOperand *> qnn::getLayoutOperands(Operation *op) {
  auto layout = dyn_cast<LayoutInterface>(op);
  return layout ? layout.getLayoutOperands() : SmallVector<OpOperand *>();
}

/// Where the dimensions of operand 0 of an op that moves its elements go.
static AxisFlow getMoveFlow(Operation *op) {
  if (!isa_and_nonnull<TransparentInterface>(op) || !isa<LayoutInterface>(op))
    return {};
  return cast<LayoutInterface>(op).getAxisFlow(op->getOpOperand(0));
}

bool qnn::keepsElementOrder(Operation *op) { return getMoveFlow(op).kind == Flow::Regroup; }

bool qnn::keepsElements(Operation *op) {
  Flow kind = getMoveFlow(op).kind;
  return kind == Flow::Regroup || kind == Flow::Permute;
}

std::optional<int64_t> qnn::followAxis(Operation *op, int64_t axis) {
  AxisFlow flow = getMoveFlow(op);
  if (flow.kind == Flow::Permute)
    return std::distance(flow.perm.begin(), llvm::find(flow.perm, axis));
  if (flow.kind != Flow::Regroup)
    return std::nullopt;
  ArrayRef<int64_t> from = dimsOf(op->getOperand(0)), to = dimsOf(op->getResult(0));
  int64_t before = 1, passed = 1;
  for (int64_t size : from.take_front(axis))
    before *= size;
  for (auto [i, size] : llvm::enumerate(to)) {
    if (passed == before && size == from[axis])
      return int64_t(i);
    passed *= size;
  }
  return std::nullopt;
}

//===--- what follows from other interfaces -------------------------------===//

/// The dimensions that are left after dropping `axes` come in the same order from the permuted
/// tensor.
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

static LayoutRole getDroppingRole(ArrayRef<int64_t> axes, ArrayRef<int64_t> perm) {
  return keepsOrder(axes, perm) ? LayoutRole::Sink : LayoutRole::Fixed;
}

static LayoutRole flexibleIf(bool condition) {
  return condition ? LayoutRole::Flexible : LayoutRole::Fixed;
}

/// The places of `axes` in the layout `perm`.
static SmallVector<int64_t> mapAxes(ArrayRef<int64_t> axes, ArrayRef<int64_t> perm) {
  SmallVector<int64_t> place = invertPermutation(perm);
  return llvm::map_to_vector(axes, [&](int64_t axis) { return place[axis]; });
}
static SmallVector<int64_t> mapAndSort(ArrayRef<int64_t> axes, ArrayRef<int64_t> perm) {
  SmallVector<int64_t> mapped = mapAxes(axes, perm);
  llvm::sort(mapped);
  return mapped;
}
static int64_t mapAxis(int64_t axis, ArrayRef<int64_t> perm) { return mapAxes(axis, perm).front(); }

SmallVector<OpOperand *> qnn::detail::getLayoutOperands(Operation *op) {
  if (isa<ElementwiseInterface>(op))
    return llvm::map_to_vector(op->getOpOperands(), [](OpOperand &operand) { return &operand; });
  return {&op->getOpOperand(0)};
}

LayoutRole qnn::detail::getLayoutRole(Operation *op, ArrayRef<int64_t> perm) {
  if (isa<ElementwiseInterface>(op))
    return LayoutRole::Flexible;
  auto reduction = dyn_cast<ReductionInterface>(op);
  if (!reduction)
    return LayoutRole::Fixed;
  return reduction.getKeepDims() ? LayoutRole::Flexible
                                 : getDroppingRole(reduction.getAxes(), perm);
}

void qnn::detail::permuteAxes(Operation *op, ArrayRef<int64_t> perm) {
  if (auto reduction = dyn_cast<ReductionInterface>(op))
    reduction.setAxes(mapAndSort(reduction.getAxes(), perm));
}

Value qnn::detail::createInLayout(Operation *op, OpBuilder &builder, ValueRange operands,
                                  ArrayRef<int64_t> perm) {
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  Value result = copy->getResult(0);
  if (qnn::getLayoutRole(op, perm) == LayoutRole::Flexible)
    result.setType(permuteType(rankedType(result), perm));
  cast<LayoutInterface>(copy).permuteAxes(perm);
  return result;
}

AxisFlow qnn::detail::getAxisFlow(OpOperand &operand) {
  return {isa<ElementwiseInterface>(operand.getOwner()) ? Flow::Broadcast : Flow::Opaque, {}};
}

bool qnn::detail::isHomogeneous(OpOperand &operand) {
  auto move = dyn_cast<TransparentInterface>(operand.getOwner());
  return move && operand.getOperandNumber() < move.getNumDataOperands();
}

/// Operands after the first are parameters.
static AxisFlow ofInput(OpOperand &operand, Flow kind) {
  return {operand.getOperandNumber() == 0 ? kind : Flow::Opaque, {}};
}

//===--- elementwise and network ops --------------------------------------===//

bool ReluOp::isHomogeneous(OpOperand &) { return true; }
bool MulOp::isHomogeneous(OpOperand &) { return true; }

// A factor on the left operand passes as well, but its columns are summed over.
AxisFlow MatmulOp::getAxisFlow(OpOperand &operand) {
  return {operand.getOperandNumber() == 1 ? Flow::Contract : Flow::Opaque, {}};
}
bool MatmulOp::isHomogeneous(OpOperand &) { return true; }

LayoutRole BatchNormOp::getLayoutRole(ArrayRef<int64_t>) { return LayoutRole::Flexible; }
void BatchNormOp::permuteAxes(ArrayRef<int64_t> perm) { setAxis(mapAxis(getAxis(), perm)); }

LayoutRole SoftmaxOp::getLayoutRole(ArrayRef<int64_t>) { return LayoutRole::Flexible; }
void SoftmaxOp::permuteAxes(ArrayRef<int64_t> perm) { setAxis(mapAxis(getAxis(), perm)); }

//===--- ops that move elements -------------------------------------------===//

AxisFlow ReshapeOp::getAxisFlow(OpOperand &operand) { return ofInput(operand, Flow::Regroup); }
AxisFlow UnsqueezeOp::getAxisFlow(OpOperand &operand) { return ofInput(operand, Flow::Regroup); }
AxisFlow FlattenOp::getAxisFlow(OpOperand &operand) { return ofInput(operand, Flow::Regroup); }
AxisFlow TransposeOp::getAxisFlow(OpOperand &) { return {Flow::Permute, getPerm()}; }
AxisFlow ExpandOp::getAxisFlow(OpOperand &operand) { return ofInput(operand, Flow::Broadcast); }

AxisFlow SqueezeOp::getAxisFlow(OpOperand &operand) { return ofInput(operand, Flow::Regroup); }
LayoutRole SqueezeOp::getLayoutRole(ArrayRef<int64_t> perm) {
  return getDroppingRole(getAxes(), perm);
}
void SqueezeOp::permuteAxes(ArrayRef<int64_t> perm) { setAxes(mapAndSort(getAxes(), perm)); }

SmallVector<OpOperand *> ConcatOp::getLayoutOperands() {
  return llvm::map_to_vector(getOperation()->getOpOperands(),
                             [](OpOperand &operand) { return &operand; });
}
LayoutRole ConcatOp::getLayoutRole(ArrayRef<int64_t>) { return LayoutRole::Flexible; }
void ConcatOp::permuteAxes(ArrayRef<int64_t> perm) { setAxis(mapAxis(getAxis(), perm)); }

LayoutRole SliceOp::getLayoutRole(ArrayRef<int64_t>) { return LayoutRole::Flexible; }
void SliceOp::permuteAxes(ArrayRef<int64_t> perm) { setAxes(mapAxes(getAxes(), perm)); }

LayoutRole GatherOp::getLayoutRole(ArrayRef<int64_t>) {
  return flexibleIf(rankedType(getIndices()).getRank() == 1);
}
void GatherOp::permuteAxes(ArrayRef<int64_t> perm) { setAxis(mapAxis(getAxis(), perm)); }

/// Permutes a constant that holds one or two integers for each dimension (all the first ones come
/// first).
static void permuteEntries(OpOperand &operand, ArrayRef<int64_t> perm) {
  Value constant = operand.get();
  SmallVector<int64_t> values = *getIntegers(constant), permuted;
  for (size_t base = 0; base + perm.size() <= values.size(); base += perm.size())
    for (int64_t from : perm)
      permuted.push_back(values[base + from]);
  OpBuilder builder(operand.getOwner());
  operand.set(createIntegers(builder, constant.getLoc(), elementOf(constant),
                             {int64_t(permuted.size())}, permuted));
}

LayoutRole PadOp::getLayoutRole(ArrayRef<int64_t>) {
  return flexibleIf(isConstantValue(getPads()));
}
void PadOp::permuteAxes(ArrayRef<int64_t> perm) { permuteEntries(getPadsMutable(), perm); }

LayoutRole TileOp::getLayoutRole(ArrayRef<int64_t>) {
  return flexibleIf(isConstantValue(getRepeats()));
}
void TileOp::permuteAxes(ArrayRef<int64_t> perm) { permuteEntries(getRepeatsMutable(), perm); }

LayoutRole ShapeOp::getLayoutRole(ArrayRef<int64_t>) { return LayoutRole::Sink; }

/// The dimensions [start, end) of the tensor as it was, picked from those of the permuted one.
Value ShapeOp::createInLayout(OpBuilder &builder, ValueRange operands, ArrayRef<int64_t> perm) {
  int64_t rank = perm.size(), count = getType().getDimSize(0);
  SmallVector<int64_t> place = invertPermutation(perm);
  Value all = ShapeOp::create(builder, getLoc(),
                              RankedTensorType::get({rank}, builder.getI64Type()), operands.front(),
                              builder.getI64IntegerAttr(0), builder.getI64IntegerAttr(rank));
  Value indices = createIntegers(builder, getLoc(), builder.getI64Type(), {count},
                                 ArrayRef<int64_t>(place).slice(getStart(), count));
  return GatherOp::create(builder, getLoc(), getType(), all, indices, builder.getI64IntegerAttr(0));
}

//===--- quantization and calibration -------------------------------------===//

// Per tensor, or per slice of an axis, which can be renamed.
#define QNN_QDQ_LAYOUT(OP)                                                                         \
  LayoutRole OP::getLayoutRole(ArrayRef<int64_t>) { return flexibleIf(getBlockSize() == 0); }      \
  void OP::permuteAxes(ArrayRef<int64_t> perm) {                                                   \
    if (rankedType(getScale()).getRank() == 1)                                                     \
      setAxis(mapAxis(getAxis(), perm));                                                           \
  }                                                                                                \
  AxisFlow OP::getAxisFlow(OpOperand &operand) { return ofInput(operand, Flow::Broadcast); }

QNN_QDQ_LAYOUT(QuantizeOp)
QNN_QDQ_LAYOUT(DequantizeOp)

// Statistics go by the last dimension.
LayoutRole ObserveOp::getLayoutRole(ArrayRef<int64_t>) {
  return flexibleIf(!getStatistics() || getStatistics()->empty());
}
AxisFlow ObserveOp::getAxisFlow(OpOperand &operand) { return ofInput(operand, Flow::Broadcast); }
