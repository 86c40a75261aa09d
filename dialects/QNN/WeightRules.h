// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The rules of weights, for the verifiers of the ops that name them.

#ifndef BITWRIGHT_DIALECTS_QNN_WEIGHTRULES_H
#define BITWRIGHT_DIALECTS_QNN_WEIGHTRULES_H

#include "dialects/QNN/QNNAttrs.h"
#include "mlir/IR/Operation.h"

namespace bitwright::qnn {

/// The bytes of `weight` are in the store and as many as its type asks for.
mlir::LogicalResult checkWeight(mlir::Operation *op, WeightAttr weight);

} // namespace bitwright::qnn

#endif // BITWRIGHT_DIALECTS_QNN_WEIGHTRULES_H
