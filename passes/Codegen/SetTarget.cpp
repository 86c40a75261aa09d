// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pass that names the processor of a module.

#include "passes/Codegen/Passes.h"

#include "bitwright/Target/Target.h"
#include "dialects/QNN/QNNDialect.h"

namespace bitwright::codegen {
#define GEN_PASS_DEF_SETTARGETPASS
#include "passes/Codegen/Passes.h.inc"
} // namespace bitwright::codegen

using namespace mlir;
using namespace bitwright;

namespace {
struct SetTargetPass final : codegen::impl::SetTargetPassBase<SetTargetPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (module->hasAttr("qnn.inputs")) {
      module.emitError() << "the code of this module is already generated";
      return signalPassFailure();
    }
    llvm::Expected<TargetSpec> target = parseTarget(triple, cpu, features);
    if (!target) {
      module.emitError() << llvm::toString(target.takeError());
      return signalPassFailure();
    }
    module->setAttr("qnn.target", makeTargetAttr(&getContext(), *target));
  }
};
} // namespace
