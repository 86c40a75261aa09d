// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Values that depend on constants alone, computed while a model is read:
/// exporters write shapes, axes and repeats as arithmetic on constants, and
/// types can only be inferred from what it gives.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_VALUEFOLDER_H
#define BITWRIGHT_LIB_IMPORT_ONNX_VALUEFOLDER_H

#include "bitwright/Reference/Tensor.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include <memory>

namespace bitwright::onnximport {

class ValueFolder {
public:
  /// What the interpreter computes for `value`; null where it depends on an input of the model, is
  /// larger than shape arithmetic is, or where the interpreter refuses.
  std::shared_ptr<const Tensor> fold(mlir::Value value);

private:
  using Result = std::shared_ptr<const Tensor>;

  bool pushOperands(mlir::Operation *op, llvm::SmallVectorImpl<mlir::Operation *> &pending);
  void evaluateOp(mlir::Operation *op);
  void remember(mlir::Operation *op, llvm::ArrayRef<Result> results);

  llvm::DenseMap<mlir::Value, Result> known; // null: no constant
  int64_t budget = int64_t(1) << 28;         // bytes that may still be touched
};

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_VALUEFOLDER_H
