// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reshapes, transposes and selections that do nothing or can be merged.

#include "passes/Simplify/Patterns.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/SliceRule.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace bitwright;

namespace {

int64_t countDynamic(RankedTensorType type) { return type.getNumDynamicDims(); }

/// A reshape to `type`, which has at most one dynamic dimension.
Value createReshape(PatternRewriter &rewriter, Location loc, Value input, RankedTensorType type) {
  SmallVector<int64_t> sizes;
  for (int64_t size : type.getShape())
    sizes.push_back(ShapedType::isDynamic(size) ? -1 : size);
  Value shape =
      createIntegers(rewriter, loc, rewriter.getI64Type(), {int64_t(sizes.size())}, sizes);
  bool allowZero = llvm::is_contained(sizes, 0);
  return qnn::ReshapeOp::create(rewriter, loc, type, input, shape,
                                allowZero ? rewriter.getUnitAttr() : UnitAttr());
}

/// -1 can stand for the dynamic dimension: there is one, and no static 0 beside it.
bool canNameShape(RankedTensorType type) {
  return countDynamic(type) == 0 ||
         (countDynamic(type) == 1 && !llvm::is_contained(type.getShape(), 0));
}

/// Two shapes with the same elements: equal but for one dynamic dimension.
bool mustBeSameShape(RankedTensorType a, RankedTensorType b) { return a == b && canNameShape(a); }

/// Chains of ops that only change the shape collapse into one reshape or nothing.
struct MergeReshapes final : OpInterfaceRewritePattern<qnn::TransparentInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(qnn::TransparentInterface op,
                                PatternRewriter &rewriter) const override {
    if (!qnn::keepsElementOrder(op))
      return rewriter.notifyMatchFailure(op, "changes more than the shape");
    RankedTensorType type = getTensorType(op->getResult(0));
    Value input = op->getOperand(0);
    if (mustBeSameShape(type, getTensorType(input))) {
      rewriter.replaceOp(op, input);
      return success();
    }
    Operation *inner = input.getDefiningOp();
    if (!qnn::keepsElementOrder(inner))
      return rewriter.notifyMatchFailure(op, "no reshape before it");
    if (!canNameShape(type))
      return rewriter.notifyMatchFailure(op, "two dimensions are dynamic");
    Location loc = fuseLocations({inner, op});
    rewriter.replaceOp(op, createReshape(rewriter, loc, inner->getOperand(0), type));
    return success();
  }
};

/// A reshape that names a shape of one dynamic dimension in computed integers.
struct NameShape final : OpRewritePattern<qnn::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::ReshapeOp op, PatternRewriter &rewriter) const override {
    if (isConstantValue(op.getShape()) || !canNameShape(op.getType()))
      return rewriter.notifyMatchFailure(op, "the shape is constant or cannot be named");
    rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), op.getInput(), op.getType()));
    return success();
  }
};

//===--- dimensions of size one -------------------------------------------===//
// Where several dimensions are dynamic, chains of squeeze and unsqueeze are merged by their axes.

bool isSqueeze(Operation *op) { return isa<qnn::SqueezeOp>(op); }

ArrayRef<int64_t> getUnitAxes(Operation *op) {
  if (auto squeeze = dyn_cast<qnn::SqueezeOp>(op))
    return squeeze.getAxes();
  return cast<qnn::UnsqueezeOp>(op).getAxes();
}

/// The dimensions of `wide` (of rank `rank`) that are not among `axes`.
SmallVector<int64_t> getOtherDims(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> others;
  for (int64_t i = 0; i < rank; ++i)
    if (!llvm::is_contained(axes, i))
      others.push_back(i);
  return others;
}

/// `inner` names dimensions of a tensor of `rank`; `outer` dimensions of what is
/// left without them: both as dimensions of the former.
SmallVector<int64_t> composeAxes(ArrayRef<int64_t> inner, ArrayRef<int64_t> outer, int64_t rank) {
  SmallVector<int64_t> others = getOtherDims(inner, rank), all(inner);
  for (int64_t axis : outer)
    all.push_back(others[axis]);
  llvm::sort(all);
  return all;
}

bool sameAxes(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  return a.size() == b.size() &&
         llvm::all_of(a, [&](int64_t axis) { return llvm::is_contained(b, axis); });
}

