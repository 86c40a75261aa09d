// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// JSON whose numbers are as short as they can be: LLVM writes 0.1 as
/// 0.10000000000000001.

#ifndef BITWRIGHT_SUPPORT_JSON_H
#define BITWRIGHT_SUPPORT_JSON_H

#include "llvm/Support/JSON.h"
#include <string>

namespace bitwright {

/// The shortest text that reads back as `value`, which must be finite.
std::string formatNumber(double value);

/// Prints `value` on one line, members in the order of their names.
void printJson(const llvm::json::Value &value, llvm::raw_ostream &os);

} // namespace bitwright

#endif // BITWRIGHT_SUPPORT_JSON_H
