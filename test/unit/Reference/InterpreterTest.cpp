// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Whole functions: constants, control flow, lifetimes and limits.

#include "ReferenceTest.h"

using namespace bitwright;

static const char *branches = R"(
  func.func @main(%c: tensor<1xi1>, %x: tensor<2xf32>) -> tensor<2xf32> {
    %two = qnn.constant dense<2.0> : tensor<f32>
    %r = qnn.if %c : (tensor<1xi1>) -> tensor<2xf32> {
      %y = qnn.mul %x, %two : tensor<2xf32>, tensor<f32> -> tensor<2xf32>
      qnn.yield %y : tensor<2xf32>
    } else {
      qnn.yield %x : tensor<2xf32>
    }
    %s = qnn.add %r, %x : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
    return %s : tensor<2xf32>
  })";

TEST_F(ReferenceTest, IfRunsOneRegion) {
  Tensor x = f32({2}, {1, 2});
  auto taken = tryRun(branches, {i1({1}, {1}), x});
  ASSERT_TRUE(bool(taken)) << llvm::toString(taken.takeError());
  EXPECT_EQ(valuesOf(taken->front()), (Values{3, 6}));
  auto other = tryRun(branches, {i1({1}, {0}), x});
  ASSERT_TRUE(bool(other)) << llvm::toString(other.takeError());
  EXPECT_EQ(valuesOf(other->front()), (Values{2, 4}));
}

TEST_F(ReferenceTest, ResultsAreReportedInsideOfRegions) {
  std::vector<std::string> seen;
  InterpreterOptions options;
  options.onResult = [&](mlir::Operation *op, llvm::ArrayRef<Tensor>) {
    seen.push_back(op->getName().stripDialect().str());
  };
  auto results = tryRun(branches, {i1({1}, {1}), f32({2}, {1, 2})}, options);
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  EXPECT_EQ(seen, (std::vector<std::string>{"mul", "if", "add"}));
}

TEST_F(ReferenceTest, ValuesAreFreedAfterTheirLastUse) {
  // Eight tensors of 4 KiB in a chain need two at a time, not eight.
  std::string source = "func.func @main(%v0: tensor<1024xf32>) -> tensor<1024xf32> {\n";
  for (int i = 0; i < 8; ++i)
    source += "  %v" + std::to_string(i + 1) + " = qnn.neg %v" + std::to_string(i) +
              " : tensor<1024xf32> -> tensor<1024xf32>\n";
  source += "  return %v8 : tensor<1024xf32>\n}\n";
  Tensor x = f32({1024}, Values(1024, 1.0));
  InterpreterOptions options;
  options.memoryLimit = 16384;
  auto results = tryRun(source, {x}, options);
  EXPECT_TRUE(bool(results)) << llvm::toString(results.takeError());
  options.memoryLimit = 6000;
  auto refused = tryRun(source, {x}, options);
  ASSERT_FALSE(bool(refused));
  EXPECT_NE(llvm::toString(refused.takeError()).find("memory limit"), std::string::npos);
}

TEST_F(ReferenceTest, ConstantsAndUnusedResults) {
  auto results = tryRun(R"(
    func.func @main(%x: tensor<?xf32>) -> (tensor<2xi64>, tensor<?xf32>) {
      %c = qnn.constant dense<[1, -2]> : tensor<2xi64>
      %unused = qnn.exp %x : tensor<?xf32> -> tensor<?xf32>
      return %c, %x : tensor<2xi64>, tensor<?xf32>
    })",
                        {f32({0}, {})});
  ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
  EXPECT_EQ(valuesOf((*results)[0]), (Values{1, -2}));
  EXPECT_EQ((*results)[1].dims, (Dims{0}));
}
