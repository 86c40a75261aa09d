// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// What does not fit is an error that names the node; nothing crashes.

#include "ReferenceTest.h"

using namespace bitwright;

TEST_F(ReferenceTest, ErrorsNameTheNode) {
  auto results = tryRun(R"(
    func.func @main(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %r = qnn.add %x, %y : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32> loc("layer1/add")
      return %r : tensor<?xf32>
    })",
                        {f32({2}, {1, 2}), f32({3}, {1, 2, 3})});
  ASSERT_FALSE(bool(results));
  EXPECT_EQ(llvm::toString(results.takeError()),
            "node 'layer1/add' (qnn.add): shapes 2 and 3 do not broadcast");
}

TEST_F(ReferenceTest, InputsAreChecked) {
  std::string source = R"(
    func.func @main(%x: tensor<?x2xf32> {qnn.name = "pixels"}) -> tensor<?x2xf32> {
      return %x : tensor<?x2xf32>
    })";
  auto wrongShape = tryRun(source, {f32({1, 3}, {1, 2, 3})});
  ASSERT_FALSE(bool(wrongShape));
  std::string text = llvm::toString(wrongShape.takeError());
  EXPECT_NE(text.find("'pixels'"), std::string::npos) << text;
  EXPECT_NE(text.find("1x3"), std::string::npos) << text;
  auto wrongType = tryRun(source, {i32({1, 2}, {1, 2})});
  EXPECT_FALSE(bool(wrongType));
  llvm::consumeError(wrongType.takeError());
  auto missing = tryRun(source, {});
  EXPECT_FALSE(bool(missing));
  llvm::consumeError(missing.takeError());
  Tensor torn = f32({1, 2}, {1, 2});
  torn.data.pop_back();
  auto tornResult = tryRun(source, {torn});
  EXPECT_FALSE(bool(tornResult));
  llvm::consumeError(tornResult.takeError());
}

TEST_F(ReferenceTest, ShapesThatTheTypesHideAreChecked) {
  // Dynamic types pass the verifier; the values do not fit.
  std::string any = "tensor<?x?xf32>";
  auto expectError = [&](const std::string &source, llvm::ArrayRef<Tensor> inputs) {
    auto results = tryRun(source, inputs);
    EXPECT_FALSE(bool(results)) << source;
    llvm::consumeError(results.takeError());
  };
  expectError("func.func @main(%x: tensor<?x?xf32>, %w: tensor<?x?xf32>) -> tensor<?x?xf32> {\n"
              "  %r = qnn.linear %x, %w : " +
                  any + ", " + any + " -> " + any + "\n  return %r : tensor<?x?xf32>\n}",
              {f32({1, 2}, {1, 2}), f32({1, 3}, {1, 2, 3})});
  expectError("func.func @main(%x: tensor<?x?xf32>, %w: tensor<?x?xf32>) -> tensor<?x?xf32> {\n"
              "  %r = qnn.matmul %x, %w : " +
                  any + ", " + any + " -> " + any + "\n  return %r : tensor<?x?xf32>\n}",
              {f32({1, 2}, {1, 2}), f32({3, 1}, {1, 2, 3})});
  // A result that contradicts its declared type.
  expectError("func.func @main(%x: tensor<?xf32>, %s: tensor<1xi64>) -> tensor<4xf32> {\n"
              "  %r = qnn.reshape %x, %s : tensor<?xf32>, tensor<1xi64> -> tensor<4xf32>\n"
              "  return %r : tensor<4xf32>\n}",
              {f32({2}, {1, 2}), i64({1}, {2})});
}

TEST_F(ReferenceTest, BombsAreRefused) {
  Tensor one = f32({1}, {1});
  int64_t huge = int64_t(1) << 40;
  EXPECT_NE(errorOf("qnn.tile %a0, %a1", {one, i64({1}, {huge})}, "tensor<?xf32>"), "");
  EXPECT_NE(errorOf("qnn.expand %a0, %a1", {one, i64({2}, {huge, 0})}, "tensor<?x?xf32>"), "");
  EXPECT_NE(errorOf("qnn.pad %a0, %a1, %a2 edge", {one, i64({2}, {huge, INT64_MAX}), f32({}, {0})},
                    "tensor<?xf32>"),
            "");
  EXPECT_NE(errorOf("qnn.resize %a0, %a1 nearest asymmetric floor scales [1.0, 1.0]",
                    {f32({1, 1, 1, 1}, {1}), i64({2}, {huge, huge})}, "tensor<1x?x?x1xf32>"),
            "");
}
