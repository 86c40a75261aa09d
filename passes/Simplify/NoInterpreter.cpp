// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Stands for the reference interpreter while it is not part of the build.

#include "bitwright/Reference/Interpreter.h"

llvm::Expected<llvm::SmallVector<bitwright::Tensor>> bitwright::evaluate(mlir::Operation *,
                                                                         llvm::ArrayRef<Tensor>) {
  return llvm::createStringError("the reference interpreter is not built");
}
