// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The list of dialects, passes and pipelines that tools offer.

#include "tools/Driver/RegisterAll.h"

#include "dialects/QNN/QNNDialect.h"
#include "passes/Calibration/Passes.h"
#include "passes/Codegen/Passes.h"
#include "passes/Fusion/Passes.h"
#include "passes/Pipelines/Pipelines.h"
#include "passes/Quantization/Passes.h"
#include "passes/Simplify/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/Transforms/Passes.h"

void bitwright::registerAllDialects(mlir::DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<qnn::QNNDialect>();
}

void bitwright::registerAllPasses() {
  mlir::registerTransformsPasses();
  codegen::registerCodegenPasses();
  codegen::registerCodegenPipeline();
  registerCalibrationPasses();
  registerQuantizationPasses();
  registerFusionPasses();
  registerSimplifyPasses();
  registerPipelines();
}
