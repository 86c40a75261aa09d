// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The order of the passes, and why.

#include "passes/Pipelines/Pipelines.h"

#include "bitwright/Support/Error.h"
#include "dialects/QNN/QNNDialect.h"
#include "passes/Assign/Passes.h"
#include "passes/Calibration/Calibration.h"
#include "passes/Calibration/Passes.h"
#include "passes/Fusion/Passes.h"
#include "passes/Quantization/Passes.h"
#include "passes/Round/Passes.h"
#include "passes/Simplify/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace bitwright;
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

/// Measurements, which are made up only where some part cannot do without.
static void addCalibration(OpPassManager &pm, ArrayRef<SchemePart> parts) {
  auto part =
      llvm::find_if(parts, [](const SchemePart &part) { return part.recipe.needsMeasurements; });
  EnsureCalibrationPassOptions options;
  options.optional = part == parts.end();
  options.scheme = (options.optional ? parts.front() : *part).scheme->name;
  pm.addPass(createEnsureCalibrationPass(options));
}

/// One pass for each transform that a part turns on. It acts on the ops of all of these parts, so
/// they have to agree on its options.
static llvm::Error addTransforms(OpPassManager &pm, ArrayRef<SchemePart> parts,
                                 const Algorithms &algorithms) {
  for (const Transform *transform : algorithms.transforms.getAll()) {
    const Words *words = nullptr;
    for (const SchemePart &part : parts) {
      if (!llvm::is_contained(part.recipe.assign.transforms, transform->getName()))
        continue;
      for (const WordOption &option : transform->getOptions())
        if (words && words->getText(option.name) != part.recipe.words.getText(option.name))
          return makeError("parts of a scheme that use '" + transform->getName() +
                           "' have to agree on '" + option.name + "'");
      words = &part.recipe.words;
    }
    if (!words)
      continue;
    if (llvm::Error error = transform->addPasses(*words, pm))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error bitwright::buildQuantizePipeline(OpPassManager &pm, llvm::StringRef scheme,
                                             const Algorithms &algorithms) {
  auto parts = parseScheme(scheme, algorithms);
  if (!parts)
    return parts.takeError();
  pm.addPass(createEnsureUnquantizedPass()); // QDQ weights are constants by now
  for (const SchemePart &part : *parts)
    if (part.recipe.prepare)
      part.recipe.prepare(pm);
  for (const SchemePart &part : *parts)
    pm.addPass(createAssignPass(part.recipe.assign));
  addCalibration(pm, *parts); // gathers what the assigned rounders need
  if (llvm::Error error = addTransforms(pm, *parts, algorithms))
    return error;
  pm.addPass(createQuantizeStaticPass()); // weights are rounded for the scales of their inputs
  pm.addPass(createRoundPass());
  pm.addPass(createQuantizeDynamicPass());
  pm.addPass(createClearAssignmentPass());
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

void bitwright::registerPipelines(std::shared_ptr<const Algorithms> algorithms) {
  PassPipelineRegistration<>("simplify",
                             "Fold constants, BatchNorm and layouts, raise norms and activations",
                             buildSimplifyPipeline);
  registerPassPipeline(
      "quantize",
      "Simplify, and quantize by a scheme, SCHEME[:OPTION,...][+SCHEME...]:" +
          describeSchemes(*algorithms),
      [algorithms](OpPassManager &pm, StringRef text,
                   function_ref<LogicalResult(const Twine &)> errorHandler) -> LogicalResult {
        buildSimplifyPipeline(pm);
        if (llvm::Error error = buildQuantizePipeline(pm, text, *algorithms))
          return errorHandler(llvm::toString(std::move(error)));
        return success();
      },
      [](function_ref<void(const detail::PassOptions &)>) {});
  PassPipelineRegistration<>("fuse", "Turn QDQ form into integer ops with fused epilogues",
                             buildFusePipeline);
}

namespace {

/// Gives a context the registries of the tool.
class AlgorithmsExtension : public DialectExtension<AlgorithmsExtension, qnn::QNNDialect> {
public:
  explicit AlgorithmsExtension(std::shared_ptr<const Algorithms> algorithms)
      : algorithms(std::move(algorithms)) {}

  void apply(MLIRContext *, qnn::QNNDialect *dialect) const override {
    qnn::ContextState &state = dialect->getContextState();
    state.get<FormatRegistry>() = algorithms->formats;
    state.get<StatisticRegistry>() = algorithms->statistics;
    state.get<RounderRegistry>() = algorithms->rounders;
    state.get<CalibrationSetup>().listNeeds = [all = algorithms](qnn::PrecisionAttr precision) {
      const Rounder *rounder = all->rounders.lookup(precision.getRounder());
      return rounder ? rounder->needs() : SmallVector<StringRef>();
    };
  }

private:
  std::shared_ptr<const Algorithms> algorithms;
};

} // namespace

void bitwright::installAlgorithms(DialectRegistry &registry,
                                  std::shared_ptr<const Algorithms> algorithms) {
  registry.addExtension(TypeID::get<Algorithms>(),
                        std::make_unique<AlgorithmsExtension>(std::move(algorithms)));
}
