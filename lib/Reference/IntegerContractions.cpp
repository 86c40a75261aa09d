// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Integer convolutions and linear ops with exact int32 accumulators and the
/// epilogues of QNNQuantOps.td.

#include "IntegerForm.h"
#include "Window.h"

#include "bitwright/Numerics/Packing.h"

using namespace bitwright;
using namespace bitwright::reference;

/// Exact in 64 bits for any operands that fit in memory.
static int64_t dot(const int32_t *a, const int32_t *b, int64_t count) {
  int64_t sum = 0;
  // Products are below 2^16, so blocks of 2^14 fit in 32 bits.
  for (int64_t start = 0; start < count; start += 1 << 14) {
    int32_t block = 0;
    for (int64_t i = start, end = std::min<int64_t>(count, start + (1 << 14)); i < end; ++i)
      block += a[i] * b[i];
    sum += block;
  }
  return sum;
}

/// x - zeroPoint of 8-bit data.
static std::vector<int32_t> readCentered(const Tensor &tensor, bool isUnsigned, int64_t zeroPoint) {
  std::vector<int32_t> values = readBytes(tensor, isUnsigned);
  for (int32_t &value : values)
    value -= int32_t(zeroPoint);
  return values;
}

//===--- the epilogue -----------------------------------------------------===//

namespace {
/// Everything that follows the products in qconv2d and qlinear.
struct Epilogue {
  int64_t channels;
  std::vector<int32_t> bias;      // one for each channel
  std::vector<float> multipliers; // one for each channel
  std::vector<int32_t> residual;  // empty where there is none, zero point subtracted
  float residualMultiplier = 0;
  int64_t outputZeroPoint;
  IntegerRange clamp;

  Expected<int64_t> apply(mlir::Operation *op, int64_t sum, int64_t index) const {
    int64_t channel = index % channels;
    Expected<int32_t> acc = narrowAccumulator(op, sum + bias[channel]);
    if (!acc)
      return acc.takeError();
    if (residual.empty())
      return requantize(*acc, multipliers[channel], outputZeroPoint, clamp);
    return requantizeWithResidual(*acc, multipliers[channel], residual[index], 0,
                                  residualMultiplier, outputZeroPoint, clamp);
  }
};

/// Places of the operands in the ODS lists of qconv2d and qlinear.
enum Place {
  Input,
  Weight,
  Bias,
  InputZeroPoint,
  Multiplier,
  OutputZeroPoint,
  Residual,
  ResidualZeroPoint,
  ResidualMultiplier
};
} // namespace

/// A scalar or one value for each channel, repeated to one for each channel.
static Expected<std::vector<float>> readChannels(mlir::Operation *op, llvm::StringRef what,
                                                 const Tensor &tensor, int64_t channels) {
  ArrayRef<float> values = tensor.as<float>();
  if (tensor.rank() == 0)
    return std::vector<float>(channels, values[0]);
  if (llvm::Error error = checkVector(op, what, tensor, channels))
    return error;
  return values.vec();
}

template <typename OpT>
static llvm::Error readResidual(OpT op, Operands operands, ArrayRef<int64_t> dims,
                                Epilogue &epilogue) {
  const Tensor *residual = findOperand(op, operands, Residual);
  const Tensor *zeroPoint = findOperand(op, operands, ResidualZeroPoint);
  const Tensor *multiplier = findOperand(op, operands, ResidualMultiplier);
  if (!residual)
    return llvm::Error::success();
  if (!zeroPoint || !multiplier || ArrayRef<int64_t>(residual->dims) != dims)
    return makeError(op, "expects a residual of " + formatDims(dims) +
                             " with zero point and multiplier, but got " +
                             formatDims(residual->dims));
  Expected<int64_t> zero = readZeroPoint(op, *zeroPoint, op.getUnsignedResidual());
  if (!zero)
    return zero.takeError();
  Expected<float> factor = readMultiplier(op, *multiplier);
  if (!factor)
    return factor.takeError();
  epilogue.residualMultiplier = *factor;
  epilogue.residual = readCentered(*residual, op.getUnsignedResidual(), *zero);
  return llvm::Error::success();
}

