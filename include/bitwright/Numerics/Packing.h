// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The one layout of 4-bit tensors in memory: two values to a byte along the
/// last dimension, the even element in the low nibble, each row padded to a
/// whole byte (the pad nibble is zero).

#ifndef BITWRIGHT_NUMERICS_PACKING_H
#define BITWRIGHT_NUMERICS_PACKING_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>
#include <vector>

namespace bitwright {

/// Bytes of one packed row of `columns` nibbles.
constexpr int64_t packedRowBytes(int64_t columns) { return (columns + 1) / 2; }

/// The low 4 bits read as signed or unsigned.
constexpr int8_t signedNibble(uint8_t nibble) {
  return static_cast<int8_t>(((nibble & 0xF) ^ 0x8) - 0x8);
}

/// Element `column` of a packed row.
inline int8_t getNibble(const char *row, int64_t column, bool isUnsigned) {
  uint8_t byte = static_cast<uint8_t>(row[column / 2]);
  uint8_t nibble = (column & 1) ? byte >> 4 : byte & 0xF;
  return isUnsigned ? static_cast<int8_t>(nibble) : signedNibble(nibble);
}

/// Stores the low 4 bits of `value` as element `column` of a packed row.
inline void setNibble(char *row, int64_t column, int64_t value) {
  uint8_t byte = static_cast<uint8_t>(row[column / 2]);
  uint8_t nibble = static_cast<uint8_t>(value & 0xF);
  byte = (column & 1) ? (byte & 0x0F) | uint8_t(nibble << 4) : (byte & 0xF0) | nibble;
  row[column / 2] = static_cast<char>(byte);
}

/// Packs rows of `columns` values; `values.size()` is a multiple of `columns`.
std::vector<char> packNibbles(llvm::ArrayRef<int8_t> values, int64_t columns);

/// Undoes packNibbles; `bytes.size()` is a multiple of packedRowBytes(columns).
std::vector<int8_t> unpackNibbles(llvm::ArrayRef<char> bytes, int64_t columns, bool isUnsigned);

} // namespace bitwright

#endif // BITWRIGHT_NUMERICS_PACKING_H
