// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What code generation asks of a target. Emitters ask this interface; none asks
/// which CPU it is.
///
/// Products are left to tile kernels: each takes some rows and one panel of
/// columns through all of k, however it does that, and hands finished columns of
/// single rows back. So registers with broadcasts, 2x8 by 8x2 blocks, tile
/// registers and fragments are all one interface, and what comes after the sums
/// (bias, requantization, activations) is written once for all of them.

#ifndef BITWRIGHT_PASSES_CODEGEN_TARGET_TARGET_H
#define BITWRIGHT_PASSES_CODEGEN_TARGET_TARGET_H

#include "passes/Codegen/Build/Windows.h"

#include <memory>

namespace bitwright::codegen {

/// A register: its lanes, or the least number of them where it is scalable.
struct VectorForm {
  int64_t lanes;
  bool scalable = false;
};

/// Rows and columns of the accumulators of a tile, and how many k one step sums.
struct TileShape {
  int64_t rows, columns, depth;
};

/// Numbers as kernels read them. Weights in blocks are held unsigned.
enum class ElementKind { F32, S8, U8, U4 };

/// What is multiplied: an m x k matrix with the transpose of an n x k one. Names
/// no op and no CPU.
struct ContractionSpec {
  ElementKind lhs, rhs;
  int64_t n = -1, k = -1; ///< -1: known at run time only.
  /// 0, or how many neighbouring k share a scale and a zero point of the rhs.
  int64_t block = 0;
  /// Rows that there are, or -1 for any number.
  int64_t rows = -1;
  /// The rhs is computed at run time and lies in memory as k x n.
  bool rhsInPlace = false;

  bool isInteger() const { return lhs != ElementKind::F32; }
  int64_t blocks() const { return block ? (k + block - 1) / block : 1; }
};

/// Its elements in the names of kernels: f32, u8s8.
std::string getName(const ContractionSpec &spec);

/// How a tile kernel reads rows of the lhs: as they lie in memory, or widened to
/// i16 in scratch. Another form is another case where rows are gathered
/// (Contractions/Rows.h).
enum class LhsForm { InPlace, Widened };

/// How n columns are cut into panels: the last is a multiple of `granule` wide.
struct PanelCut {
  int64_t n, panel, granule;

  int64_t fullPanels() const { return n / panel; }
  int64_t tailColumns() const { return n % panel; }
  int64_t panels() const { return fullPanels() + (tailColumns() ? 1 : 0); }
  /// Columns of the last panel in memory, 0 where all are full.
  int64_t tailWidth() const { return (tailColumns() + granule - 1) / granule * granule; }
  /// All columns in memory, those that only fill the last panel up included.
  int64_t padded() const { return fullPanels() * panel + tailWidth(); }
};

/// The rhs as a tile kernel streams it.
using PackedRhs = std::vector<char>;

/// One panel of columns while a kernel runs.
struct TilePanel {
  Value rhs;              ///< Its first step.
  Value column;           ///< Its first column.
  int64_t columns, valid; ///< In memory, and how many of them are stored.
  Value start;            ///< What all accumulators start with, by column; null: 0.
  /// rhsInPlace: elements between neighbouring k; columns that exist, null: all.
  Value rhsStride, left;
  /// Blocks: scales and zero points, and the index of the panel's first ones.
  Value scales, zeroPoints, parameter;
};

/// Some rows of a tile.
struct TileRows {
  Value first, rowBytes; ///< The address of the first, and the distance to the next.
  Value row, inTile;     ///< Its number in the result and among the rows of the tile.
  Value steps;           ///< Steps of tile().depth that all of k takes.
};

/// Takes neighbouring columns of one row from the accumulators: a vector, or a
/// scalar. Columns that are not valid never come.
using TileFinish = llvm::function_ref<void(Value columns, Value row, Value column)>;

class TileKernel {
public:
  virtual ~TileKernel() = default;

