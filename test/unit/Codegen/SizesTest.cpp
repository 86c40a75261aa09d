// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Symbolic sizes: constants fold as generated code computes, equal computations
/// are one symbol.

#include "passes/Codegen/Plan/Sizes.h"
#include "gtest/gtest.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace bitwright::codegen;

namespace {
class SizesTest : public testing::Test {
protected:
  SizesTest() {
    context.loadDialect<LLVM::LLVMDialect, arith::ArithDialect>();
    block.addArgument(LLVM::LLVMPointerType::get(&context), UnknownLoc::get(&context));
    sizes.begin(&block);
    n = sizes.load(block.getArgument(0), 0);
    m = sizes.load(block.getArgument(0), 1);
  }

  MLIRContext context;
  Block block;
  NodeNames nodes;
  Sizes sizes{UnknownLoc::get(&context), nodes};
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
  EXPECT_EQ(sizes.numSlots(), 2);
}
