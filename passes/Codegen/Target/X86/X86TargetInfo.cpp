// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// x86-64 in three levels: v2 (SSE4.2), AVX2 with FMA, AVX-512 with VNNI.
/// `vpmaddubsw` is not used: it saturates on full-range weights. Below VNNI,
/// activations are widened to i16 and `pmaddwd` sums pairs exactly.

#include "passes/Codegen/Target/TargetInfo.h"

#include "bitwright_rt/abi.h"

using namespace mlir;
using namespace bitwright::codegen;

namespace {

class X86TargetInfo final : public TargetInfo {
public:
  explicit X86TargetInfo(uint64_t features) : features(features) {}

  int64_t getLanes() const override { return isVnni() ? 16 : isAvx2() ? 8 : 4; }
  bool hasFma() const override { return features & BW_X86_64_FMA; }
  SmallVector<int64_t> getFloatTileRows() const override {
    return isVnni() ? SmallVector<int64_t>{12, 4, 1} : SmallVector<int64_t>{6, 2, 1};
  }
  SmallVector<int64_t> getIntegerTileRows() const override {
    return isVnni() ? SmallVector<int64_t>{12, 4, 1} : SmallVector<int64_t>{4, 1};
  }
  uint64_t getFeatures() const override { return features; }

  IntegerDot getIntegerDot() const override {
    if (isVnni())
      return {/*group=*/4, /*activationBytes=*/1, /*unsignedActivations=*/true};
    return {/*group=*/2, /*activationBytes=*/2, /*unsignedActivations=*/false};
  }

  Value loadDotWeights(KernelBuilder &k, Value address) const override {
    int64_t lanes = getLanes();
    if (isVnni())
      return k.loadAt(k.vec(k.i8(), lanes * 4), address);
    return k.extend(k.loadAt(k.vec(k.i8(), lanes * 2), address), k.i16(), /*isUnsigned=*/false);
  }

  Value emitDot(KernelBuilder &k, Value acc, Value activations, Value weights) const override {
    int64_t lanes = getLanes();
    Value rows = k.splat(activations, k.vec(k.i32(), lanes));
    if (isVnni()) {
      Value bytes = k.bitcast(rows, k.vec(k.i8(), lanes * 4));
      return k.intrinsic("llvm.x86.avx512.vpdpbusd.512", acc.getType(), {acc, bytes, weights});
    }
    Value words = k.bitcast(rows, k.vec(k.i16(), lanes * 2));
    StringRef name = isAvx2() ? "llvm.x86.avx2.pmadd.wd" : "llvm.x86.sse2.pmadd.wd";
    return k.add(acc, k.intrinsic(name, acc.getType(), {words, weights}));
  }

  Value emitDotUnsigned(KernelBuilder &k, Value acc, Value activations,
                        Value weights) const override {
    int64_t lanes = getLanes();
    Value row = k.splat(activations, k.vec(k.i32(), lanes));
    if (isVnni()) {
      Value bytes = k.bitcast(row, k.vec(k.i8(), lanes * 4));
      return k.intrinsic("llvm.x86.avx512.vpdpbusd.512", acc.getType(), {acc, weights, bytes});
    }
    Value words = k.bitcast(row, k.vec(k.i16(), lanes * 2));
    Value wide = k.extend(weights, k.i16(), /*isUnsigned=*/true);
    StringRef name = isAvx2() ? "llvm.x86.avx2.pmadd.wd" : "llvm.x86.sse2.pmadd.wd";
    return k.add(acc, k.intrinsic(name, acc.getType(), {words, wide}));
  }

  Value emitLaneDot(KernelBuilder &k, Value acc, Value activations, Value weights) const override {
    int64_t lanes = cast<VectorType>(acc.getType()).getNumElements();
    if (isVnni()) {
      Type bytes = k.vec(k.i8(), lanes * 4);
      std::string name = "llvm.x86.avx512.vpdpbusd." + std::to_string(lanes * 32);
      return k.intrinsic(name, acc.getType(),
                         {acc, k.bitcast(activations, bytes), k.bitcast(weights, bytes)});
    }
    Type words = k.vec(k.i16(), lanes * 2);
    StringRef name = lanes == 8 ? "llvm.x86.avx2.pmadd.wd" : "llvm.x86.sse2.pmadd.wd";
    return k.add(acc, k.intrinsic(name, acc.getType(),
                                  {k.bitcast(activations, words), k.bitcast(weights, words)}));
  }

private:
  bool isVnni() const { return features & BW_X86_64_AVX512VNNI; }
  bool isAvx2() const { return (features & BW_X86_64_AVX2) && (features & BW_X86_64_FMA); }

  uint64_t features;
};

} // namespace

std::unique_ptr<TargetInfo> bitwright::codegen::createX86TargetInfo(uint64_t features) {
  return std::make_unique<X86TargetInfo>(features);
}
