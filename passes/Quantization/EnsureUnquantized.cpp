// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Says what a scheme cannot quantize because it is quantized already.

#include "dialects/QNN/QNNOps.h"
#include "passes/Common/Decisions.h"
#include "passes/Quantization/Passes.h"

namespace bitwright {
#define GEN_PASS_DEF_ENSUREUNQUANTIZEDPASS
#include "passes/Quantization/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

/// An integer form, or the float form on weights that a dequantize gives.
static bool isQuantized(qnn::ContractionInterface op) {
  return !op.hasFloatWeights() ||
         op.getWeightOperand().get().getDefiningOp<qnn::DequantizeOp>() != nullptr;
}

namespace {

struct EnsureUnquantizedPass final
    : bitwright::impl::EnsureUnquantizedPassBase<EnsureUnquantizedPass> {
  void runOnOperation() override {
    markAllAnalysesPreserved();
    ModuleOp module = getOperation();
    SmallVector<Operation *> quantized;
    int64_t floats = 0;
    module.walk([&](qnn::ContractionInterface op) {
      if (isQuantized(op))
        quantized.push_back(op);
      else
        ++floats;
    });
    numQuantized += quantized.size();
    if (quantized.empty())
      return;
    if (floats == 0) {
      module.emitError() << "the model is already quantized: the weights of all "
                         << quantized.size()
                         << " convolutions and linear ops are integers, nothing is left for a "
                            "scheme; compile it without --quantize";
      return signalPassFailure();
    }
    module.emitWarning() << "the model is partly quantized already: " << quantized.size() << " of "
                         << quantized.size() + floats
                         << " convolutions and linear ops have integer weights and keep them";
    DecisionRecorder record(&getContext(), getArgument());
    for (Operation *op : quantized)
      record.missed(op, "kept as it is", "it is quantized already");
  }
};

} // namespace
