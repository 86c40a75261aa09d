// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Normalizations and softmax.

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

struct Moments {
  Value centered, variance;
};

Value reduceMean(Node &n, Value value, ArrayRef<int64_t> axes) {
  return n.create<qnn::ReduceMeanOp>({value},
                                     {{"axes", n.ints(axes)}, {"keep_dims", n.unit(true)}});
}

Value meanSquare(Node &n, Value value, ArrayRef<int64_t> axes) {
  return reduceMean(n, n.create<qnn::MulOp>({value, value}), axes);
}

/// value / sqrt(variance + epsilon)
Value normalize(Node &n, Value value, Value variance, double epsilon) {
  Value sum = n.create<qnn::AddOp>({variance, n.createScalar(n.getElementType(0), epsilon)});
  return n.create<qnn::DivOp>({value, n.create<qnn::SqrtOp>({sum})});
}

Value standardize(Node &n, Value x, ArrayRef<int64_t> axes, double epsilon) {
  Value centered = n.create<qnn::SubOp>({x, reduceMean(n, x, axes)});
  return normalize(n, centered, meanSquare(n, centered, axes), epsilon);
}

bool hasShape(Node &n, unsigned index, ArrayRef<int64_t> shape) {
  return !n.hasInput(index) || (!n.failed() && n.getInputType(index).getShape() == shape);
}

void buildLayerNormalization(Node &n) {
  n.refuseOutput(1, "Mean");
  n.refuseOutput(2, "InvStdDev");
  n.expect(n.getInt("stash_type", 1) == 1, "attribute 'stash_type' other than 1 is not supported");
  float epsilon = n.getFloat("epsilon", 1e-5f);
  int64_t rank = n.getRank(0);
  int64_t axis = n.normalizeAxis(n.getInt("axis", -1), rank);
  if (n.failed())
    return;
  Value x = n.getInput(0), scale = n.getInput(1), bias = n.hasInput(2) ? n.getInput(2) : Value();
  ArrayRef<int64_t> tail = n.getInputType(0).getShape().drop_front(axis);
  if (hasShape(n, 1, tail) && hasShape(n, 2, tail))
    return n.setResult(n.create<qnn::LayerNormOp>(
        {x, scale, bias}, {{"epsilon", n.number(epsilon)}, {"axis", n.integer(axis)}}));
  SmallVector<int64_t> axes = axesBetween(axis, rank);
  Value result = n.create<qnn::MulOp>({standardize(n, x, axes, epsilon), scale});
  n.setResult(bias ? n.create<qnn::AddOp>({result, bias}) : result);
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
  n.refuseOutput(1, "InvStdDev");
  float epsilon = n.getFloat("epsilon", 1e-5f);
  int64_t rank = n.getRank(0);
  int64_t axis = n.normalizeAxis(n.getInt("axis", -1), rank);
  n.setResult(rmsNorm(n, n.getInput(0), n.getInput(1), axis, rank, epsilon));
}

/// com.microsoft: x + skip (+ bias), normalized; output 3 is the sum.
void buildSkipSimplifiedLayerNormalization(Node &n) {
  n.refuseOutput(1, "mean");
  n.refuseOutput(2, "inv_std_var");
  float epsilon = n.getFloat("epsilon", 1e-5f);
  Value sum = n.create<qnn::AddOp>({n.getInput(0), n.getInput(1)});
  if (n.hasInput(3))
    sum = n.create<qnn::AddOp>({sum, n.getInput(3)});
  int64_t rank = n.getRank(0);
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

//===--- softmax ----------------------------------------------------------===//

Value softmax(Node &n, Value x, int64_t axis) {
  return n.create<qnn::SoftmaxOp>({x}, {{"axis", n.integer(axis)}});
}

/// x - max - log(sum(exp(x - max)))
Value logSoftmax(Node &n, Value x, int64_t axis) {
  auto axes = n.ints({axis}), keep = n.unit(true);
  Value largest = n.create<qnn::ReduceMaxOp>({x}, {{"axes", axes}, {"keep_dims", keep}});
  Value shifted = n.create<qnn::SubOp>({x, largest});
  Value sum = n.create<qnn::ReduceSumOp>({n.create<qnn::ExpOp>({shifted})},
                                         {{"axes", axes}, {"keep_dims", keep}});
  return n.create<qnn::SubOp>({shifted, n.create<qnn::LogOp>({sum})});
}

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
      {"LayerNormalization", 2, 3, buildLayerNormalization, 17},
      {"LogSoftmax", 1, 1, buildSoftmax1<logSoftmax>, 7, 12},
      {"LogSoftmax", 1, 1, buildSoftmax13<logSoftmax>, 13},
      {"LpNormalization", 1, 1, buildLpNormalization},
      {"MeanVarianceNormalization", 1, 1, buildMeanVarianceNormalization, 9},
      {"RMSNormalization", 2, 2, buildRmsNormalization, 23},
      {"SimplifiedLayerNormalization", 2, 2, buildRmsNormalization},
      {"Softmax", 1, 1, buildSoftmax1<softmax>, 7, 12},
      {"Softmax", 1, 1, buildSoftmax13<softmax>, 13},
      {"SimplifiedLayerNormalization", 2, 2, buildRmsNormalization, 1, 1, "com.microsoft"},
      {"SkipSimplifiedLayerNormalization", 3, 4, buildSkipSimplifiedLayerNormalization, 1, 1,
       "com.microsoft"},
  };
  return entries;
}

} // namespace bitwright::onnximport
