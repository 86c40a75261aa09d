// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Float convolutions and matrix products: sums in double, rounded once.

#include "Window.h"

using namespace bitwright;
using namespace bitwright::reference;

/// sum(a[i] * b[i]) in eight interleaved partial sums.
static double dot(const double *a, const double *b, int64_t count) {
  double lanes[8] = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int lane = 0; lane < 8; ++lane)
      lanes[lane] += a[i + lane] * b[i + lane];
  double sum = 0;
  for (double lane : lanes)
    sum += lane;
  for (; i < count; ++i)
    sum += a[i] * b[i];
  return sum;
}

/// Operand `index` as doubles, or `count` zeros where it is absent.
static Expected<std::vector<double>> readBias(mlir::Operation *op, Operands operands,
                                              unsigned index, int64_t count) {
  if (operands.size() <= index)
    return std::vector<double>(count, 0.0);
  if (llvm::Error error = checkVector(op, "bias", *operands[index], count))
    return error;
  return toDoubles(*operands[index]);
}

namespace {
/// The loops of a convolution over doubles.
struct ConvLoops {
  const Convolution &conv;
  const std::vector<double> &input, &weight, &bias;
  std::vector<double> &result;

  void run() {
    int64_t next = 0;
    for (int64_t n = 0; n < conv.batch; ++n)
      for (int64_t oh = 0; oh < conv.window.output[0]; ++oh)
        for (int64_t ow = 0; ow < conv.window.output[1]; ++ow)
          for (int64_t o = 0; o < conv.outChannels; ++o)
            result[next++] = pixel(n, oh, ow, o);
  }

  double pixel(int64_t n, int64_t oh, int64_t ow, int64_t o) const {
    const Window &window = conv.window;
    int64_t depth = conv.groupInputs();
    int64_t channel = o / conv.groupOutputs() * depth;
    double sum = 0;
    for (int64_t kh = 0; kh < window.kernel[0]; ++kh) {
      int64_t h = window.position(0, oh, kh);
      if (!window.inside(0, h))
        continue;
      for (int64_t kw = 0; kw < window.kernel[1]; ++kw) {
        int64_t w = window.position(1, ow, kw);
        if (!window.inside(1, w))
          continue;
        int64_t x = ((n * window.input[0] + h) * window.input[1] + w) * conv.inChannels + channel;
        int64_t k = ((o * window.kernel[0] + kh) * window.kernel[1] + kw) * depth;
        sum += dot(input.data() + x, weight.data() + k, depth);
      }
    }
    return sum + bias[o];
  }
};
} // namespace

static Expected<Tensor> evaluateConv(qnn::Conv2dOp op, Operands operands) {
  Expected<Convolution> conv = makeConvolution(op, *operands[0], *operands[1], op.getStrides(),
                                               op.getPads(), op.getDilations(), op.getGroups());
  if (!conv)
    return conv.takeError();
  Expected<std::vector<double>> bias = readBias(op, operands, 2, conv->outChannels);
  if (!bias)
    return bias.takeError();
  Dims dims = {conv->batch, conv->window.output[0], conv->window.output[1], conv->outChannels};
  if (llvm::Error error = checkSize(op, op.getType().getElementType(), dims))
    return error;
  std::vector<double> input = toDoubles(*operands[0]), weight = toDoubles(*operands[1]);
  std::vector<double> result(countElements(dims));
  ConvLoops{*conv, input, weight, *bias, result}.run();
  return fromDoubles(op.getType().getElementType(), dims, result);
}

//===--- transposed convolution -------------------------------------------===//

namespace {
/// Scatters each input pixel over the output.
struct ConvTransposeLoops {
  Window window; // input and output are those of the transposed convolution
  int64_t batch, inChannels, outChannels, groups;
  const std::vector<double> &input, &weight;
  std::vector<double> &result;

  void run() {
    for (int64_t n = 0; n < batch; ++n)
      for (int64_t h = 0; h < window.input[0]; ++h)
        for (int64_t w = 0; w < window.input[1]; ++w)
          for (int64_t kh = 0; kh < window.kernel[0]; ++kh)
            for (int64_t kw = 0; kw < window.kernel[1]; ++kw)
              scatter(n, h, w, kh, kw);
  }