  /// <rows>x<columns>_<isa>, e.g. 12x32_avx512vnni; ops and element types come
  /// before it in the name of a kernel: qlinear_u8s8_12x32_avx512vnni.
  virtual llvm::StringRef name() const = 0;
  virtual bool supports(const ContractionSpec &spec) const = 0;
  /// Fewer rows than this are another kernel's, which packs the rhs alike.
  virtual int64_t leastRows() const { return 1; }
  virtual TileShape tile() const = 0;
  /// Rows that emit() can do at once, largest first, ending in 1.
  virtual llvm::SmallVector<int64_t> rowTails() const = 0;
  /// Rows that should meet one panel before the next is read.
  virtual int64_t rowsOfTile(const ContractionSpec &spec) const { return 4 * tile().rows; }
  /// The least width of a panel: narrower ones are filled up with zeros.
  virtual int64_t granule() const { return tile().columns; }
  PanelCut cut(int64_t n) const { return {n, tile().columns, granule()}; }
  virtual LhsForm lhsForm() const { return LhsForm::InPlace; }
  /// What is added to each element of the lhs before it is multiplied; the zero
  /// point moves with it.
  virtual int64_t lhsOffset(const ContractionSpec &spec) const { return 0; }
  /// What the scales of blocks are multiplied by when they are packed.
  virtual float scaleFactor() const { return 1; }

  /// Packs the rhs, n x k row-major (4-bit elements a byte each), panel after
  /// panel in the order of emit().
  virtual PackedRhs pack(const ContractionSpec &spec, llvm::ArrayRef<char> rhs) const = 0;
  /// Bytes of a packed panel of `columns` columns.
  virtual int64_t panelBytes(const ContractionSpec &spec, int64_t columns) const = 0;

  /// Bytes that a worker needs beside its accumulators for a tile of `rows` rows.
  virtual int64_t scratchBytes(const ContractionSpec &spec, int64_t rows) const { return 0; }
  /// Emitted before the panels of a tile: what emit() wants to know of rows
  /// [begin, end), of which `lhs` is row 0.
  virtual void prepareRows(KernelBuilder &k, const ContractionSpec &spec, Value lhs, Value begin,
                           Value end, Value scratch) const {}
  /// Emitted before the rows of a panel.
  virtual void preparePanel(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
                            Value scratch) const {}
  /// All of k for `count` rows and one panel.
  virtual void emit(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
                    const TileRows &rows, int64_t count, Value scratch,
                    TileFinish finish) const = 0;
};

/// Which taps of which channels a depthwise convolution on bytes reads.
struct DepthwiseSpec {
  SlidingWindow window;
  int64_t channels;
  bool unsignedInput;
  int64_t zeroPoint;
};

/// A target's own way to convolve each channel of a byte image.
class DepthwiseKernel {
public:
  virtual ~DepthwiseKernel() = default;

  virtual bool supports(const DepthwiseSpec &spec) const = 0;
  /// Weights, channels x taps, in the order of emit(), and the start of the
  /// accumulators, bias - zeroPoint * sum(w) for each channel.
  virtual PackedRhs packWeights(const DepthwiseSpec &spec, llvm::ArrayRef<char> weights) const = 0;
  virtual PackedRhs packStart(const DepthwiseSpec &spec, llvm::ArrayRef<char> weights,
                              llvm::ArrayRef<int64_t> bias) const = 0;
  /// The output columns [lower, upper) of a row, none of which reads padding:
  /// `finish(sums, pixel, channel)` for neighbouring channels of one pixel.
  virtual void emit(KernelBuilder &k, const DepthwiseSpec &spec, const OutputRow &row,
                    const ImageSizes &sizes, Value lower, Value upper, Value input, Value weights,
                    Value start, TileFinish finish) const = 0;
};

class Target {
public:
  virtual ~Target() = default;

  /// The BW_X86_64_* bits that the generated code needs.
  virtual uint64_t getFeatures() const = 0;
  /// A register of f32 (and of i32).
  virtual VectorForm getVector() const = 0;
  /// Whether x * y + z is rounded once, in hardware.
  virtual bool hasFma() const = 0;
  /// Its tile kernels, oldest to shiniest: the last one that supports a spec is
  /// taken.
  virtual llvm::ArrayRef<const TileKernel *> getTileKernels() const = 0;
  virtual const DepthwiseKernel *getDepthwise() const { return nullptr; }

  /// The tile kernel for `spec`, or null.
  const TileKernel *select(const ContractionSpec &spec) const;
};

/// The target of this architecture (as in a triple) with these BW_X86_64_* bits, by
/// the table in Targets.cpp; null where it is in none of its lines.
std::unique_ptr<Target> createTarget(llvm::StringRef arch, uint64_t features);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_TARGET_TARGET_H
