// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What integer storage can hold: the rules of the dialect and the arithmetic
/// of quantization both start from it.

#ifndef BITWRIGHT_DIALECTS_QNN_INTEGERRANGE_H
#define BITWRIGHT_DIALECTS_QNN_INTEGERRANGE_H

#include "llvm/ADT/ArrayRef.h"
#include <algorithm>
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

/// The least and greatest value that sum((x - zeroPoint) * w) + bias can take
/// for x anywhere in `input`, in 64 bits.
struct AccumulatorBounds {
  int64_t min;
  int64_t max;

  bool fitsInt32() const { return min >= INT32_MIN && max <= INT32_MAX; }
};

inline AccumulatorBounds accumulatorBounds(llvm::ArrayRef<int8_t> weights, IntegerRange input,
                                           int64_t zeroPoint, int64_t bias = 0) {
  AccumulatorBounds bounds = {bias, bias};
  for (int64_t weight : weights) {
    int64_t a = weight * (input.min - zeroPoint);
    int64_t b = weight * (input.max - zeroPoint);
    bounds.min += std::min(a, b);
    bounds.max += std::max(a, b);
  }
  return bounds;
}

/// Whether a sum of `count` terms, each at most `largest` in magnitude, stays inside int32.
inline bool fitsInt32(int64_t count, int64_t largest) {
  return count == 0 || largest <= int64_t(INT32_MAX) / count;
}

} // namespace bitwright

#endif // BITWRIGHT_DIALECTS_QNN_INTEGERRANGE_H