  void scatter(int64_t n, int64_t h, int64_t w, int64_t kh, int64_t kw) {
    int64_t oh = window.position(0, h, kh), ow = window.position(1, w, kw);
    if (oh < 0 || oh >= window.output[0] || ow < 0 || ow >= window.output[1])
      return;
    int64_t inputs = inChannels / groups, outputs = outChannels / groups;
    const double *x = &input[((n * window.input[0] + h) * window.input[1] + w) * inChannels];
    double *y = &result[((n * window.output[0] + oh) * window.output[1] + ow) * outChannels];
    for (int64_t o = 0; o < outChannels; ++o) {
      int64_t group = o / outputs;
      int64_t row = ((o % outputs) * window.kernel[0] + kh) * window.kernel[1] + kw;
      y[o] += dot(x + group * inputs, &weight[row * inChannels + group * inputs], inputs);
    }
  }
};
} // namespace

static Expected<Window> makeTransposedWindow(qnn::ConvTranspose2dOp op, const Tensor &input,
                                             const Tensor &weight) {
  ArrayRef<int64_t> extra = op.getOutputPads();
  if (input.rank() != 4 || weight.rank() != 4 || extra.size() != 2)
    return makeError(op, "expects an image and a weight of rank 4 and two output pads");
  // The checks of attributes are those of a convolution; a large image passes its size check.
  Dims large = {1, int64_t(1) << 40, int64_t(1) << 40, 1};
  Expected<Window> window = makeWindow(op, large, ArrayRef<int64_t>(weight.dims).slice(1, 2),
                                       op.getStrides(), op.getPads(), op.getDilations());
  if (!window)
    return window.takeError();
  for (int i = 0; i < 2; ++i) {
    int64_t size = input.dims[i + 1];
    int64_t span = (window->kernel[i] - 1) * window->dilations[i] + 1;
    window->input[i] = size;
    window->output[i] =
        (size - 1) * window->strides[i] + span + extra[i] - window->padBegin[i] - window->padEnd[i];
    if (size < 1 || window->output[i] < 0 || extra[i] < 0)
      return makeError(op, "pads leave no output of an input of " + formatDims(input.dims));
  }
  return window;
}

static Expected<Tensor> evaluateConvTranspose(qnn::ConvTranspose2dOp op, Operands operands) {
  const Tensor &input = *operands[0], &weight = *operands[1];
  Expected<Window> window = makeTransposedWindow(op, input, weight);
  if (!window)
    return window.takeError();
  int64_t groups = op.getGroups();
  if (groups < 1 || input.dims[3] != weight.dims[3] || input.dims[3] % groups)
    return makeError(op, llvm::Twine(groups) + " groups do not fit an input of " +
                             formatDims(input.dims) + " and a weight of " +
                             formatDims(weight.dims));
  int64_t outChannels = weight.dims[0] * groups;
  Expected<std::vector<double>> bias = readBias(op, operands, 2, outChannels);
  if (!bias)
    return bias.takeError();
  Dims dims = {input.dims[0], window->output[0], window->output[1], outChannels};
  mlir::Type type = op.getType().getElementType();
  if (llvm::Error error = checkSize(op, type, dims))
    return error;
  std::vector<double> x = toDoubles(input), w = toDoubles(weight);
  std::vector<double> result(countElements(dims));
  if (!result.empty() && !x.empty())
    ConvTransposeLoops{*window, input.dims[0], input.dims[3], outChannels, groups, x, w, result}
        .run();
  for (size_t i = 0; i < result.size(); ++i)
    result[i] += (*bias)[i % outChannels];
  return fromDoubles(type, dims, result);
}

//===--- matrix products --------------------------------------------------===//

static Expected<Tensor> evaluateLinear(qnn::LinearOp op, Operands operands) {
  const Tensor &input = *operands[0], &weight = *operands[1];
  if (input.rank() < 1 || weight.rank() != 2 || input.dims.back() != weight.dims[1])
    return makeError(op, "an input of " + formatDims(input.dims) + " does not fit a weight of " +
                             formatDims(weight.dims));
  int64_t outputs = weight.dims[0], depth = weight.dims[1];
  Expected<std::vector<double>> bias = readBias(op, operands, 2, outputs);
  if (!bias)
    return bias.takeError();
  Dims dims(input.dims.begin(), input.dims.end() - 1);
  int64_t rows = countElements(dims);
  dims.push_back(outputs);
  mlir::Type type = op.getType().getElementType();
  if (llvm::Error error = checkSize(op, type, dims))
    return error;
  std::vector<double> x = toDoubles(input), w = toDoubles(weight);
  std::vector<double> result(countElements(dims));
  for (int64_t n = 0; n < outputs; ++n)
    for (int64_t m = 0; m < rows; ++m)
      result[m * outputs + n] = dot(x.data() + m * depth, w.data() + n * depth, depth) + (*bias)[n];
  return fromDoubles(type, dims, result);
}

