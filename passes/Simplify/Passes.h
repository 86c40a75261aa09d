// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The passes that make a float module smaller and more regular without
/// changing what it computes (beyond rounding).

#ifndef BITWRIGHT_PASSES_SIMPLIFY_PASSES_H
#define BITWRIGHT_PASSES_SIMPLIFY_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Common/PassStatistic.h"

namespace bitwright {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Simplify/Passes.h.inc"

} // namespace bitwright

#endif // BITWRIGHT_PASSES_SIMPLIFY_PASSES_H
