// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Tiles on block-quantized weights, which all SIMD targets build alike; each
/// gives them its registers, its product of bytes and its way to unpack nibbles.
///
/// Weights are held unsigned and packed in the order in which kernels stream
/// them. With float activations, few rows read the packed weights directly:
/// sum(x * q) for each block, then scale * (sum - zero_point * sum(x)). Many rows
/// share one dequantized panel. With int8 activations each row is quantized once
/// and blocks are exact int32.

#ifndef BITWRIGHT_PASSES_CODEGEN_TARGET_BLOCKTILE_H
#define BITWRIGHT_PASSES_CODEGEN_TARGET_BLOCKTILE_H

#include "passes/Codegen/Target/RegisterTile.h"

namespace bitwright::codegen {

/// How the target sums products of bytes for blocks.
struct BlockDot {
  /// Consecutive k that one step of a lane sums, and the bytes of an activation.
  int64_t group, activationBytes;
  /// acc + products of unsigned weights (lanes * group bytes) and one group of
  /// signed activations, an i32 that goes to all lanes.
  std::function<Value(KernelBuilder &, Value acc, Value activations, Value weights)> multiply;
};

/// The layout that all kernels of one spec share, and its pieces in kernels.
class BlockTile : public TileKernel {
public:
  llvm::StringRef name() const override { return kernelName; }
  TileShape tile() const override { return {rowTails()[0], 2 * lanes, 1}; }
  int64_t granule() const override { return lanes; }
  PackedRhs pack(const ContractionSpec &spec, llvm::ArrayRef<char> rhs) const override;
  int64_t panelBytes(const ContractionSpec &spec, int64_t columns) const override;

protected:
  BlockTile(std::string name, int64_t lanes) : kernelName(std::move(name)), lanes(lanes) {}

  /// Bytes that one column has in one step.
  virtual int64_t columnBytes(const ContractionSpec &spec) const = 0;
  /// The distance between neighbouring bytes' first k, and from the low to the
  /// high nibble of a byte.
  virtual int64_t byteStride(const ContractionSpec &spec) const = 0;
  virtual int64_t nibbleStride(const ContractionSpec &spec) const = 0;

  static int64_t bits(const ContractionSpec &spec) { return spec.rhs == ElementKind::U4 ? 4 : 8; }
  /// The k of one step.
  int64_t stepDepth(const ContractionSpec &spec) const {
    return columnBytes(spec) * 8 / bits(spec);
  }
  int64_t stepsOf(const ContractionSpec &spec, int64_t k) const {
    return (k + stepDepth(spec) - 1) / stepDepth(spec);
  }
  int64_t stepsPerBlock(const ContractionSpec &spec) const { return stepsOf(spec, spec.block); }
  int64_t steps(const ContractionSpec &spec) const {
    int64_t whole = spec.blocks() - 1;
    return whole * stepsPerBlock(spec) + stepsOf(spec, spec.k - whole * spec.block);
  }
  /// Bytes of one register of columns at one step.
  int64_t registerBytes(const ContractionSpec &spec) const { return lanes * columnBytes(spec); }
  int64_t registersOf(const TilePanel &panel) const { return panel.columns / lanes; }

  Value stepAddress(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
                    Value step, int64_t index) const;
  /// Scales (f32) and zero points (i8) of register `index` of block `b`.
  Value loadScales(KernelBuilder &k, const TilePanel &panel, Value b, int64_t index) const;
  Value loadZeroPoints(KernelBuilder &k, const TilePanel &panel, Value b, int64_t index) const;
  /// First and last k of block `b`.
  std::pair<Value, Value> blockRange(KernelBuilder &k, const ContractionSpec &spec, Value b) const;
  void finishRow(KernelBuilder &k, const TilePanel &panel, Value acc, Value row, int64_t index,
                 TileFinish finish) const;

  std::string kernelName;
  int64_t lanes;

private:
  Value parameterIndex(KernelBuilder &k, const TilePanel &panel, Value b, int64_t index) const;
};

/// f32 activations. Eight 4-bit weights of a column share 32 bits. Where the
/// target has many registers none is converted: shifted into the upper mantissa
/// of 1.0 weight q reads as 1 + q / 16, an exact number whose offset goes the way
/// of the zero point.
class BlockFloatTile : public BlockTile {
public:
  bool supports(const ContractionSpec &spec) const override;
  float scaleFactor() const override { return readsMantissas ? 16 : 1; }

protected:
  BlockFloatTile(std::string name, int64_t lanes, ElementKind rhs, bool hasFma, bool readsMantissas)
      : BlockTile(std::move(name), lanes), rhs(rhs), hasFma(hasFma),
        readsMantissas(readsMantissas && rhs == ElementKind::U4) {}

