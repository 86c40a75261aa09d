// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Channels followed from a linear op to the tensor that another reads.

#include "passes/Transform/ChannelTrace.h"
#include "dialects/QNN/QNNDialect.h"
#include "dialects/QNN/QNNOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace bitwright;
using namespace mlir;

namespace {

class ChannelTraceTest : public ::testing::Test {
protected:
  ChannelTraceTest() {
    context.loadDialect<qnn::QNNDialect, func::FuncDialect>();
    context.allowUnregisteredDialects();
  }

  /// The channels of the returned value of `body`, which starts from `%v`, a linear op's 1x?xN
  /// result; empty, and `reason`, where they cannot be followed.
  SmallVector<int64_t> trace(int64_t channels, StringRef body, StringRef resultType) {
    std::string n = std::to_string(channels);
    std::string text =
        "func.func @main(%x: tensor<1x?x4xf32>, %w: tensor<" + n +
        "x4xf32>, %p: tensor<1x4x?x?xf32>, %z: tensor<1x?x" + n + "xf32>) -> " + resultType.str() +
        " {\n%v = qnn.linear %x, %w : tensor<1x?x4xf32>, tensor<" + n + "x4xf32> -> tensor<1x?x" +
        n + "xf32> loc(\"v\")\n" + body.str() + "\nreturn %r : " + resultType.str() + "\n}";
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(bool(module)) << text;
    if (!module)
      return {};
    auto main = *module->getOps<func::FuncOp>().begin();
    Value tensor = main.front().getTerminator()->getOperand(0), source;
    reason.clear();
    auto steps = traceBack(tensor, source, reason);
    if (!steps)
      return {};
    auto map = traceChannels(source, *steps, reason);
    return map ? *map : SmallVector<int64_t>();
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::string reason;
};

using Channels = SmallVector<int64_t>;

} // namespace

TEST_F(ChannelTraceTest, ElementwiseOpsKeepChannels) {
  EXPECT_EQ(trace(3,
                  "%r = qnn.mul %z, %v : tensor<1x?x3xf32>, tensor<1x?x3xf32> -> tensor<1x?x3xf32>",
                  "tensor<1x?x3xf32>"),
            (Channels{0, 1, 2}));
  EXPECT_EQ(
      trace(3, "%r = qnn.relu %v : tensor<1x?x3xf32> -> tensor<1x?x3xf32>", "tensor<1x?x3xf32>"),
      (Channels{0, 1, 2}));
}

/// Values of an attention: each of two key-value heads serves two query heads.
TEST_F(ChannelTraceTest, GroupedHeadsRepeatChannels) {
  const char *body = R"(
    %s1 = qnn.constant dense<[1, -1, 2, 2]> : tensor<4xi64>
    %s2 = qnn.constant dense<[1, 4, -1, 2]> : tensor<4xi64>
    %s3 = qnn.constant dense<[1, -1, 8]> : tensor<3xi64>
    %one = qnn.constant dense<[1, 1, 2, 1, 1]> : tensor<5xi64>
    %1 = qnn.reshape %v, %s1 : tensor<1x?x4xf32>, tensor<4xi64> -> tensor<1x?x2x2xf32>
    %2 = qnn.transpose %1 perm [0, 2, 1, 3] : tensor<1x?x2x2xf32> -> tensor<1x2x?x2xf32>
    %3 = qnn.unsqueeze %2 axes [2] : tensor<1x2x?x2xf32> -> tensor<1x2x1x?x2xf32>
    %4 = qnn.expand %3, %one : tensor<1x2x1x?x2xf32>, tensor<5xi64> -> tensor<1x2x2x?x2xf32>
    %5 = qnn.reshape %4, %s2 : tensor<1x2x2x?x2xf32>, tensor<4xi64> -> tensor<1x4x?x2xf32>
    %6 = qnn.matmul %p, %5 : tensor<1x4x?x?xf32>, tensor<1x4x?x2xf32> -> tensor<1x4x?x2xf32>
    %7 = qnn.transpose %6 perm [0, 2, 1, 3] : tensor<1x4x?x2xf32> -> tensor<1x?x4x2xf32>
    %r = qnn.reshape %7, %s3 : tensor<1x?x4x2xf32>, tensor<3xi64> -> tensor<1x?x8xf32>
  )";
  EXPECT_EQ(trace(4, body, "tensor<1x?x8xf32>"), (Channels{0, 1, 0, 1, 2, 3, 2, 3}));
}

TEST_F(ChannelTraceTest, ObserversAreNoObstacle) {
  EXPECT_EQ(trace(2,
                  "%1 = qnn.observe %v \"a\" : tensor<1x?x2xf32>\n"
                  "%2 = qnn.relu %1 : tensor<1x?x2xf32> -> tensor<1x?x2xf32>\n"
                  "%r = qnn.observe %2 \"b\" : tensor<1x?x2xf32>",
                  "tensor<1x?x2xf32>"),
            (Channels{0, 1}));
}

TEST_F(ChannelTraceTest, TransposedChannelsEndInRows) {
  EXPECT_EQ(trace(2,
                  "%r = qnn.transpose %v perm [0, 2, 1] : tensor<1x?x2xf32> -> tensor<1x2x?xf32>",
                  "tensor<1x2x?xf32>"),
            Channels());
  EXPECT_EQ(reason, "a channel is fed by several channels of the producer");
}

TEST_F(ChannelTraceTest, SaysWhatStandsInTheWay) {
  trace(2, "%r = qnn.sigmoid %v : tensor<1x?x2xf32> -> tensor<1x?x2xf32> loc(\"act\")",
        "tensor<1x?x2xf32>");
  EXPECT_EQ(reason, "'act' (qnn.sigmoid), which makes it, cannot be rescaled by channel");
  trace(2,
        "%r = qnn.relu %v : tensor<1x?x2xf32> -> tensor<1x?x2xf32>\n"
        "%other = qnn.neg %v : tensor<1x?x2xf32> -> tensor<1x?x2xf32>",
        "tensor<1x?x2xf32>");
  EXPECT_EQ(reason, "'v', on the way to the op before it, has other users");
  trace(2, "%r = qnn.relu %z : tensor<1x?x2xf32> -> tensor<1x?x2xf32>", "tensor<1x?x2xf32>");
  EXPECT_EQ(reason, "it comes from an input of the model");
}
