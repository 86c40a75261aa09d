// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Tiles held in vector registers, which all SIMD targets build alike: `rows`
/// times some registers of accumulators; at each step of k the registers of one
/// panel meet one broadcast word of each row. What a word holds and how it is
/// multiplied is the target's.

#ifndef BITWRIGHT_PASSES_CODEGEN_TARGET_REGISTERTILE_H
#define BITWRIGHT_PASSES_CODEGEN_TARGET_REGISTERTILE_H

#include "passes/Codegen/Target/Target.h"

namespace bitwright::codegen {

class RegisterTile : public TileKernel {
public:
  /// Panels of two registers of `lanes` columns; `rows` largest first, ending in
  /// 1; words of `depth` elements.
  RegisterTile(std::string name, int64_t lanes, llvm::SmallVector<int64_t> rows, int64_t depth)
      : kernelName(std::move(name)), lanes(lanes), rows(std::move(rows)), depth(depth) {}

  llvm::StringRef name() const override { return kernelName; }
  TileShape tile() const override { return {rows[0], 2 * lanes, depth}; }
  llvm::SmallVector<int64_t> rowTails() const override { return rows; }
  int64_t granule() const override { return lanes; }
  PackedRhs pack(const ContractionSpec &spec, llvm::ArrayRef<char> rhs) const override;
  int64_t panelBytes(const ContractionSpec &spec, int64_t columns) const override;
  void emit(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
            const TileRows &rows, int64_t count, Value scratch, TileFinish finish) const override;

protected:
  /// Bytes of an element of the packed rhs.
  virtual int64_t rhsBytes() const = 0;
  virtual Type accumulatorType(KernelBuilder &k) const = 0;
  /// One register of the rhs, `lanes * depth` elements; of which only those of
  /// the first `left` columns exist where that is not null.
  virtual Value loadRhs(KernelBuilder &k, Value address, Value left) const = 0;
  /// One word of a row, a scalar.
  virtual Value loadLhs(KernelBuilder &k, const ContractionSpec &spec, Value row,
                        Value step) const = 0;
  virtual Value multiply(KernelBuilder &k, Value acc, Value lhs, Value rhs) const = 0;

  std::string kernelName;
  int64_t lanes;
  llvm::SmallVector<int64_t> rows;
  int64_t depth;

private:
  llvm::SmallVector<Value> emitSums(KernelBuilder &k, const ContractionSpec &spec,
                                    const TilePanel &panel, const TileRows &rows,
                                    int64_t count) const;
};

/// The tile on f32 that every SIMD target has.
class FloatTile final : public RegisterTile {
public:
  FloatTile(std::string name, int64_t lanes, llvm::SmallVector<int64_t> rows, bool hasFma)
      : RegisterTile(std::move(name), lanes, std::move(rows), /*depth=*/1), hasFma(hasFma) {}

  bool supports(const ContractionSpec &spec) const override {
    return spec.lhs == ElementKind::F32 && spec.rhs == ElementKind::F32 && !spec.block;
  }

private:
  int64_t rhsBytes() const override { return 4; }
  Type accumulatorType(KernelBuilder &k) const override { return k.vec(k.f32(), lanes); }
  Value loadRhs(KernelBuilder &k, Value address, Value left) const override;
  Value loadLhs(KernelBuilder &k, const ContractionSpec &spec, Value row,
                Value step) const override;
  Value multiply(KernelBuilder &k, Value acc, Value lhs, Value rhs) const override;

  bool hasFma;
};

/// `rhs`, n x k row-major in elements of `elementBytes`, in the order of register
/// tiles: [panel][k / depth][column][k % depth], zeros where nothing is.
PackedRhs packPanels(llvm::ArrayRef<char> rhs, PanelCut cut, int64_t k, int64_t depth,
                     int64_t elementBytes);

/// Hands on the first `valid` lanes of `columns` in parts of 2^i lanes.
void finishParts(KernelBuilder &k, Value columns, int64_t valid, Value row, Value column,
                 TileFinish finish);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_TARGET_REGISTERTILE_H