  int64_t columnBytes(const ContractionSpec &) const override {
    return rhs == ElementKind::U4 ? 4 : 1;
  }
  int64_t byteStride(const ContractionSpec &) const override {
    return rhs == ElementKind::U4 ? 2 : 1;
  }
  int64_t nibbleStride(const ContractionSpec &) const override { return 1; }
  /// One register of packed weights at one step as f32, in the order of k.
  llvm::SmallVector<Value> readWeights(KernelBuilder &k, Value address) const;
  /// The zero points of a register as readWeights() reads weights.
  Value readZeroPoints(KernelBuilder &k, Value zeroPoints) const;

  ElementKind rhs;
  bool hasFma, readsMantissas;
};

/// Row by row on the packed weights.
class BlockRowTile final : public BlockFloatTile {
public:
  BlockRowTile(std::string name, int64_t lanes, ElementKind rhs, bool hasFma, bool readsMantissas)
      : BlockFloatTile(std::move(name), lanes, rhs, hasFma, readsMantissas) {}

  llvm::SmallVector<int64_t> rowTails() const override { return {1}; }
  int64_t rowsOfTile(const ContractionSpec &) const override;
  int64_t scratchBytes(const ContractionSpec &spec, int64_t rows) const override {
    return rows * spec.blocks() * 4;
  }
  void prepareRows(KernelBuilder &k, const ContractionSpec &spec, Value lhs, Value begin, Value end,
                   Value scratch) const override;
  void emit(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
            const TileRows &rows, int64_t count, Value scratch, TileFinish finish) const override;

private:
  llvm::SmallVector<Value> emitProducts(KernelBuilder &k, const ContractionSpec &spec,
                                        const TilePanel &panel, Value x, Value b) const;
};

/// A panel is dequantized once for many rows, which meet it as f32.
class BlockPanelTile final : public BlockFloatTile {
public:
  BlockPanelTile(std::string name, const FloatTile &rows, int64_t lanes, ElementKind rhs,
                 bool hasFma, bool readsMantissas)
      : BlockFloatTile(std::move(name), lanes, rhs, hasFma, readsMantissas), tileOfRows(rows) {}

  bool supports(const ContractionSpec &spec) const override;
  int64_t leastRows() const override;
  llvm::SmallVector<int64_t> rowTails() const override { return tileOfRows.rowTails(); }
  int64_t rowsOfTile(const ContractionSpec &) const override;
  int64_t scratchBytes(const ContractionSpec &spec, int64_t rows) const override;
  void preparePanel(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
                    Value scratch) const override;
  void emit(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
            const TileRows &rows, int64_t count, Value scratch, TileFinish finish) const override;

private:
  const FloatTile &tileOfRows;
};

/// int8 activations: rows are quantized first, blocks are exact.
class BlockIntegerTile final : public BlockTile {
public:
  BlockIntegerTile(std::string name, int64_t lanes, llvm::SmallVector<int64_t> rows,
                   ElementKind rhs, BlockDot dot)
      : BlockTile(std::move(name), lanes), rows(std::move(rows)), rhs(rhs), dot(std::move(dot)) {}

  bool supports(const ContractionSpec &spec) const override;
  llvm::SmallVector<int64_t> rowTails() const override { return rows; }
  int64_t rowsOfTile(const ContractionSpec &) const override;
  int64_t scratchBytes(const ContractionSpec &spec, int64_t rows) const override;
  void prepareRows(KernelBuilder &k, const ContractionSpec &spec, Value lhs, Value begin, Value end,
                   Value scratch) const override;
  void emit(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
            const TileRows &rows, int64_t count, Value scratch, TileFinish finish) const override;

private:
  int64_t columnBytes(const ContractionSpec &) const override { return dot.group; }
  int64_t byteStride(const ContractionSpec &) const override { return 1; }
  int64_t nibbleStride(const ContractionSpec &) const override { return dot.group; }
  /// Bytes of a quantized row, and where the sums of blocks and the scales of
  /// rows lie behind all rows of a tile.
  int64_t rowBytes(const ContractionSpec &spec) const;
  Value sumsOf(KernelBuilder &k, const ContractionSpec &spec, Value scratch) const;
  Value scalesOf(KernelBuilder &k, const ContractionSpec &spec, Value scratch) const;
  void quantizeRow(KernelBuilder &k, const ContractionSpec &spec, Value input, Value target,
                   Value sums, Value scale) const;
  llvm::SmallVector<Value> emitDots(KernelBuilder &k, const ContractionSpec &spec,
                                    const TilePanel &panel, Value rows, int64_t count,
                                    Value b) const;

  llvm::SmallVector<int64_t> rows;
  ElementKind rhs;
  BlockDot dot;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_TARGET_BLOCKTILE_H
