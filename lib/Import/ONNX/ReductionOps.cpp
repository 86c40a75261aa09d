// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reductions over axes, and the index of an extreme.

#include "Compose.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include <limits>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

/// Axes that are data, from the shapes of the input and the declared one of the result. nullopt
/// where the model declares none, or several choices of axes give it; of size one do not matter.
std::optional<SmallVector<int64_t>> inferAxes(Node &n, bool keepDims) {
  std::optional<SmallVector<int64_t>> wanted = n.getShapeInsteadOf(1);
  if (!wanted || !n.getInputType(0).hasStaticShape())
    return std::nullopt;
  ArrayRef<int64_t> sizes = n.getInputType(0).getShape();
  std::optional<SmallVector<int64_t>> axes, significant;
  for (unsigned mask = 0; mask < 1u << sizes.size(); ++mask) {
    SmallVector<int64_t> chosen, others, shape;
    for (auto [axis, size] : llvm::enumerate(sizes)) {
      bool isReduced = mask >> axis & 1;
      if (isReduced)
        chosen.push_back(static_cast<int64_t>(axis));
      if (isReduced && size != 1)
        others.push_back(static_cast<int64_t>(axis));
      if (!isReduced || keepDims)
        shape.push_back(isReduced ? 1 : size);
    }
    if (shape != *wanted)
      continue;
    if (significant && *significant != others)
      return std::nullopt;
    significant = others;
    if (!axes || axes->empty()) // the fewest, but some where all are of size one
      axes = chosen;
  }
  return axes;
}

struct Reduction {
  SmallVector<int64_t> axes;
  bool keepDims = true;
  bool isNoop = false;

  /// Axes are an attribute, and an input since opset 18 (ReduceSum: 13).
  Reduction(Node &n, int64_t inputSince) {
    keepDims = n.getBool("keepdims", true);
    bool noop = n.getOpset() >= inputSince && n.getBool("noop_with_empty_axes", false);
    if (n.getOpset() < inputSince)
      axes = n.getInts("axes", {});
    n.expect(n.getOpset() >= inputSince || !n.hasInput(1), "expects 1 input");
    if (n.getOpset() >= inputSince && n.hasInput(1)) {
      if (std::optional<SmallVector<int64_t>> inferred = inferAxes(n, keepDims)) {
        axes = *inferred;
        return;
      }
      axes = n.requireIntegers(1, "axes");
    }
    axes = n.normalizeAxes(axes, n.getRank(0));
    isNoop = axes.empty() && noop;
    if (axes.empty() && !noop)
      axes = axesBetween(0, n.getRank(0));
  }

  template <typename Op> Value create(Node &n, Value x) const { return create<Op>(n, x, keepDims); }
  template <typename Op> Value create(Node &n, Value x, bool keep) const {
    // No axes are left of a scalar, or of a reduction that does nothing.
    return reduce<Op>(n, x, axes, keep);
  }
};

template <typename Op, int64_t since = 18> void buildReduce(Node &n) {
  n.setResult(Reduction(n, since).create<Op>(n, n.getInput(0)));
}

/// bool and unsigned operands go through wider integers.
template <typename Op> void buildExtreme(Node &n) {
  Reduction reduction(n, 18);
  int32_t type = n.getElementType(0);
  n.expect(type != UInt64, "uint64 operands are not supported");
  bool isWidened = isUnsigned(type) || type == Bool;
  int32_t compute = isWidened ? int32_t(Int64) : type;
  Value x = n.cast(n.getInput(0), type, compute);
  n.setResult(n.cast(reduction.create<Op>(n, x), compute, type));
}

void buildReduceL1(Node &n) {
  Reduction reduction(n, 18);
  n.setResult(reduction.create<qnn::ReduceSumOp>(n, n.create<qnn::AbsOp>({n.getInput(0)})));
}

Value sumSquare(Node &n) {
  Reduction reduction(n, 18);
  Value x = n.getInput(0);
  return reduction.create<qnn::ReduceSumOp>(n, n.create<qnn::MulOp>({x, x}));
}
void buildReduceSumSquare(Node &n) { n.setResult(sumSquare(n)); }

void buildReduceL2(Node &n) {
  Value sum = sumSquare(n);
  int32_t type = n.getElementType(0), compute = isFloat(type) ? type : int32_t(Float);
  Value root = n.create<qnn::SqrtOp>({n.cast(sum, type, compute)});
  n.setResult(n.cast(root, compute, type));
}

void buildReduceLogSum(Node &n) {
  Reduction reduction(n, 18);
  n.setResult(n.create<qnn::LogOp>({reduction.create<qnn::ReduceSumOp>(n, n.getInput(0))}));
}

