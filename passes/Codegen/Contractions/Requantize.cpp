// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// From int32 sums to bytes: see Requantize.h.

#include "passes/Codegen/Contractions/Requantize.h"
#include "passes/Codegen/Build/Rounding.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;

int64_t bitwright::codegen::readByte(Value constant, bool isUnsigned) {
  int64_t value = (*bitwright::getIntegers(constant))[0];
  return isUnsigned ? value & 0xff : value;
}

template <typename QOp> static Requantize getRequantize(QOp op) {
  Requantize r{readByte(op.getOutputZeroPoint(), op.getUnsignedOutput()), int64_t(op.getClampMin()),
               int64_t(op.getClampMax())};
  r.perChannel = op.getMultiplier().getType().getNumElements() > 1;
  if (op.getResidual()) {
    r.hasResidual = true;
    r.unsignedResidual = op.getUnsignedResidual();
    r.residualZeroPoint = readByte(op.getResidualZeroPoint(), op.getUnsignedResidual());
    r.residualMultiplier = (*bitwright::getFloats(op.getResidualMultiplier()))[0];
  }
  return r;
}

Requantize Requantize::get(Operation *op) {
  if (auto conv = dyn_cast<qnn::QConv2dOp>(op))
    return getRequantize(conv);
  return getRequantize(cast<qnn::QLinearOp>(op));
}

Value Requantize::emit(KernelBuilder &k, Value acc, Value offset, Value column, Value multiplier,
                       Value residual) const {
  Value r = k.toFloat(acc, k.f32(), false);
  Type floats = r.getType();
  Value scale = perChannel ? k.load(floats, multiplier, column)
                           : k.splat(k.loadAt(k.f32(), multiplier), floats);
  r = k.mul(r, scale);
  if (hasResidual) {
    Value q = k.extend(k.load(k.like(k.i8(), floats), residual, offset), k.i32(), unsignedResidual);
    Value centered = k.toFloat(k.sub(q, k.integer(q.getType(), residualZeroPoint)), k.f32(), false);
    r = k.add(r, k.mul(centered, k.number(floats, residualMultiplier)));
  }
  Value low = k.number(floats, clampMin - outputZeroPoint),
        high = k.number(floats, clampMax - outputZeroPoint);
  Value rounded = roundWithin(k, r, low, high, /*mayBeNaN=*/false);
  return k.truncate(k.add(rounded, k.integer(rounded.getType(), outputZeroPoint)), k.i8());
}
