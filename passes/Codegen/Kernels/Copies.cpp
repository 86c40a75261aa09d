// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Strided copies as kernels.

#include "passes/Codegen/Kernels/Kernels.h"
#include "passes/Codegen/Kernels/Nest.h"

using namespace mlir;
using namespace bitwright::codegen;

void bitwright::codegen::emitStridedCopy(Program &p, int64_t elementBytes, Dims dims, Value src,
                                         Dim srcOffset, Dims srcStrides, Value dst, Dim dstOffset,
                                         Dims dstStrides, Location loc) {
  for (size_t d = 0; d < dims.size(); ++d)
    if (dims[d].is(1))
      srcStrides[d] = dstStrides[d] = Dim(0);
  Nest nest = Nest{dims, {srcStrides, dstStrides}}.simplify(p.sizes);
  KernelBuilder h = p.host.kernel(loc);
  Value bytes = h.idx(elementBytes);
  src = h.gepBytes(src, h.mul(p.host.value(srcOffset, loc), bytes));
  dst = h.gepBytes(dst, h.mul(p.host.value(dstOffset, loc), bytes));
  if (emitTransposedCopy(p, elementBytes, nest.dims, src, nest.strides[0], dst, nest.strides[1],
                         loc))
    return;
  bool vectorizes = nest.isInnermost(0, 1) && nest.isInnermost(1, 1);
  // As many bytes as elementLanes of f32 have.
  NestKernel copy(p, nest, vectorizes ? 4 * elementLanes / elementBytes : 1);
  auto body = [&](KernelBuilder &k, ValueRange pointers, ValueRange sizes, const NestPoint &point) {
    Type element = IntegerType::get(p.getContext(), elementBytes * 8);
    Value value =
        k.load(laneType(k, element, point.lanes), pointers[0], copy.index(k, 0, sizes, point));
    k.store(value, pointers[1], copy.index(k, 1, sizes, point));
  };
  copy.launch(copy.build("copy", loc, body), {src, dst}, 1, loc);
}
