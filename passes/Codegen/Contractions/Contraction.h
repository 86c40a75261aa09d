// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The shared parts of contraction kernels: how weights are packed, how a tile
/// of rows meets panels of columns, and how an accumulator becomes a stored
/// result. A kernel of a new precision supplies four small functions.
///
/// Weights are cut into panels of two registers of columns; a panel holds, for
/// each group of k, the columns side by side, so that a kernel streams it. The
/// last panel is as wide as its columns need. Activations are read row by row,
/// in place where a row of k is contiguous, else from a panel on the stack.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_CONTRACTION_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_CONTRACTION_H

#include "passes/Codegen/Plan/Lowering.h"

namespace bitwright::codegen {

/// How N columns are cut into panels.
struct Columns {
  int64_t n, lanes;

  int64_t panelWidth() const { return 2 * lanes; }
  int64_t fullPanels() const { return n / panelWidth(); }
  int64_t tailColumns() const { return n % panelWidth(); }
  int64_t tailRegisters() const { return (tailColumns() + lanes - 1) / lanes; }
  int64_t panels() const { return fullPanels() + (tailColumns() ? 1 : 0); }
  /// Columns including the padding of the last panel.
  int64_t padded() const { return fullPanels() * panelWidth() + tailRegisters() * lanes; }
};

/// Packs weights N x K (row-major, `element` bytes) for groups of `group` k:
/// [panel][k / group][column][k % group], zeros where padding.
std::vector<char> packPanels(const char *weights, Columns columns, int64_t k, int64_t group,
                             int64_t element);

/// Weights of a depthwise convolution: C x taps -> taps x C.
std::vector<char> packDepthwise(const char *weights, int64_t channels, int64_t taps,
                                int64_t element);

/// What differs between precisions. Registers hold `lanes` columns.
struct MicroKernel {
  /// Accumulators at the start, for columns from `column`.
  std::function<Value(KernelBuilder &, Value column)> init;
  /// One register of packed weights: register `index` of `count` at step `step`.
  std::function<Value(KernelBuilder &, Value panel, Value step, int64_t index, int64_t count)>
      weights;
  /// What one row contributes at one step (a scalar).
  std::function<Value(KernelBuilder &, Value row, Value step)> activation;
  std::function<Value(KernelBuilder &, Value acc, Value activation, Value weights)> multiply;
  /// Finishes and stores accumulators (whole registers or parts of them) of
  /// one row, for columns from `column`.
  std::function<void(KernelBuilder &, Value acc, Value row, Value column)> finish;
  llvm::SmallVector<int64_t> tileRows; // largest first, ending in 1
  /// Bytes of a panel of `registers` registers.
  std::function<int64_t(int64_t registers)> panelBytes;
};

/// `rows` rows from `base` against one panel of `registers` registers, of which
/// the first `validColumns` columns are stored.
void emitMicro(KernelBuilder &k, const MicroKernel &micro, int64_t lanes, int64_t rows,
               int64_t registers, int64_t validColumns, Value base, Value rowBytes, Value row,
               Value steps, Value panel, Value column);

/// Rows [rowBegin, rowEnd) in register tiles, largest first: `body(row, rows)`.
void forEachRowTile(KernelBuilder &k, llvm::ArrayRef<int64_t> tileRows, Value rowBegin,
                    Value rowEnd, llvm::function_ref<void(Value row, int64_t rows)> body);

/// Rows [rowBegin, rowEnd) x panels [panelBegin, panelEnd). `base` is row
/// rowBegin of the activations.
void emitTile(KernelBuilder &k, const MicroKernel &micro, Columns columns, Value base,
              Value rowBytes, Value rowBegin, Value rowEnd, Value steps, Value weights,
              Value panelBegin, Value panelEnd);

/// How the iteration space of one contraction is cut: tiles of rows, and for
/// few rows chunks of panels, so that threads share a matrix-vector product.
struct Cut {
  Dim tiles, chunks, chunkPanels;
};
Cut cutRows(Program &program, Dim rows, int64_t tileRows, Columns columns, int64_t panelBytes);

/// The loop over tiles and chunks of a contraction kernel.
void forEachTile(
    KernelBuilder &k, Value begin, Value end, Value rows, Value chunks, Value chunkPanels,
    int64_t tileRows, int64_t panels,
    llvm::function_ref<void(Value rowBegin, Value rowEnd, Value panelBegin, Value panelEnd)> tile);

/// Rows of a tile: some register tiles, fewer where gathered rows are long.
int64_t pickTileRows(int64_t registerRows, int64_t rowBytes, bool gathers);

/// Loads the leaves of an epilogue group at (row, column) and emits it on
/// `value` (the anchor's register), then stores the result.
struct Epilogue {
  Program &p;
  mlir::Operation *op;
  const Group &group;
  Dim rowLength; // elements between rows of the result

