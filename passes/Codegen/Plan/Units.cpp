// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What is a view, and how the leaves of a unit are read: see Units.h.

#include "passes/Codegen/Plan/Units.h"

#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;

TensorInfo &Tensors::info(Value tensor) {
  if (tensors.try_emplace(tensor).second) {
    TensorInfo known = read(tensor);
    tensors[tensor] = std::move(known);
  }
  return tensors[tensor];
}

bool bitwright::codegen::isView(Operation *op) {
  return qnn::keepsElementOrder(op) || isa<qnn::ObserveOp>(op);
}

Dims bitwright::codegen::alignedDims(Tensors &p, ArrayRef<Operation *> members, Value leaf) {
  size_t rank = p.info(members.back()->getResult(0)).dims.size();
  Dims dims = p.info(leaf).dims;
  if (auto axis = kernel::getChannelAxis(members, leaf); axis && dims.size() == 1) {
    Dims aligned(rank, Dim(1));
    aligned[*axis < 0 ? *axis + rank : *axis] = dims[0];
    return aligned;
  }
  dims.insert(dims.begin(), rank - dims.size(), Dim(1));
  return dims;
}

LeafAccess bitwright::codegen::getLeafAccess(Tensors &p, ArrayRef<Operation *> members,
                                             Value leaf) {
  const Dims rows = p.info(members.back()->getResult(0)).dims;
  const Dims dims = alignedDims(p, members, leaf);
  if (llvm::all_of(dims, [](Dim dim) { return dim.is(1); }))
    return LeafAccess::Scalar;
  if (dims == rows)
    return LeafAccess::Full;
  if (llvm::all_of(ArrayRef(dims).drop_back(), [](Dim dim) { return dim.is(1); }) &&
      dims.back() == rows.back())
    return LeafAccess::Column;
  return LeafAccess::Broadcast;
}
