// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Constants that no integer op took are dequantized at compile time.

#include "passes/Common/Decisions.h"
#include "passes/Common/Utils.h"
#include "passes/Fusion/Passes.h"
#include "passes/Fusion/QDQ.h"

#include "dialects/QNN/Constants.h"

namespace bitwright {
#define GEN_PASS_DEF_FOLDFLOATWEIGHTSPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

struct FoldFloatWeightsPass final
    : bitwright::impl::FoldFloatWeightsPassBase<FoldFloatWeightsPass> {
  void runOnOperation() override {
    SmallVector<qnn::DequantizeOp> ops;
    getOperation().walk([&](qnn::DequantizeOp op) {
      if (llvm::all_of(op->getOperands(), isConstantValue))
        ops.push_back(op);
    });
    for (qnn::DequantizeOp op : ops)
      if (failed(fold(op)))
        return signalPassFailure();
    numFolded += ops.size();
    eraseUnused(getOperation());
  }

  LogicalResult fold(qnn::DequantizeOp op) {
    auto attributes = evaluateOnConstants(op);
    if (!attributes)
      return op.emitOpError() << "cannot be evaluated: " << llvm::toString(attributes.takeError());
    for (Operation *user : op->getUsers())
      record(op, user);
    OpBuilder builder(op);
    Value constant = qnn::ConstantOp::create(builder, op.getLoc(), attributes->front());
    op.getResult().replaceAllUsesWith(constant);
    op.erase();
    return success();
  }

  void record(qnn::DequantizeOp op, Operation *user) {
    if (!isa<qnn::ContractionInterface>(user))
      return;
    DecisionRecorder(&getContext(), getArgument())
        .missed(user, "float weights",
                "no integer form was found for the op, so its quantized weights take " +
                    Twine(getByteSize(getTensorType(op.getResult()))) + " bytes as float");
  }
};

} // namespace
