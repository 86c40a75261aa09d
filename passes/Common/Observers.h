// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Looking past observers, which are the identity, and finding them.

#ifndef BITWRIGHT_PASSES_COMMON_OBSERVERS_H
#define BITWRIGHT_PASSES_COMMON_OBSERVERS_H

#include "dialects/QNN/QNNOps.h"

namespace bitwright {

/// The value behind observers.
mlir::Value skipObservers(mlir::Value value);
/// Uses of `value` and of the observers on it, the observers themselves left out.
llvm::SmallVector<mlir::OpOperand *> getUsesBehindObservers(mlir::Value value);
/// The observers of `value`, those behind others included.
llvm::SmallVector<qnn::ObserveOp> getObservers(mlir::Value value);

/// The observer that `value` comes from or that watches the same tensor, also before it was
/// quantized and dequantized: the one with the most statistics. Null where nothing measured it.
qnn::ObserveOp findObserver(mlir::Value value);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_COMMON_OBSERVERS_H
