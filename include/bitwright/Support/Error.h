// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// One way to make the errors that users read: lower-case, no full stop.

#ifndef BITWRIGHT_SUPPORT_ERROR_H
#define BITWRIGHT_SUPPORT_ERROR_H

#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

namespace bitwright {

/// An error that carries nothing but its text.
inline llvm::Error makeError(const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

} // namespace bitwright

#endif // BITWRIGHT_SUPPORT_ERROR_H
