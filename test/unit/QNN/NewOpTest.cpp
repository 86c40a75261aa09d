// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Ops that no pass has heard of: what they say through interfaces is enough to move layouts
/// through them, to plan for them in int8 and to fuse them.

#include "dialects/QNN/QNNDialect.h"
#include "dialects/QNN/QNNOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Fusion/Passes.h"
#include "passes/Quantization/Passes.h"
#include "passes/Simplify/Passes.h"
#include "gtest/gtest.h"

using namespace bitwright;
using namespace mlir;

namespace {

/// What the ops of the test have in common: one operand, one result, no effects.
template <typename OpTy, template <typename> class... Interfaces>
using UnaryOp = Op<OpTy, OpTrait::ZeroRegions, OpTrait::OneResult, OpTrait::ZeroSuccessors,
                   OpTrait::OneOperand, MemoryEffectOpInterface::Trait,
                   qnn::QuantizableInterface::Trait, qnn::LayoutInterface::Trait, Interfaces...>;

// An op says what a default of an interface does not by a method of the same name.
// NOLINTBEGIN(bugprone-derived-method-shadowing-base-method)

/// Reverses a tensor along `axis`.
class ReverseOp : public UnaryOp<ReverseOp, qnn::TransparentInterface::Trait> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ReverseOp)
  using Op::Op;
  static StringRef getOperationName() { return "test.reverse"; }
  static ArrayRef<StringRef> getAttributeNames() {
    static const StringRef names[] = {"axis"};
    return names;
  }
  void getEffects(SmallVectorImpl<MemoryEffects::EffectInstance> &) {}

  int64_t getAxis() { return (*this)->getAttrOfType<IntegerAttr>("axis").getInt(); }
  qnn::LayoutRole getLayoutRole(ArrayRef<int64_t>) { return qnn::LayoutRole::Flexible; }
  void permuteAxes(ArrayRef<int64_t> perm) {
    int64_t axis = invertPermutation(perm)[getAxis()];
    (*this)->setAttr("axis", IntegerAttr::get(IntegerType::get(getContext(), 64), axis));
  }
};

/// Limits each element to [-1, 1].
class LimitOp : public UnaryOp<LimitOp, qnn::ElementwiseInterface::Trait> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LimitOp)
  using Op::Op;
  static StringRef getOperationName() { return "test.limit"; }
  static ArrayRef<StringRef> getAttributeNames() { return {}; }
  void getEffects(SmallVectorImpl<MemoryEffects::EffectInstance> &) {}

  qnn::FusedTail getFusedTail() { return qnn::FusedTail::Clamp; }
  qnn::Limits getLimits() { return {-1, 1}; }
};

// NOLINTEND(bugprone-derived-method-shadowing-base-method)

class TestDialect : public Dialect {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TestDialect)
  explicit TestDialect(MLIRContext *context)
      : Dialect(getDialectNamespace(), context, TypeID::get<TestDialect>()) {
    addOperations<ReverseOp, LimitOp>();
  }
  static StringRef getDialectNamespace() { return "test"; }
};

class NewOpTest : public ::testing::Test {
protected:
  NewOpTest() { context.loadDialect<qnn::QNNDialect, func::FuncDialect, TestDialect>(); }

  void run(StringRef text, std::unique_ptr<Pass> pass) {
    module = parseSourceString<ModuleOp>(text, &context);
    ASSERT_TRUE(bool(module)) << text.str();
    PassManager passes(&context);
    if (pass->getOpName() == func::FuncOp::getOperationName())
      passes.addNestedPass<func::FuncOp>(std::move(pass));
    else
      passes.addPass(std::move(pass));
    ASSERT_TRUE(succeeded(passes.run(*module)));
  }

  template <typename OpTy> SmallVector<OpTy> find() {
    SmallVector<OpTy> found;
    module->walk([&](OpTy op) { found.push_back(op); });
    return found;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

} // namespace

TEST_F(NewOpTest, LayoutsMoveThrough) {
  run(R"(
    func.func @main(%x: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
      %t = qnn.transpose %x perm [0, 2, 3, 1] : tensor<1x2x3x4xf32> -> tensor<1x3x4x2xf32>
      %r = "test.reverse"(%t) {axis = 3 : i64} : (tensor<1x3x4x2xf32>) -> tensor<1x3x4x2xf32>
      %l = "test.limit"(%r) : (tensor<1x3x4x2xf32>) -> tensor<1x3x4x2xf32>
      %b = qnn.transpose %l perm [0, 3, 1, 2] : tensor<1x3x4x2xf32> -> tensor<1x2x3x4xf32>
      return %b : tensor<1x2x3x4xf32>
    })",
      createPropagateLayoutPass());
  EXPECT_TRUE(find<qnn::TransposeOp>().empty());
  ASSERT_EQ(find<ReverseOp>().size(), 1u);
  EXPECT_EQ(find<ReverseOp>().front().getAxis(), 1);
}

