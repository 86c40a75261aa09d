// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Convolutions. Weights become O x KH x KW x I; where they are constant, or
/// constants that are dequantized, that happens here and now.

#include "Convolutions.h"
#include "Images.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace bitwright::onnximport {

static Value rearrangeConstant(Node &n, ConstantPtr constant, bool isLine, ArrayRef<int64_t> perm) {
  if (isLine) {
    SmallVector<int64_t> shape(constant->type.getShape());
    shape.insert(shape.begin() + 2, 1);
    constant = reshaped(*constant, shape);
    if (!n.expect(constant != nullptr,
                  "4-bit weights with one spatial dimension are not supported"))
      return {};
  }
  return n.materialize(transposed(*constant, perm));
}

Value getConvolutionWeight(Node &n, const ImportedValue &weight, bool isLine,
                           ArrayRef<int64_t> perm) {
  if (n.failed())
    return {};
  if (weight.constant)
    return rearrangeConstant(n, weight.constant, isLine, perm);
  const DequantizedConstant *source = weight.dequantized.get();
  if (source && source->blockSize == 0) {
    Value data = rearrangeConstant(n, source->data, isLine, perm);
    int64_t axis = source->axis + (isLine && source->axis >= 2);
    int64_t newAxis = llvm::find(perm, axis) - perm.begin();
    bool isScalar = source->scale->type.getRank() == 0;
    return n.create<qnn::DequantizeOp>(
        {data, n.materialize(source->scale), n.materialize(source->zeroPoint)},
        {{"axis", n.integer(isScalar ? 0 : newAxis)},
         {"is_unsigned", n.unit(isUnsigned(source->data->elementType))}});
  }
  Value value = n.materialize(weight);
  if (isLine)
    value = n.unsqueeze(value, {2});
  return n.transpose(value, perm);
}

SmallVector<int64_t> getKernelShape(Node &n, unsigned weightIndex) {
  if (n.failed())
    return {};
  RankedTensorType type = n.getInputType(weightIndex);
  if (n.failed())
    return {};
  if (!n.expect(type.getRank() == n.getRank(0), "expects a weight of rank " + Twine(n.getRank(0)) +
                                                    ", but got " + Twine(type.getRank())))
    return {};
  SmallVector<int64_t> kernel(type.getShape().drop_front(2));
  SmallVector<int64_t> declared = n.getInts("kernel_shape", kernel);
  if (llvm::any_of(kernel, ShapedType::isDynamic))
    return declared;
  n.expect(declared == kernel, "attribute 'kernel_shape' does not match the weight");
  return kernel;
}

Value createConvolution(Node &n, const Window &window, Value image, Value weight, Value bias) {
  Value result =
      n.create<qnn::Conv2dOp>({image, weight, bias}, {{"strides", n.ints(window.strides)},
                                                      {"pads", n.ints(window.pads)},
                                                      {"dilations", n.ints(window.dilations)},
                                                      {"groups", n.integer(n.getInt("group", 1))}});
  return result;
}

Value convolve(Node &n) {
  ImageView view(n);
  Window window = Window::read(n, view, getKernelShape(n, 1));
  Value weight = getConvolutionWeight(n, n.getImported(1), view.isLine(), convolutionWeightPerm);
  Value bias = n.hasInput(2) ? n.getInput(2) : Value();
  Value image = view.toImage(n.getInput(0));
  return view.fromImage(createConvolution(n, window, image, weight, bias));
}

namespace {

void buildConv(Node &n) { n.setResult(convolve(n)); }

/// Pads of a transposed convolution whose result size is given or follows from auto_pad.
void setTransposedPads(Node &n, const ImageView &view, Window &window, ArrayRef<int64_t> outputPads,
                       StringRef mode, ArrayRef<int64_t> outputShape) {
  SmallVector<int64_t> sizes = view.getSizes();
  for (unsigned dim = 0; dim < 2 && !n.failed(); ++dim) {
    bool isNeutral = view.isLine() && dim == 0;
    // With a result of size * stride, the padding does not depend on the size.
    int64_t size = outputShape.empty() && ShapedType::isDynamic(sizes[dim]) ? 1 : sizes[dim];
    if (!n.expect(!ShapedType::isDynamic(size),
                  "attribute 'output_shape' needs static spatial sizes; pin them with --dim"))
      return;
    int64_t wanted =
        outputShape.empty() || isNeutral ? size * window.strides[dim] : outputShape[dim];
    int64_t total =
        window.strides[dim] * (size - 1) + outputPads[dim] + window.getReach(dim) - wanted;
    n.expect(total >= 0, "an output larger than the full transposed convolution is not supported");
    int64_t half = total / 2;
    window.pads[dim] = mode == "SAME_UPPER" ? half : total - half;
    window.pads[dim + 2] = total - window.pads[dim];
  }
}

void buildConvTranspose(Node &n) {
  ImageView view(n);
  std::string mode = n.getString("auto_pad", "NOTSET");
  SmallVector<int64_t> zeros(view.getSpatialRank(), 0), none;
  SmallVector<int64_t> kernel = getKernelShape(n, 1);
  Window window = Window::read(n, view, kernel, /*isTransposed=*/true);
  SmallVector<int64_t> outputPads = view.pair(n.getInts("output_padding", zeros), 0);
  SmallVector<int64_t> outputShape = n.getInts("output_shape", none);
  if (outputShape.size() == 4 && !view.isLine()) // some exporters give all four
    outputShape.erase(outputShape.begin(), outputShape.begin() + 2);
  if (!outputShape.empty())
    outputShape = view.pair(outputShape, 1);
  if (n.failed())
    return;
  if (!outputShape.empty() || mode == "SAME_UPPER" || mode == "SAME_LOWER")
    setTransposedPads(n, view, window, outputPads, mode, outputShape);
  Value weight = getConvolutionWeight(n, n.getImported(1), view.isLine(), {1, 2, 3, 0});
  Value bias = n.hasInput(2) ? n.getInput(2) : Value();
  Value result = n.create<qnn::ConvTranspose2dOp>({view.toImage(n.getInput(0)), weight, bias},
                                                  {{"strides", n.ints(window.strides)},
                                                   {"pads", n.ints(window.pads)},
                                                   {"dilations", n.ints(window.dilations)},
                                                   {"groups", n.integer(n.getInt("group", 1))},
                                                   {"output_pads", n.ints(outputPads)}});
  n.setResult(view.fromImage(result));
}

} // namespace

ArrayRef<OpEntry> getConvolutionOps() {
  static const OpEntry entries[] = {
      {"Conv", 2, 3, buildConv},
      {"ConvTranspose", 2, 3, buildConvTranspose},
  };
  return entries;
}

} // namespace bitwright::onnximport
