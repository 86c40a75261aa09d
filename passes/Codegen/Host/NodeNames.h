// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The user's names for what may fail or be observed at run time, each with the
/// number by which generated code knows it.

#ifndef BITWRIGHT_PASSES_CODEGEN_HOST_NODENAMES_H
#define BITWRIGHT_PASSES_CODEGEN_HOST_NODENAMES_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringMap.h"

namespace bitwright::codegen {

class NodeNames {
public:
  /// An error word is a status above a node's number plus 1.
  static constexpr int errorNodeBits = 24;

  /// The number of the node that `op` came from; ops of one name have one.
  int64_t numberOf(mlir::Operation *op);
  /// What a kernel stores into the error word to fail at `op`.
  int32_t errorCode(mlir::Operation *op, int status) {
    return status << errorNodeBits | (numberOf(op) + 1);
  }
  /// The number of a new observer.
  int64_t addObserver(llvm::StringRef label);

  llvm::ArrayRef<std::string> getNodes() const { return nodes; }
  llvm::ArrayRef<std::string> getObservers() const { return observers; }

private:
  llvm::StringMap<int64_t> numbers;
  llvm::SmallVector<std::string> nodes, observers;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_HOST_NODENAMES_H
