// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Per-channel scales and shifts after a contraction, BatchNorm among them, go
/// into its weights and bias.

#include "passes/Common/Utils.h"
#include "passes/Simplify/Passes.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

#include <cmath>

namespace bitwright {
#define GEN_PASS_DEF_FOLDBATCHNORMPASS
#include "passes/Simplify/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

namespace {

/// y = x * scale[c] + shift[c].
struct Affine {
  SmallVector<double> scale, shift;
};

std::optional<Affine> getAffine(qnn::BatchNormOp op) {
  auto scale = getFloats(op.getScale()), bias = getFloats(op.getBias()),
       mean = getFloats(op.getMean()), variance = getFloats(op.getVariance());
  if (!scale || !bias || !mean || !variance)
    return std::nullopt;
  double epsilon = op.getEpsilon().convertToDouble();
  Affine affine;
  for (auto [s, b, m, v] : llvm::zip_equal(*scale, *bias, *mean, *variance)) {
    double factor = double(s) / std::sqrt(double(v) + epsilon);
    affine.scale.push_back(factor);
    affine.shift.push_back(double(b) - double(m) * factor);
  }
  return affine;
}

/// The contraction that `value` comes from, perhaps through a transpose, and
/// whether dimension `axis` of `value` is its channel (which is its last).
struct Producer {
  Operation *contraction = nullptr;
  qnn::TransposeOp transpose;
};

std::optional<Producer> findProducer(Value value, int64_t axis) {
  Producer producer;
  if (!value.hasOneUse())
    return std::nullopt;
  producer.transpose = value.getDefiningOp<qnn::TransposeOp>();
  if (producer.transpose) {
    axis = producer.transpose.getPerm()[axis];
    value = producer.transpose.getInput();
    if (!value.hasOneUse())
      return std::nullopt;
  }
  producer.contraction = value.getDefiningOp();
  auto contraction = dyn_cast_or_null<qnn::ContractionInterface>(producer.contraction);
  if (!contraction || !contraction.hasFloatWeights())
    return std::nullopt;
  RankedTensorType type = getTensorType(value);
  if (axis != type.getRank() - 1 || !type.getElementType().isF32())
    return std::nullopt;
  return producer;
}

/// Weight axis 0 is the output channel; with groups, conv_transpose2d repeats it.
FailureOr<SmallVector<float>> scaleWeights(Operation *contraction, ArrayRef<double> scale) {
  auto weights = getFloats(contraction->getOperand(1));
  RankedTensorType type = getTensorType(contraction->getOperand(1));
  if (!weights || !type.getElementType().isF32() || type.getDimSize(0) != int64_t(scale.size()) ||
      weights->empty())
    return failure();
  int64_t perChannel = weights->size() / scale.size();
  for (auto [i, weight] : llvm::enumerate(*weights))
    weight = float(double(weight) * scale[i / perChannel]);
  return SmallVector<float>(*weights);
}

/// The contraction with its weights and bias put through `affine`; null where they are not
/// constant.
Operation *foldInto(PatternRewriter &rewriter, Operation *contraction, const Affine &affine,
                    Location loc) {
  SmallVector<float> bias(affine.scale.size(), 0.0f);
  if (OpOperand *old = cast<qnn::ContractionInterface>(contraction).getBiasOperand()) {
    auto values = getFloats(old->get());
    if (!values || values->size() != bias.size())
      return nullptr;
    bias = *values;
  }
  for (auto [value, scale, shift] : llvm::zip_equal(bias, affine.scale, affine.shift))
    value = float(double(value) * scale + shift);
  Value weight = contraction->getOperand(1);
  if (!llvm::all_of(affine.scale, [](double s) { return s == 1.0; })) {
    auto scaled = scaleWeights(contraction, affine.scale);
    if (failed(scaled))
      return nullptr;
    weight = createFloats(rewriter, weight.getLoc(), getTensorType(weight).getShape(), *scaled);
  }
  Value biasValue = createFloats(rewriter, loc, {int64_t(bias.size())}, bias);
  Operation *folded =
      cloneWith(rewriter, contraction, {contraction->getOperand(0), weight, biasValue},
                contraction->getResultTypes());
  folded->setLoc(loc);
  return folded;
}

LogicalResult foldIntoProducer(PatternRewriter &rewriter, Operation *op, Producer producer,
                               const Affine &affine) {
  rewriter.setInsertionPoint(op);
  Location loc = fuseLocations({producer.contraction, op});
  Operation *folded = foldInto(rewriter, producer.contraction, affine, loc);
  if (!folded)
    return rewriter.notifyMatchFailure(op, "weights or bias of the contraction are not constant");
  Value result = folded->getResult(0);
  if (producer.transpose)
    result = qnn::TransposeOp::create(rewriter, producer.transpose.getLoc(),
                                      producer.transpose.getType(), result,
                                      producer.transpose.getPermAttr());
  if (result.getType() != op->getResult(0).getType())
    result.setType(cast<RankedTensorType>(op->getResult(0).getType()));
  rewriter.replaceOp(op, result);
  return success();
}

struct FoldBatchNorm final : OpRewritePattern<qnn::BatchNormOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::BatchNormOp op, PatternRewriter &rewriter) const override {
    auto affine = getAffine(op);
    if (!affine)
      return rewriter.notifyMatchFailure(op, "parameters are not constant");
    auto producer = findProducer(op.getInput(), op.getAxis());
    if (producer && succeeded(foldIntoProducer(rewriter, op, *producer, *affine)))
      return success();
    return lowerToMulAdd(op, *affine, rewriter);
  }

