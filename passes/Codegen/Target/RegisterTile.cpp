// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Tiles in registers: see RegisterTile.h.

#include "passes/Codegen/Target/RegisterTile.h"

using namespace mlir;
using namespace bitwright::codegen;

//===--- packing ----------------------------------------------------------===//

PackedRhs bitwright::codegen::packPanels(ArrayRef<char> rhs, PanelCut cut, int64_t k, int64_t depth,
                                         int64_t elementBytes) {
  int64_t steps = (k + depth - 1) / depth;
  PackedRhs packed(cut.padded() * steps * depth * elementBytes, 0);
  char *out = packed.data();
  for (int64_t first = 0; first < cut.n; first += cut.panel) {
    int64_t width = std::min(cut.panel, cut.padded() - first);
    for (int64_t step = 0; step < steps; ++step)
      for (int64_t c = 0; c < width; ++c)
        for (int64_t j = 0; j < depth; ++j, out += elementBytes)
          if (first + c < cut.n && step * depth + j < k)
            std::memcpy(out, &rhs[((first + c) * k + step * depth + j) * elementBytes],
                        elementBytes);
  }
  return packed;
}

PackedRhs RegisterTile::pack(const ContractionSpec &spec, ArrayRef<char> rhs) const {
  return packPanels(rhs, cut(spec.n), spec.k, depth, rhsBytes());
}

int64_t RegisterTile::panelBytes(const ContractionSpec &spec, int64_t columns) const {
  return (spec.k + depth - 1) / depth * depth * columns * rhsBytes();
}

//===--- emission ---------------------------------------------------------===//

void bitwright::codegen::finishParts(KernelBuilder &k, Value columns, int64_t valid, Value row,
                                     Value column, TileFinish finish) {
  int64_t lanes = cast<VectorType>(columns.getType()).getNumElements();
  for (int64_t at = 0, width = lanes; at < valid; width /= 2) {
    if (width > valid - at)
      continue;
    Value part = columns;
    if (width < lanes) {
      SmallVector<int64_t> mask;
      for (int64_t i = 0; i < width; ++i)
        mask.push_back(at + i);
      part = width == 1 ? k.extractLane(columns, at) : k.shuffle(columns, columns, mask);
    }
    finish(part, row, k.add(column, k.idx(at)));
    at += width;
  }
}

/// Hands on the first `left` lanes, one by one.
static void finishLeft(KernelBuilder &k, Value columns, Value left, Value row, Value column,
                       TileFinish finish) {
  auto type = cast<VectorType>(columns.getType());
  int64_t bytes = type.getElementTypeBitWidth() / 8;
  Value spill = k.stack(bytes * type.getNumElements());
  k.storeAt(columns, spill);
  k.loop(left,
         [&](Value i) { finish(k.load(type.getElementType(), spill, i), row, k.add(column, i)); });
}

/// The accumulators of all rows, [register][row].
SmallVector<Value> RegisterTile::emitSums(KernelBuilder &k, const ContractionSpec &spec,
                                          const TilePanel &panel, const TileRows &tileRows,
                                          int64_t count) const {
  int64_t registers = panel.columns / lanes;
  Type type = accumulatorType(k);
  SmallVector<Value> bases, init;
  for (int64_t r = 0; r < count; ++r)
    bases.push_back(k.gepBytes(tileRows.first, k.mul(k.idx(r), tileRows.rowBytes)));
  for (int64_t c = 0; c < registers; ++c) {
    Value column = k.add(panel.column, k.idx(c * lanes));
    init.append(count, panel.start ? k.load(type, panel.start, column) : k.zero(type));
  }
  Type element = k.builder().getIntegerType(8 * rhsBytes());
  Value stride = panel.rhsStride ? panel.rhsStride : k.idx(panel.columns * depth);
  return k.loop(k.idx(0), tileRows.steps, k.idx(1), init, [&](Value step, ValueRange carried) {
    SmallVector<Value> next(carried.begin(), carried.end()), weights;
    for (int64_t c = 0; c < registers; ++c) {
      Value at = k.add(k.mul(step, stride), k.idx(c * lanes * depth));
      weights.push_back(loadRhs(k, k.gep(panel.rhs, element, at), panel.left));
    }
    for (int64_t r = 0; r < count; ++r) {
      Value word = loadLhs(k, spec, bases[r], step);
      for (int64_t c = 0; c < registers; ++c)
        next[c * count + r] = multiply(k, next[c * count + r], word, weights[c]);
    }
    return next;
  });
}

void RegisterTile::emit(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
                        const TileRows &tileRows, int64_t count, Value, TileFinish finish) const {
  SmallVector<Value> sums = emitSums(k, spec, panel, tileRows, count);
  for (int64_t r = 0; r < count; ++r)
    for (int64_t c = 0; c < panel.columns / lanes; ++c) {
      Value acc = sums[c * count + r], row = k.add(tileRows.row, k.idx(r));
      Value column = k.add(panel.column, k.idx(c * lanes));
      if (panel.left)
        finishLeft(k, acc, panel.left, row, column, finish);
      else
        finishParts(k, acc, std::min(lanes, panel.valid - c * lanes), row, column, finish);
    }
}

//===--- f32 --------------------------------------------------------------===//

Value FloatTile::loadRhs(KernelBuilder &k, Value address, Value left) const {
  VectorType type = k.vec(k.f32(), lanes);
  if (!left)
    return k.loadAt(type, address);
  return k.loadFirst(type, address, k.idx(0), left, k.number(k.f32(), 0));
}

Value FloatTile::loadLhs(KernelBuilder &k, const ContractionSpec &, Value row, Value step) const {
  return k.load(k.f32(), row, step);
}

Value FloatTile::multiply(KernelBuilder &k, Value acc, Value lhs, Value rhs) const {
  return k.fma(k.splat(lhs, acc.getType()), rhs, acc, hasFma);
}