template <typename OpT>
static Expected<Epilogue> readEpilogue(OpT op, Operands operands, ArrayRef<int64_t> dims) {
  Epilogue epilogue;
  epilogue.channels = dims.back();
  epilogue.bias.assign(epilogue.channels, 0);
  if (const Tensor *bias = findOperand(op, operands, Bias)) {
    if (llvm::Error error = checkVector(op, "bias", *bias, epilogue.channels))
      return error;
    epilogue.bias = bias->as<int32_t>().vec();
  }
  Expected<std::vector<float>> multipliers =
      readChannels(op, "multiplier", *findOperand(op, operands, Multiplier), epilogue.channels);
  if (!multipliers)
    return multipliers.takeError();
  epilogue.multipliers = std::move(*multipliers);
  Expected<int64_t> zeroPoint =
      readZeroPoint(op, *findOperand(op, operands, OutputZeroPoint), op.getUnsignedOutput());
  if (!zeroPoint)
    return zeroPoint.takeError();
  epilogue.outputZeroPoint = *zeroPoint;
  Expected<IntegerRange> clamp =
      readClamp(op, op.getClampMin(), op.getClampMax(), op.getUnsignedOutput());
  if (!clamp)
    return clamp.takeError();
  epilogue.clamp = *clamp;
  if (llvm::Error error = readResidual(op, operands, dims, epilogue))
    return error;
  return epilogue;
}

//===--- qconv2d ----------------------------------------------------------===//

/// The exact sum of products for one result element.
static int64_t convolve(const Convolution &conv, const std::vector<int32_t> &input,
                        const std::vector<int32_t> &weight, int64_t index) {
  const Window &window = conv.window;
  int64_t o = index % conv.outChannels, pixel = index / conv.outChannels;
  int64_t ow = pixel % window.output[1], oh = pixel / window.output[1] % window.output[0];
  int64_t n = pixel / window.output[1] / window.output[0];
  int64_t depth = conv.groupInputs(), channel = o / conv.groupOutputs() * depth;
  int64_t sum = 0;
  for (int64_t kh = 0; kh < window.kernel[0]; ++kh)
    for (int64_t kw = 0; kw < window.kernel[1]; ++kw) {
      int64_t h = window.position(0, oh, kh), w = window.position(1, ow, kw);
      if (!window.inside(0, h) || !window.inside(1, w))
        continue; // padding equals the zero point: it adds nothing
      int64_t x = ((n * window.input[0] + h) * window.input[1] + w) * conv.inChannels + channel;
      int64_t k = ((o * window.kernel[0] + kh) * window.kernel[1] + kw) * depth;
      sum += dot(input.data() + x, weight.data() + k, depth);
    }
  return sum;
}

static Expected<Tensor> evaluateQConv(qnn::QConv2dOp op, Operands operands) {
  const Tensor &input = *operands[0], &weight = *operands[1];
  Expected<Convolution> conv = makeConvolution(op, input, weight, op.getStrides(), op.getPads(),
                                               op.getDilations(), op.getGroups());
  if (!conv)
    return conv.takeError();
  Dims dims = {conv->batch, conv->window.output[0], conv->window.output[1], conv->outChannels};
  if (llvm::Error error = checkSize(op, input.elementType, dims))
    return error;
  Expected<Epilogue> epilogue = readEpilogue(op, operands, dims);
  if (!epilogue)
    return epilogue.takeError();
  Expected<int64_t> zeroPoint =
      readZeroPoint(op, *findOperand(op, operands, InputZeroPoint), op.getUnsignedInput());
  if (!zeroPoint)
    return zeroPoint.takeError();
  std::vector<int32_t> x = readCentered(input, op.getUnsignedInput(), *zeroPoint);
  std::vector<int32_t> w = readBytes(weight, /*isUnsigned=*/false);
  std::vector<int64_t> result(countElements(dims));
  for (int64_t i = 0; i < int64_t(result.size()); ++i) {
    Expected<int64_t> q = epilogue->apply(op, convolve(*conv, x, w, i), i);
    if (!q)
      return q.takeError();
    result[i] = *q;
  }
  return fromIntegers(input.elementType, dims, result);
}

//===--- linear ops -------------------------------------------------------===//

namespace {
/// Sizes of an input ... x K times a weight N x K.
struct LinearShape {
  int64_t rows, outputs, depth;
  Dims dims;
};
} // namespace

