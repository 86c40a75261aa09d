// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Normalizations and softmax.

#include "Compose.h"
#include "Images.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;

namespace bitwright::onnximport {

namespace {

//===--- batch norm -------------------------------------------------------===//

void buildBatchNormalization(Node &n) {
  n.ignoreAttribute("momentum"); // matters to training alone
  n.expect(n.getInt("spatial", 1) == 1, "attribute 'spatial' other than 1 is not supported");
  n.expect(!n.getBool("training_mode", false), "training mode is not supported");
  for (unsigned i = 1; i < 5; ++i)
    n.refuseOutput(i, "a statistic of training");
  Attribute epsilon = n.number(n.getFloat("epsilon", 1e-5f));
  int64_t rank = n.getRank(0);
  if (!n.expect(rank >= 2, "expects an input of rank 2 or more"))
    return;
  auto create = [&](Value x, int64_t axis) {
    return n.create<qnn::BatchNormOp>(
        {x, n.getInput(1), n.getInput(2), n.getInput(3), n.getInput(4)},
        {{"epsilon", epsilon}, {"axis", n.integer(axis)}});
  };
  if (rank != 4)
    return n.setResult(create(n.getInput(0), 1));
  ImageView view(n);
  n.setResult(view.fromImage(create(view.toImage(n.getInput(0)), 3)));
}

//===--- norms over the last dimensions -----------------------------------===//

Value reduceMean(Node &n, Value value, ArrayRef<int64_t> axes) {
  return reduce<qnn::ReduceMeanOp>(n, value, axes);
}

Value meanSquare(Node &n, Value value, ArrayRef<int64_t> axes) {
  return reduceMean(n, n.create<qnn::MulOp>({value, value}), axes);
}

/// value / sqrt(variance + epsilon)
Value normalize(Node &n, Value value, Value variance, double epsilon) {
  return div(n, value, n.create<qnn::SqrtOp>({add(n, variance, scalarLike(n, variance, epsilon))}));
}

Value standardize(Node &n, Value x, ArrayRef<int64_t> axes, double epsilon) {
  Value centered = n.create<qnn::SubOp>({x, reduceMean(n, x, axes)});
  return normalize(n, centered, meanSquare(n, centered, axes), epsilon);
}

/// Outputs `first`, the mean over the axes (where `isCentered`), and the next, one over the
/// standard deviation; both of float.
void setMoments(Node &n, Value x, ArrayRef<int64_t> axes, double epsilon, bool isCentered,
                unsigned first) {
  if (!n.hasOutput(first) && !n.hasOutput(first + 1))
    return;
  Value wide = n.cast(x, n.getElementType(0), Float);
  if (isCentered) {
    Value mean = reduceMean(n, wide, axes);
    n.setResult(first, mean, Float);
    wide = sub(n, wide, mean);
  }
  Value variance = meanSquare(n, wide, axes);
  n.setResult(first + 1, normalize(n, n.createScalar(Float, 1), variance, epsilon), Float);
}

Value layerNorm(Node &n, Value x, Value scale, Value bias, int64_t axis, float epsilon) {
  if (n.failed())
    return {};
  auto type = cast<RankedTensorType>(x.getType());
  ArrayRef<int64_t> tail = type.getShape().drop_front(axis);
  auto fits = [&](Value v) { return cast<RankedTensorType>(v.getType()).getShape() == tail; };
  if (fits(scale) && (!bias || fits(bias)))
    return n.create<qnn::LayerNormOp>({x, scale, bias},
                                      {{"epsilon", n.number(epsilon)}, {"axis", n.integer(axis)}});
  Value result = mul(n, standardize(n, x, axesBetween(axis, type.getRank()), epsilon), scale);
  return addIfAny(n, result, bias);
}

Value getOptional(Node &n, unsigned index) {
  return n.hasInput(index) ? n.getInput(index) : Value();
}

void buildLayerNormalization(Node &n) {
  n.expect(n.getInt("stash_type", 1) == 1, "attribute 'stash_type' other than 1 is not supported");
  float epsilon = n.getFloat("epsilon", 1e-5f);
  int64_t rank = n.getRank(0);
  int64_t axis = n.normalizeAxis(n.getInt("axis", -1), rank);
  if (n.failed())
    return;
  Value x = n.getInput(0);
  setMoments(n, x, axesBetween(axis, rank), epsilon, /*isCentered=*/true, 1);
  n.setResult(layerNorm(n, x, n.getInput(1), getOptional(n, 2), axis, epsilon));
}

/// com.microsoft: x + skip (+ bias), normalized; output 3 is the sum.
void buildSkipLayerNormalization(Node &n) {
  float epsilon = n.getFloat("epsilon", 1e-12f);
  int64_t rank = n.getRank(0);
  Value sum = add(n, n.getInput(0), n.getInput(1));
  sum = addIfAny(n, sum, getOptional(n, 4));
  if (n.failed() || !n.expect(rank >= 1, "expects an input of rank 1 or more"))
    return;
  setMoments(n, sum, axesBetween(rank - 1, rank), epsilon, /*isCentered=*/true, 1);
  n.setResult(layerNorm(n, sum, n.getInput(2), getOptional(n, 3), rank - 1, epsilon));
  n.setResult(3, sum, n.getElementType(0));
}

/// com.microsoft: rows of three tables by token, position and segment, summed and normalized.
/// Output 1 counts the mask of each sequence, output 2 is the sum.
void buildEmbedLayerNormalization(Node &n) {
  float epsilon = n.getFloat("epsilon", 1e-12f);
  n.getInt("mask_index_type", 0); // counts, where there is a mask
  if (n.failed() || !n.expect(n.getRank(0) == 2, "expects token ids of rank 2"))
    return;
  Value ids = n.getInput(0);
  Value positions = getOptional(n, 8);
  if (!positions)
    positions = n.unsqueeze(rangeTo(n, sizeOf(n, ids, 1)), {0});
  int32_t type = n.getElementType(2);
  Value sum = add(n, gather(n, n.getInput(2), ids, 0), gather(n, n.getInput(3), positions, 0));
  if (n.hasInput(1) && n.hasInput(4))
    sum = add(n, sum, gather(n, n.getInput(4), n.getInput(1), 0));
  n.setResult(0, layerNorm(n, sum, n.getInput(5), n.getInput(6), 2, epsilon), type);
  if (n.hasOutput(1) && n.hasInput(7))
    n.setResult(1, reduce<qnn::ReduceSumOp>(n, n.getInput(7), 1, /*keepDims=*/false), Int32);
  else
    n.refuseOutput(1, "mask_index without a mask");
  n.setResult(2, sum, type);
}

Value rmsNorm(Node &n, Value x, Value scale, int64_t axis, int64_t rank, float epsilon) {
  if (n.failed())
    return {};
  int64_t last = cast<RankedTensorType>(x.getType()).getShape().back();
  if (axis == rank - 1 && cast<RankedTensorType>(scale.getType()).getShape() == ArrayRef{last})
    return n.create<qnn::RmsNormOp>({x, scale}, {{"epsilon", n.number(epsilon)}});
  SmallVector<int64_t> axes = axesBetween(axis, rank);
  return n.create<qnn::MulOp>({normalize(n, x, meanSquare(n, x, axes), epsilon), scale});
}

void buildRmsNormalization(Node &n) {
  n.expect(n.getInt("stash_type", 1) == 1, "attribute 'stash_type' other than 1 is not supported");
  float epsilon = n.getFloat("epsilon", 1e-5f);
  int64_t rank = n.getRank(0);
  int64_t axis = n.normalizeAxis(n.getInt("axis", -1), rank);
  setMoments(n, n.getInput(0), axesBetween(axis, rank), epsilon, /*isCentered=*/false, 0);
  n.setResult(rmsNorm(n, n.getInput(0), n.getInput(1), axis, rank, epsilon));
}

/// com.microsoft: x + skip (+ bias), normalized; output 3 is the sum.
void buildSkipSimplifiedLayerNormalization(Node &n) {
  n.refuseOutput(1, "mean");
  float epsilon = n.getFloat("epsilon", 1e-5f);
  Value sum = add(n, n.getInput(0), n.getInput(1));
  if (n.hasInput(3))
    sum = add(n, sum, n.getInput(3));
  int64_t rank = n.getRank(0);
  setMoments(n, sum, axesBetween(rank - 1, rank), epsilon, /*isCentered=*/false, 1);
  n.setResult(rmsNorm(n, sum, n.getInput(2), rank - 1, rank, epsilon));
  n.setResult(3, sum, n.getElementType(0));
}

//===--- norms over images ------------------------------------------------===//

/// A vector of channels, shaped so that it broadcasts over N x C x spatial.
Value perChannel(Node &n, unsigned index, int64_t rank) {
  SmallVector<int64_t> axes = axesBetween(1, rank - 1);
  return rank > 2 ? n.unsqueeze(n.getInput(index), axes) : n.getInput(index);
}

void buildInstanceNormalization(Node &n) {
  float epsilon = n.getFloat("epsilon", 1e-5f);
  int64_t rank = n.getRank(0);
  if (!n.expect(rank >= 3, "expects an input of rank 3 or more"))
    return;
  SmallVector<int64_t> axes = axesBetween(2, rank);
  Value result = standardize(n, n.getInput(0), axes, epsilon);
  result = n.create<qnn::MulOp>({result, perChannel(n, 1, rank)});
  n.setResult(n.create<qnn::AddOp>({result, perChannel(n, 2, rank)}));
}

/// Scale and bias are for each channel since opset 21, for each group before.
void buildGroupNormalization(Node &n) {
  n.expect(n.getInt("stash_type", 1) == 1, "attribute 'stash_type' other than 1 is not supported");
  float epsilon = n.getFloat("epsilon", 1e-5f);
  int64_t groups = n.requireInt("num_groups"), rank = n.getRank(0);
  if (!n.expect(rank >= 3, "expects an input of rank 3 or more"))
    return;
  int64_t channels = n.getInputType(0).getShape()[1];
  if (!n.expect(!ShapedType::isDynamic(channels) && groups > 0 && channels % groups == 0,
                "attribute 'num_groups' must divide a static number of channels"))
    return;
  Value x = n.getInput(0), shape = n.shapeOf(x);
  bool isPerGroup = n.getOpset() < 21;
  Value split = n.create<qnn::ReshapeOp>({x, n.createIntegers({0, groups, -1})});
  Value result = standardize(n, split, {2}, epsilon);
  if (isPerGroup) {
    result = n.create<qnn::MulOp>({result, perChannel(n, 1, 3)});
    result = n.create<qnn::AddOp>({result, perChannel(n, 2, 3)});
  }
  result = n.create<qnn::ReshapeOp>({result, shape});
  if (!isPerGroup) {
    result = n.create<qnn::MulOp>({result, perChannel(n, 1, rank)});
    result = n.create<qnn::AddOp>({result, perChannel(n, 2, rank)});
  }
  n.setResult(result);
}

void buildMeanVarianceNormalization(Node &n) {
  SmallVector<int64_t> axes = n.normalizeAxes(n.getInts("axes", {0, 2, 3}), n.getRank(0));
  Value x = n.getInput(0);
  Value centered = n.create<qnn::SubOp>({x, reduceMean(n, x, axes)});
  Value deviation = n.create<qnn::SqrtOp>({meanSquare(n, centered, axes)});
  Value divisor = n.create<qnn::AddOp>({deviation, n.createScalar(n.getElementType(0), 1e-9)});
  n.setResult(n.create<qnn::DivOp>({centered, divisor}));
}

void buildLpNormalization(Node &n) {
  int64_t axis = n.normalizeAxis(n.getInt("axis", -1), n.getRank(0)), p = n.getInt("p", 2);
  n.expect(p == 1 || p == 2, "attribute 'p' must be 1 or 2, but is " + Twine(p));
  Value x = n.getInput(0);
  Value terms = p == 1 ? n.create<qnn::AbsOp>({x}) : n.create<qnn::MulOp>({x, x});
  Value norm =
      n.create<qnn::ReduceSumOp>({terms}, {{"axes", n.ints({axis})}, {"keep_dims", n.unit(true)}});
  if (p == 2)
    norm = n.create<qnn::SqrtOp>({norm});
  Value isZero = n.create<qnn::EqualOp>({norm, n.createScalar(n.getElementType(0), 0)});
  Value one = n.createScalar(n.getElementType(0), 1);
  n.setResult(n.create<qnn::DivOp>({x, n.create<qnn::WhereOp>({isZero, one, norm})}));
}

/// x / (bias + alpha * mean of x^2 over `size` channels around)^beta, the mean as a pool over an
/// image whose rows are the channels.
void buildLrn(Node &n) {
  float alpha = n.getFloat("alpha", 1e-4f), beta = n.getFloat("beta", 0.75f);
  float bias = n.getFloat("bias", 1);
  int64_t size = n.requireInt("size");
  if (!n.expect(n.getRank(0) >= 2, "expects an input of rank 2 or more") ||
      !n.expect(size > 0 && size <= INT32_MAX, "attribute 'size' must be positive"))
    return;
  Value x = n.getInput(0);
  Value rows = reshapeTo(n, mul(n, x, x), {sizeOf(n, x, 0), sizeOf(n, x, 1), 1, -1});
  Value mean =
      n.create<qnn::AvgPool2dOp>({rows}, {{"kernel", n.ints({size, 1})},
                                          {"strides", n.ints({1, 1})},
                                          {"pads", n.ints({(size - 1) / 2, 0, size / 2, 0})},
                                          {"dilations", n.ints({1, 1})},
                                          {"count_include_pad", n.unit(true)}});
  mean = n.create<qnn::ReshapeOp>({mean, n.shapeOf(x)});
  Value base = add(n, mul(n, mean, scalarLike(n, x, alpha)), scalarLike(n, x, bias));
  n.setResult(div(n, x, n.create<qnn::PowOp>({base, scalarLike(n, x, beta)})));
}

//===--- softmax ----------------------------------------------------------===//

template <Value (*compute)(Node &, Value, int64_t)> void buildSoftmax13(Node &n) {
  int64_t axis = n.normalizeAxis(n.getInt("axis", -1), n.getRank(0));
  n.setResult(compute(n, n.getInput(0), axis));
}

/// Before opset 13: over all dimensions from `axis` on, as one.
template <Value (*compute)(Node &, Value, int64_t)> void buildSoftmax1(Node &n) {
  int64_t rank = n.getRank(0);
  int64_t axis = n.normalizeAxis(n.getInt("axis", 1), rank);
  if (n.failed())
    return;
  Value x = n.getInput(0);
  ArrayRef<int64_t> rest = n.getInputType(0).getShape().drop_front(axis + 1);
  if (llvm::all_of(rest, [](int64_t size) { return size == 1; }))
    return n.setResult(compute(n, x, axis));
  Value flat = n.create<qnn::FlattenOp>({x}, {{"axis", n.integer(axis)}});
  n.setResult(n.create<qnn::ReshapeOp>({compute(n, flat, 1), n.shapeOf(x)}));
}

} // namespace

ArrayRef<OpEntry> getNormalizationOps() {
  static const OpEntry entries[] = {
      {"BatchNormalization", 5, 5, buildBatchNormalization},
      {"GroupNormalization", 3, 3, buildGroupNormalization, 18},
      {"InstanceNormalization", 3, 3, buildInstanceNormalization},
      {"LayerNormalization", 2, 3, buildLayerNormalization},
      {"LRN", 1, 1, buildLrn},
      {"LogSoftmax", 1, 1, buildSoftmax1<logSoftmaxOver>, 7, 12},
      {"LogSoftmax", 1, 1, buildSoftmax13<logSoftmaxOver>, 13},
      {"LpNormalization", 1, 1, buildLpNormalization},
      {"MeanVarianceNormalization", 1, 1, buildMeanVarianceNormalization, 9},
      {"RMSNormalization", 2, 2, buildRmsNormalization, 23},
      {"SimplifiedLayerNormalization", 2, 2, buildRmsNormalization},
      {"Softmax", 1, 1, buildSoftmax1<softmaxOver>, 7, 12},
      {"Softmax", 1, 1, buildSoftmax13<softmaxOver>, 13},
      {"EmbedLayerNormalization", 7, 9, buildEmbedLayerNormalization, 1, 1, "com.microsoft"},
      {"SimplifiedLayerNormalization", 2, 2, buildRmsNormalization, 1, 1, "com.microsoft"},
      {"SkipLayerNormalization", 3, 5, buildSkipLayerNormalization, 1, 1, "com.microsoft"},
      {"SkipSimplifiedLayerNormalization", 3, 4, buildSkipSimplifiedLayerNormalization, 1, 1,
       "com.microsoft"},
  };
  return entries;
}

} // namespace bitwright::onnximport