template <typename OpTy> struct MergeUnitDims final : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpTy op, PatternRewriter &rewriter) const override {
    Operation *inner = op.getInput().getDefiningOp();
    if (!isa_and_nonnull<qnn::SqueezeOp, qnn::UnsqueezeOp>(inner))
      return rewriter.notifyMatchFailure(op, "no squeeze or unsqueeze before it");
    RankedTensorType type = op.getType();
    Value source = inner->getOperand(0);
    ArrayRef<int64_t> first = getUnitAxes(inner), second = op.getAxes();
    if (isSqueeze(inner) != isSqueeze(op)) {
      if (!sameAxes(first, second) || source.getType() != type)
        return rewriter.notifyMatchFailure(op, "other dimensions");
      rewriter.replaceOp(op, source);
      return success();
    }
    SmallVector<int64_t> axes = isSqueeze(op)
                                    ? composeAxes(first, second, getTensorType(source).getRank())
                                    : composeAxes(second, first, type.getRank());
    rewriter.replaceOp(op, OpTy::create(rewriter, fuseLocations({inner, op}), type, source,
                                        rewriter.getDenseI64ArrayAttr(axes)));
    return success();
  }
};

/// The permutation that is left of `perm` when the input dimensions `dropped` go.
SmallVector<int64_t> dropFromPermutation(ArrayRef<int64_t> perm, ArrayRef<int64_t> dropped) {
  SmallVector<int64_t> kept = getOtherDims(dropped, perm.size()), result;
  for (int64_t from : perm)
    if (!llvm::is_contained(dropped, from))
      result.push_back(llvm::find(kept, from) - kept.begin());
  return result;
}

/// squeeze(transpose(x)) = transpose(squeeze(x)): the transpose of fewer dimensions
/// meets those of the ops that follow.
struct SqueezeBeforeTranspose final : OpRewritePattern<qnn::SqueezeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::SqueezeOp op, PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<qnn::TransposeOp>();
    if (!transpose || !op.getInput().hasOneUse())
      return rewriter.notifyMatchFailure(op, "no transpose of its own before it");
    SmallVector<int64_t> axes;
    for (int64_t axis : op.getAxes())
      axes.push_back(transpose.getPerm()[axis]);
    llvm::sort(axes);
    RankedTensorType input = getTensorType(transpose.getInput());
    SmallVector<int64_t> shape;
    for (int64_t i : getOtherDims(axes, input.getRank()))
      shape.push_back(input.getDimSize(i));
    Value squeezed = qnn::SqueezeOp::create(
        rewriter, op.getLoc(), RankedTensorType::get(shape, input.getElementType()),
        transpose.getInput(), rewriter.getDenseI64ArrayAttr(axes));
    auto perm = rewriter.getDenseI64ArrayAttr(dropFromPermutation(transpose.getPerm(), axes));
    rewriter.replaceOp(
        op, qnn::TransposeOp::create(rewriter, transpose.getLoc(), op.getType(), squeezed, perm));
    return success();
  }
};

/// transpose(unsqueeze(x)) = unsqueeze(transpose(x)).
struct TransposeBeforeUnsqueeze final : OpRewritePattern<qnn::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::TransposeOp op, PatternRewriter &rewriter) const override {
    auto unsqueeze = op.getInput().getDefiningOp<qnn::UnsqueezeOp>();
    if (!unsqueeze)
      return rewriter.notifyMatchFailure(op, "no unsqueeze before it");
    SmallVector<int64_t> axes;
    for (auto [i, from] : llvm::enumerate(op.getPerm()))
      if (llvm::is_contained(unsqueeze.getAxes(), from))
        axes.push_back(i);
    SmallVector<int64_t> perm = dropFromPermutation(op.getPerm(), unsqueeze.getAxes());
    Value input = unsqueeze.getInput();
    Value transposed =
        qnn::TransposeOp::create(rewriter, op.getLoc(), permuteType(getTensorType(input), perm),
                                 input, rewriter.getDenseI64ArrayAttr(perm));
    rewriter.replaceOp(op,
                       qnn::UnsqueezeOp::create(rewriter, unsqueeze.getLoc(), op.getType(),
                                                transposed, rewriter.getDenseI64ArrayAttr(axes)));
    return success();
  }
};

//===--- transposes -------------------------------------------------------===//

bool isIdentity(ArrayRef<int64_t> perm) {
  return llvm::all_of(llvm::enumerate(perm),
                      [](auto entry) { return int64_t(entry.index()) == entry.value(); });
}

struct MergeTransposes final : OpRewritePattern<qnn::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::TransposeOp op, PatternRewriter &rewriter) const override {
    if (isIdentity(op.getPerm())) {
      if (op.getType() != op.getInput().getType())
        return rewriter.notifyMatchFailure(op, "refines the type");
      rewriter.replaceOp(op, op.getInput());
      return success();
    }
    auto inner = op.getInput().getDefiningOp<qnn::TransposeOp>();
    if (!inner)
      return rewriter.notifyMatchFailure(op, "no transpose before it");
    SmallVector<int64_t> perm;
    for (int64_t from : op.getPerm())
      perm.push_back(inner.getPerm()[from]);
    if (isIdentity(perm) && inner.getInput().getType() == op.getType()) {
      rewriter.replaceOp(op, inner.getInput());
      return success();
    }
    Location loc = fuseLocations({inner, op});
    rewriter.replaceOp(op, qnn::TransposeOp::create(rewriter, loc, op.getType(), inner.getInput(),
                                                    rewriter.getDenseI64ArrayAttr(perm)));
    return success();
  }
};