TEST_F(NewOpTest, MovesRunOnBytes) {
  run(R"(
    func.func @main(%x: tensor<2x3xi8>) -> tensor<2x3xi8> {
      %s = qnn.constant dense<0.5> : tensor<f32>
      %z = qnn.constant dense<7> : tensor<i8>
      %d = qnn.dequantize %x, %s, %z : tensor<2x3xi8>, tensor<f32>, tensor<i8> -> tensor<2x3xf32>
      %r = "test.reverse"(%d) {axis = 0 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
      %q = qnn.quantize %r, %s, %z : tensor<2x3xf32>, tensor<f32>, tensor<i8> -> tensor<2x3xi8>
      return %q : tensor<2x3xi8>
    })",
      createPropagateQuantizationPass());
  EXPECT_TRUE(find<qnn::QuantizeOp>().empty());
  ASSERT_EQ(find<ReverseOp>().size(), 1u);
  EXPECT_TRUE(getElementTypeOrSelf(find<ReverseOp>().front()->getResult(0)).isInteger(8));
  EXPECT_EQ(find<ReverseOp>().front().getAxis(), 0);
}

// -1 and 1 are stored as -8 + 10 and 8 + 10.
TEST_F(NewOpTest, ClampsEndGroups) {
  run(R"(
    func.func @main(%x: tensor<1x4xi8>) -> tensor<1x2xi8> {
      %s = qnn.constant dense<0.125> : tensor<f32>
      %z = qnn.constant dense<10> : tensor<i8>
      %wq = qnn.constant dense<1> : tensor<2x4xi8>
      %sw = qnn.constant dense<0.5> : tensor<2xf32>
      %zw = qnn.constant dense<0> : tensor<2xi8>
      %d = qnn.dequantize %x, %s, %z {is_unsigned} : tensor<1x4xi8>, tensor<f32>, tensor<i8> -> tensor<1x4xf32>
      %w = qnn.dequantize %wq, %sw, %zw : tensor<2x4xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x4xf32>
      %y = qnn.linear %d, %w : tensor<1x4xf32>, tensor<2x4xf32> -> tensor<1x2xf32>
      %l = "test.limit"(%y) : (tensor<1x2xf32>) -> tensor<1x2xf32>
      %q = qnn.quantize %l, %s, %z {is_unsigned} : tensor<1x2xf32>, tensor<f32>, tensor<i8> -> tensor<1x2xi8>
      return %q : tensor<1x2xi8>
    })",
      createFuseQDQPass());
  EXPECT_TRUE(find<LimitOp>().empty());
  ASSERT_EQ(find<qnn::QLinearOp>().size(), 1u);
  EXPECT_EQ(find<qnn::QLinearOp>().front().getClampMin(), 2u);
  EXPECT_EQ(find<qnn::QLinearOp>().front().getClampMax(), 18u);
}

// What fusion will make one op, quantization leaves without a quantize in between.
TEST_F(NewOpTest, PlansKnowTheGroups) {
  run(R"(
    func.func @main(%x: tensor<1x16xf32>) -> tensor<1x2xf32> {
      %w = qnn.constant dense<1.0> : tensor<2x16xf32>
      %o = qnn.observe %x "x" range [-1.0, 1.0] {count = 1 : i64} : tensor<1x16xf32>
      %y = qnn.linear %o, %w {qnn.precision = #qnn.precision<weights = "int8", group = 0, symmetric = true, activations = static, rounder = "rtn">}
        : tensor<1x16xf32>, tensor<2x16xf32> -> tensor<1x2xf32>
      %p = qnn.observe %y "y" range [-9.0, 9.0] {count = 1 : i64} : tensor<1x2xf32>
      %l = "test.limit"(%p) : (tensor<1x2xf32>) -> tensor<1x2xf32>
      %r = qnn.observe %l "l" range [-1.0, 1.0] {count = 1 : i64} : tensor<1x2xf32>
      return %r : tensor<1x2xf32>
    })",
      createQuantizeStaticPass());
  ASSERT_EQ(find<LimitOp>().size(), 1u);
  LimitOp limit = find<LimitOp>().front();
  EXPECT_TRUE(limit->getOperand(0).getDefiningOp<qnn::LinearOp>());
  EXPECT_TRUE(llvm::any_of(limit->getUsers(), llvm::IsaPred<qnn::QuantizeOp>));
  EXPECT_EQ(find<qnn::QuantizeOp>().size(), 2u); // of the input and of the limited result
}
