// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Generated code looks for the fields of abi.h where the target's C compiler puts them.

#include "bitwright/Target/AbiLayout.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/TargetParser/Triple.h"
#include "gtest/gtest.h"
#include <map>
#include <string>

using namespace bitwright;

namespace {
struct Expected {
  std::vector<uint64_t> offsets;
  uint64_t bytes = 0;
};

enum Column { Bits64, X86, Arm };

/// The rows of runtime/test/abi_layout.inc, which the runtime's tests hold against C.
std::map<std::string, Expected> readTable(Column column) {
  std::map<std::string, Expected> table;
  auto pick = [&](uint64_t bits64, uint64_t x86, uint64_t arm) {
    return column == Bits64 ? bits64 : column == X86 ? x86 : arm;
  };
#define BW_FIELD(structure, field, bits64, x86, arm)                                               \
  table[#structure].offsets.push_back(pick(bits64, x86, arm));
#define BW_SIZE(structure, bits64, x86, arm) table[#structure].bytes = pick(bits64, x86, arm);
#include "../../../runtime/test/abi_layout.inc"
  return table;
}

void check(llvm::StringRef triple, Column column) {
  SCOPED_TRACE(triple.str());
  AbiLayout layout(llvm::DataLayout(llvm::Triple(triple).computeDataLayout()));
  auto table = readTable(column);
  ASSERT_EQ(table.size(), 3u);
  for (auto &[name, actual] :
       {std::pair("bw_exec", &layout.exec), std::pair("bw_plan_info", &layout.planInfo),
        std::pair("bw_model_desc", &layout.modelDesc)}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(std::vector<uint64_t>(actual->offsets.begin(), actual->offsets.end()),
              table[name].offsets);
    EXPECT_EQ(actual->bytes, table[name].bytes);
  }
}

TEST(AbiLayout, EqualsTheCompilersOf64And32Bits) {
  check("x86_64-unknown-linux-gnu", Bits64);
  check("aarch64-unknown-linux-gnu", Bits64);
  check("i686-unknown-linux-gnu", X86);
  check("armv7-unknown-linux-gnueabihf", Arm);
  check("thumbv8.1m.main-none-eabi", Arm);
}

TEST(AbiLayout, FieldsAreFoundByName) {
  AbiLayout layout(llvm::DataLayout(llvm::Triple("i686-unknown-linux-gnu").computeDataLayout()));
  EXPECT_EQ(layout.offsetOf(AbiLayout::Observe), 4u);
  EXPECT_EQ(layout.offsetOf(AbiLayout::Scratch), 12u);
  EXPECT_EQ(layout.offsetOf(AbiLayout::ExecFailedNode), 28u);
  EXPECT_EQ(layout.offsetOf(AbiLayout::PlanFailedNode), 16u);
}

TEST(AbiLayout, ArgumentsOfKernelsLieByTheTargetsWidth) {
  using Field = AbiLayout::Field;
  Field fields[] = {Field::Pointer, Field::Pointer, Field::Pointer, Field::Int64, Field::Pointer};
  auto lay = [&](llvm::StringRef triple) {
    return AbiLayout(llvm::DataLayout(llvm::Triple(triple).computeDataLayout())).layOut(fields);
  };
  EXPECT_EQ(lay("x86_64-linux-gnu").offsets, (llvm::SmallVector<uint64_t>{0, 8, 16, 24, 32}));
  EXPECT_EQ(lay("i686-linux-gnu").offsets, (llvm::SmallVector<uint64_t>{0, 4, 8, 12, 20}));
  EXPECT_EQ(lay("armv7-linux-gnueabihf").offsets, (llvm::SmallVector<uint64_t>{0, 4, 8, 16, 24}));
  EXPECT_EQ(lay("i686-linux-gnu").bytes, 24u);
  EXPECT_EQ(lay("armv7-linux-gnueabihf").bytes, 32u);
}
} // namespace
