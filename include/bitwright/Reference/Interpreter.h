// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The reference interpreter of `qnn`: the oracle that every pass and every
/// kernel is compared with. Slow on purpose, with one meaning for each op.
///
/// Float contractions, reductions and transcendentals are computed in double
/// and rounded once to the element type. Integer forms follow the steps written
/// in QNNQuantOps.td bit for bit; an int32 accumulator that overflows is an error.

#ifndef BITWRIGHT_REFERENCE_INTERPRETER_H
#define BITWRIGHT_REFERENCE_INTERPRETER_H

#include "bitwright/Reference/Tensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Operation.h"
#include "llvm/Support/Error.h"
#include <functional>

namespace bitwright {

struct InterpreterOptions {
  /// Bytes that live tensors may take together.
  int64_t memoryLimit = int64_t(8) << 30;
  /// Called with each op (those inside the regions of `qnn.if` too) right after
  /// its results are computed, if set: calibration listens to `qnn.observe` here.
  std::function<void(mlir::Operation *op, llvm::ArrayRef<Tensor> results)> onResult;
};

/// Computes one op of the dialect (not `qnn.if`, whose regions need an
/// environment). Errors name the node and say what does not fit; nothing the
/// operands hold can crash it.
llvm::Expected<llvm::SmallVector<Tensor>> evaluate(mlir::Operation *op,
                                                   llvm::ArrayRef<Tensor> operands);

/// Runs a function of one block on `inputs`, one for each argument, and returns
/// what it returns. Values are freed after their last use.
llvm::Expected<llvm::SmallVector<Tensor>> interpret(mlir::func::FuncOp main,
                                                    llvm::ArrayRef<Tensor> inputs,
                                                    const InterpreterOptions &options = {});

} // namespace bitwright

#endif // BITWRIGHT_REFERENCE_INTERPRETER_H
