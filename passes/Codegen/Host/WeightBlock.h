// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The constants of a compiled model, packed for its kernels: one block of bytes.

#ifndef BITWRIGHT_PASSES_CODEGEN_HOST_WEIGHTBLOCK_H
#define BITWRIGHT_PASSES_CODEGEN_HOST_WEIGHTBLOCK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"

namespace bitwright::codegen {

class WeightBlock {
public:
  /// The offset of these bytes, a multiple of 64; equal bytes share their place.
  int64_t add(llvm::ArrayRef<char> bytes);
  /// The whole block, never empty; nothing is left here.
  llvm::SmallVector<char, 0> take();

private:
  llvm::SmallVector<char, 0> block; // grows in place, unlike std::vector
  llvm::StringMap<int64_t> offsets; // by SHA-256
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_HOST_WEIGHTBLOCK_H
