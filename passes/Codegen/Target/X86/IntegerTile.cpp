// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Register tiles on bytes: see IntegerTile.h.

#include "passes/Codegen/Target/X86/IntegerTile.h"

using namespace mlir;
using namespace bitwright::codegen;
using namespace bitwright::codegen::x86;

bool IntegerTile::supports(const ContractionSpec &spec) const {
  return (spec.lhs == ElementKind::U8 || spec.lhs == ElementKind::S8) &&
         spec.rhs == ElementKind::S8 && !spec.block && !spec.rhsInPlace;
}

Value IntegerTile::loadRhs(KernelBuilder &k, Value address, Value left) const {
  assert(!left && "packed panels are whole");
  return dot.loadWeights(k, address);
}

Value IntegerTile::loadLhs(KernelBuilder &k, const ContractionSpec &spec, Value row,
                           Value step) const {
  Value word = k.load(k.i32(), row, step);
  if (!lhsOffset(spec))
    return word;
  // 128 more in each byte: its upper bit changes.
  return k.bitXor(word, k.integer(k.i32(), int32_t(0x80808080)));
}

Value IntegerTile::multiply(KernelBuilder &k, Value acc, Value lhs, Value rhs) const {
  return dot.multiply(k, acc, lhs, rhs);
}
