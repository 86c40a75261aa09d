// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The body of invoke: what a plan runs, step after step.

#ifndef BITWRIGHT_PASSES_CODEGEN_HOST_HOSTCODE_H
#define BITWRIGHT_PASSES_CODEGEN_HOST_HOSTCODE_H

#include "passes/Codegen/Host/Program.h"

namespace bitwright::codegen {

/// Emits the launches of the planned function into the host functions of `program`.
mlir::LogicalResult emitHostCode(Program &program);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_HOST_HOSTCODE_H
