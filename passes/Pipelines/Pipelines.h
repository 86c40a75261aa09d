// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pipelines: the only place that strings passes together.

#ifndef BITWRIGHT_PASSES_PIPELINES_PIPELINES_H
#define BITWRIGHT_PASSES_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"

namespace bitwright {

/// `simplify`: what an importer wrote, made small and regular. Runs on modules.
void buildSimplifyPipeline(mlir::OpPassManager &pm);

/// Registers the pipelines under their names.
void registerPipelines();

} // namespace bitwright

#endif // BITWRIGHT_PASSES_PIPELINES_PIPELINES_H
