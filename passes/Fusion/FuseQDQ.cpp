// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pass that applies the patterns of the other files.

#include "passes/Common/Utils.h"
#include "passes/Fusion/Passes.h"
#include "passes/Fusion/QDQ.h"

namespace bitwright {
#define GEN_PASS_DEF_FUSEQDQPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

struct FuseQDQPass final : bitwright::impl::FuseQDQPassBase<FuseQDQPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateContractionPatterns(patterns);
    populateElementwisePatterns(patterns);
    populateLookupPatterns(patterns);
    FailureOr<int64_t> replaced = applyPatterns(getOperation(), std::move(patterns));
    if (failed(replaced))
      return signalPassFailure();
    numFused += *replaced;
  }
};

} // namespace
