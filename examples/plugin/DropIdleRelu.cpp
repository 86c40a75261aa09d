// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A plug-in with a pass that removes relu of what is never negative, and a scheme that runs it
/// before int8 weights are made.

#include "bitwright/Support/Plugin.h"
#include "dialects/QNN/QNNOps.h"
#include "passes/Quantization/Schemes.h"

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

/// The scheme `int8-weight-lean[:keep=REGEX]`.
static llvm::Error buildLean(const SchemeArguments &arguments, OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(std::make_unique<DropIdleReluPass>());
  auto weights = parseScheme("int8-weight");
  if (!weights)
    return weights.takeError();
  return weights->first->build(arguments, manager);
}

static void registerAll(DialectRegistry &) {
  PassRegistration<DropIdleReluPass>();
  Scheme scheme;
  scheme.name = "int8-weight-lean";
  scheme.summary = "drop-idle-relu, then int8-weight";
  scheme.options = {{"keep", SchemeOption::Kind::Text, {}, "nodes that stay float"}};
  scheme.build = buildLean;
  registerScheme(std::move(scheme));
}

BITWRIGHT_PLUGIN("drop-idle-relu", "1.0", registerAll)
