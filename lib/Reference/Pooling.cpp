// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Max and average pools over NHWC images.

#include "Window.h"

#include <cmath>
#include <limits>

using namespace bitwright;
using namespace bitwright::reference;

/// Calls visit(input index) for the elements under one window inside of the image.
template <typename F>
static void visitWindow(const Window &window, int64_t n, int64_t oh, int64_t ow, int64_t c,
                        int64_t channels, F visit) {
  for (int64_t kh = 0; kh < window.kernel[0]; ++kh) {
    int64_t h = window.position(0, oh, kh);
    if (!window.inside(0, h))
      continue;
    for (int64_t kw = 0; kw < window.kernel[1]; ++kw) {
      int64_t w = window.position(1, ow, kw);
      if (window.inside(1, w))
        visit(((n * window.input[0] + h) * window.input[1] + w) * channels + c);
    }
  }
}

/// Calls compute(n, oh, ow, c) for each result element in order.
template <typename T, typename F>
static std::vector<T> forEachOutput(ArrayRef<int64_t> dims, F compute) {
  std::vector<T> result;
  result.reserve(countElements(dims));
  for (int64_t n = 0; n < dims[0]; ++n)
    for (int64_t oh = 0; oh < dims[1]; ++oh)
      for (int64_t ow = 0; ow < dims[2]; ++ow)
        for (int64_t c = 0; c < dims[3]; ++c)
          result.push_back(compute(n, oh, ow, c));
  return result;
}

template <typename T>
static std::vector<T> maxPool(const Window &window, ArrayRef<int64_t> dims,
                              const std::vector<T> &values, T lowest) {
  return forEachOutput<T>(dims, [&](int64_t n, int64_t oh, int64_t ow, int64_t c) {
    T best = lowest;
    visitWindow(window, n, oh, ow, c, dims[3], [&](int64_t i) {
      best = best != best || best > values[i] ? best : values[i]; // NaN stays
    });
    return best;
  });
}

static Expected<Tensor> evaluateMaxPool(qnn::MaxPool2dOp op, Operands operands) {
  const Tensor &input = *operands[0];
  Expected<Window> window =
      makeWindow(op, input.dims, op.getKernel(), op.getStrides(), op.getPads(), op.getDilations());
  if (!window)
    return window.takeError();
  Dims dims = {input.dims[0], window->output[0], window->output[1], input.dims[3]};
  if (llvm::Error error = checkSize(op, input.elementType, dims))
    return error;
  if (isFloat(input))
    return fromDoubles(
        input.elementType, dims,
        maxPool(*window, dims, toDoubles(input), -std::numeric_limits<double>::infinity()));
  bool isUnsigned = op.getUnsignedStorage();
  int64_t lowest = isUnsigned ? 0 : INT64_MIN >> (64 - input.elementType.getIntOrFloatBitWidth());
  return fromIntegers(input.elementType, dims,
                      maxPool(*window, dims, toIntegers(input, isUnsigned), lowest));
}

static Expected<Tensor> evaluateAvgPool(qnn::AvgPool2dOp op, Operands operands) {
  const Tensor &input = *operands[0];
  if (!isFloat(input))
    return makeError(op, "expects a float operand");
  Expected<Window> window =
      makeWindow(op, input.dims, op.getKernel(), op.getStrides(), op.getPads(), op.getDilations());
  if (!window)
    return window.takeError();
  Dims dims = {input.dims[0], window->output[0], window->output[1], input.dims[3]};
  if (llvm::Error error = checkSize(op, input.elementType, dims))
    return error;
  std::vector<double> values = toDoubles(input);
  int64_t all = window->kernel[0] * window->kernel[1];
  bool includePad = op.getCountIncludePad();
  auto mean = [&](int64_t n, int64_t oh, int64_t ow, int64_t c) {
    double sum = 0;
    int64_t count = 0;
    visitWindow(*window, n, oh, ow, c, dims[3], [&](int64_t i) {
      sum += values[i];
      ++count;
    });
    return sum / double(includePad ? all : count);
  };
  return fromDoubles(input.elementType, dims, forEachOutput<double>(dims, mean));
}

void reference::registerPooling(Registry &registry) {
  registry.add<qnn::MaxPool2dOp>(evaluateMaxPool);
  registry.add<qnn::AvgPool2dOp>(evaluateAvgPool);
}
