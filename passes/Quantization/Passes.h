// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Passes that quantize, and the pipeline `quantize` that schemes are made of.

#ifndef BITWRIGHT_PASSES_QUANTIZATION_PASSES_H
#define BITWRIGHT_PASSES_QUANTIZATION_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/Common/PassStatistic.h"
#include <memory>

namespace bitwright {

#define GEN_PASS_DECL
#include "passes/Quantization/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Quantization/Passes.h.inc"

} // namespace bitwright

#endif // BITWRIGHT_PASSES_QUANTIZATION_PASSES_H
