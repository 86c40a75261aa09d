// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Removes observers, which are the identity.

#include "dialects/QNN/QNNOps.h"
#include "passes/Calibration/Passes.h"

namespace bitwright {
#define GEN_PASS_DEF_FOLDOBSERVERSPASS
#include "passes/Calibration/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;

namespace {

struct FoldObserversPass final : bitwright::impl::FoldObserversPassBase<FoldObserversPass> {
  using FoldObserversPassBase::FoldObserversPassBase;

  void runOnOperation() override {
    getOperation().walk([&](qnn::ObserveOp observe) {
      if (keepMeasured && observe.getCount())
        return;
      observe.getResult().replaceAllUsesWith(observe.getInput());
      observe.erase();
    });
  }
};

} // namespace