  Value result() const {
    return group.members.empty() ? op->getResult(0) : group.root()->getResult(0);
  }
  /// Tensors other than the anchor, in the order of their kernel arguments.
  llvm::SmallVector<Value> leaves() const;
  std::string key() const;
  /// `pointers`: the result, then leaves(). `offset` is row * rowLength + column.
  void store(KernelBuilder &k, Value value, Value offset, Value column, ValueRange pointers) const;
};

/// Cuts a register whose last lanes are padding into parts of 2^i lanes.
void forEachPart(KernelBuilder &k, Value acc, Value column, int64_t valid,
                 llvm::function_ref<void(Value part, Value column)> body);

/// The shape of a convolution as kernels see it.
struct ConvShape {
  Dim batch, height, width, outHeight, outWidth;
  int64_t channels, outChannels, kernelHeight, kernelWidth;
  llvm::SmallVector<int64_t> strides, pads, dilations;
  int64_t groups;
  int64_t groupChannels() const { return channels / groups; }
  int64_t depth() const { return kernelHeight * kernelWidth * groupChannels(); }
  bool isPointwise() const;
  std::string key() const;
};

/// Copies the input window of rows [begin, end) into `scratch`, a row of
/// `rowBytes` each: taps x channels of type `to`, padding filled with `fill`.
void emitGatherRows(KernelBuilder &k, const ConvShape &conv, Type from, Type to, bool isUnsigned,
                    Value input, Value fill, Value scratch, int64_t rowBytes, Value begin,
                    Value end, Value height, Value width, Value outHeight, Value outWidth);

/// Copies `count` elements, extending integers from `from` to `to`.
void emitCopyElements(KernelBuilder &k, Value destination, Value source, int64_t count, Type from,
                      Type to, bool isUnsigned);

mlir::LogicalResult emitFloatContraction(Program &program, mlir::Operation *op,
                                         const Group &epilogue);
mlir::LogicalResult emitIntegerContraction(Program &program, mlir::Operation *op,
                                           const Group &epilogue);
mlir::LogicalResult emitDepthwise(Program &program, mlir::Operation *op, const Group &epilogue);
mlir::LogicalResult emitConvTranspose(Program &program, mlir::Operation *op, const Group &epilogue);
mlir::LogicalResult emitMatmul(Program &program, mlir::Operation *op, const Group &epilogue);
mlir::LogicalResult emitBlockLinear(Program &program, mlir::Operation *op, const Group &epilogue);

ConvShape getConvShape(Program &program, mlir::Operation *op);

/// The requantizing end of qconv2d and qlinear on a register of int32.
struct Requantize {
  mlir::Operation *op;
  int64_t outputZeroPoint, clampMin, clampMax;
  bool hasResidual = false, unsignedResidual = false, perChannel = false;
  int64_t residualZeroPoint = 0;
  float residualMultiplier = 0;

  static Requantize get(mlir::Operation *op);
  std::string key() const;
  /// `multiplier`, `residual`: pointers.
  Value emit(KernelBuilder &k, Value acc, Value offset, Value column, Value multiplier,
             Value residual) const;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_CONTRACTION_H
