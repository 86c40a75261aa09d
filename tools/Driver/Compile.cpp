// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Pipelines in their order, between reading a model and writing an artifact.

#include "tools/Driver/Compile.h"
#include "dialects/QNN/QNNOps.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Codegen/Passes.h"
#include "passes/Pipelines/Pipelines.h"
#include "llvm/Support/Path.h"

using namespace bitwright;

static mlir::LogicalResult fail(mlir::ModuleOp module, llvm::Error error) {
  mlir::emitError(mlir::UnknownLoc::get(module.getContext())) << llvm::toString(std::move(error));
  return mlir::failure();
}

namespace {
class WeightRelease final : public mlir::PassInstrumentation {
  void runAfterPass(mlir::Pass *, mlir::Operation *op) override {
    if (llvm::isa<mlir::ModuleOp>(op) && !op->getParentOp())
      qnn::releaseUnusedWeights(op);
  }
};
} // namespace

void bitwright::freeLostWeights(mlir::PassManager &manager) {
  manager.addInstrumentation(std::make_unique<WeightRelease>());
}

mlir::LogicalResult
bitwright::runPipeline(mlir::ModuleOp module,
                       llvm::function_ref<llvm::Error(mlir::OpPassManager &)> build,
                       LostWeights lost) {
  mlir::PassManager manager(module.getContext(), mlir::ModuleOp::getOperationName());
  if (lost == LostWeights::Free)
    freeLostWeights(manager);
  if (llvm::Error error = build(manager))
    return fail(module, std::move(error));
  return manager.run(module);
}

mlir::LogicalResult bitwright::simplifyModel(mlir::ModuleOp module, LostWeights lost) {
  auto build = [](mlir::OpPassManager &pm) {
    buildSimplifyPipeline(pm);
    return llvm::Error::success();
  };
  return runPipeline(module, build, lost);
}

/// Generated modules say what they are.
static bool isLowered(mlir::ModuleOp module) { return module->hasAttr("qnn.inputs"); }

/// A model that came quantized has no scheme of ours; what it is made of says that it was.
static void recordImportedScheme(mlir::ModuleOp module) {
  bool isQuantized = module
                         .walk([](mlir::Operation *op) {
                           return llvm::isa<qnn::DequantizeOp, qnn::DynamicQuantizeOp,
                                            qnn::BlockLinearOp, qnn::QLinearOp, qnn::QConv2dOp>(op)
                                      ? mlir::WalkResult::interrupt()
                                      : mlir::WalkResult::advance();
                         })
                         .wasInterrupted();
  if (isQuantized && !module->hasAttr(qnn::kScheme))
    module->setAttr(qnn::kScheme, mlir::StringAttr::get(module.getContext(), "as imported"));
}

mlir::LogicalResult bitwright::lowerModel(mlir::ModuleOp module, const TargetSpec &target,
                                          LostWeights lost) {
  if (isLowered(module))
    return mlir::success();
  recordImportedScheme(module);
  module->setAttr("qnn.target", makeTargetAttr(module.getContext(), target));
  auto build = [](mlir::OpPassManager &pm) {
    buildFusePipeline(pm);
    codegen::buildCodegenPipeline(pm);
    return llvm::Error::success();
  };
  return runPipeline(module, build, lost);
}

mlir::LogicalResult bitwright::compileModel(mlir::ModuleOp module, const TargetSpec &target,
                                            ArtifactKind kind, llvm::StringRef path,
                                            const EmitOptions &options) {
  if (mlir::failed(lowerModel(module, target)))
    return mlir::failure();
  if (llvm::Error error = emitArtifact(module, target, kind, path, options))
    return fail(module, std::move(error));
  return mlir::success();
}

/// Gives generated code another name: that of the functions that the descriptor points to.
static void renameLowered(mlir::ModuleOp module, llvm::StringRef from, llvm::StringRef to) {
  for (llvm::StringRef suffix : {"_plan", "_invoke"})
    if (mlir::Operation *function = module.lookupSymbol(("bw_" + from + suffix).str()))
      mlir::SymbolTable::setSymbolName(function, ("bw_" + to + suffix).str());
}

void bitwright::nameModel(mlir::ModuleOp module, llvm::StringRef name, llvm::StringRef output,
                          llvm::StringRef input) {
  auto given = module->getAttrOfType<mlir::StringAttr>("qnn.model_name");
  if (isLowered(module))
    name = given ? given.getValue() : "";
  else if (name.empty() && !output.empty() && output != "-")
    name = llvm::sys::path::stem(output);
  else if (name.empty())
    name = given ? given.getValue() : llvm::sys::path::stem(input);
  std::string usable = sanitizeModelName(name);
  if (isLowered(module))
    renameLowered(module, name, usable);
  module->setAttr("qnn.model_name", mlir::StringAttr::get(module.getContext(), usable));
}
