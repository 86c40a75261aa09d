// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The tables of targets and of tile kernels: what is selected for what.

#include "passes/Codegen/Target/Target.h"
#include "gtest/gtest.h"

#include "bitwright_rt/abi.h"

using namespace bitwright::codegen;

namespace {
constexpr uint64_t v2 = BW_X86_64_SSE42, v3 = v2 | BW_X86_64_AVX2 | BW_X86_64_FMA,
                   v4 = v3 | BW_X86_64_AVX512F | BW_X86_64_AVX512VNNI;

std::string select(uint64_t features, const ContractionSpec &spec) {
  auto target = createTarget("x86_64", features);
  const TileKernel *kernel = target->select(spec);
  return kernel ? kernel->name().str() : "none";
}
} // namespace

TEST(TargetTable, NamesEachTargetOnce) {
  EXPECT_NE(createTarget("x86_64", v2), nullptr);
  EXPECT_EQ(createTarget("vax", v2), nullptr);
}

TEST(TargetTable, TheShiniestKernelThatSupportsASpecIsTaken) {
  ContractionSpec floats{ElementKind::F32, ElementKind::F32, 8, 8};
  EXPECT_EQ(select(v2, floats), "6x8_sse42");
  EXPECT_EQ(select(v3, floats), "6x16_avx2");
  EXPECT_EQ(select(v4, floats), "12x32_avx512vnni");
  ContractionSpec bytes{ElementKind::S8, ElementKind::S8, 8, 8};
  EXPECT_EQ(select(v2, bytes), "4x8_sse42");
  EXPECT_EQ(select(v3, bytes), "4x16_avx2");
  EXPECT_EQ(select(v4, bytes), "12x32_avx512vnni");
}

TEST(TargetTable, WhatNoKernelCanDoIsRefused) {
  // Floats times bytes without blocks; int8 rows whose blocks are no whole steps.
  EXPECT_EQ(select(v4, {ElementKind::F32, ElementKind::U8, 8, 8}), "none");
  ContractionSpec odd{ElementKind::S8, ElementKind::U4, 8, 20};
  odd.block = 10;
  EXPECT_EQ(select(v4, odd), "none");
  // An rhs that lies in memory is not packed: only kernels on f32 read it.
  ContractionSpec inPlace{ElementKind::U8, ElementKind::S8};
  inPlace.rhsInPlace = true;
  EXPECT_EQ(select(v4, inPlace), "none");
}

TEST(TargetTable, RowsDecideBetweenKernelsOnBlocks) {
  ContractionSpec spec{ElementKind::F32, ElementKind::U4, 64, 256};
  spec.block = 32;
  EXPECT_EQ(select(v3, spec), "6x16_avx2");
  spec.rows = 5;
  EXPECT_EQ(select(v3, spec), "1x16_avx2");
  spec.rows = 6;
  EXPECT_EQ(select(v3, spec), "6x16_avx2");
  // A dequantized panel of 2 MiB and more is too large.
  spec.rows = -1;
  spec.k = spec.block = 1 << 15;
  EXPECT_EQ(select(v3, spec), "1x16_avx2");
}

TEST(TargetTable, EveryTileEndsInSingleRows) {
  for (uint64_t features : {v2, v3, v4}) {
    auto target = createTarget("x86_64", features);
    for (const TileKernel *kernel : target->getTileKernels()) {
      auto rows = kernel->rowTails();
      EXPECT_EQ(rows.back(), 1) << kernel->name().str();
      EXPECT_TRUE(std::is_sorted(rows.rbegin(), rows.rend())) << kernel->name().str();
      EXPECT_EQ(kernel->tile().columns % kernel->granule(), 0) << kernel->name().str();
    }
  }
}

TEST(TargetTable, NamesOfElements) {
  EXPECT_EQ(getName({ElementKind::F32, ElementKind::F32}), "f32");
  EXPECT_EQ(getName({ElementKind::U8, ElementKind::S8}), "u8s8");
  EXPECT_EQ(getName({ElementKind::F32, ElementKind::U4}), "f32u4");
}