static Expected<LinearShape> inferLinear(mlir::Operation *op, const Tensor &input,
                                         const Tensor &weight, mlir::Type resultType) {
  if (input.rank() < 1 || weight.rank() != 2 || input.dims.back() != weight.dims[1])
    return makeError(op, "an input of " + formatDims(input.dims) + " does not fit a weight of " +
                             formatDims(weight.dims));
  LinearShape shape;
  shape.dims.assign(input.dims.begin(), input.dims.end() - 1);
  shape.rows = countElements(shape.dims);
  shape.outputs = weight.dims[0];
  shape.depth = weight.dims[1];
  shape.dims.push_back(shape.outputs);
  if (llvm::Error error = checkSize(op, resultType, shape.dims))
    return error;
  return shape;
}

static Expected<Tensor> evaluateQLinear(qnn::QLinearOp op, Operands operands) {
  const Tensor &input = *operands[0], &weight = *operands[1];
  Expected<LinearShape> shape = inferLinear(op, input, weight, input.elementType);
  if (!shape)
    return shape.takeError();
  Expected<Epilogue> epilogue = readEpilogue(op, operands, shape->dims);
  if (!epilogue)
    return epilogue.takeError();
  Expected<int64_t> zeroPoint =
      readZeroPoint(op, *findOperand(op, operands, InputZeroPoint), op.getUnsignedInput());
  if (!zeroPoint)
    return zeroPoint.takeError();
  std::vector<int32_t> x = readCentered(input, op.getUnsignedInput(), *zeroPoint);
  std::vector<int32_t> w = readBytes(weight, /*isUnsigned=*/false);
  std::vector<int64_t> result(countElements(shape->dims));
  for (int64_t i = 0; i < int64_t(result.size()); ++i) {
    int64_t row = i / shape->outputs, column = i % shape->outputs;
    int64_t sum =
        dot(x.data() + row * shape->depth, w.data() + column * shape->depth, shape->depth);
    Expected<int64_t> q = epilogue->apply(op, sum, i);
    if (!q)
      return q.takeError();
    result[i] = *q;
  }
  return fromIntegers(input.elementType, shape->dims, result);
}

static Expected<Tensor> evaluateDynamicQLinear(qnn::DynamicQLinearOp op, Operands operands) {
  const Tensor &input = *operands[0], &weight = *operands[1];
  mlir::Type type = op.getType().getElementType();
  Expected<LinearShape> shape = inferLinear(op, input, weight, type);
  if (!shape)
    return shape.takeError();
  ArrayRef<float> scales = operands[2]->as<float>();
  std::vector<int64_t> zeroPoints = toIntegers(*operands[3], /*isUnsigned=*/true);
  if (int64_t(scales.size()) != shape->rows || zeroPoints.size() != scales.size())
    return makeError(op, "expects " + llvm::Twine(shape->rows) +
                             " scales and zero points, one for each row");
  Expected<std::vector<float>> weightScales =
      readChannels(op, "weight scale", *operands[4], shape->outputs);
  if (!weightScales)
    return weightScales.takeError();
  if (operands.size() > 5)
    if (llvm::Error error = checkVector(op, "bias", *operands[5], shape->outputs))
      return error;
  std::vector<int32_t> x = readBytes(input, /*isUnsigned=*/true);
  std::vector<int32_t> w = readBytes(weight, /*isUnsigned=*/false);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] -= int32_t(zeroPoints[i / size_t(shape->depth)]);
  Tensor result = makeTensor(type, shape->dims);
  for (int64_t i = 0; i < shape->rows * shape->outputs; ++i) {
    int64_t m = i / shape->outputs, n = i % shape->outputs;
    Expected<int32_t> acc = narrowAccumulator(
        op, dot(x.data() + m * shape->depth, w.data() + n * shape->depth, shape->depth));
    if (!acc)
      return acc.takeError();
    float r = float(*acc) * (*weightScales)[n];
    r = r * scales[m];
    if (operands.size() > 5)
      r = r + operands[5]->as<float>()[n];
    result.as<float>()[i] = r;
  }
  return result;
}

//===--- block_linear -----------------------------------------------------===//

namespace {
/// Weights with their zero points subtracted, and their scales.
struct BlockWeights {
  int64_t blockSize, blocks;
  std::vector<int32_t> values; // N x K
  ArrayRef<float> scales;      // N x blocks
};
} // namespace

