// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The qnn dialect.

#ifndef BITWRIGHT_DIALECTS_QNN_QNNDIALECT_H
#define BITWRIGHT_DIALECTS_QNN_QNNDIALECT_H

#include "dialects/QNN/ContextState.h"
#include "dialects/QNN/DecisionLog.h"
#include "dialects/QNN/QNNAttrs.h"
#include "dialects/QNN/WeightStore.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/Operation.h"
#include <atomic>
#include <memory>

#include "dialects/QNN/QNNDialect.h.inc"

namespace bitwright::qnn {

/// The discardable attributes of an assignment: a PrecisionAttr, or a string that says why not.
inline constexpr llvm::StringLiteral kPrecision = "qnn.precision";
inline constexpr llvm::StringLiteral kKeptFloat = "qnn.kept_float";

/// The attribute of a module that says what it was quantized by.
inline constexpr llvm::StringLiteral kScheme = "qnn.scheme";

/// The precision that was assigned to `op`; null where none was.
inline PrecisionAttr getPrecision(mlir::Operation *op) {
  return op->getAttrOfType<PrecisionAttr>(kPrecision);
}

/// The weights of `context`; the qnn dialect is loaded where it is not yet.
WeightStore &getWeightStore(mlir::MLIRContext *context);

/// Where passes that run in `context` record their choices.
DecisionLog &getDecisionLog(mlir::MLIRContext *context);

/// The weights that attributes under `root` name, each hash once, in the order
/// of the ops.
llvm::SmallVector<WeightAttr> collectWeights(mlir::Operation *root);

/// Frees the weights that nothing under `root` names. `root` is all that is
/// left of the context's IR when this is called, between two passes.
void releaseUnusedWeights(mlir::Operation *root);

/// While one lives, printing IR (text or bytecode) carries the weights as
/// resources; otherwise they are left out, as in `--mlir-print-ir-after-all`.
class PrintWeightsScope {
public:
  explicit PrintWeightsScope(mlir::MLIRContext *context);
  ~PrintWeightsScope();

private:
  QNNDialect *dialect;
};

} // namespace bitwright::qnn

#endif // BITWRIGHT_DIALECTS_QNN_QNNDIALECT_H
