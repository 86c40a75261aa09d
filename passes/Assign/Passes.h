// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Passes that say which op gets which precision.

#ifndef BITWRIGHT_PASSES_ASSIGN_PASSES_H
#define BITWRIGHT_PASSES_ASSIGN_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Common/PassStatistic.h"
#include <memory>

namespace bitwright {

#define GEN_PASS_DECL
#include "passes/Assign/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Assign/Passes.h.inc"

} // namespace bitwright

#endif // BITWRIGHT_PASSES_ASSIGN_PASSES_H
