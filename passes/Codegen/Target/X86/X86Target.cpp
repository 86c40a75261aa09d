// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The levels of x86-64 and their tile kernels: see X86Target.h.

#include "passes/Codegen/Target/X86/X86Target.h"

#include "passes/Codegen/Target/BlockTile.h"
#include "passes/Codegen/Target/X86/DepthwiseDot.h"
#include "passes/Codegen/Target/X86/IntegerTile.h"

#include "bitwright_rt/abi.h"

using namespace mlir;
using namespace bitwright::codegen;
using namespace bitwright::codegen::x86;

namespace {

class X86Target final : public Target {
public:
  explicit X86Target(uint64_t features);

  uint64_t getFeatures() const override { return features; }
  VectorForm getVector() const override { return {ByteDot(isa).lanes()}; }
  bool hasFma() const override { return features & BW_X86_64_FMA; }
  ArrayRef<const TileKernel *> getTileKernels() const override { return table; }
  const DepthwiseKernel *getDepthwise() const override { return &depthwise; }

private:
  static Isa levelOf(uint64_t features);
  void addLevel(Isa level, StringRef name);
  template <typename Tile, typename... Args> const Tile &add(Args &&...args) {
    auto tile = std::make_unique<Tile>(std::forward<Args>(args)...);
    const Tile &result = *tile;
    table.push_back(&result);
    owned.push_back(std::move(tile));
    return result;
  }

  uint64_t features;
  Isa isa;
  DepthwiseDot depthwise;
  std::vector<std::unique_ptr<TileKernel>> owned;
  SmallVector<const TileKernel *> table;
};

} // namespace

Isa X86Target::levelOf(uint64_t features) {
  if (features & BW_X86_64_AVX512VNNI)
    return Isa::Avx512Vnni;
  return (features & BW_X86_64_AVX2) && (features & BW_X86_64_FMA) ? Isa::Avx2 : Isa::Sse42;
}

X86Target::X86Target(uint64_t features)
    : features(features), isa(levelOf(features)), depthwise(isa) {
  addLevel(Isa::Sse42, "sse42");
  if (isa >= Isa::Avx2)
    addLevel(Isa::Avx2, "avx2");
  if (isa >= Isa::Avx512Vnni)
    addLevel(Isa::Avx512Vnni, "avx512vnni");
}

/// The tile kernels of one level. A tile's accumulators, two registers for each
/// row, must leave room for the panel's two registers and a broadcast.
void X86Target::addLevel(Isa level, StringRef isaName) {
  ByteDot dot(level);
  int64_t lanes = dot.lanes();
  bool is512 = level == Isa::Avx512Vnni; // 32 registers in place of 16
  auto name = [&](int64_t rows) {
    return (Twine(rows) + "x" + Twine(2 * lanes) + "_" + isaName).str();
  };
  BlockDot blockDot{dot.group(), dot.activationBytes(),
                    [dot](KernelBuilder &k, Value acc, Value activations, Value weights) {
                      return dot.multiplyUnsigned(k, acc, activations, weights);
                    }};
  using Rows = SmallVector<int64_t>;
  const FloatTile &floats =
      add<FloatTile>(name(is512 ? 12 : 6), lanes, is512 ? Rows{12, 4, 1} : Rows{6, 2, 1}, hasFma());
  add<IntegerTile>(name(is512 ? 12 : 4), is512 ? Rows{12, 4, 1} : Rows{4, 1}, level);
  for (ElementKind rhs : {ElementKind::U8, ElementKind::U4}) {
    // Reading mantissas takes one more constant register than a conversion: with
    // 16 registers an accumulator of the tile would live in memory.
    add<BlockRowTile>(name(1), lanes, rhs, hasFma(), is512);
    add<BlockPanelTile>(name(floats.tile().rows), floats, lanes, rhs, hasFma(), is512);
    add<BlockIntegerTile>(name(is512 ? 4 : 1), lanes, is512 ? Rows{4, 1} : Rows{1}, rhs, blockDot);
  }
}

std::unique_ptr<Target> bitwright::codegen::x86::createTarget(uint64_t features) {
  return std::make_unique<X86Target>(features);
}