/// log(sum(exp(x - m))) + m, where m is the maximum, or 0 where that is not finite.
void buildReduceLogSumExp(Node &n) {
  Reduction reduction(n, 18);
  Value x = n.getInput(0);
  int32_t type = n.getElementType(0);
  if (!n.expect(isFloat(type), "expects a float input"))
    return;
  Value largest = reduction.create<qnn::ReduceMaxOp>(n, x, /*keep=*/true);
  Value limit = n.createScalar(type, std::numeric_limits<float>::max());
  Value isFinite = n.create<qnn::LessEqualOp>({n.create<qnn::AbsOp>({largest}), limit});
  Value shift = n.create<qnn::WhereOp>({isFinite, largest, n.createScalar(type, 0)});
  Value terms = n.create<qnn::ExpOp>({n.create<qnn::SubOp>({x, shift})});
  Value sum = reduction.create<qnn::ReduceSumOp>(n, terms, /*keep=*/true);
  Value result = n.create<qnn::AddOp>({n.create<qnn::LogOp>({sum}), shift});
  if (!reduction.keepDims && !reduction.axes.empty())
    result = n.squeeze(result, reduction.axes);
  n.setResult(result);
}

//===--- index of an extreme ----------------------------------------------===//

/// The index counted from the other end: size - 1 - index.
Value reverseIndex(Node &n, Value index, int64_t size) {
  return n.create<qnn::SubOp>({n.createInteger(size - 1), index});
}

/// The operand in the order in which arg_max finds what is wanted: signed, and turned around where
/// the smallest element is. -1 - x turns integers around; -x would leave the least where it is.
Value orderForArgMax(Node &n, bool isMinimum) {
  int32_t type = n.getElementType(0);
  Value x = n.getInput(0);
  if (type == UInt64) // the highest bit turned over, without leaving 64 bits
    x = n.create<qnn::AddOp>({x, n.createInteger(INT64_MIN)});
  else if (isUnsigned(type) || type == Bool)
    x = n.cast(x, type, Int64);
  if (!isMinimum)
    return x;
  if (isFloat(type))
    return n.create<qnn::NegOp>({x});
  bool isWidened = isUnsigned(type) || type == Bool;
  return n.create<qnn::SubOp>({n.createScalar(isWidened ? int32_t(Int64) : type, -1), x});
}

void buildArg(Node &n, bool isMinimum) {
  int64_t axis = n.normalizeAxis(n.getInt("axis", 0), n.getRank(0));
  Attribute keep = n.unit(n.getBool("keepdims", true));
  bool last = n.getOpset() >= 12 && n.getBool("select_last_index", false);
  Value x = orderForArgMax(n, isMinimum);
  if (n.failed())
    return;
  int64_t size = n.getInputType(0).getShape()[axis];
  if (!n.expect(!last || !ShapedType::isDynamic(size),
                "attribute 'select_last_index' needs a static axis"))
    return;
  if (last)
    x = n.create<qnn::SliceOp>(
        {x, n.createIntegers({-1}), n.createIntegers({INT64_MIN}), n.createIntegers({-1})},
        {{"axes", n.ints({axis})}});
  Value index = n.create<qnn::ArgMaxOp>({x}, {{"axis", n.integer(axis)}, {"keep_dims", keep}});
  n.setResult(0, last ? reverseIndex(n, index, size) : index, Int64);
}
void buildArgMax(Node &n) { buildArg(n, /*isMinimum=*/false); }
void buildArgMin(Node &n) { buildArg(n, /*isMinimum=*/true); }

/// The result for the axis at input 1; one that is data chooses among the results for all.
void buildByAxis(Node &n, llvm::function_ref<Value(int64_t)> create) {
  int64_t rank = n.getRank(0);
  Value given = n.getIndexInput(1);
  if (n.failed() ||
      !n.expect(n.getInputType(1).hasStaticShape() && n.getInputType(1).getNumElements() == 1,
                "expects one axis") ||
      !n.expect(rank > 0, "expects an input of rank 1 or more"))
    return;
  if (std::optional<SmallVector<int64_t>> axes = n.getConstantIntegers(1)) {
    int64_t axis = n.normalizeAxis(axes->front(), rank);
    return n.setResult(n.failed() ? Value() : create(axis));
  }
  given = n.getRank(1) ? n.reshape(given, {}) : given;
  Value result = create(rank - 1);
  for (int64_t axis = rank - 2; axis >= 0; --axis) {
    Value isFront = n.create<qnn::EqualOp>({given, n.createInteger(axis)});
    Value isBack = n.create<qnn::EqualOp>({given, n.createInteger(axis - rank)});
    result = where(n, n.create<qnn::OrOp>({isFront, isBack}), create(axis), result);
  }
  n.setResult(result);
}

