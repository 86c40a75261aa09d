// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// State that belongs to a context: registries that passes look things up in, and what a tool
/// tells them. Two contexts of one process do not see each other's.

#ifndef BITWRIGHT_DIALECTS_QNN_CONTEXTSTATE_H
#define BITWRIGHT_DIALECTS_QNN_CONTEXTSTATE_H

#include "mlir/Support/TypeID.h"
#include "llvm/ADT/DenseMap.h"
#include <memory>
#include <mutex>

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace bitwright::qnn {

/// One object of each type that was asked for, made by its default constructor.
class ContextState {
public:
  template <typename T> T &get() {
    std::lock_guard<std::mutex> lock(mutex);
    std::shared_ptr<void> &object = objects[mlir::TypeID::get<T>()];
    if (!object)
      object = std::make_shared<T>();
    return *static_cast<T *>(object.get());
  }

private:
  std::mutex mutex;
  llvm::DenseMap<mlir::TypeID, std::shared_ptr<void>> objects;
};

/// The state of `context`; the qnn dialect is loaded where it is not yet.
ContextState &getContextState(mlir::MLIRContext *context);

/// The one `T` of `context`. Change it before passes run, not while they do.
template <typename T> T &getContextState(mlir::MLIRContext *context) {
  return getContextState(context).get<T>();
}

} // namespace bitwright::qnn

#endif // BITWRIGHT_DIALECTS_QNN_CONTEXTSTATE_H
