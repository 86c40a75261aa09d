// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Packing and unpacking of 4-bit rows.

#include "bitwright/Numerics/Packing.h"

using namespace bitwright;

std::vector<char> bitwright::packNibbles(llvm::ArrayRef<int8_t> values, int64_t columns) {
  if (columns == 0)
    return {};
  int64_t rows = int64_t(values.size()) / columns;
  int64_t rowBytes = packedRowBytes(columns);
  std::vector<char> bytes(rows * rowBytes, 0);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      setNibble(bytes.data() + row * rowBytes, column, values[row * columns + column]);
  return bytes;
}

std::vector<int8_t> bitwright::unpackNibbles(llvm::ArrayRef<char> bytes, int64_t columns,
                                             bool isUnsigned) {
  if (columns == 0)
    return {};
  int64_t rowBytes = packedRowBytes(columns);
  int64_t rows = int64_t(bytes.size()) / rowBytes;
  std::vector<int8_t> values(rows * columns);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      values[row * columns + column] = getNibble(bytes.data() + row * rowBytes, column, isUnsigned);
  return values;
}
