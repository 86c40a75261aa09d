// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The list of formats, and what blocks of one cost.

#include "bitwright/Numerics/NumberFormat.h"

using namespace bitwright;

FormatRegistry::FormatRegistry() {
  for (unsigned bits = 2; bits <= 8; ++bits)
    add(makeIntegerFormat(bits));
}

double BlockFormat::getBitsPerWeight(int64_t columns, unsigned scaleBits) const {
  if (columns == 0)
    return 0;
  unsigned zeroPointBits = symmetric || !number->hasZeroPoints() ? 0 : number->getBits();
  return number->getBits() +
         double(countBlocks(columns)) * (scaleBits + zeroPointBits) / double(columns);
}
