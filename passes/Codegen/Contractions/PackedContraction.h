// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Linear ops and convolutions with constant weights, whatever their precision:
/// rows of activations, in place or gathered, against packed panels of weights.
/// A precision says what is multiplied, what the accumulators start with and what
/// becomes of them; the target's tile kernel does the rest.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_PACKEDCONTRACTION_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_PACKEDCONTRACTION_H

#include "passes/Codegen/Contractions/Epilogue.h"
#include "passes/Codegen/Contractions/Rows.h"
#include "passes/Codegen/Contractions/Tiles.h"

namespace bitwright::codegen {

class PackedContraction {
public:
  /// Arguments of the kernel, pointers in this order: those named here, the
  /// precision's own, the result, the leaves of the epilogue. Accumulators begin
  /// with Start, or with zeros.
  enum Argument { Input, Weights, Start, FirstOwn };

  /// Finishes sums of one row: `pointers` are the kernel's.
  using Finish = std::function<void(KernelBuilder &, Value sums, Value row, Value column,
                                    Value offset, ValueRange pointers)>;

  /// Null where the target has no kernel for these elements; an error says so.
  static std::unique_ptr<PackedContraction> create(Program &program, kernel::LaunchOp unit,
                                                   ElementKind lhs, ElementKind rhs);

  /// The kernel `family`_<elements>_<tile>: padding of images is `fill`,
  /// accumulators start from their argument if `hasStart`.
  Kernel build(llvm::StringRef family, int64_t fill, bool hasStart, int64_t numOwn,
               const Finish &finish);
  /// One launch for each group of a convolution. `perOperation`: products that
  /// one operation does, for the decision about threads. `given`: Start and the
  /// precision's own arguments for the columns of one group.
  void launch(const Kernel &kernel, llvm::ArrayRef<char> weights, int64_t perOperation,
              llvm::function_ref<llvm::SmallVector<Value>(int64_t group)> given);

  /// The address of `tensor` from the first column of `group` on.
  Value shifted(Value tensor, LeafAccess access, int64_t group);
  /// Columns of all panels, those that only fill the last one up included.
  int64_t paddedColumns() const { return tile.cut(spec.n).padded(); }

  Program &p;
  mlir::Operation *op;
  FusedEpilogue epilogue;
  ContractionSpec spec;
  const TileKernel &tile;
  ConvShape conv; ///< A linear op is a pointwise convolution over a line of rows.

private:
  PackedContraction(Program &program, kernel::LaunchOp unit, ContractionSpec spec,
                    const TileKernel &tile, ConvShape conv);
  int64_t elementBytes() const { return spec.isInteger() ? 1 : 4; }
  int64_t steps() const { return (spec.k + tile.tile().depth - 1) / tile.tile().depth; }
  /// Bytes of a row of activations as the kernel reads it.
  int64_t rowBytes() const;
  RowForm rowForm(KernelBuilder &k) const;
  void emitBody(KernelBuilder &k, ValueRange pointers, ValueRange sizes, Iterations &iterations,
                int64_t fill, bool hasStart, const Finish &finish) const;

  Dim rows;
  bool gathers;
  int64_t tileRows;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_PACKEDCONTRACTION_H
