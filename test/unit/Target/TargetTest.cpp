// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Names of targets, CPUs and features.

#include "bitwright/Target/Target.h"
#include "bitwright/Target/Emit.h"
#include "bitwright_rt/bitwright_rt.h"
#include "gtest/gtest.h"

using namespace bitwright;

namespace {
TargetSpec parse(llvm::StringRef triple, llvm::StringRef cpu, llvm::StringRef attrs) {
  auto spec = parseTarget(triple, cpu, attrs);
  EXPECT_TRUE(bool(spec)) << llvm::toString(spec.takeError());
  return spec ? *spec : TargetSpec();
}

std::string parseError(llvm::StringRef triple, llvm::StringRef cpu, llvm::StringRef attrs) {
  auto spec = parseTarget(triple, cpu, attrs);
  return spec ? "" : llvm::toString(spec.takeError());
}

constexpr uint64_t avx2Level = BW_X86_64_SSE42 | BW_X86_64_AVX2 | BW_X86_64_FMA;
constexpr uint64_t vnniLevel = avx2Level | BW_X86_64_F16C | BW_X86_64_AVX512F | BW_X86_64_AVX512BW |
                               BW_X86_64_AVX512VL | BW_X86_64_AVX512DQ | BW_X86_64_AVX512VNNI;

TEST(Target, Levels) {
  EXPECT_EQ(parse("", "", "").cpuBits, uint64_t(BW_X86_64_SSE42));
  EXPECT_EQ(parse("", "", "").features, "");
  EXPECT_EQ(parse("x86_64-linux-gnu", "", "+avx2,+fma").cpuBits, avx2Level);
  EXPECT_EQ(parse("x86_64-linux-gnu", "", "+avx2,+fma").features, "+avx2,+fma");
  EXPECT_EQ(parse("", "", "+avx512vnni").cpuBits, vnniLevel);
  EXPECT_EQ(parse("", "x86-64-v3", "").cpuBits, avx2Level | BW_X86_64_F16C);
  EXPECT_EQ(parse("", "icelake-server", "").cpuBits, vnniLevel);
}

TEST(Target, TakingAwayTakesWhatBuildsOnIt) {
  EXPECT_EQ(parse("", "icelake-server", "-avx512f").cpuBits, avx2Level | BW_X86_64_F16C);
  EXPECT_EQ(parse("", "", "+avx512vnni,-avx2").cpuBits,
            uint64_t(BW_X86_64_SSE42 | BW_X86_64_FMA | BW_X86_64_F16C));
}

/// The widest registers decide how code is tuned; the CPU that names the features stays the
/// baseline.
TEST(Target, TuningFollowsTheFeatures) {
  EXPECT_EQ(parse("", "", "").tuneCpu, "x86-64-v2");
  EXPECT_EQ(parse("", "", "+avx2").tuneCpu, "x86-64-v3");
  EXPECT_EQ(parse("", "znver4", "-avx512f").tuneCpu, "x86-64-v3");
  EXPECT_EQ(parse("", "", "+avx512f").tuneCpu, "x86-64-v4");
  EXPECT_EQ(parse("", "znver4", "").cpu, "x86-64-v2");
}

TEST(Target, NativeRunsHere) {
  EXPECT_EQ(parse("", "native", "").cpuBits & ~bw_cpu_features(), 0u);
}

TEST(Target, GarbageIsRefused) {
  EXPECT_EQ(parseError("sparc-sun-solaris", "", ""),
            "target 'sparc-sun-solaris' is not supported; supported: x86_64-linux-gnu");
  EXPECT_NE(parseError("x86_64-pc-windows-msvc", "", ""), "");
  EXPECT_NE(parseError("x86_64-linux-gnux32", "", ""), "");
  EXPECT_NE(parseError("%s%n", "", ""), "");
  EXPECT_NE(parseError("", "pentium", ""), "");
  EXPECT_NE(parseError("", "no-such-cpu", ""), "");
  EXPECT_NE(parseError("", "", "+bmi2").find("unknown target feature '+bmi2'; known: sse4.2"),
            std::string::npos);
  EXPECT_NE(parseError("", "", "++avx2"), "");
  EXPECT_NE(parseError("", "", "-sse4.2"), "");
}

TEST(Target, ModelNamesBecomeIdentifiers) {
  EXPECT_EQ(sanitizeModelName("fashion-mobile"), "fashion_mobile");
  EXPECT_EQ(sanitizeModelName("8bit"), "net_8bit");
  EXPECT_EQ(sanitizeModelName(""), "net");
  EXPECT_EQ(sanitizeModelName("--"), "net");
  EXPECT_EQ(sanitizeModelName("a;}*\n\"\xff"), "a");
  EXPECT_EQ(sanitizeModelName("_a__b_"), "a_b");
  EXPECT_EQ(sanitizeModelName("Model"), "Model");
  for (const char *word : {"model", "value", "model_set", "hash", "class", "int", "8bit", "x"}) {
    std::string name = sanitizeModelName(word);
    EXPECT_EQ(name, (word[0] == 'x' ? "" : "net_") + std::string(word));
    EXPECT_EQ(sanitizeModelName(name), name);
  }
}
} // namespace