  /// What no contraction takes up: x * scale + shift.
  static LogicalResult lowerToMulAdd(qnn::BatchNormOp op, const Affine &affine,
                                     PatternRewriter &rewriter) {
    RankedTensorType type = op.getType();
    if (!type.getElementType().isF32())
      return rewriter.notifyMatchFailure(op, "not f32");
    SmallVector<int64_t> shape(type.getRank() - op.getAxis(), 1);
    shape.front() = affine.scale.size();
    auto constant = [&](ArrayRef<double> values) {
      return createFloats(rewriter, op.getLoc(), shape,
                          SmallVector<float>(values.begin(), values.end()));
    };
    Value scaled =
        qnn::MulOp::create(rewriter, op.getLoc(), type, op.getInput(), constant(affine.scale));
    rewriter.replaceOp(
        op, qnn::AddOp::create(rewriter, op.getLoc(), type, scaled, constant(affine.shift)));
    return success();
  }
};

/// contraction * c and contraction + c with c a constant for each channel. The
/// product is left alone after linear: scales there (attention) belong to the activation.
template <typename OpTy> struct FoldChannelOp final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  static constexpr bool isMul = std::is_same_v<OpTy, qnn::MulOp>;

  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    Value input = op.getLhs(), constant = op.getRhs();
    if (isConstantValue(input))
      std::swap(input, constant);
    RankedTensorType type = getTensorType(input);
    if (type != op.getType() || type.getRank() == 0)
      return rewriter.notifyMatchFailure(op, "widens the shape");
    for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
      auto producer = findProducer(input, axis);
      if (!producer)
        continue;
      if (isMul && isa<qnn::LinearOp>(producer->contraction))
        return rewriter.notifyMatchFailure(op, "scales a linear op");
      auto values = getPerChannel(constant, type.getRank(), axis, type.getDimSize(axis));
      if (!values || type.isDynamicDim(axis))
        return rewriter.notifyMatchFailure(op, "not a constant for each channel");
      SmallVector<double> given(values->begin(), values->end());
      Affine affine = isMul ? Affine{given, SmallVector<double>(given.size(), 0.0)}
                            : Affine{SmallVector<double>(given.size(), 1.0), given};
      return foldIntoProducer(rewriter, op, *producer, affine);
    }
    return rewriter.notifyMatchFailure(op, "does not follow a contraction");
  }
};

struct FoldBatchNormPass final : bitwright::impl::FoldBatchNormPassBase<FoldBatchNormPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldBatchNorm, FoldChannelOp<qnn::MulOp>, FoldChannelOp<qnn::AddOp>>(
        &getContext());
    FailureOr<int64_t> replaced = applyPatterns(getOperation(), std::move(patterns));
    if (failed(replaced))
      return signalPassFailure();
    numFolded += *replaced;
  }
};

} // namespace
