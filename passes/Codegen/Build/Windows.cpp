// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Where the window of a pixel lies inside the image: see Windows.h.

#include "passes/Codegen/Build/Windows.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

SlidingWindow::SlidingWindow(ArrayRef<int64_t> kernelSizes, ArrayRef<int64_t> stepSizes,
                             ArrayRef<int64_t> padSizes, ArrayRef<int64_t> dilationSizes) {
  for (int axis = 0; axis < 2; ++axis) {
    kernel[axis] = kernelSizes[axis];
    strides[axis] = stepSizes[axis];
    pads[axis] = padSizes[axis];
    dilations[axis] = dilationSizes[axis];
  }
}

Value Taps::count(KernelBuilder &k) const { return k.maximum(k.sub(end, begin), k.idx(0)); }

Taps bitwright::codegen::clampTaps(KernelBuilder &k, const SlidingWindow &window, int axis,
                                   Value output, Value size) {
  Value zero = k.idx(0),
        origin = k.sub(k.mul(output, k.idx(window.strides[axis])), k.idx(window.pads[axis]));
  int64_t dilation = window.dilations[axis];
  auto firstAtLeast = [&](Value distance) {
    return k.ceilDiv(k.maximum(distance, zero), dilation);
  };
  Value begin = firstAtLeast(k.sub(zero, origin));
  Value end = k.minimum(firstAtLeast(k.sub(size, origin)), k.idx(window.kernel[axis]));
  return {begin, end, origin};
}

void bitwright::codegen::splitColumns(KernelBuilder &k, const SlidingWindow &window,
                                      const OutputRow &row, const ImageSizes &sizes,
                                      ColumnRange border, ColumnRange interior) {
  int64_t stride = window.strides[1], pad = window.pads[1];
  int64_t reach = (window.kernel[1] - 1) * window.dilations[1];
  Value zero = k.idx(0);
  // Columns from the first whose window starts in the image to the last whose
  // window ends in it.
  Value left = k.minimum(k.idx((pad + stride - 1) / stride), sizes.outWidth);
  Value room = k.sub(sizes.width, k.idx(1 + reach - pad));
  Value last = k.divS(k.maximum(room, zero), k.idx(stride));
  Value right = k.select(k.compare(IPred::slt, room, zero), zero, k.add(last, k.idx(1)));
  right = k.maximum(k.minimum(right, sizes.outWidth), left);
  Value whole = k.compare(IPred::eq, row.rows.count(k), k.idx(window.kernel[0]));
  left = k.select(whole, left, sizes.outWidth);
  right = k.select(whole, right, sizes.outWidth);
  interior(left, right);
  k.loop(k.idx(2), [&](Value side) {
    Value isLeft = k.compare(IPred::eq, side, zero);
    border(k.select(isLeft, zero, right), k.select(isLeft, left, sizes.outWidth));
  });
}

void bitwright::codegen::forEachOutputRow(KernelBuilder &k, const SlidingWindow &window,
                                          const ImageSizes &sizes, Iterations &iterations,
                                          function_ref<void(const OutputRow &)> body) {
  iterations.forEach([&](Value iv) {
    Value image = k.divS(iv, sizes.outHeight), line = k.remS(iv, sizes.outHeight);
    body({image, line, clampTaps(k, window, 0, line, sizes.height)});
  });
}

SmallVector<Value> bitwright::codegen::foldTaps(KernelBuilder &k, const SlidingWindow &window,
                                                const Taps &rows, const Taps &columns,
                                                bool interior, ValueRange init, TapFold fold) {
  constexpr int64_t mostUnrolled = 25;
  auto position = [&](int axis, Value origin, Value tap) {
    return k.add(origin, k.mul(tap, k.idx(window.dilations[axis])));
  };
  if (interior && window.taps() <= mostUnrolled) {
    SmallVector<Value> carried(init);
    for (int64_t tapY = 0; tapY < window.kernel[0]; ++tapY)
      for (int64_t tapX = 0; tapX < window.kernel[1]; ++tapX)
        carried = fold(k.idx(tapY * window.kernel[1] + tapX), position(0, rows.origin, k.idx(tapY)),
                       position(1, columns.origin, k.idx(tapX)), carried);
    return carried;
  }
  return k.loop(rows.begin, rows.end, k.idx(1), init, [&](Value tapY, ValueRange outer) {
    Value y = position(0, rows.origin, tapY);
    return k.loop(columns.begin, columns.end, k.idx(1), outer, [&](Value tapX, ValueRange inner) {
      Value tap = k.add(k.mul(tapY, k.idx(window.kernel[1])), tapX);
      return fold(tap, y, position(1, columns.origin, tapX), inner);
    });
  });
}

Type bitwright::codegen::laneType(KernelBuilder &k, Type element, int64_t lanes) {
  return lanes == 1 ? element : Type(k.vec(element, lanes));
}
