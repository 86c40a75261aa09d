// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Passes that mark tensors for calibration and remove the marks.

#ifndef BITWRIGHT_PASSES_CALIBRATION_PASSES_H
#define BITWRIGHT_PASSES_CALIBRATION_PASSES_H

#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include <memory>

namespace bitwright {

#define GEN_PASS_DECL
#include "passes/Calibration/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Calibration/Passes.h.inc"

} // namespace bitwright

#endif // BITWRIGHT_PASSES_CALIBRATION_PASSES_H
