// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Which emitter a contraction goes to.

#include "passes/Codegen/Contractions/Contraction.h"
#include "passes/Codegen/Contractions/Rows.h"

#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

/// Whether each output channel is one input channel convolved.
static bool isDepthwise(Program &p, Operation *op) {
  auto contraction = dyn_cast<qnn::ContractionInterface>(op);
  if (!contraction || !contraction.isDepthwise() || !isa<qnn::Conv2dOp, qnn::QConv2dOp>(op))
    return false;
  ConvShape shape = getConvShape(p, op);
  return shape.groups == shape.channels && shape.outChannels == shape.channels;
}

LogicalResult bitwright::codegen::emitContraction(Program &p, kernel::LaunchOp unit) {
  Operation *op = unit.getAnchor();
  if (isa<qnn::ConvTranspose2dOp>(op))
    return emitConvTranspose(p, unit);
  if (isa<qnn::MatmulOp>(op))
    return emitMatmul(p, unit);
  if (isa<qnn::BlockLinearOp>(op))
    return emitBlockLinear(p, unit);
  if (isDepthwise(p, op))
    return emitDepthwise(p, unit);
  if (isa<qnn::Conv2dOp, qnn::LinearOp>(op))
    return emitFloatContraction(p, unit);
  return emitIntegerContraction(p, unit);
}
