// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pass that turns a plan into kernels, and the pipeline down to LLVM.

#include "passes/Codegen/Host/Descriptor.h"
#include "passes/Codegen/Host/HostCode.h"
#include "passes/Codegen/Passes.h"

#include "bitwright/Target/Target.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/TargetParser/Triple.h"

namespace bitwright::codegen {
#define GEN_PASS_DEF_EMITKERNELSPASS
#include "passes/Codegen/Passes.h.inc"
} // namespace bitwright::codegen

using namespace mlir;
using namespace bitwright;

namespace {

struct EmitKernelsPass final : codegen::impl::EmitKernelsPassBase<EmitKernelsPass> {
  using Base::Base;

  void runOnOperation() override;
};

} // namespace

static bool isPlanned(func::FuncOp main) {
  return main && main.getBody().hasOneBlock() &&
         isa<kernel::ReturnOp>(main.getBody().front().back());
}

void EmitKernelsPass::runOnOperation() {
  ModuleOp module = getOperation();
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!isPlanned(main)) {
    module.emitError() << "expects a function 'main' that 'qnn-plan-kernels' has planned";
    return signalPassFailure();
  }
  if (failed(codegen::checkInterface(main)))
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
  if (failed(codegen::emitHostCode(program)) || failed(program.finish()))
    return signalPassFailure();
}

void codegen::buildCodegenPipeline(OpPassManager &pm) {
  pm.addPass(createPlanKernelsPass());
  pm.addPass(createEmitKernelsPass());
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
