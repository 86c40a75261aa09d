// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Which ops can run together, and how the leaves of a group are read: see Units.h.

#include "passes/Codegen/Plan/Units.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

//===--- classification ---------------------------------------------------===//

bool bitwright::codegen::isElementwise(Operation *op) {
  if (auto quantize = dyn_cast<qnn::QuantizeOp>(op))
    return quantize.getBlockSize() == 0;
  if (auto dequantize = dyn_cast<qnn::DequantizeOp>(op))
    return dequantize.getBlockSize() == 0;
  return isa<qnn::ElementwiseInterface, qnn::RequantizeOp, qnn::QAddOp, qnn::QMulOp>(op);
}

bool bitwright::codegen::takesEpilogue(Operation *op) {
  return isa<qnn::Conv2dOp, qnn::ConvTranspose2dOp, qnn::LinearOp, qnn::MatmulOp, qnn::QConv2dOp,
             qnn::QLinearOp, qnn::BlockLinearOp, qnn::DynamicQLinearOp>(op);
}

bool bitwright::codegen::isSizeOperand(OpOperand &operand) {
  Operation *op = operand.getOwner();
  unsigned index = operand.getOperandNumber();
  if (isa<qnn::ReshapeOp, qnn::ExpandOp, qnn::TileOp, qnn::ResizeOp>(op))
    return index == 1;
  if (isa<qnn::PadOp>(op))
    return index == 1;
  if (isa<qnn::SliceOp>(op))
    return index > 0;
  return isa<qnn::ShapeOp, qnn::RangeOp>(op);
}

bool bitwright::codegen::isView(Operation *op) {
  return isa<qnn::ReshapeOp, qnn::SqueezeOp, qnn::UnsqueezeOp, qnn::FlattenOp, qnn::ObserveOp>(op);
}

LogicalResult bitwright::codegen::refuseType(Operation *op, Type type) {
  return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': '"
                         << op->getName() << "' on " << type << " cannot be compiled";
}

//===--- leaves -----------------------------------------------------------===//

/// For a per-axis scale or zero point of quantize / dequantize: its axis.
static std::optional<int64_t> perChannelAxis(const Group &group, Value leaf) {
  for (Operation *op : group.members) {
    if (auto quantize = dyn_cast<qnn::QuantizeOp>(op);
        quantize && leaf != quantize.getInput() &&
        (leaf == quantize.getScale() || leaf == quantize.getZeroPoint()))
      return quantize.getAxis();
    if (auto dequantize = dyn_cast<qnn::DequantizeOp>(op);
        dequantize && leaf != dequantize.getInput() &&
        (leaf == dequantize.getScale() || leaf == dequantize.getZeroPoint()))
      return dequantize.getAxis();
  }
  return std::nullopt;
}

Dims bitwright::codegen::alignedDims(Program &program, const Group &group, Value leaf) {
  size_t rank = program.info(group.root()->getResult(0)).dims.size();
  Dims dims = program.info(leaf).dims;
  if (auto axis = perChannelAxis(group, leaf); axis && dims.size() == 1) {
    Dims aligned(rank, Dim(1));
    aligned[*axis < 0 ? *axis + rank : *axis] = dims[0];
    return aligned;
  }
  dims.insert(dims.begin(), rank - dims.size(), Dim(1));
  return dims;
}

std::optional<LeafAccess> bitwright::codegen::getLeafAccess(Program &p, Value anchor,
                                                            const Group &group, Value leaf) {
  if (leaf == anchor)
    return LeafAccess::Anchor;
  const Dims rows = p.info(anchor).dims;
  const Dims dims = alignedDims(p, group, leaf);
  if (llvm::all_of(dims, [](Dim dim) { return dim.is(1); }))
    return LeafAccess::Scalar;
  if (dims == rows)
    return LeafAccess::Full;
  if (llvm::all_of(ArrayRef(dims).drop_back(), [](Dim dim) { return dim.is(1); }) &&
      dims.back() == rows.back())
    return LeafAccess::Column;
  return std::nullopt;
}