/// A transpose that keeps the order of all dimensions but those of size one.
struct TransposeToReshape final : OpRewritePattern<qnn::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::TransposeOp op, PatternRewriter &rewriter) const override {
    RankedTensorType input = getTensorType(op.getInput());
    int64_t last = -1;
    for (int64_t from : op.getPerm()) {
      if (input.getDimSize(from) == 1)
        continue;
      if (from < last)
        return rewriter.notifyMatchFailure(op, "moves elements");
      last = from;
    }
    RankedTensorType type = op.getType();
    if (canNameShape(type)) {
      rewriter.replaceOp(op, createReshape(rewriter, op.getLoc(), op.getInput(), type));
      return success();
    }
    return reshapeByUnitDims(op, rewriter);
  }

  /// With several dynamic dimensions: drop the dimensions of size one, insert them again.
  static LogicalResult reshapeByUnitDims(qnn::TransposeOp op, PatternRewriter &rewriter) {
    RankedTensorType input = getTensorType(op.getInput()), type = op.getType();
    SmallVector<int64_t> dropped, inserted, kept;
    for (auto [i, size] : llvm::enumerate(input.getShape())) {
      if (size == 1)
        dropped.push_back(i);
      else
        kept.push_back(size);
    }
    for (auto [i, from] : llvm::enumerate(op.getPerm()))
      if (input.getDimSize(from) == 1)
        inserted.push_back(i);
    if (dropped.empty())
      return rewriter.notifyMatchFailure(op, "has no dimension of size one");
    Value squeezed = qnn::SqueezeOp::create(rewriter, op.getLoc(),
                                            RankedTensorType::get(kept, type.getElementType()),
                                            op.getInput(), rewriter.getDenseI64ArrayAttr(dropped));
    rewriter.replaceOp(op, qnn::UnsqueezeOp::create(rewriter, op.getLoc(), type, squeezed,
                                                    rewriter.getDenseI64ArrayAttr(inserted)));
    return success();
  }
};

/// The dimensions of a transposed tensor are those of its source, picked.
struct ShapeOfTranspose final : OpRewritePattern<qnn::ShapeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::ShapeOp op, PatternRewriter &rewriter) const override {
    auto transpose = op.getInput().getDefiningOp<qnn::TransposeOp>();
    if (!transpose)
      return rewriter.notifyMatchFailure(op, "not of a transpose");
    int64_t rank = transpose.getType().getRank(), start = op.getStart();
    int64_t count = op.getType().getDimSize(0);
    if (ShapedType::isDynamic(count) || start < 0 || start + count > rank)
      return rewriter.notifyMatchFailure(op, "the part is not known");
    Value all = qnn::ShapeOp::create(
        rewriter, op.getLoc(), RankedTensorType::get({rank}, rewriter.getI64Type()),
        transpose.getInput(), rewriter.getI64IntegerAttr(0), rewriter.getI64IntegerAttr(rank));
    Value indices = createIntegers(rewriter, op.getLoc(), rewriter.getI64Type(), {count},
                                   transpose.getPerm().slice(start, count));
    rewriter.replaceOp(op, qnn::GatherOp::create(rewriter, op.getLoc(), op.getType(), all, indices,
                                                 rewriter.getI64IntegerAttr(0)));
    return success();
  }
};

//===--- selections that keep everything ----------------------------------===//

/// Types are equal and all static: nothing is repeated or dropped.
bool isWhole(Operation *op, Value input) {
  return op->getResult(0).getType() == input.getType() && getTensorType(input).hasStaticShape();
}

