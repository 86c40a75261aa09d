// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What follows the sums of a contraction in registers: the elementwise ops of
/// its unit, and the store.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_EPILOGUE_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_EPILOGUE_H

#include "passes/Codegen/Host/Program.h"

namespace bitwright::codegen {

/// Loads the leaves of a unit at (row, column), emits its elementwise ops on
/// `value` (the anchor's register), then stores the result.
struct FusedEpilogue {
  Program &p;
  mutable kernel::LaunchOp unit;
  Dim rowLength; // elements between rows of the result

  Value result() const { return unit.getResult(0); }
  /// In the order of their kernel arguments.
  ValueRange leaves() const { return unit.getLeaves(); }
  /// `pointers`: the result, then leaves(). `offset` is row * rowLength + column.
  void store(KernelBuilder &k, Value value, Value offset, Value column, ValueRange pointers) const;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_EPILOGUE_H
