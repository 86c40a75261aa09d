// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Normalizations and softmax, in double, rounded once.

#include "Window.h"

#include <cmath>

using namespace bitwright;
using namespace bitwright::reference;

static Expected<Tensor> evaluateBatchNorm(qnn::BatchNormOp op, Operands operands) {
  const Tensor &input = *operands[0];
  int64_t axis = op.getAxis();
  if (llvm::Error error = checkAxis(op, axis, input.rank()))
    return error;
  int64_t channels = input.dims[axis];
  std::vector<double> parameters[4];
  for (int i = 0; i < 4; ++i) {
    if (llvm::Error error = checkVector(op, "parameter", *operands[i + 1], channels))
      return error;
    parameters[i] = toDoubles(*operands[i + 1]);
  }
  const auto &[scale, bias, mean, variance] = parameters;
  double epsilon = op.getEpsilon().convertToDouble();
  int64_t inner = stridesOf(input.dims)[axis];
  std::vector<double> values = toDoubles(input);
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t c = int64_t(i) / inner % channels;
    values[i] = (values[i] - mean[c]) / std::sqrt(variance[c] + epsilon) * scale[c] + bias[c];
  }
  return fromDoubles(input.elementType, input.dims, values);
}

static Expected<Tensor> evaluateLayerNorm(qnn::LayerNormOp op, Operands operands) {
  const Tensor &input = *operands[0];
  int64_t axis = op.getAxis();
  if (llvm::Error error = checkAxis(op, axis, input.rank()))
    return error;
  ArrayRef<int64_t> normalized = ArrayRef<int64_t>(input.dims).drop_front(axis);
  Expected<Tensor> scale = expandTo(op, *operands[1], normalized);
  if (!scale)
    return scale.takeError();
  std::vector<double> gain = toDoubles(*scale), offset(gain.size(), 0.0);
  if (operands.size() > 2) {
    Expected<Tensor> bias = expandTo(op, *operands[2], normalized);
    if (!bias)
      return bias.takeError();
    offset = toDoubles(*bias);
  }
  double epsilon = op.getEpsilon().convertToDouble();
  std::vector<double> values = toDoubles(input);
  size_t count = gain.size();
  for (size_t row = 0; row < values.size(); row += count) {
    double *x = values.data() + row;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; ++i)
      sum += x[i];
    double mean = sum / double(count);
    for (size_t i = 0; i < count; ++i)
      squares += (x[i] - mean) * (x[i] - mean);
    double deviation = std::sqrt(squares / double(count) + epsilon);
    for (size_t i = 0; i < count; ++i)
      x[i] = (x[i] - mean) / deviation * gain[i] + offset[i];
  }
  return fromDoubles(input.elementType, input.dims, values);
}

static Expected<Tensor> evaluateRmsNorm(qnn::RmsNormOp op, Operands operands) {
  const Tensor &input = *operands[0];
  if (input.rank() < 1)
    return makeError(op, "expects an input of rank 1 or more");
  size_t count = size_t(input.dims.back());
  if (llvm::Error error = checkVector(op, "scale", *operands[1], int64_t(count)))
    return error;
  std::vector<double> scale = toDoubles(*operands[1]), values = toDoubles(input);
  double epsilon = op.getEpsilon().convertToDouble();
  for (size_t row = 0; row < values.size(); row += count) {
    double *x = values.data() + row;
    double squares = 0;
    for (size_t i = 0; i < count; ++i)
      squares += x[i] * x[i];
    double root = std::sqrt(squares / double(count) + epsilon);
    for (size_t i = 0; i < count; ++i)
      x[i] = x[i] / root * scale[i];
  }
  return fromDoubles(input.elementType, input.dims, values);
}

static Expected<Tensor> evaluateSoftmax(qnn::SoftmaxOp op, Operands operands) {
  const Tensor &input = *operands[0];
  int64_t axis = op.getAxis();
  if (llvm::Error error = checkAxis(op, axis, input.rank()))
    return error;
  std::vector<double> values = toDoubles(input);
  int64_t count = input.dims[axis], inner = stridesOf(input.dims)[axis];
  for (int64_t start = 0; start < int64_t(values.size()); ++start) {
    if (start / inner % count != 0)
      continue; // not the first element along the axis
    double *x = values.data() + start;
    double largest = x[0], sum = 0;
    for (int64_t i = 1; i < count; ++i)
      largest = std::max(largest, x[i * inner]);
    for (int64_t i = 0; i < count; ++i)
      sum += x[i * inner] = std::exp(x[i * inner] - largest);
    for (int64_t i = 0; i < count; ++i)
      x[i * inner] /= sum;
  }
  return fromDoubles(input.elementType, input.dims, values);
}

void reference::registerNormalizations(Registry &registry) {
  registry.add<qnn::BatchNormOp>(evaluateBatchNorm);
  registry.add<qnn::LayerNormOp>(evaluateLayerNorm);
  registry.add<qnn::RmsNormOp>(evaluateRmsNorm);
  registry.add<qnn::SoftmaxOp>(evaluateSoftmax);
}
