// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The pass that rounds weights.

#ifndef BITWRIGHT_PASSES_ROUND_PASSES_H
#define BITWRIGHT_PASSES_ROUND_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Common/PassStatistic.h"
#include <memory>

namespace bitwright {

#define GEN_PASS_DECL
#include "passes/Round/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Round/Passes.h.inc"

} // namespace bitwright

#endif // BITWRIGHT_PASSES_ROUND_PASSES_H
