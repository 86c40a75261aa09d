// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pass that runs the clean-up patterns.

#include "passes/Simplify/Passes.h"
#include "passes/Simplify/Patterns.h"

#include "dialects/QNN/QNNOps.h"

namespace bitwright {
#define GEN_PASS_DEF_SIMPLIFYALGEBRAPASS
#include "passes/Simplify/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

struct SimplifyAlgebraPass final : bitwright::impl::SimplifyAlgebraPassBase<SimplifyAlgebraPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateAlgebraPatterns(patterns);
    populateShapePatterns(patterns);
    populateTransposePatterns(patterns);
    FailureOr<int64_t> replaced = applyPatterns(getOperation(), std::move(patterns));
    if (failed(replaced))
      return signalPassFailure();
    numReplaced += *replaced;
  }
};

} // namespace