namespace {
/// Shapes of a numpy matmul after vectors became matrices.
struct MatmulShape {
  Dims batch; // broadcast leading dimensions
  int64_t m, k, n;
  Dims result;   // with the dimensions of vectors dropped again
  Dims lhs, rhs; // batch x m x k, batch x k x n
};
} // namespace

static Expected<MatmulShape> inferMatmul(mlir::Operation *op, const Tensor &lhs,
                                         const Tensor &rhs) {
  if (lhs.rank() < 1 || rhs.rank() < 1)
    return makeError(op, "expects operands of rank 1 or more");
  bool lhsVector = lhs.rank() == 1, rhsVector = rhs.rank() == 1;
  MatmulShape shape;
  ArrayRef<int64_t> a = lhs.dims, b = rhs.dims;
  shape.m = lhsVector ? 1 : a[a.size() - 2];
  shape.k = a.back();
  shape.n = rhsVector ? 1 : b.back();
  if (shape.k != (rhsVector ? b[0] : b[b.size() - 2]))
    return makeError(op, "cannot multiply " + formatDims(a) + " by " + formatDims(b));
  Expected<Dims> batch = broadcastDims(op, lhsVector ? a.take_front(0) : a.drop_back(2),
                                       rhsVector ? b.take_front(0) : b.drop_back(2));
  if (!batch)
    return batch.takeError();
  shape.batch = *batch;
  shape.result = shape.lhs = shape.rhs = shape.batch;
  shape.lhs.append({shape.m, shape.k});
  shape.rhs.append({shape.k, shape.n});
  if (!lhsVector)
    shape.result.push_back(shape.m);
  if (!rhsVector)
    shape.result.push_back(shape.n);
  return shape;
}

/// result[b, m, n] = sum over k, row by row so that the inner loop runs over n.
template <typename T>
static std::vector<T> multiply(const MatmulShape &shape, const std::vector<T> &lhs,
                               const std::vector<T> &rhs) {
  int64_t batches = countElements(shape.batch);
  std::vector<T> result(batches * shape.m * shape.n);
  for (int64_t row = 0; row < batches * shape.m; ++row) {
    T *out = result.data() + row * shape.n;
    const T *matrix = rhs.data() + row / shape.m * shape.k * shape.n;
    for (int64_t k = 0; k < shape.k; ++k) {
      T factor = lhs[row * shape.k + k];
      for (int64_t n = 0; n < shape.n; ++n)
        out[n] += factor * matrix[k * shape.n + n];
    }
  }
  return result;
}

static Expected<Tensor> evaluateMatmul(qnn::MatmulOp op, Operands operands) {
  Expected<MatmulShape> shape = inferMatmul(op, *operands[0], *operands[1]);
  if (!shape)
    return shape.takeError();
  mlir::Type type = op.getType().getElementType();
  if (llvm::Error error = checkSize(op, type, shape->result))
    return error;
  Tensor a = *operands[0], b = *operands[1];
  if (a.elementType != b.elementType)
    return makeError(op, "expects operands of one element type");
  if (a.elementType.isInteger(4))
    return makeError(op, "4-bit elements are not supported");
  if (a.rank() == 1)
    a.dims.insert(a.dims.begin(), 1);
  if (b.rank() == 1)
    b.dims.push_back(1);
  Expected<Tensor> lhs = expandTo(op, a, shape->lhs);
  if (!lhs)
    return lhs.takeError();
  Expected<Tensor> rhs = expandTo(op, b, shape->rhs);
  if (!rhs)
    return rhs.takeError();
  if (isFloat(a))
    return fromDoubles(type, shape->result, multiply(*shape, toDoubles(*lhs), toDoubles(*rhs)));
  std::vector<int64_t> x = toIntegers(*lhs), y = toIntegers(*rhs);
  std::vector<uint64_t> product = multiply(*shape, std::vector<uint64_t>(x.begin(), x.end()),
                                           std::vector<uint64_t>(y.begin(), y.end()));
  return fromIntegers(type, shape->result, std::vector<int64_t>(product.begin(), product.end()));
}

void reference::registerContractions(Registry &registry) {
  registry.add<qnn::Conv2dOp>(evaluateConv);
  registry.add<qnn::ConvTranspose2dOp>(evaluateConvTranspose);
  registry.add<qnn::LinearOp>(evaluateLinear);
  registry.add<qnn::MatmulOp>(evaluateMatmul);
}
