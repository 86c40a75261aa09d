// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The arena: buffers share memory exactly where their lives do not meet.

#include "passes/Codegen/Plan/Buffers.h"
#include "passes/Codegen/Host/WeightBlock.h"
#include "gtest/gtest.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace bitwright::codegen;

namespace {
class BuffersTest : public testing::Test {
protected:
  BuffersTest() {
    context.loadDialect<bitwright::kernel::KernelDialect>();
    auto type = RankedTensorType::get({ShapedType::kDynamic}, Float32Type::get(&context));
    block.addArgument(type, UnknownLoc::get(&context));
    sizes.begin(&block);
    module = ModuleOp::create(UnknownLoc::get(&context));
  }
  ~BuffersTest() override { module->erase(); }

  int add(Dim bytes, int first, int last) {
    int buffer = buffers.addArena(bytes, first);
    buffers[buffer].lastUse = last;
    return buffer;
  }
  Dim offsetOf(int buffer) { return buffers[buffer].offset; }

  MLIRContext context;
  Block block;
  Sizes sizes{UnknownLoc::get(&context)};
  Buffers buffers{sizes};
  ModuleOp module;
};
} // namespace

TEST_F(BuffersTest, LivesThatMeetGetMemoryOfTheirOwn) {
  int a = add(100, 0, 2), b = add(64, 1, 3), c = add(64, 3, 4);
  ASSERT_TRUE(succeeded(buffers.plan(module)));
  EXPECT_TRUE(offsetOf(a).is(64)); // behind the error word
  EXPECT_TRUE(offsetOf(b).is(64 + 128));
  EXPECT_TRUE(offsetOf(c).is(64)); // after a has died
  EXPECT_TRUE(buffers.getArenaBytes().is(64 + 128 + 64));
}

TEST_F(BuffersTest, ABufferReadWhereAnotherIsWrittenIsAlive) {
  int a = add(64, 0, 1), b = add(64, 1, 2);
  ASSERT_TRUE(succeeded(buffers.plan(module)));
  EXPECT_FALSE(offsetOf(a) == offsetOf(b));
}

TEST_F(BuffersTest, BuffersOfOneSymbolicSizeShareASlot) {
  Dim n = sizes.dimOf(block.getArgument(0), 0);
  int a = add(n, 0, 1), b = add(n, 1, 2), c = add(n, 2, 3);
  ASSERT_TRUE(succeeded(buffers.plan(module)));
  EXPECT_EQ(offsetOf(a), offsetOf(c));
  EXPECT_NE(offsetOf(a), offsetOf(b));
}

TEST_F(BuffersTest, AnArenaThatIsTooLargeIsRefused) {
  ScopedDiagnosticHandler handler(&context, [](Diagnostic &) { return success(); });
  add(int64_t(1) << 46, 0, 1);
  EXPECT_TRUE(failed(buffers.plan(module)));
}

TEST(WeightBlockTest, EqualBytesShareAnAlignedPlace) {
  WeightBlock block;
  std::vector<char> a = {1, 2, 3}, b = {4};
  EXPECT_EQ(block.add(a), 0);
  EXPECT_EQ(block.add(b), 64);
  EXPECT_EQ(block.add(a), 0);
  EXPECT_EQ(block.take().size(), 128u);        // aligned for what would come next
  EXPECT_EQ(WeightBlock().take().size(), 64u); // never empty
}
