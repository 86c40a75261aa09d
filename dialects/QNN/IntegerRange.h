// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What integer storage can hold: the rules of the dialect and the arithmetic
/// of quantization both start from it.

#ifndef BITWRIGHT_DIALECTS_QNN_INTEGERRANGE_H
#define BITWRIGHT_DIALECTS_QNN_INTEGERRANGE_H

#include <cstdint>

namespace bitwright {

/// The values an integer storage type can hold, both ends included.
struct IntegerRange {
  int64_t min;
  int64_t max;

  constexpr int64_t steps() const { return max - min; }
  constexpr bool contains(int64_t value) const { return min <= value && value <= max; }
  constexpr int64_t clamp(int64_t value) const {
    return value < min ? min : value > max ? max : value;
  }
};

/// The range of a storage type of 1 to 32 bits.
constexpr IntegerRange integerRange(unsigned bits, bool isUnsigned) {
  int64_t size = int64_t(1) << bits;
  return isUnsigned ? IntegerRange{0, size - 1} : IntegerRange{-size / 2, size / 2 - 1};
}

/// The signed range without its lowest value, which symmetric weights use:
/// [-127, 127] for 8 bits, [-7, 7] for 4.
constexpr IntegerRange narrowRange(unsigned bits) {
  int64_t half = int64_t(1) << (bits - 1);
  return {1 - half, half - 1};
}

} // namespace bitwright

#endif // BITWRIGHT_DIALECTS_QNN_INTEGERRANGE_H
