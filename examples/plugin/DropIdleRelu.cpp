// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A plug-in with a pass that removes relu of what is never negative, and a scheme that runs it
/// before int8 weights are made.

#include "bitwright/Support/Plugin.h"
#include "dialects/QNN/QNNOps.h"
#include "passes/Pipelines/Schemes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace bitwright;

namespace {

struct DropRelu final : OpRewritePattern<qnn::ReluOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(qnn::ReluOp relu, PatternRewriter &rewriter) const override {
    Operation *producer = relu.getInput().getDefiningOp();
    if (!isa_and_present<qnn::SigmoidOp, qnn::SoftmaxOp>(producer))
      return rewriter.notifyMatchFailure(relu, "its operand may be negative");
    rewriter.replaceOp(relu, relu.getInput());
    return success();
  }
};

struct DropIdleReluPass final : PassWrapper<DropIdleReluPass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DropIdleReluPass)

  StringRef getArgument() const override { return "drop-idle-relu"; }
  StringRef getDescription() const override { return "Remove relu of what is never negative"; }

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<DropRelu>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

/// The scheme `int8-weight-lean`: int8 weights for each channel, after the pass.
static llvm::Error buildLean(const Words &, const Algorithms &, Recipe &recipe) {
  recipe.prepare = [](OpPassManager &manager) {
    manager.addNestedPass<func::FuncOp>(std::make_unique<DropIdleReluPass>());
  };
  recipe.assign.activations = "float";
  return llvm::Error::success();
}

static void registerAll(DialectRegistry &, Algorithms &algorithms) {
  PassRegistration<DropIdleReluPass>();
  Scheme scheme{"int8-weight-lean", "drop-idle-relu, then int8-weight", {}, false, buildLean};
  algorithms.schemes.add(std::make_shared<Scheme>(scheme));
}

BITWRIGHT_PLUGIN("drop-idle-relu", "1.0", registerAll)
