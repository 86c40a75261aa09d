// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How tile kernels pack weights, with orders worked out by hand and, for all
/// levels, by unpacking.

#include "passes/Codegen/Target/RegisterTile.h"
#include "gtest/gtest.h"

#include "bitwright_rt/abi.h"

using namespace bitwright::codegen;

namespace {
constexpr uint64_t v2 = BW_X86_64_SSE42, v3 = v2 | BW_X86_64_AVX2 | BW_X86_64_FMA,
                   v4 = v3 | BW_X86_64_AVX512F | BW_X86_64_AVX512VNNI;

/// Bytes 1, 2, 3, ... that repeat after `period`.
std::vector<char> numbers(int64_t count, int64_t period) {
  std::vector<char> bytes;
  for (int64_t i = 0; i < count; ++i)
    bytes.push_back(char(i % period + 1));
  return bytes;
}

class Packing : public testing::TestWithParam<uint64_t> {
protected:
  std::unique_ptr<Target> target = createTarget("x86_64", GetParam());
};
} // namespace

TEST(PackPanels, GroupsColumnsAndPadding) {
  // 3 columns of 3 bytes in panels of 2 columns, granules of 1, groups of 2 k.
  std::vector<char> rhs = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  PackedRhs packed = packPanels(rhs, PanelCut{3, 2, 1}, 3, 2, 1);
  EXPECT_EQ(packed, (PackedRhs{1, 2, 4, 5, 3, 0, 6, 0, /*panel 2*/ 7, 8, 9, 0}));
}

TEST(PackPanels, NarrowPanelsAreFilledUpToTheirGranule) {
  std::vector<char> rhs = {1, 2, 3};
  EXPECT_EQ(packPanels(rhs, PanelCut{3, 8, 4}, 1, 1, 1), (PackedRhs{1, 2, 3, 0}));
}

TEST(PackPanels, WideElementsStayWhole) {
  float values[] = {1.5f, -2.0f};
  llvm::ArrayRef<char> rhs(reinterpret_cast<const char *>(values), sizeof values);
  PackedRhs packed = packPanels(rhs, PanelCut{2, 2, 2}, 1, 1, 4);
  EXPECT_EQ(llvm::ArrayRef<char>(packed), rhs);
}

TEST(PanelCut, CountsPanelsAndPadding) {
  PanelCut cut{37, 16, 8};
  EXPECT_EQ(cut.fullPanels(), 2);
  EXPECT_EQ(cut.panels(), 3);
  EXPECT_EQ(cut.tailColumns(), 5);
  EXPECT_EQ(cut.tailWidth(), 8);
  EXPECT_EQ(cut.padded(), 40);
  EXPECT_EQ((PanelCut{32, 16, 8}).padded(), 32);
}

// Every element of the rhs is where the tile's shape says, and nothing else is.
TEST_P(Packing, IntegerTilesHoldEachWeightOnce) {
  ContractionSpec spec{ElementKind::U8, ElementKind::S8, 2 * 32 + 5, 11};
  const TileKernel *tile = target->select(spec);
  ASSERT_NE(tile, nullptr);
  int64_t depth = tile->tile().depth, steps = (spec.k + depth - 1) / depth;
  std::vector<char> rhs = numbers(spec.n * spec.k, 101);
  PackedRhs packed = tile->pack(spec, rhs);
  PanelCut cut = tile->cut(spec.n);
  ASSERT_EQ(int64_t(packed.size()), cut.padded() * steps * depth);
  const char *at = packed.data();
  for (int64_t panel = 0; panel < cut.panels(); ++panel) {
    int64_t first = panel * cut.panel;
    int64_t width = panel < cut.fullPanels() ? cut.panel : cut.tailWidth();
    EXPECT_EQ(tile->panelBytes(spec, width), width * steps * depth);
    for (int64_t step = 0; step < steps; ++step)
      for (int64_t column = first; column < first + width; ++column)
        for (int64_t k = step * depth; k < (step + 1) * depth; ++k) {
          bool exists = column < spec.n && k < spec.k;
          ASSERT_EQ(*at++, exists ? rhs[column * spec.k + k] : 0) << column << ' ' << k;
        }
  }
}

// All nibbles of blocks are there; where a block ends inside of a step, zeros are.
TEST_P(Packing, BlocksHoldEachNibbleOnce) {
  for (ElementKind lhs : {ElementKind::F32, ElementKind::S8}) {
    ContractionSpec spec{lhs, ElementKind::U4, 3, 24};
    spec.block = 16;
    const TileKernel *tile = target->select(spec);
    ASSERT_NE(tile, nullptr);
    std::vector<char> rhs = numbers(spec.n * spec.k, 13);
    PackedRhs packed = tile->pack(spec, rhs);
    PanelCut cut = tile->cut(spec.n);
    EXPECT_EQ(int64_t(packed.size()), tile->panelBytes(spec, cut.padded()));
    std::vector<int> expected(16), found(16);
    for (char weight : rhs)
      ++expected[weight];
    for (char byte : packed) {
      ++found[byte & 15];
      ++found[(byte >> 4) & 15];
    }
    expected[0] = found[0] = 0; // padding
    EXPECT_EQ(found, expected);
  }
}

// The kernels for few rows and for many read one packed form.
TEST_P(Packing, KernelsOfOneSpecPackAlike) {
  for (ElementKind rhs : {ElementKind::U4, ElementKind::U8}) {
    ContractionSpec many{ElementKind::F32, rhs, 5, 48};
    many.block = 20;
    ContractionSpec few = many;
    few.rows = 1;
    const TileKernel *forMany = target->select(many), *forFew = target->select(few);
    ASSERT_NE(forMany, nullptr);
    EXPECT_NE(forMany, forFew);
    std::vector<char> weights = numbers(240, 13);
    EXPECT_EQ(forMany->pack(many, weights), forFew->pack(few, weights));
    EXPECT_EQ(forMany->scaleFactor(), forFew->scaleFactor());
  }
}

TEST_P(Packing, DepthwiseStartsTakeTheZeroPointIn) {
  DepthwiseSpec spec{SlidingWindow({3, 3}, {1, 1}, {0, 0, 0, 0}, {1, 1}), 32, false, 7};
  const DepthwiseKernel *kernel = target->getDepthwise();
  ASSERT_NE(kernel, nullptr);
  ASSERT_TRUE(kernel->supports(spec));
  std::vector<char> weights(288, 2);
  llvm::SmallVector<int64_t> bias(32, 1000);
  PackedRhs start = kernel->packStart(spec, weights, bias);
  ASSERT_EQ(start.size() % 4, 0u);
  // Signed activations are read as unsigned ones, 128 larger, with VNNI.
  int32_t expected = 1000 - (GetParam() == v4 ? 7 + 128 : 7) * 18;
  for (size_t i = 0; i < start.size(); i += 4) {
    int32_t value;
    std::memcpy(&value, &start[i], 4);
    ASSERT_EQ(value, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, Packing, testing::Values(v2, v3, v4));
