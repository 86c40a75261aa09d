// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Copies whose source and destination run along different dimensions: square
/// blocks are transposed in registers.

#include "passes/Codegen/Kernels/Kernels.h"

using namespace mlir;
using namespace bitwright::codegen;

/// Rows and columns of a block: registers of 16 or 32 bytes.
static int64_t blockSize(int64_t elementBytes) {
  return elementBytes == 1 ? 16 : elementBytes == 8 ? 4 : 8;
}

/// Transposes rows.size() registers of as many elements. Interleaving the first
/// half of the rows with the second moves one bit of the row number into the
/// column number; after all bits have moved the block is transposed.
static SmallVector<Value> transposeRegisters(KernelBuilder &k, SmallVector<Value> rows) {
  int64_t size = rows.size();
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < size / 2; ++i) {
    low.append({i, size + i});
    high.append({size / 2 + i, size + size / 2 + i});
  }
  for (int64_t moved = 1; moved < size; moved *= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i < size / 2; ++i) {
      next.push_back(k.shuffle(rows[i], rows[i + size / 2], low));
      next.push_back(k.shuffle(rows[i], rows[i + size / 2], high));
    }
    rows = next;
  }
  return rows;
}

namespace {
/// The plane that is transposed: element (i, j) goes from from[i + j * fromStep]
/// to to[i * toStep + j].
struct Plane {
  Type element;
  Value from, to, fromStep, toStep;
};
} // namespace

static void copyBlock(KernelBuilder &k, const Plane &plane, Value i, Value j, int64_t size) {
  SmallVector<Value> rows;
  Type type = k.vec(plane.element, size);
  for (int64_t r = 0; r < size; ++r) {
    Value at = k.add(i, k.mul(k.add(j, k.idx(r)), plane.fromStep));
    rows.push_back(k.load(type, plane.from, at));
  }
  for (auto [r, row] : llvm::enumerate(transposeRegisters(k, rows)))
    k.store(row, plane.to, k.add(k.mul(k.add(i, k.idx(r)), plane.toStep), j));
}

static void copyElements(KernelBuilder &k, const Plane &plane, Value i0, Value i1, Value j0,
                         Value j1) {
  k.loop(i0, i1, k.idx(1), [&](Value i) {
    k.loop(j0, j1, k.idx(1), [&](Value j) {
      Value x = k.load(plane.element, plane.from, k.add(i, k.mul(j, plane.fromStep)));
      k.store(x, plane.to, k.add(k.mul(i, plane.toStep), j));
    });
  });
}

/// The part [i0, i1) x [j0, j1) of a plane.
static void copyPart(KernelBuilder &k, const Plane &plane, Value i0, Value i1, Value j0, Value j1,
                     int64_t size) {
  auto wholeEnd = [&](Value low, Value high) {
    Value count = k.sub(high, low);
    return k.sub(high, k.remS(count, k.idx(size)));
  };
  Value i2 = wholeEnd(i0, i1), j2 = wholeEnd(j0, j1);
  k.loop(j0, j2, k.idx(size), [&](Value j) {
    k.loop(i0, i2, k.idx(size), [&](Value i) { copyBlock(k, plane, i, j, size); });
  });
  copyElements(k, plane, i0, i2, j2, j1);
  copyElements(k, plane, i2, i1, j0, j1);
}

bool bitwright::codegen::emitTransposedCopy(Program &p, int64_t elementBytes, ArrayRef<Dim> dims,
                                            Value src, ArrayRef<Dim> srcStrides, Value dst,
                                            ArrayRef<Dim> dstStrides, Location loc) {
  // A part of the plane that one iteration copies: whole cache lines of the
  // source, and not more lines than the first level cache holds.
  const int64_t partI = std::max<int64_t>(64 / elementBytes, blockSize(elementBytes)), partJ = 128;
  int64_t rank = dims.size(), inner = -1;
  for (int64_t d = 0; d + 1 < rank; ++d)
    if (srcStrides[d].is(1))
      inner = d;
  if (rank < 2 || inner < 0 || !dstStrides.back().is(1) || srcStrides.back().is(0) ||
      srcStrides.back().is(1))
    return false;

  SmallVector<int64_t> others;
  for (int64_t d = 0; d + 1 < rank; ++d)
    if (d != inner)
      others.push_back(d);
  using Arg = KernelArg;
  SmallVector<Arg> args(2, Arg::Pointer);
  args.append(4 + 3 * others.size(), Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    Type element = k.builder().getIntegerType(8 * elementBytes);
    Value sizeI = v[2], sizeJ = v[3];
    Value partsI = k.ceilDiv(sizeI, partI), partsJ = k.ceilDiv(sizeJ, partJ);
    iterations.forEach([&](Value iv) {
      Value j0 = k.mul(k.remS(iv, partsJ), k.idx(partJ)), rest = k.divS(iv, partsJ);
      Value i0 = k.mul(k.remS(rest, partsI), k.idx(partI)), outer = k.divS(rest, partsI);
      Value from = k.idx(0), to = k.idx(0);
      for (int64_t d = int64_t(others.size()) - 1; d >= 0; --d) {
        ValueRange entry = v.slice(6 + 3 * d, 3); // size, source stride, destination stride
        Value at = k.remS(outer, entry[0]);
        outer = k.divS(outer, entry[0]);
        from = k.add(from, k.mul(at, entry[1]));
        to = k.add(to, k.mul(at, entry[2]));
      }
      Plane plane{element, k.gep(v[0], element, from), k.gep(v[1], element, to), v[4], v[5]};
      Value i1 = k.minimum(k.add(i0, k.idx(partI)), sizeI),
            j1 = k.minimum(k.add(j0, k.idx(partJ)), sizeJ);
      copyPart(k, plane, i0, i1, j0, j1, blockSize(elementBytes));
    });
  };
  Kernel kernel = p.kernels.get("transpose", args, loc, body);
  SmallVector<Value> values = {src, dst};
  for (Dim size : {dims[inner], dims.back(), srcStrides.back(), dstStrides[inner]})
    values.push_back(p.host.value(size, loc));
  Dim n = p.sizes.mul(p.sizes.ceilDiv(dims[inner], partI), p.sizes.ceilDiv(dims.back(), partJ));
  for (int64_t d : others) {
    for (Dim size : {dims[d], srcStrides[d], dstStrides[d]})
      values.push_back(p.host.value(size, loc));
    n = p.sizes.mul(n, dims[d]);
  }
  p.host.launch(kernel, values, n, partI * partJ / 8, loc);
  return true;
}
