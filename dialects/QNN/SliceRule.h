// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Which elements a slice takes from one dimension (rule S5 of docs/semantics.md). This is the
/// only place that knows: type inference, shape arithmetic, the interpreter and the generated
/// code all ask here. The rule is written once over an arithmetic, so that the last of them can
/// follow it with sizes that are known at run time only. No start, end or step overflows,
/// INT64_MIN and INT64_MAX included.

#ifndef BITWRIGHT_DIALECTS_QNN_SLICERULE_H
#define BITWRIGHT_DIALECTS_QNN_SLICERULE_H

#include <algorithm>
#include <cstdint>
#include <optional>

namespace bitwright {

/// Elements start, start + step, ... of a dimension. An empty slice may start past the end.
template <typename Size> struct SliceExtent {
  Size start;
  Size count;
};

/// The arithmetic of sizes that are plain numbers. Divisors are positive.
struct PlainSizes {
  static int64_t add(int64_t a, int64_t b) { return a + b; }
  static int64_t sub(int64_t a, int64_t b) { return a - b; }
  static int64_t min(int64_t a, int64_t b) { return std::min(a, b); }
  static int64_t max(int64_t a, int64_t b) { return std::max(a, b); }
  static int64_t less(int64_t a, int64_t b) { return a < b; }
  static int64_t select(int64_t condition, int64_t a, int64_t b) { return condition ? a : b; }
  static int64_t floorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0); }
};

/// `size` is at least 0 and `step` is not 0. Bounds below 0 count from the end; then a start is
/// clamped to the elements (going up: or to the end), an end to the elements or to just beyond
/// them in the direction of the step.
template <typename Arithmetic, typename Size>
SliceExtent<Size> resolveSlice(Arithmetic &&sizes, Size size, Size start, Size end, int64_t step) {
  bool backward = step < 0;
  auto fromEnd = [&](Size bound) {
    return sizes.select(sizes.less(bound, Size(0)), sizes.add(bound, size), bound);
  };
  // Of an empty dimension the last element is -1, so that nothing is left of [0, -1].
  Size high = backward ? sizes.sub(size, Size(1)) : size;
  Size first = sizes.min(sizes.max(fromEnd(start), Size(0)), high);
  Size last = sizes.min(sizes.max(fromEnd(end), Size(backward ? -1 : 0)), high);
  Size span = backward ? sizes.sub(first, last) : sizes.sub(last, first);
  // A span is below 2^63, so that a step of INT64_MIN goes as far as one of INT64_MAX.
  int64_t stride = step == INT64_MIN ? INT64_MAX : backward ? -step : step;
  Size steps = sizes.floorDiv(sizes.sub(span, Size(1)), Size(stride));
  return {first, sizes.max(sizes.add(steps, Size(1)), Size(0))};
}

inline SliceExtent<int64_t> resolveSlice(int64_t size, int64_t start, int64_t end, int64_t step) {
  return resolveSlice(PlainSizes(), size, start, end, step);
}

/// True where a slice takes a dimension as it is; nullopt stands for a size that is not known: then
/// the bounds have to be those that ONNX gives the meaning "from the beginning" and "to the end",
/// INT32_MAX and beyond.
inline bool isWholeSlice(std::optional<int64_t> size, int64_t start, int64_t end, int64_t step) {
  if (step != 1)
    return false;
  if (!size)
    return (start == 0 || start <= -INT32_MAX) && end >= INT32_MAX;
  SliceExtent<int64_t> extent = resolveSlice(*size, start, end, step);
  return extent.count == *size;
}

} // namespace bitwright

#endif // BITWRIGHT_DIALECTS_QNN_SLICERULE_H
