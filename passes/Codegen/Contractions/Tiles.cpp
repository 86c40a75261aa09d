// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Tiles and panels: see Tiles.h.

#include "passes/Codegen/Contractions/Tiles.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

LaunchCut bitwright::codegen::cutRows(Sizes &sizes, Dim rows, int64_t tileRows, PanelCut columns,
                                      int64_t panelBytes) {
  // Threads take panels of this many bytes, as much as a second-level cache feeds.
  constexpr int64_t chunkBytes = int64_t(64) * 1024;
  int64_t panels = std::max<int64_t>(1, columns.panels());
  panelBytes = std::max<int64_t>(1, panelBytes); // sums of no products read no weights
  int64_t few = std::clamp<int64_t>((chunkBytes + panelBytes - 1) / panelBytes, 1, panels);
  Dim isFew = sizes.less(rows, tileRows + 1);
  return {sizes.ceilDiv(rows, tileRows), sizes.select(isFew, (panels + few - 1) / few, 1),
          sizes.select(isFew, few, panels)};
}

void bitwright::codegen::forEachTile(KernelBuilder &k, Iterations &iterations, Value rows,
                                     Value chunks, Value chunkPanels, int64_t tileRows,
                                     int64_t panels, function_ref<void(const Tile &)> body) {
  iterations.forEach([&](Value iv) {
    Value rowBegin = k.mul(k.divS(iv, chunks), k.idx(tileRows));
    Value rowEnd = k.minimum(k.add(rowBegin, k.idx(tileRows)), rows);
    Value panelBegin = k.mul(k.remS(iv, chunks), chunkPanels);
    Value panelEnd = k.minimum(k.add(panelBegin, chunkPanels), k.idx(panels));
    body({rowBegin, rowEnd, panelBegin, panelEnd});
  });
}

void bitwright::codegen::forEachPanel(KernelBuilder &k, PanelCut columns, const Tile &tile,
                                      function_ref<void(Value, int64_t, int64_t)> body) {
  int64_t full = columns.fullPanels();
  if (full > 0)
    k.loop(tile.panelBegin, k.minimum(tile.panelEnd, k.idx(full)), k.idx(1),
           [&](Value panel) { body(panel, columns.panel, columns.panel); });
  if (columns.tailColumns())
    k.ifThen(k.compare(IPred::eq, tile.panelEnd, k.idx(columns.panels())),
             [&] { body(k.idx(full), columns.tailWidth(), columns.tailColumns()); });
}

void bitwright::codegen::forEachRowTile(KernelBuilder &k, ArrayRef<int64_t> tileRows, Value begin,
                                        Value rowEnd, function_ref<void(Value, int64_t)> body) {
  Value at = begin;
  for (int64_t rows : tileRows) {
    Value left = k.sub(rowEnd, at);
    Value end = k.add(at, k.sub(left, k.remS(left, k.idx(rows))));
    k.loop(at, end, k.idx(rows), [&](Value row) { body(row, rows); });
    at = end;
  }
}

TilePanel bitwright::codegen::getPanel(KernelBuilder &k, const TileKernel &kernel,
                                       const ContractionSpec &spec, Value rhs, Value number,
                                       int64_t columns, int64_t valid) {
  int64_t width = kernel.tile().columns;
  TilePanel panel;
  panel.rhs = k.gepBytes(rhs, k.mul(number, k.idx(kernel.panelBytes(spec, width))));
  panel.column = k.mul(number, k.idx(width));
  panel.columns = columns;
  panel.valid = valid;
  return panel;
}

Value bitwright::codegen::stepsOf(KernelBuilder &k, const TileKernel &kernel,
                                  const ContractionSpec &spec) {
  int64_t depth = kernel.tile().depth;
  return k.idx((spec.k + depth - 1) / depth);
}
