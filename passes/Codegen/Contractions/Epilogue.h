// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What follows the sums of a contraction in registers: the elementwise ops of
/// its unit, and the store.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_EPILOGUE_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_EPILOGUE_H

#include "passes/Codegen/Plan/Units.h"

namespace bitwright::codegen {

/// Loads the leaves of an epilogue group at (row, column) and emits it on
/// `value` (the anchor's register), then stores the result.
struct FusedEpilogue {
  Program &p;
  mlir::Operation *op;
  const Group &group;
  Dim rowLength; // elements between rows of the result

  Value result() const {
    return group.members.empty() ? op->getResult(0) : group.root()->getResult(0);
  }
  /// Tensors other than the anchor, in the order of their kernel arguments.
  llvm::SmallVector<Value> leaves() const;
  LeafAccess accessOf(Value leaf) const { return *getLeafAccess(p, op->getResult(0), group, leaf); }
  /// `pointers`: the result, then leaves(). `offset` is row * rowLength + column.
  void store(KernelBuilder &k, Value value, Value offset, Value column, ValueRange pointers) const;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_EPILOGUE_H
