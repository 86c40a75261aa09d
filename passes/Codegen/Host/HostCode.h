// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The body of invoke: what a plan runs, op after op.

#ifndef BITWRIGHT_PASSES_CODEGEN_HOST_HOSTCODE_H
#define BITWRIGHT_PASSES_CODEGEN_HOST_HOSTCODE_H

#include "passes/Codegen/Plan/Plan.h"

namespace bitwright::codegen {

/// Emits the launches of `plan` into the host functions of `program`.
mlir::LogicalResult emitHostCode(Program &program, const Plan &plan);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_HOST_HOSTCODE_H
