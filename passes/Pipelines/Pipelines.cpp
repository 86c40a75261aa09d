// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The order of the passes, and why.

#include "passes/Pipelines/Pipelines.h"

#include "passes/Calibration/Passes.h"
#include "passes/Fusion/Passes.h"
#include "passes/Quantization/Passes.h"
#include "passes/Quantization/Schemes.h"
#include "passes/Simplify/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void bitwright::buildSimplifyPipeline(OpPassManager &pm) {
  auto fold = [](OpPassManager &func) {
    func.addPass(createFoldConstantsPass());
    func.addPass(createSimplifyAlgebraPass());
  };
  OpPassManager &func = pm.nest<func::FuncOp>();
  fold(func); // weights that are casts or transposes of constants become constants
  func.addPass(createPropagateLayoutPass());
  func.addPass(createRaiseNormsPass()); // static shapes and clean products are what these match
  func.addPass(createRaiseActivationsPass());
  func.addPass(
      createFoldBatchNormPass()); // after the transposes between it and the convolution left
  func.addPass(createCSEPass());  // shape arithmetic is repeated all over
  fold(func);
  func.addPass(createPropagateLayoutPass()); // raised and folded ops free more transposes
}

llvm::Error bitwright::buildQuantizePipeline(OpPassManager &pm, llvm::StringRef scheme) {
  auto parsed = parseScheme(scheme);
  if (!parsed)
    return parsed.takeError();
  buildSimplifyPipeline(pm);
  pm.addPass(createEnsureUnquantizedPass()); // QDQ weights are constants by now
  if (llvm::Error error = parsed->first->build(parsed->second, pm))
    return error;
  pm.addPass(createFoldObserversPass());
  pm.addPass(createRecordSchemePass({scheme.str()}));
  return llvm::Error::success();
}

void bitwright::buildFusePipeline(OpPassManager &pm) {
  OpPassManager &func = pm.nest<func::FuncOp>();
  func.addPass(createPropagateQuantizationPass());
  func.addPass(createFuseQDQPass());
  func.addPass(createFuseBlockLinearPass()); // what is left has float activations
  func.addPass(createFoldFloatWeightsPass());
  func.addPass(createCSEPass()); // duplicated dequantizes
  func.addPass(createReportRemainingPass());
  func.addPass(createCheckFusedPass());
  pm.addPass(createMeasureWeightsPass());
}

void bitwright::registerPipelines() {
  registerBuiltinSchemes();
  PassPipelineRegistration<>("simplify",
                             "Fold constants, BatchNorm and layouts, raise norms and activations",
                             buildSimplifyPipeline);
  registerPassPipeline(
      "quantize", "Quantize by a scheme, SCHEME[:OPTION,...]:" + describeSchemes(),
      [](OpPassManager &pm, StringRef text,
         function_ref<LogicalResult(const Twine &)> errorHandler) -> LogicalResult {
        if (llvm::Error error = buildQuantizePipeline(pm, text))
          return errorHandler(llvm::toString(std::move(error)));
        return success();
      },
      [](function_ref<void(const detail::PassOptions &)>) {});
  PassPipelineRegistration<>("fuse", "Turn QDQ form into integer ops with fused epilogues",
                             buildFusePipeline);
}
