// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The requantizing end of qconv2d and qlinear on a register of int32.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_REQUANTIZE_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_REQUANTIZE_H

#include "passes/Codegen/Build/KernelBuilder.h"

namespace bitwright::codegen {

/// An 8-bit constant as the number it stands for.
int64_t readByte(Value constant, bool isUnsigned);

struct Requantize {
  int64_t outputZeroPoint, clampMin, clampMax;
  bool hasResidual = false, unsignedResidual = false, perChannel = false;
  int64_t residualZeroPoint = 0;
  float residualMultiplier = 0;

  /// Of a qconv2d or qlinear whose parameters are constants.
  static Requantize get(mlir::Operation *op);
  /// `multiplier`, `residual`: pointers.
  Value emit(KernelBuilder &k, Value acc, Value offset, Value column, Value multiplier,
             Value residual) const;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_REQUANTIZE_H
