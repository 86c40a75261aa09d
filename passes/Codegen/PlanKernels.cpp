// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pass that plans a model: from qnn ops to units, buffers and sizes.

#include "passes/Codegen/Host/Descriptor.h"
#include "passes/Codegen/Passes.h"
#include "passes/Codegen/Plan/Plan.h"

namespace bitwright::codegen {
#define GEN_PASS_DEF_PLANKERNELSPASS
#include "passes/Codegen/Passes.h.inc"
} // namespace bitwright::codegen

using namespace mlir;
using namespace bitwright;

namespace {

struct PlanKernelsPass final : codegen::impl::PlanKernelsPassBase<PlanKernelsPass> {
  using Base::Base;

  void runOnOperation() override;
};

} // namespace

static LogicalResult checkMain(ModuleOp module, func::FuncOp main) {
  if (!main || main.isExternal())
    return module.emitError() << "expects a function 'main' with a body";
  if (!main.getBody().hasOneBlock())
    return main.emitError() << "expects 'main' to have one block";
  if (!isa<func::ReturnOp>(main.getBody().front().getTerminator()))
    return main.emitError() << "expects 'main' not to be planned yet";
  return codegen::checkInterface(main);
}

void PlanKernelsPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (failed(checkMain(module, main)))
    return signalPassFailure();
  Block &body = main.getBody().front(), &planned = main.getBody().emplaceBlock();
  for (BlockArgument argument : body.getArguments())
    planned.addArgument(argument.getType(), argument.getLoc());
  codegen::Plan plan(main, planned);
  if (failed(plan.build())) {
    planned.erase();
    return signalPassFailure();
  }
  writePlan(plan);
  body.dropAllReferences();
  body.erase();
}
