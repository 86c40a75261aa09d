// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The passes from QDQ form (docs/rationale/qdq-form.md) to integer form.

#ifndef BITWRIGHT_PASSES_FUSION_PASSES_H
#define BITWRIGHT_PASSES_FUSION_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Common/PassStatistic.h"

namespace bitwright {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Fusion/Passes.h.inc"

} // namespace bitwright

#endif // BITWRIGHT_PASSES_FUSION_PASSES_H
