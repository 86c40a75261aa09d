// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How the rows and columns of a contraction are cut into tiles, and how a tile
/// meets panels of columns.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_TILES_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_TILES_H

#include "passes/Codegen/Host/Program.h"

namespace bitwright::codegen {

/// How the iteration space of one contraction is cut: tiles of rows, and for
/// few rows chunks of panels, so that threads share a matrix-vector product.
struct LaunchCut {
  Dim tiles, chunks, chunkPanels;
};
LaunchCut cutRows(Sizes &sizes, Dim rows, int64_t tileRows, PanelCut columns, int64_t panelBytes);

/// The rows and panels of one tile.
struct Tile {
  Value rowBegin, rowEnd, panelBegin, panelEnd;
};

/// The loop over tiles and chunks of a contraction kernel.
void forEachTile(KernelBuilder &k, Iterations &iterations, Value rows, Value chunks,
                 Value chunkPanels, int64_t tileRows, int64_t panels,
                 llvm::function_ref<void(const Tile &)> body);

/// The panels of a tile: `body(panel, columns, valid)` with the panel's number,
/// its columns in memory and how many of them are stored.
void forEachPanel(KernelBuilder &k, PanelCut columns, const Tile &tile,
                  llvm::function_ref<void(Value panel, int64_t columns, int64_t valid)> body);

/// Rows [begin, end) in register tiles, largest first: `body(row, rows)`.
void forEachRowTile(KernelBuilder &k, llvm::ArrayRef<int64_t> tileRows, Value begin, Value end,
                    llvm::function_ref<void(Value row, int64_t rows)> body);

/// A panel of `kernel` as it was packed.
TilePanel getPanel(KernelBuilder &k, const TileKernel &kernel, const ContractionSpec &spec,
                   Value rhs, Value number, int64_t columns, int64_t valid);

/// All steps of k.
Value stepsOf(KernelBuilder &k, const TileKernel &kernel, const ContractionSpec &spec);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_TILES_H
