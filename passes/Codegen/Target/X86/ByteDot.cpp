// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `pmaddwd` and `vpdpbusd`: see ByteDot.h.

#include "passes/Codegen/Target/X86/ByteDot.h"

using namespace mlir;
using namespace bitwright::codegen;
using namespace bitwright::codegen::x86;

/// acc + sums of neighbouring products of i16, exact.
Value ByteDot::addPairs(KernelBuilder &k, Value acc, Value x, Value y) const {
  int64_t lanes = cast<VectorType>(acc.getType()).getNumElements();
  Type words = k.vec(k.i16(), 2 * lanes);
  StringRef name = lanes == 8 ? "llvm.x86.avx2.pmadd.wd" : "llvm.x86.sse2.pmadd.wd";
  return k.add(acc, k.intrinsic(name, acc.getType(), {k.bitcast(x, words), k.bitcast(y, words)}));
}

/// acc + sums of four neighbouring products of bytes, exact.
Value ByteDot::addQuads(KernelBuilder &k, Value acc, Value unsignedBytes, Value signedBytes) const {
  int64_t lanes = cast<VectorType>(acc.getType()).getNumElements();
  Type bytes = k.vec(k.i8(), 4 * lanes);
  std::string name = "llvm.x86.avx512.vpdpbusd." + std::to_string(32 * lanes);
  return k.intrinsic(name, acc.getType(),
                     {acc, k.bitcast(unsignedBytes, bytes), k.bitcast(signedBytes, bytes)});
}

Value ByteDot::loadWeights(KernelBuilder &k, Value address) const {
  Value bytes = k.loadAt(k.vec(k.i8(), lanes() * group()), address);
  return activationBytes() == 1 ? bytes : k.extend(bytes, k.i16(), /*isUnsigned=*/false);
}

Value ByteDot::multiply(KernelBuilder &k, Value acc, Value activations, Value weights) const {
  return multiplyLanes(k, acc, k.splat(activations, acc.getType()), weights);
}

Value ByteDot::multiplyUnsigned(KernelBuilder &k, Value acc, Value activations,
                                Value weights) const {
  Value row = k.splat(activations, acc.getType());
  if (isa == Isa::Avx512Vnni)
    return addQuads(k, acc, weights, row);
  return addPairs(k, acc, row, k.extend(weights, k.i16(), /*isUnsigned=*/true));
}

Value ByteDot::multiplyLanes(KernelBuilder &k, Value acc, Value activations, Value weights) const {
  return isa == Isa::Avx512Vnni ? addQuads(k, acc, activations, weights)
                                : addPairs(k, acc, activations, weights);
}
