// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The layout of weights in blocks: see BlockTile.h.

#include "passes/Codegen/Target/BlockTile.h"

using namespace mlir;
using namespace bitwright::codegen;

PackedRhs BlockTile::pack(const ContractionSpec &spec, ArrayRef<char> rhs) const {
  PanelCut cut = this->cut(spec.n);
  int64_t perColumn = columnBytes(spec), stride = byteStride(spec), partner = nibbleStride(spec);
  PackedRhs packed(cut.padded() * perColumn * steps(spec), 0);
  char *out = packed.data();
  auto at = [&](int64_t n, int64_t k, int64_t end) -> uint8_t {
    return n < spec.n && k < end ? uint8_t(rhs[n * spec.k + k]) : 0;
  };
  for (int64_t first = 0; first < spec.n; first += cut.panel) {
    int64_t width = std::min(cut.panel, cut.padded() - first);
    for (int64_t b = 0; b < spec.blocks(); ++b) {
      int64_t end = std::min(spec.k, (b + 1) * spec.block);
      for (int64_t k = b * spec.block; k < end; k += stepDepth(spec))
        for (int64_t n = first; n < first + width; ++n)
          for (int64_t j = 0; j < perColumn; ++j) {
            int64_t low = k + stride * j;
            uint8_t high = bits(spec) == 4 ? at(n, low + partner, end) : uint8_t(0);
            *out++ = char(at(n, low, end) | high << 4);
          }
    }
  }
  return packed;
}

int64_t BlockTile::panelBytes(const ContractionSpec &spec, int64_t columns) const {
  return columns * columnBytes(spec) * steps(spec);
}

//===--- pieces of the kernels --------------------------------------------===//

Value BlockTile::stepAddress(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
                             Value step, int64_t index) const {
  Value at = k.mul(step, k.idx(registersOf(panel) * registerBytes(spec)));
  return k.gepBytes(panel.rhs, k.add(at, k.idx(index * registerBytes(spec))));
}

/// Where the parameters of register `index` of block `b` lie.
Value BlockTile::parameterIndex(KernelBuilder &k, const TilePanel &panel, Value b,
                                int64_t index) const {
  Value block = k.mul(b, k.idx(panel.columns));
  return k.add(k.add(panel.parameter, block), k.idx(index * lanes));
}

Value BlockTile::loadScales(KernelBuilder &k, const TilePanel &panel, Value b,
                            int64_t index) const {
  return k.load(k.vec(k.f32(), lanes), panel.scales, parameterIndex(k, panel, b, index));
}

Value BlockTile::loadZeroPoints(KernelBuilder &k, const TilePanel &panel, Value b,
                                int64_t index) const {
  return k.load(k.vec(k.i8(), lanes), panel.zeroPoints, parameterIndex(k, panel, b, index));
}

std::pair<Value, Value> BlockTile::blockRange(KernelBuilder &k, const ContractionSpec &spec,
                                              Value b) const {
  Value begin = k.mul(b, k.idx(spec.block));
  return {begin, k.minimum(k.add(begin, k.idx(spec.block)), k.idx(spec.k))};
}

void BlockTile::finishRow(KernelBuilder &k, const TilePanel &panel, Value acc, Value row,
                          int64_t index, TileFinish finish) const {
  finishParts(k, acc, std::min(lanes, panel.valid - index * lanes), row,
              k.add(panel.column, k.idx(index * lanes)), finish);
}