struct RemoveExpand final : OpRewritePattern<qnn::ExpandOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::ExpandOp op, PatternRewriter &rewriter) const override {
    auto sizes = getIntegers(op.getShape());
    bool ones = sizes && llvm::all_of(*sizes, [](int64_t size) { return size == 1; }) &&
                op.getType() == op.getInput().getType();
    if (!ones && !isWhole(op, op.getInput()))
      return rewriter.notifyMatchFailure(op, "repeats elements");
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

struct RemoveTile final : OpRewritePattern<qnn::TileOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::TileOp op, PatternRewriter &rewriter) const override {
    auto repeats = getIntegers(op.getRepeats());
    if (!repeats || !llvm::all_of(*repeats, [](int64_t count) { return count == 1; }) ||
        op.getType() != op.getInput().getType())
      return rewriter.notifyMatchFailure(op, "repeats elements");
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

struct RemoveSlice final : OpRewritePattern<qnn::SliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::SliceOp op, PatternRewriter &rewriter) const override {
    auto starts = getIntegers(op.getStarts()), ends = getIntegers(op.getEnds()),
         steps = getIntegers(op.getSteps());
    if (!starts || !ends || !steps || op.getType() != op.getInput().getType())
      return rewriter.notifyMatchFailure(op, "not constant");
    for (auto [axis, start, end, step] : llvm::zip_equal(op.getAxes(), *starts, *ends, *steps)) {
      int64_t size = op.getType().getDimSize(axis);
      if (!isWholeSlice(ShapedType::isDynamic(size) ? std::nullopt : std::optional(size), start,
                        end, step))
        return rewriter.notifyMatchFailure(op, "drops elements");
    }
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

struct RemoveConcat final : OpRewritePattern<qnn::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::ConcatOp op, PatternRewriter &rewriter) const override {
    if (op.getInputs().size() != 1 || op.getInputs().front().getType() != op.getType())
      return rewriter.notifyMatchFailure(op, "joins several tensors");
    rewriter.replaceOp(op, op.getInputs().front());
    return success();
  }
};

struct RemovePad final : OpRewritePattern<qnn::PadOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(qnn::PadOp op, PatternRewriter &rewriter) const override {
    auto pads = getIntegers(op.getPads());
    if (!pads || !llvm::all_of(*pads, [](int64_t pad) { return pad == 0; }) ||
        op.getType() != op.getInput().getType())
      return rewriter.notifyMatchFailure(op, "pads");
    rewriter.replaceOp(op, op.getInput());
    return success();
  }
};

/// Reductions over dimensions of size one only drop them.
struct RemoveReduction final : OpInterfaceRewritePattern<qnn::ReductionInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(qnn::ReductionInterface op,
                                PatternRewriter &rewriter) const override {
    Value value = op->getOperand(0);
    RankedTensorType input = getTensorType(value);
    if (op.getAxes().empty() ||
        !llvm::all_of(op.getAxes(), [&](int64_t axis) { return input.getDimSize(axis) == 1; }))
      return rewriter.notifyMatchFailure(op, "reduces");
    if (op.getKeepDims())
      rewriter.replaceOp(op, value);
    else
      rewriter.replaceOp(op,
                         qnn::SqueezeOp::create(rewriter, op.getLoc(), op->getResult(0).getType(),
                                                value, op.getAxes()));
    return success();
  }
};

/// Constants are transposed and reshaped at once, whatever their size.
struct FoldOnConstant final : OpInterfaceRewritePattern<qnn::TransparentInterface> {
  FoldOnConstant(MLIRContext *context, bool transposes)
      : OpInterfaceRewritePattern(context), transposes(transposes) {}
  LogicalResult matchAndRewrite(qnn::TransparentInterface op,
                                PatternRewriter &rewriter) const override {
    if (!qnn::keepsElements(op) || qnn::keepsElementOrder(op) == transposes)
      return rewriter.notifyMatchFailure(op, "not of the kind");
    if (!llvm::all_of(op->getOperands(), isConstantValue) ||
        !getTensorType(op->getResult(0)).hasStaticShape())
      return rewriter.notifyMatchFailure(op, "not constant");
    auto attributes = evaluateOnConstants(op);
    if (!attributes) {
      llvm::consumeError(attributes.takeError());
      return rewriter.notifyMatchFailure(op, "cannot be evaluated");
    }
    rewriter.replaceOpWithNewOp<qnn::ConstantOp>(op, attributes->front());
    return success();
  }
  bool transposes; ///< or reshapes
};

} // namespace

void bitwright::populateShapePatterns(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns
      .add<MergeReshapes, MergeUnitDims<qnn::SqueezeOp>, MergeUnitDims<qnn::UnsqueezeOp>, NameShape,
           RemoveExpand, RemoveTile, RemoveSlice, RemoveConcat, RemovePad, RemoveReduction>(
          context);
  patterns.add<FoldOnConstant>(context, /*transposes=*/false);
}

void bitwright::populateTransposePatterns(RewritePatternSet &patterns) {
  patterns.add<MergeTransposes, ShapeOfTranspose>(patterns.getContext());
  patterns.add<FoldOnConstant>(patterns.getContext(), /*transposes=*/true);
}

void bitwright::populateUnitTransposePatterns(RewritePatternSet &patterns) {
  patterns.add<SqueezeBeforeTranspose, TransposeBeforeUnsqueeze>(patterns.getContext());
}

void bitwright::populateTransposeToReshapePatterns(RewritePatternSet &patterns) {
  patterns.add<TransposeToReshape>(patterns.getContext());
}
