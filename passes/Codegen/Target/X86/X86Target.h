// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// x86-64 in three levels: v2 (SSE4.2), AVX2 with FMA, AVX-512 with VNNI.

#ifndef BITWRIGHT_PASSES_CODEGEN_TARGET_X86_X86TARGET_H
#define BITWRIGHT_PASSES_CODEGEN_TARGET_X86_X86TARGET_H

#include "passes/Codegen/Target/Target.h"

namespace bitwright::codegen::x86 {

std::unique_ptr<Target> createTarget(uint64_t features);

} // namespace bitwright::codegen::x86

#endif // BITWRIGHT_PASSES_CODEGEN_TARGET_X86_X86TARGET_H
