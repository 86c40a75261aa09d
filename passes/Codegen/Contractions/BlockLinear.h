// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Linear ops on block-quantized weights: their layout and the kernels that
/// read it.
///
/// Weights are held unsigned (signed ones are offset, and their zero points
/// with them) and packed in the order in which kernels stream them; each panel
/// has its scales and zero points beside it. With float activations, few rows
/// read the packed weights directly: sum(x * q) for each block, then
/// scale * (sum - zero_point * sum(x)). Many rows share one dequantized panel.
/// With int8 activations each row is quantized once and blocks are exact int32.
///
/// Beside float activations, eight 4-bit weights of a column share 32 bits.
/// With AVX-512 none is converted: shifted into the upper mantissa of 1.0 (one
/// ternary operation) weight q reads as 1 + q / 16, an exact number whose offset
/// goes the way of the zero point.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_BLOCKLINEAR_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_BLOCKLINEAR_H

#include "passes/Codegen/Contractions/Contraction.h"

#include "dialects/QNN/QNNOps.h"

namespace bitwright::codegen {

/// A panel of columns in the packed constants.
struct BlockPanel {
  Value column;             // its first column
  Value weights;            // pointer to its first step
  Value parameters;         // index of its first scale and zero point
  int64_t registers, valid; // registers of columns; columns that are stored
};

/// The rows and panels of one tile.
struct BlockTile {
  Value rowBegin, rowEnd, panelBegin, panelEnd;
};

struct BlockLinear {
  /// The pointer arguments of the kernels, in order.
  enum Argument { Input, Weights, Scales, ZeroPoints, Bias, Result };

  Program &p;
  mutable qnn::BlockLinearOp op;
  Epilogue epilogue;
  Columns columns;
  int64_t depth, block, bits;
  bool isUnsigned, intActivations;

  int64_t lanes() const { return columns.lanes; }
  int64_t blocks() const { return (depth + block - 1) / block; }
  int64_t group() const { return p.getTarget().getIntegerDot().group; }
  bool hasEights() const { return bits == 4 && !intActivations; }
  /// Whether weights are read as 1 + q / 16; their scales are packed times 16.
  /// It takes one more constant register than a conversion: with 16 registers
  /// an accumulator of the register tile would live in memory.
  bool readsMantissas() const { return hasEights() && lanes() == 16; }
  /// Bytes that one column has in one step, and the k that they hold.
  int64_t columnBytes() const { return intActivations ? group() : bits == 4 ? 4 : 1; }
  int64_t stepDepth() const { return columnBytes() * 8 / bits; }
  int64_t stepsOf(int64_t k) const { return (k + stepDepth() - 1) / stepDepth(); }
  int64_t stepsPerBlock() const { return stepsOf(block); }
  int64_t steps() const {
    return (blocks() - 1) * stepsPerBlock() + stepsOf(depth - (blocks() - 1) * block);
  }
  /// Bytes of one register of columns at one step.
  int64_t registerBytes() const { return lanes() * columnBytes(); }
  int64_t paddedDepth() const { return steps() * stepDepth(); }

  /// Kernels for a tile. Scratch: `sums` holds an element for each row and
  /// block, `panel` a dequantized panel, `rows` quantized rows, `rowScales`
  /// their scales.
  void emitFewRows(KernelBuilder &k, ValueRange v, const BlockTile &tile, Value sums) const;
  void emitManyRows(KernelBuilder &k, ValueRange v, const BlockTile &tile, Value panel) const;
  void emitIntegerRows(KernelBuilder &k, ValueRange v, const BlockTile &tile, Value rows,
                       Value sums, Value rowScales) const;

  void forEachPanel(KernelBuilder &k, ValueRange v, const BlockTile &tile,
                    llvm::function_ref<void(const BlockPanel &)> body) const;
  /// Pointer to the packed bytes of register `index` of a panel at `step`.
  Value stepAddress(KernelBuilder &k, const BlockPanel &panel, Value step, int64_t index) const;
  /// Scales (f32) and zero points (i8) of register `index` of block `b`.
  Value loadScales(KernelBuilder &k, ValueRange v, const BlockPanel &panel, Value b,
                   int64_t index) const;
  Value loadZeroPoints(KernelBuilder &k, ValueRange v, const BlockPanel &panel, Value b,
                       int64_t index) const;
  /// First and last k of block `b`.
  std::pair<Value, Value> blockRange(KernelBuilder &k, Value b) const;
  /// Adds the bias, runs the epilogue and stores register `index` of a row.
  void storeRow(KernelBuilder &k, ValueRange v, const BlockPanel &panel, Value acc, Value row,
                int64_t index) const;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_BLOCKLINEAR_H
