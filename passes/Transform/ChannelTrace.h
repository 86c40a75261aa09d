// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Follows channels through ops that reorder, repeat or linearly combine them,
/// from a linear op to the tensor that another linear op reads.

#ifndef BITWRIGHT_PASSES_TRANSFORM_CHANNELTRACE_H
#define BITWRIGHT_PASSES_TRANSFORM_CHANNELTRACE_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"
#include <optional>
#include <string>

namespace bitwright {

/// An op on the way, and the operand by which the channels enter it.
using TraceStep = mlir::OpOperand *;

/// Walks back from `tensor` over ops through which a positive factor of a channel
/// passes: moves, products, relu, the right side of a matmul. Returns the steps in program
/// order and sets `source` to the value in front of them. Each value on the way must be used only
/// there; otherwise `reason` says what stands in the way.
std::optional<llvm::SmallVector<TraceStep>> traceBack(mlir::Value tensor, mlir::Value &source,
                                                      std::string &reason);

/// For each channel of the last result of `steps` the channel (index of the last dimension)
/// of `source` that it comes from; nullopt with `reason` where a channel does not come
/// from just one, or where sizes are not known.
std::optional<llvm::SmallVector<int64_t>>
traceChannels(mlir::Value source, llvm::ArrayRef<TraceStep> steps, std::string &reason);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_TRANSFORM_CHANNELTRACE_H
