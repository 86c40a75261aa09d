// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Resampling of NHWC images: each axis has, for every output coordinate, the
/// source coordinates it reads and their weights.

#include "Evaluate.h"

#include <cmath>

using namespace bitwright;
using namespace bitwright::reference;

namespace {
/// Up to four source coordinates with their weights.
struct Taps {
  int64_t index[4];
  double weight[4];
  int count;
};

/// What one axis needs to know.
struct Axis {
  int64_t input, output;
  double scale;
  qnn::ResizeMode mode;
  qnn::CoordinateMode coordinates;
  qnn::NearestMode nearest;

  double sourceCoordinate(int64_t x) const {
    switch (coordinates) {
    case qnn::CoordinateMode::Asymmetric:
      return double(x) / scale;
    case qnn::CoordinateMode::AlignCorners:
      return output == 1 ? 0.0 : double(x) * double(input - 1) / double(output - 1);
    case qnn::CoordinateMode::PytorchHalfPixel:
      return output == 1 ? 0.0 : (double(x) + 0.5) / scale - 0.5;
    case qnn::CoordinateMode::HalfPixel:
      break;
    }
    return (double(x) + 0.5) / scale - 0.5;
  }

  int64_t clampIndex(double index) const {
    return int64_t(std::min(std::max(index, 0.0), double(input - 1)));
  }

  double roundNearest(double source) const {
    switch (nearest) {
    case qnn::NearestMode::RoundPreferFloor:
      return std::ceil(source - 0.5);
    case qnn::NearestMode::RoundPreferCeil:
      return std::floor(source + 0.5);
    case qnn::NearestMode::Floor:
      return std::floor(source);
    case qnn::NearestMode::Ceil:
      break;
    }
    return std::ceil(source);
  }

  Taps taps(int64_t x) const {
    double source = sourceCoordinate(x);
    if (mode == qnn::ResizeMode::Nearest)
      return {{clampIndex(roundNearest(source))}, {1.0}, 1};
    if (mode == qnn::ResizeMode::Linear) {
      source = std::min(std::max(source, 0.0), double(input - 1));
      double low = std::floor(source), t = source - low;
      return {{clampIndex(low), clampIndex(low + 1)}, {1.0 - t, t}, 2};
    }
    return cubicTaps(source);
  }

  /// The cubic convolution of Keys with a = -0.75, borders repeated.
  Taps cubicTaps(double source) const {
    constexpr double a = -0.75;
    double low = std::floor(source), t = source - low;
    auto inner = [&](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
    auto outer = [&](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    Taps result = {{}, {outer(t + 1), inner(t), inner(1 - t), outer(2 - t)}, 4};
    for (int i = 0; i < 4; ++i)
      result.index[i] = clampIndex(low + double(i - 1));
    return result;
  }

  std::vector<Taps> allTaps() const {
    std::vector<Taps> result;
    for (int64_t x = 0; x < output; ++x)
      result.push_back(taps(x));
    return result;
  }
};
} // namespace

/// Integers and bools in mode nearest only move.
static Expected<Tensor> moveNearest(qnn::ResizeOp op, const Tensor &input, const Axis (&axes)[2]) {
  Dims strides = stridesOf(input.dims);
  Dims dims = {input.dims[0], axes[0].output, axes[1].output, input.dims[3]};
  OffsetTable offsets;
  for (int64_t d = 0; d < 4; ++d) {
    std::vector<int64_t> table(dims[d]);
    for (int64_t c = 0; c < dims[d]; ++c)
      table[c] = (d == 1 || d == 2 ? axes[d - 1].taps(c).index[0] : c) * strides[d];
    offsets.push_back(std::move(table));
  }
  return moveElements(op, input, offsets);
}

static Tensor interpolate(const Tensor &input, ArrayRef<int64_t> dims, const Axis (&axes)[2]) {
  std::vector<Taps> rows = axes[0].allTaps(), columns = axes[1].allTaps();
  std::vector<double> values = toDoubles(input), result(countElements(dims), 0.0);
  int64_t height = input.dims[1], width = input.dims[2], channels = input.dims[3];
  double *out = result.data();
  for (int64_t n = 0; n < dims[0]; ++n)
    for (const Taps &row : rows)
      for (const Taps &column : columns) {
        for (int i = 0; i < row.count; ++i)
          for (int j = 0; j < column.count; ++j) {
            double weight = row.weight[i] * column.weight[j];
            int64_t pixel = (n * height + row.index[i]) * width + column.index[j];
            for (int64_t c = 0; c < channels; ++c)
              out[c] += weight * values[pixel * channels + c];
          }
        out += channels;
      }
  return fromDoubles(input.elementType, dims, result);
}

static Expected<Tensor> evaluateResize(qnn::ResizeOp op, Operands operands) {
  const Tensor &input = *operands[0];
  std::vector<int64_t> sizes = toIntegers(*operands[1]);
  ArrayRef<double> scales = op.getScales();
  if (input.rank() != 4 || sizes.size() != 2 || scales.size() != 2)
    return makeError(op, "expects an NHWC image, two sizes and two scales");
  for (int i = 0; i < 2; ++i)
    if (sizes[i] < 0 || !(scales[i] > 0) || (sizes[i] > 0 && input.dims[i + 1] == 0))
      return makeError(op, "cannot resize " + formatDims(input.dims) + " to " + formatDims(sizes));
  Dims dims = {input.dims[0], sizes[0], sizes[1], input.dims[3]};
  if (llvm::Error error = checkSize(op, input.elementType, dims))
    return error;
  if (countElements(dims) == 0)
    return makeTensor(input.elementType, dims);
  auto axis = [&](int i) {
    return Axis{input.dims[i + 1],   sizes[i],       scales[i], op.getMode(),
                op.getCoordinates(), op.getNearest()};
  };
  Axis axes[2] = {axis(0), axis(1)};
  if (op.getMode() == qnn::ResizeMode::Nearest)
    return moveNearest(op, input, axes);
  if (!isFloat(input))
    return makeError(op, "expects a float operand in modes linear and cubic");
  return interpolate(input, dims, axes);
}

void reference::registerResize(Registry &registry) { registry.add<qnn::ResizeOp>(evaluateResize); }
