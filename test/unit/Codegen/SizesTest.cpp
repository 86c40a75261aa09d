// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Symbolic sizes: constants fold as generated code computes, equal computations
/// are one symbol.

#include "passes/Codegen/Plan/Sizes.h"
#include "gtest/gtest.h"

#include "dialects/Kernel/KernelOps.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace bitwright::codegen;

namespace {
class SizesTest : public testing::Test {
protected:
  SizesTest() {
    context.loadDialect<bitwright::kernel::KernelDialect>();
    auto type = RankedTensorType::get({ShapedType::kDynamic, ShapedType::kDynamic},
                                      Float32Type::get(&context));
    block.addArgument(type, UnknownLoc::get(&context));
    sizes.begin(&block);
    n = sizes.dimOf(block.getArgument(0), 0);
    m = sizes.dimOf(block.getArgument(0), 1);
  }

  MLIRContext context;
  Block block;
  Sizes sizes{UnknownLoc::get(&context)};
  Dim n, m;
};
} // namespace

TEST_F(SizesTest, ConstantsFoldAndNeverTrap) {
  EXPECT_TRUE(sizes.add(2, 3).is(5));
  EXPECT_TRUE(sizes.div(-7, 2).is(-3));
  EXPECT_TRUE(sizes.floorDiv(-7, 2).is(-4));
  EXPECT_TRUE(sizes.ceilDiv(7, 2).is(4));
  EXPECT_TRUE(sizes.div(1, 0).is(0));
  EXPECT_TRUE(sizes.rem(INT64_MIN, -1).is(0));
  EXPECT_TRUE(sizes.div(INT64_MIN, -1).is(INT64_MIN));
  EXPECT_TRUE(sizes.mul(INT64_MAX, 2).is(-2));
}

TEST_F(SizesTest, EqualComputationsAreOneSymbol) {
  EXPECT_EQ(sizes.add(n, m), sizes.add(n, m));
  EXPECT_EQ(sizes.add(n, m), sizes.add(m, n));
  EXPECT_EQ(sizes.mul(n, 4), sizes.mul(4, n));
  EXPECT_NE(sizes.sub(n, m), sizes.sub(m, n));
  EXPECT_NE(n, m);
}

TEST_F(SizesTest, IdentitiesHoldForAnySymbol) {
  EXPECT_EQ(sizes.add(n, 0), n);
  EXPECT_EQ(sizes.mul(1, n), n);
  EXPECT_TRUE(sizes.mul(n, 0).is(0));
  EXPECT_TRUE(sizes.sub(n, n).is(0));
  EXPECT_TRUE(sizes.equal(n, n).is(1));
  EXPECT_TRUE(sizes.less(n, n).is(0));
  EXPECT_EQ(sizes.max(n, n), n);
  EXPECT_EQ(sizes.select(1, n, m), n);
  EXPECT_EQ(sizes.select(sizes.equal(n, m), m, m), m);
}

TEST_F(SizesTest, ASymbolCancels) {
  EXPECT_EQ(sizes.add(sizes.sub(n, m), m), n);
  EXPECT_EQ(sizes.add(m, sizes.sub(n, m)), n);
  EXPECT_EQ(sizes.sub(sizes.add(n, m), m), n);
  EXPECT_EQ(sizes.sub(sizes.add(n, m), n), m);
  EXPECT_NE(sizes.sub(sizes.sub(n, m), m), n);
}

TEST_F(SizesTest, DivisionByAConstantThatDecidesFolds) {
  EXPECT_TRUE(sizes.div(n, 0).is(0));
  EXPECT_TRUE(sizes.rem(n, 0).is(0));
  EXPECT_TRUE(sizes.rem(n, 1).is(0));
  EXPECT_TRUE(sizes.rem(n, -1).is(0));
}

TEST_F(SizesTest, WhatStandsInABlockIsKnown) {
  Dim product = sizes.mul(n, 4), sum = sizes.add(product, m);
  Sizes other(UnknownLoc::get(&context));
  other.begin(&block);
  EXPECT_EQ(other.add(other.mul(n, 4), m), sum);
  EXPECT_EQ(other.mul(4, n), product);
  EXPECT_NE(other.mul(n, 5), product);
}

TEST_F(SizesTest, MixedSizesAreReadBack) {
  Dims dims = {Dim(3), n, Dim(INT64_MIN), m};
  MixedSizes mixed = sizes.mix(dims);
  EXPECT_EQ(mixed.values.size(), 3u); // INT64_MIN stands for a value, so it is one
  EXPECT_EQ(readSizes(mixed.values, mixed.constants), dims);
}

TEST_F(SizesTest, EqualFactorsCancel) {
  EXPECT_EQ(sizes.divideProducts({n, Dim(6), m}, {m, Dim(3)}), sizes.mul(n, 2));
  EXPECT_TRUE(sizes.divideProducts({n, m}, {m, n}).is(1));
}

TEST_F(SizesTest, StridesAreContiguous) {
  EXPECT_EQ(sizes.contiguousStrides({Dim(2), n, Dim(3)}), (Dims{sizes.mul(3, n), Dim(3), Dim(1)}));
}

TEST_F(SizesTest, AFailedStaticCheckIsAnError) {
  auto module = ModuleOp::create(NameLoc::get(StringAttr::get(&context, "node7")));
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  EXPECT_TRUE(failed(sizes.require(0, module, "no")));
  EXPECT_NE(message.find("node7"), std::string::npos);
  EXPECT_TRUE(succeeded(sizes.require(1, module, "no")));
  module->erase();
}

TEST_F(SizesTest, SlotsAreCountedOnce) {
  EXPECT_EQ(sizes.slotOf(n), 0);
  EXPECT_EQ(sizes.slotOf(m), 1);
  EXPECT_EQ(sizes.slotOf(n), 0);
  EXPECT_EQ(sizes.getSlots().size(), 2u);
}
