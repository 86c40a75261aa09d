// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Sums of products of bytes on x86-64. `vpmaddubsw` is not used: it saturates on
/// full-range weights. Below VNNI, activations are widened to i16 and `pmaddwd`
/// sums pairs exactly.

#ifndef BITWRIGHT_PASSES_CODEGEN_TARGET_X86_BYTEDOT_H
#define BITWRIGHT_PASSES_CODEGEN_TARGET_X86_BYTEDOT_H

#include "passes/Codegen/Build/KernelBuilder.h"

namespace bitwright::codegen::x86 {

/// The levels, oldest to shiniest. Each has what those before it have.
enum class Isa { Sse42, Avx2, Avx512Vnni };

class ByteDot {
public:
  explicit ByteDot(Isa isa) : isa(isa) {}

  /// Lanes of i32 in a register.
  int64_t lanes() const { return isa == Isa::Avx512Vnni ? 16 : isa == Isa::Avx2 ? 8 : 4; }
  /// Consecutive k that a lane sums in one step.
  int64_t group() const { return isa == Isa::Avx512Vnni ? 4 : 2; }
  /// Bytes of an activation: 1, or 2 where they are widened to i16 first.
  int64_t activationBytes() const { return isa == Isa::Avx512Vnni ? 1 : 2; }
  /// Whether activations are read as unsigned: signed ones are offset by 128.
  bool readsUnsigned() const { return isa == Isa::Avx512Vnni; }

  /// One register of packed signed weights, lanes * group bytes.
  Value loadWeights(KernelBuilder &k, Value address) const;
  /// acc + products of `weights` and one group of one row, an i32.
  Value multiply(KernelBuilder &k, Value acc, Value activations, Value weights) const;
  /// The same for unsigned weights, as packed, and signed activations.
  Value multiplyUnsigned(KernelBuilder &k, Value acc, Value activations, Value weights) const;
  /// acc + products lane by lane: each i32 lane of `activations` and `weights`
  /// holds one group. At least 4 lanes, at most lanes().
  Value multiplyLanes(KernelBuilder &k, Value acc, Value activations, Value weights) const;

private:
  Value addPairs(KernelBuilder &k, Value acc, Value x, Value y) const;
  Value addQuads(KernelBuilder &k, Value acc, Value unsignedBytes, Value signedBytes) const;

  Isa isa;
};

} // namespace bitwright::codegen::x86

#endif // BITWRIGHT_PASSES_CODEGEN_TARGET_X86_BYTEDOT_H
