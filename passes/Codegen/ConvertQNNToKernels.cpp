// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pass that turns a model into kernels, and the pipeline down to LLVM.

#include "passes/Codegen/Host/HostCode.h"
#include "passes/Codegen/Passes.h"

#include "bitwright/Target/Target.h"
#include "bitwright_rt/abi.h"
#include "dialects/QNN/Constants.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/TargetParser/Triple.h"

namespace bitwright::codegen {
#define GEN_PASS_DEF_CONVERTQNNTOKERNELSPASS
#include "passes/Codegen/Passes.h.inc"
} // namespace bitwright::codegen

using namespace mlir;
using namespace bitwright;

namespace {

struct ConvertQNNToKernelsPass final
    : codegen::impl::ConvertQNNToKernelsPassBase<ConvertQNNToKernelsPass> {
  using Base::Base;

  void runOnOperation() override;
};

} // namespace

/// What enters and leaves a model must have a place in the runtime's interface.
static LogicalResult checkInterface(func::FuncOp main) {
  for (auto [types, what] :
       {std::pair(main.getArgumentTypes(), "argument"), std::pair(main.getResultTypes(), "result")})
    for (auto [i, type] : llvm::enumerate(types)) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      if (!tensor || tensor.getRank() > BW_MAX_RANK || !getDType(tensor.getElementType(), false))
        return main.emitError() << "expects " << what << " " << i
                                << " of 'main' to be a ranked tensor of a type that the runtime"
                                << " has, of rank " << BW_MAX_RANK << " at most, but got " << type;
    }
  return success();
}

void ConvertQNNToKernelsPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || main.isExternal()) {
    module.emitError() << "expects a function 'main' with a body";
    return signalPassFailure();
  }
  if (main.getBody().getBlocks().size() != 1) {
    main.emitError() << "expects 'main' to have one block";
    return signalPassFailure();
  }
  if (failed(checkInterface(main)))
    return signalPassFailure();
  llvm::Expected<TargetSpec> spec = getTarget(module);
  if (!spec) {
    module.emitError() << llvm::toString(spec.takeError());
    return signalPassFailure();
  }
  module->setAttr("qnn.target", makeTargetAttr(&getContext(), *spec));
  auto target = codegen::createTarget(llvm::Triple(spec->triple).getArchName(), spec->cpuBits);
  if (!target) {
    module.emitError() << "target '" << spec->triple << "' has no kernels";
    return signalPassFailure();
  }
  codegen::Program program(module, main, *target, AbiLayout(llvm::DataLayout(spec->dataLayout)));
  codegen::Plan plan(program);
  if (failed(plan.build()) || failed(codegen::emitHostCode(program, plan)) ||
      failed(program.finish()))
    return signalPassFailure();
}

void codegen::buildCodegenPipeline(OpPassManager &pm) {
  pm.addPass(createConvertQNNToKernelsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

void codegen::registerCodegenPipeline() {
  PassPipelineRegistration<>("qnn-codegen", "From the integer form to the LLVM dialect",
                             buildCodegenPipeline);
}
