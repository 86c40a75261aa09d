// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Groups of elementwise ops as kernels of their own.

#include "passes/Codegen/Kernels/Elementwise.h"
#include "passes/Codegen/Kernels/Kernels.h"
#include "passes/Codegen/Kernels/Nest.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

static int64_t estimateCost(const Group &group) {
  int64_t cost = 0;
  for (Operation *op : group.members)
    cost += isa<qnn::ExpOp, qnn::SigmoidOp, qnn::TanhOp, qnn::SiluOp, qnn::ErfOp, qnn::GeluOp,
                qnn::PowOp, qnn::LogOp, qnn::SinOp, qnn::CosOp, qnn::SoftplusOp>(op)
                ? 8
                : 1;
  return cost;
}

/// The leaves and, last, the result; a dimension that a leaf repeats has stride 0.
static Nest getNest(Program &p, const Group &group) {
  const Dims dims = p.info(group.root()->getResult(0)).dims;
  Nest nest;
  nest.dims = dims;
  for (Value leaf : group.leaves) {
    Dims leafDims = alignedDims(p, group, leaf), strides = p.sizes.contiguousStrides(leafDims);
    for (size_t d = 0; d < dims.size(); ++d)
      if (leafDims[d] != dims[d] || dims[d].is(1))
        strides[d] = leafDims[d].is(1)
                         ? Dim(0)
                         : p.sizes.select(p.sizes.equal(leafDims[d], 1), 0, strides[d]);
    nest.strides.push_back(strides);
  }
  nest.strides.push_back(p.sizes.contiguousStrides(dims));
  for (size_t d = 0; d < dims.size(); ++d)
    if (dims[d].is(1))
      nest.strides.back()[d] = Dim(0);
  return nest.simplify(p.sizes);
}

/// Whether each operand is contiguous or one element along the innermost loop.
static bool isVectorizable(const Nest &nest) {
  return llvm::all_of(nest.strides, [](const Dims &s) { return s.back().is(0) || s.back().is(1); });
}

LogicalResult bitwright::codegen::emitElementwiseKernel(Program &p, const Group &group) {
  Operation *root = group.root();
  Location loc = root->getLoc();
  Value result = root->getResult(0);
  Nest nest = getNest(p, group);
  // A single element strides by 0 in every operand; the result is stored once.
  NestKernel loop(p, nest, isVectorizable(nest) ? elementLanes : 1);
  size_t last = group.leaves.size();
  bool emitted = true;
  auto body = [&](KernelBuilder &k, ValueRange pointers, ValueRange sizes, const NestPoint &point) {
    Value value = emitGroup(k, group, [&](unsigned i) {
      Type type = p.info(group.leaves[i]).elementType;
      if (nest.isInnermost(i, 0))
        return loadElement(k, type, pointers[i], point.offsets[i], 1);
      return loadElement(k, type, pointers[i], loop.index(k, i, sizes, point), point.lanes);
    });
    if (!value) {
      emitted = false;
      return;
    }
    value = k.splat(value, laneType(k, getElementTypeOrSelf(value.getType()), point.lanes));
    storeElement(k, value, p.info(result).elementType, pointers[last],
                 k.add(point.offsets[last], point.at));
  };
  Kernel kernel = loop.build("elementwise", loc, body);
  if (!emitted)
    return root->emitError() << "node '" << bitwright::getNodeName(loc) << "': '" << root->getName()
                             << "' cannot be compiled for this element type";
  SmallVector<Value> pointers;
  for (Value leaf : group.leaves)
    pointers.push_back(p.pointer(leaf, loc));
  pointers.push_back(p.pointer(result, loc));
  loop.launch(kernel, pointers, estimateCost(group), loc);
  return success();
}