static Expected<BlockWeights> readBlockWeights(qnn::BlockLinearOp op, Operands operands) {
  const Tensor &weight = *operands[1], &scale = *operands[2], &zeroPoint = *operands[3];
  int64_t depth = weight.dims[1], blockSize = op.getBlockSize();
  if (blockSize < 1)
    return makeError(op, "expects a block size of at least 1, but got " + llvm::Twine(blockSize));
  BlockWeights weights;
  weights.blockSize = blockSize;
  weights.blocks = int64_t(llvm::divideCeil(depth, blockSize));
  Dims expected = {weight.dims[0], weights.blocks};
  if (scale.dims != expected || zeroPoint.dims != expected)
    return makeError(op, "expects scales and zero points of " + formatDims(expected) +
                             ", but got " + formatDims(scale.dims) + " and " +
                             formatDims(zeroPoint.dims));
  std::vector<int64_t> values = toIntegers(weight, op.getIsUnsigned());
  std::vector<int64_t> zeroPoints = toIntegers(zeroPoint, op.getIsUnsigned());
  weights.scales = scale.as<float>();
  weights.values.resize(values.size());
  for (int64_t i = 0; i < int64_t(values.size()); ++i) {
    int64_t block = i / depth * weights.blocks + i % depth / blockSize;
    weights.values[i] = int32_t(values[i] - zeroPoints[block]);
  }
  return weights;
}

/// One result of mode float: sums in double, rounded once.
static float floatResult(const BlockWeights &weights, int64_t n, ArrayRef<float> row, float bias) {
  double sum = 0;
  const int32_t *w = weights.values.data() + n * int64_t(row.size());
  for (size_t k = 0; k < row.size(); ++k) {
    double scale = weights.scales[n * weights.blocks + int64_t(k) / weights.blockSize];
    sum += double(row[k]) * (double(w[k]) * scale);
  }
  return float(sum + double(bias));
}

/// One result of mode int8, from a row of quantized activations.
static Expected<float> integerResult(qnn::BlockLinearOp op, const BlockWeights &weights, int64_t n,
                                     ArrayRef<int32_t> row, float rowScale) {
  const int32_t *w = weights.values.data() + n * int64_t(row.size());
  float r = 0.0f;
  for (int64_t block = 0; block < weights.blocks; ++block) {
    int64_t start = block * weights.blockSize;
    int64_t count = std::min<int64_t>(weights.blockSize, int64_t(row.size()) - start);
    Expected<int32_t> acc = narrowAccumulator(op, dot(row.data() + start, w + start, count));
    if (!acc)
      return acc.takeError();
    float term = float(*acc) * weights.scales[n * weights.blocks + block];
    r = r + term;
  }
  return r * rowScale;
}

static Expected<Tensor> evaluateBlockLinear(qnn::BlockLinearOp op, Operands operands) {
  const Tensor &input = *operands[0];
  mlir::Type type = op.getType().getElementType();
  Expected<LinearShape> shape = inferLinear(op, input, *operands[1], type);
  if (!shape)
    return shape.takeError();
  Expected<BlockWeights> weights = readBlockWeights(op, operands);
  if (!weights)
    return weights.takeError();
  if (operands.size() > 4)
    if (llvm::Error error = checkVector(op, "bias", *operands[4], shape->outputs))
      return error;
  ArrayRef<float> bias = operands.size() > 4 ? operands[4]->as<float>() : ArrayRef<float>();
  bool integer = op.getActivations() == qnn::ActivationMode::Int8;
  Tensor result = makeTensor(type, shape->dims);
  std::vector<int32_t> quantized(shape->depth);
  for (int64_t m = 0; m < shape->rows; ++m) {
    ArrayRef<float> row = input.as<float>().slice(m * shape->depth, shape->depth);
    float rowScale = chooseDynamicSymmetricScale(row);
    for (size_t k = 0; k < row.size(); ++k)
      quantized[k] = int32_t(quantize(row[k], rowScale, 0, narrowRange(8)));
    for (int64_t n = 0; n < shape->outputs; ++n) {
      float &slot = result.as<float>()[m * shape->outputs + n];
      if (!integer) {
        slot = floatResult(*weights, n, row, bias.empty() ? 0.0f : bias[n]);
        continue;
      }
      Expected<float> value = integerResult(op, *weights, n, quantized, rowScale);
      if (!value)
        return value.takeError();
      slot = bias.empty() ? *value : *value + bias[n];
    }
  }
  return result;
}

void reference::registerIntegerContractions(Registry &registry) {
  registry.add<qnn::QConv2dOp>(evaluateQConv);
  registry.add<qnn::QLinearOp>(evaluateQLinear);
  registry.add<qnn::DynamicQLinearOp>(evaluateDynamicQLinear);
  registry.add<qnn::BlockLinearOp>(evaluateBlockLinear);
}
