// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Escapes names for messages.

#include "Text.h"
#include "llvm/ADT/StringExtras.h"

namespace bitwright::onnximport {

std::string printable(llvm::StringRef text) {
  std::string result;
  for (unsigned char c : text.take_front(120)) {
    if (c >= 0x20 && c < 0x7f) {
      result += static_cast<char>(c);
      continue;
    }
    result += "\\x";
    result += llvm::hexdigit(c >> 4, /*LowerCase=*/true);
    result += llvm::hexdigit(c & 15, /*LowerCase=*/true);
  }
  if (text.size() > 120)
    result += "...";
  return result;
}

} // namespace bitwright::onnximport
