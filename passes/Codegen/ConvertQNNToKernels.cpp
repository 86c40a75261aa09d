// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pass that turns a model into kernels, and the pipeline down to LLVM.

#include "passes/Codegen/Passes.h"
#include "passes/Codegen/Plan/Lowering.h"

#include "bitwright_rt/abi.h"
#include "dialects/QNN/Constants.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

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

struct CodegenOptions : PassPipelineOptions<CodegenOptions> {
  Option<uint64_t> features{*this, "features", llvm::cl::desc("BW_CPU_* bits that kernels may use"),
                            llvm::cl::init(1)};
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
  auto target = codegen::createX86TargetInfo(features);
  codegen::Program program(module, main, *target);
  if (failed(codegen::Lowering(program).run()))
    return signalPassFailure();
}

void codegen::buildCodegenPipeline(OpPassManager &pm, uint64_t features) {
  ConvertQNNToKernelsPassOptions options;
  options.features = features;
  pm.addPass(createConvertQNNToKernelsPass(options));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

void codegen::registerCodegenPipeline() {
  PassPipelineRegistration<CodegenOptions>("qnn-codegen",
                                           "From the integer form to the LLVM dialect",
                                           [](OpPassManager &pm, const CodegenOptions &options) {
                                             buildCodegenPipeline(pm, options.features);
                                           });
}
