// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pipelines: the only place that strings passes together.

#ifndef BITWRIGHT_PASSES_PIPELINES_PIPELINES_H
#define BITWRIGHT_PASSES_PIPELINES_PIPELINES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Pipelines/Schemes.h"
#include "llvm/Support/Error.h"

namespace bitwright {

/// `simplify`: what an importer wrote, made small and regular. Runs on modules.
void buildSimplifyPipeline(mlir::OpPassManager &pm);

/// Runs the passes of a scheme, such as "int4-awq:group=32,sym" or "int8+int4-awq", on a simplified
/// model, and removes observers; the result is in QDQ form. An error where `scheme` is none. Runs
/// on modules. The pipeline `quantize` simplifies first.
llvm::Error buildQuantizePipeline(mlir::OpPassManager &pm, llvm::StringRef scheme,
                                  const Algorithms &algorithms);
/// `fuse`: QDQ form to integer ops; what remains is in the decision log. Runs on modules.
void buildFusePipeline(mlir::OpPassManager &pm);

/// Registers the pipelines under their names. `--quantize` knows what `algorithms` hold by now.
void registerPipelines(std::shared_ptr<const Algorithms> algorithms);

/// Contexts of `registry` look formats, statistics and rounders up in `algorithms`.
void installAlgorithms(mlir::DialectRegistry &registry,
                       std::shared_ptr<const Algorithms> algorithms);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_PIPELINES_PIPELINES_H
