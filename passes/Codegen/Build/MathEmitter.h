// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Elementary functions as IR: the steps of Numerics/Polynomials.h on f32
/// scalars or vectors. Kernels call no libm.

#ifndef BITWRIGHT_PASSES_CODEGEN_BUILD_MATHEMITTER_H
#define BITWRIGHT_PASSES_CODEGEN_BUILD_MATHEMITTER_H

#include "passes/Codegen/Build/KernelBuilder.h"

namespace bitwright::codegen {

Value emitExp(KernelBuilder &k, Value x);
Value emitLog(KernelBuilder &k, Value x);
Value emitTanh(KernelBuilder &k, Value x);
Value emitSigmoid(KernelBuilder &k, Value x);
Value emitErf(KernelBuilder &k, Value x);
Value emitSoftplus(KernelBuilder &k, Value x);
Value emitSinCos(KernelBuilder &k, Value x, bool cosine);
Value emitPow(KernelBuilder &k, Value x, Value y);

/// Conversions of binary16 as Numerics/FloatFormats.h defines them, in integer
/// arithmetic: x86 before F16C has no instruction, and kernels call no library.
Value emitHalfToFloat(KernelBuilder &k, Value x);
Value emitFloatToHalf(KernelBuilder &k, Value x);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_BUILD_MATHEMITTER_H
