// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Units of elementwise ops alone: loops.

#include "passes/Codegen/Kernels/Elementwise.h"
#include "passes/Codegen/Kernels/Kernels.h"
#include "passes/Codegen/Kernels/Nest.h"
#include "passes/Codegen/Plan/Units.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace kernel = bitwright::kernel;
namespace qnn = bitwright::qnn;

static int64_t estimateCost(kernel::LaunchOp unit) {
  int64_t cost = 0;
  for (Operation *op : unit.getElementwise())
    cost += op->hasTrait<qnn::Transcendental>() ? 8 : 1;
  return cost;
}

/// How a leaf of any shape strides through `dims`; a dimension that it repeats has stride 0.
static Dims getBroadcastStrides(Program &p, kernel::LaunchOp unit, Value leaf, const Dims &dims) {
  Dims leafDims = alignedDims(p, unit.getElementwise(), leaf),
       strides = p.sizes.contiguousStrides(leafDims);
  for (size_t d = 0; d < dims.size(); ++d)
    if (leafDims[d] != dims[d] || dims[d].is(1))
      strides[d] =
          leafDims[d].is(1) ? Dim(0) : p.sizes.select(p.sizes.equal(leafDims[d], 1), 0, strides[d]);
  return strides;
}

/// How a tensor of `dims` strides through them.
static Dims getFullStrides(Program &p, const Dims &dims) {
  Dims strides = p.sizes.contiguousStrides(dims);
  for (size_t d = 0; d < dims.size(); ++d)
    if (dims[d].is(1))
      strides[d] = Dim(0);
  return strides;
}

static Dims getStrides(Program &p, kernel::LaunchOp unit, unsigned leaf, const Dims &dims) {
  switch (unit.getAccess(leaf)) {
  case LeafAccess::Full:
    return getFullStrides(p, dims);
  case LeafAccess::Column: {
    Dims strides(dims.size(), Dim(0));
    strides.back() = Dim(dims.back().is(1) ? 0 : 1);
    return strides;
  }
  case LeafAccess::Scalar:
    return Dims(dims.size(), Dim(0));
  case LeafAccess::Broadcast:
    break;
  }
  return getBroadcastStrides(p, unit, unit.getLeaves()[leaf], dims);
}

/// The leaves and, last, the result.
static Nest getNest(Program &p, kernel::LaunchOp unit) {
  const Dims dims = p.info(unit.getRoot()->getResult(0)).dims;
  Nest nest;
  nest.dims = dims;
  for (unsigned leaf = 0; leaf < unit.getLeaves().size(); ++leaf)
    nest.strides.push_back(getStrides(p, unit, leaf, dims));
  nest.strides.push_back(getFullStrides(p, dims));
  return nest.simplify(p.sizes);
}

/// Whether each operand is contiguous or one element along the innermost loop.
static bool isVectorizable(const Nest &nest) {
  return llvm::all_of(nest.strides, [](const Dims &s) { return s.back().is(0) || s.back().is(1); });
}

LogicalResult bitwright::codegen::emitElementwiseKernel(Program &p, kernel::LaunchOp unit) {
  Operation *root = unit.getRoot();
  Location loc = root->getLoc();
  Value result = root->getResult(0);
  Nest nest = getNest(p, unit);
  // A single element strides by 0 in every operand; the result is stored once.
  NestKernel loop(p, nest, isVectorizable(nest) ? elementLanes : 1);
  size_t last = unit.getLeaves().size();
  bool emitted = true;
  auto body = [&](KernelBuilder &k, ValueRange pointers, ValueRange sizes, const NestPoint &point) {
    Value value = emitElementwise(k, unit, Value(), [&](unsigned i) {
      Type type = p.info(unit.getLeaves()[i]).elementType;
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
  for (Value leaf : unit.getLeaves())
    pointers.push_back(p.pointer(leaf, loc));
  pointers.push_back(p.pointer(result, loc));
  loop.launch(kernel, pointers, estimateCost(unit), loc);
  return success();
}
