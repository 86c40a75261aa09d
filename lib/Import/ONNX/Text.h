// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Names from a model, made fit for a one-line message.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_TEXT_H
#define BITWRIGHT_LIB_IMPORT_ONNX_TEXT_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace bitwright::onnximport {

/// `text` with control and non-ASCII characters escaped, cut to 120 characters.
std::string printable(llvm::StringRef text);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_TEXT_H