void buildCumSum(Node &n) {
  Attribute isExclusive = n.unit(n.getBool("exclusive", false));
  Attribute isReverse = n.unit(n.getBool("reverse", false));
  buildByAxis(n, [&](int64_t axis) {
    return n.create<qnn::CumSumOp>(
        {n.getInput(0)},
        {{"axis", n.integer(axis)}, {"exclusive", isExclusive}, {"reverse", isReverse}});
  });
}

/// Products of the elements up to each place: in log2(size) rounds each element is multiplied by
/// the one 1, 2, 4, ... places before it.
Value cumulativeProduct(Node &n, int64_t axis, bool isExclusive, bool isReverse) {
  int64_t rank = n.getRank(0), size = n.getInputType(0).getShape()[axis];
  if (!n.expect(!ShapedType::isDynamic(size), "the axis must be of static size"))
    return {};
  Attribute mode = qnn::PadModeAttr::get(n.getContext(), qnn::PadMode::Constant);
  auto shift = [&](Value x, int64_t places) {
    SmallVector<int64_t> pads(2 * rank, 0);
    pads[axis + (isReverse ? rank : 0)] = places;
    pads[axis + (isReverse ? 0 : rank)] = -places;
    return n.create<qnn::PadOp>({x, n.createIntegers(pads), scalarLike(n, x, 1)}, {{"mode", mode}});
  };
  Value x = n.getInput(0);
  if (isExclusive && size > 0)
    x = shift(x, 1);
  for (int64_t places = 1; places < size; places *= 2)
    x = mul(n, x, shift(x, places));
  return x;
}

void buildCumProd(Node &n) {
  bool isExclusive = n.getBool("exclusive", false), isReverse = n.getBool("reverse", false);
  buildByAxis(n, [&](int64_t axis) { return cumulativeProduct(n, axis, isExclusive, isReverse); });
}

//===--- hardmax ----------------------------------------------------------===//

/// 1 where the first largest element along the axis is, 0 elsewhere.
Value hardmax(Node &n, Value x, int64_t axis) {
  Value index =
      n.create<qnn::ArgMaxOp>({x}, {{"axis", n.integer(axis)}, {"keep_dims", n.unit(true)}});
  int64_t rank = rankOf(n, x);
  Value places = rangeTo(n, sizeOf(n, x, axis));
  if (axis < rank - 1)
    places = n.unsqueeze(places, axesBetween(1, rank - axis));
  return n.cast(n.create<qnn::EqualOp>({places, index}), Bool, n.getElementType(0));
}

void buildHardmax13(Node &n) {
  int64_t axis = n.normalizeAxis(n.getInt("axis", -1), n.getRank(0));
  n.setResult(hardmax(n, n.getInput(0), axis));
}

/// Before opset 13: over all dimensions from `axis` on, as one.
void buildHardmax1(Node &n) {
  int64_t axis = n.normalizeAxis(n.getInt("axis", 1), n.getRank(0));
  Value x = n.getInput(0);
  Value flat = n.create<qnn::FlattenOp>({x}, {{"axis", n.integer(axis)}});
  n.setResult(n.create<qnn::ReshapeOp>({hardmax(n, flat, 1), n.shapeOf(x)}));
}

} // namespace

ArrayRef<OpEntry> getReductionOps() {
  static const OpEntry entries[] = {
      {"ArgMax", 1, 1, buildArgMax},
      {"ArgMin", 1, 1, buildArgMin},
      {"CumProd", 2, 2, buildCumProd, 26},
      {"CumSum", 2, 2, buildCumSum, 11},
      {"Hardmax", 1, 1, buildHardmax1, 7, 12},
      {"Hardmax", 1, 1, buildHardmax13, 13},
      {"ReduceL1", 1, 2, buildReduceL1},
      {"ReduceL2", 1, 2, buildReduceL2},
      {"ReduceLogSum", 1, 2, buildReduceLogSum},
      {"ReduceLogSumExp", 1, 2, buildReduceLogSumExp},
      {"ReduceMax", 1, 2, buildExtreme<qnn::ReduceMaxOp>},
      {"ReduceMean", 1, 2, buildReduce<qnn::ReduceMeanOp>},
      {"ReduceMin", 1, 2, buildExtreme<qnn::ReduceMinOp>},
      {"ReduceProd", 1, 2, buildReduce<qnn::ReduceProdOp>},
      {"ReduceSum", 1, 2, buildReduce<qnn::ReduceSumOp, 13>},
      {"ReduceSumSquare", 1, 2, buildReduceSumSquare},
  };
  return entries;
}

} // namespace bitwright::onnximport
