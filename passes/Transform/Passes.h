// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Passes that change weights and activations, but not what the network computes, so that less is
/// lost when they are rounded.

#ifndef BITWRIGHT_PASSES_TRANSFORM_PASSES_H
#define BITWRIGHT_PASSES_TRANSFORM_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Common/PassStatistic.h"
#include <memory>

namespace bitwright {

#define GEN_PASS_DECL
#include "passes/Transform/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Transform/Passes.h.inc"

} // namespace bitwright

#endif // BITWRIGHT_PASSES_TRANSFORM_PASSES_H
