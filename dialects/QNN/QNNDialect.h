// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The qnn dialect.

#ifndef BITWRIGHT_DIALECTS_QNN_QNNDIALECT_H
#define BITWRIGHT_DIALECTS_QNN_QNNDIALECT_H

#include "bitwright/Support/DecisionLog.h"
#include "bitwright/Support/WeightStore.h"
#include "mlir/IR/Dialect.h"
#include <memory>

#include "dialects/QNN/QNNDialect.h.inc"

namespace bitwright::qnn {

/// The weights of `context`; the qnn dialect is loaded where it is not yet.
WeightStore &getWeightStore(mlir::MLIRContext *context);

/// Where passes that run in `context` record their choices.
DecisionLog &getDecisionLog(mlir::MLIRContext *context);

} // namespace bitwright::qnn

#endif // BITWRIGHT_DIALECTS_QNN_QNNDIALECT_H
