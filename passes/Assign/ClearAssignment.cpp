// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The end of an assignment.

#include "passes/Assign/Passes.h"
#include "passes/Common/Decisions.h"
#include "passes/Common/Precision.h"

namespace bitwright {
#define GEN_PASS_DEF_CLEARASSIGNMENTPASS
#include "passes/Assign/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

namespace {

struct ClearAssignmentPass final : bitwright::impl::ClearAssignmentPassBase<ClearAssignmentPass> {
  void runOnOperation() override {
    DecisionRecorder record(&getContext(), getArgument());
    getOperation().walk([&](Operation *op) {
      if (auto reason = op->getAttrOfType<StringAttr>(qnn::kKeptFloat)) {
        record.missed(op, "kept float", reason.getValue());
        ++numFloat;
      }
      op->removeAttr(qnn::kKeptFloat);
      op->removeAttr(qnn::kPrecision);
    });
  }
};

} // namespace
