// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Finds integer contractions that may cost more than their float form.

#include "passes/Common/Decisions.h"
#include "passes/Common/Utils.h"
#include "passes/Fusion/Passes.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

namespace bitwright {
#define GEN_PASS_DEF_CHECKFUSEDPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

struct CheckFusedPass final : bitwright::impl::CheckFusedPassBase<CheckFusedPass> {
  using CheckFusedPassBase::CheckFusedPassBase;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    getOperation().walk([&](qnn::ContractionInterface op) {
      if (getTensorType(op->getResult(0)).getElementType().isInteger(8))
        check(op);
    });
  }

  void check(qnn::ContractionInterface op) {
    Value input = op.getActivationOperand().get(), result = op->getResult(0);
    bool quantizesAlone = input.getDefiningOp<qnn::QuantizeOp>() && input.hasOneUse();
    bool dequantizesOnly = !result.use_empty() && llvm::all_of(result.getUsers(), [](Operation *u) {
      return isa<qnn::DequantizeOp>(u);
    });
    if (!quantizesAlone || !dequantizesOnly)
      return;
    int64_t results = estimateElements(getTensorType(result));
    int64_t converted = results + estimateElements(getTensorType(input));
    int64_t macs = op.getMacsPerElement() * results;
    if (converted == 0 || macs / converted >= minMacs)
      return;
    ++numSlow;
    DecisionRecorder(&getContext(), getArgument())
        .missed(op, "may be slower than float",
                "it stands alone between quantize and dequantize with " + Twine(macs / converted) +
                    " multiply-accumulates for each converted element");
  }
};

} // namespace
