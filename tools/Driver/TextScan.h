// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What MLIR's own parser cannot survive is refused before it runs.

#ifndef BITWRIGHT_TOOLS_DRIVER_TEXTSCAN_H
#define BITWRIGHT_TOOLS_DRIVER_TEXTSCAN_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace bitwright {

/// MLIR's parser recurses into brackets, aliases and chains of affine
/// operators without a limit. Refuses text that nests deeper than any real
/// module; errors name the line.
llvm::Error scanText(llvm::StringRef text, llvm::StringRef path);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_TEXTSCAN_H
