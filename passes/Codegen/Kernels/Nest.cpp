// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Nests of loops as kernels: see Nest.h.

#include "passes/Codegen/Kernels/Nest.h"

using namespace mlir;
using namespace bitwright::codegen;

Nest Nest::simplify(Sizes &sizes) const {
  Nest result;
  result.strides.resize(strides.size());
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d].is(1))
      continue;
    bool merges = !result.dims.empty();
    for (size_t i = 0; merges && i < strides.size(); ++i)
      merges = result.strides[i].back() == sizes.mul(strides[i][d], dims[d]);
    if (!merges) {
      result.dims.push_back(dims[d]);
      for (size_t i = 0; i < strides.size(); ++i)
        result.strides[i].push_back(strides[i][d]);
      continue;
    }
    result.dims.back() = sizes.mul(result.dims.back(), dims[d]);
    for (size_t i = 0; i < strides.size(); ++i)
      result.strides[i].back() = strides[i][d];
  }
  if (result.dims.empty()) {
    result.dims.push_back(1);
    for (Dims &operand : result.strides)
      operand.push_back(0);
  }
  return result;
}

//===--- sizes ------------------------------------------------------------===//

NestKernel::NestKernel(Program &program, Nest walked, int64_t lanes)
    : p(program), nest(std::move(walked)), lanes(lanes) {
  for (Dim dim : nest.dims)
    dimArguments.push_back(addSize(dim));
  for (const Dims &strides : nest.strides) {
    strideArguments.emplace_back();
    for (Dim stride : strides)
      strideArguments.back().push_back(addSize(stride));
  }
}

int NestKernel::addSize(Dim dim) {
  if (dim.isStatic())
    return -1;
  arguments.push_back(dim);
  return arguments.size() - 1;
}

Value NestKernel::get(KernelBuilder &k, Dim dim, int argument, ValueRange sizes) const {
  return dim.isStatic() ? k.idx(dim.size) : sizes[argument];
}

Value NestKernel::dim(KernelBuilder &k, size_t d, ValueRange sizes) const {
  return get(k, nest.dims[d], dimArguments[d], sizes);
}

Value NestKernel::stride(KernelBuilder &k, size_t i, size_t d, ValueRange sizes) const {
  return get(k, nest.strides[i][d], strideArguments[i][d], sizes);
}

//===--- kernel -----------------------------------------------------------===//

/// Where the outer index `iv` lies in all dimensions but the last.
static SmallVector<Value> outerCoordinates(KernelBuilder &k, Value iv, ArrayRef<Value> dims) {
  SmallVector<Value> coordinates(dims.size() - 1);
  for (int64_t d = dims.size() - 2; d >= 0; --d) {
    if (d == 0) {
      coordinates[d] = iv;
      break;
    }
    coordinates[d] = k.remS(iv, dims[d]);
    iv = k.divS(iv, dims[d]);
  }
  return coordinates;
}

Value NestKernel::index(KernelBuilder &k, size_t i, ValueRange sizes,
                        const NestPoint &point) const {
  return k.add(point.offsets[i], k.mul(point.at, stride(k, i, rank() - 1, sizes)));
}

void NestKernel::emit(KernelBuilder &k, ValueRange pointers, ValueRange sizes,
                      Iterations &iterations, Body body) const {
  SmallVector<Value> extents;
  for (size_t d = 0; d < rank(); ++d)
    extents.push_back(dim(k, d, sizes));
  if (rank() == 1) {
    SmallVector<Value> offsets(nest.strides.size(), k.idx(0));
    return iterations.forEachVector(
        lanes, [&](Value at, int64_t width) { body(k, pointers, sizes, {offsets, at, width}); });
  }
  iterations.forEach([&](Value iv) {
    SmallVector<Value> coordinates = outerCoordinates(k, iv, extents), offsets;
    for (size_t i = 0; i < nest.strides.size(); ++i) {
      Value offset = k.idx(0);
      for (size_t d = 0; d + 1 < rank(); ++d)
        offset = k.add(offset, k.mul(coordinates[d], stride(k, i, d, sizes)));
      offsets.push_back(offset);
    }
    iterations.forEachVector(k.idx(0), extents.back(), lanes, [&](Value at, int64_t width) {
      body(k, pointers, sizes, {offsets, at, width});
    });
  });
}

Kernel NestKernel::build(StringRef name, Location loc, Body body) {
  size_t operands = nest.strides.size();
  SmallVector<KernelArg> args(operands, KernelArg::Pointer);
  args.append(arguments.size(), KernelArg::Size);
  return p.kernels.get(
      name, args, loc, [&](KernelBuilder &k, ValueRange values, Iterations &iterations) {
        emit(k, values.take_front(operands), values.drop_front(operands), iterations, body);
      });
}

void NestKernel::launch(const Kernel &kernel, ArrayRef<Value> pointers, int64_t cost,
                        Location loc) {
  constexpr int64_t likelySize = 64; // of a loop whose size is not known
  SmallVector<Value> values(pointers);
  for (Dim dim : arguments)
    values.push_back(p.host.value(dim, loc));
  if (rank() == 1)
    return p.host.launch(kernel, values, nest.dims[0], cost, loc);
  Dim inner = nest.dims.back(), outer = p.sizes.product(ArrayRef(nest.dims).drop_back());
  p.host.launch(kernel, values, outer, cost * (inner.isStatic() ? inner.size : likelySize), loc);
}
