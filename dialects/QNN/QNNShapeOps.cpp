// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Type inference, rules and folds of the ops that move elements.

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"
#include "dialects/QNN/SliceRule.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace bitwright;
using namespace bitwright::qnn;

#define QNN_INFER(OP)                                                                              \
  LogicalResult OP::inferReturnTypes(MLIRContext *context, std::optional<Location> location,       \
                                     Adaptor adaptor, SmallVectorImpl<Type> &types)

namespace {

LogicalResult finish(ArrayRef<int64_t> dims, Value like, SmallVectorImpl<Type> &types) {
  types.push_back(RankedTensorType::get(dims, elementOf(like)));
  return success();
}

/// A one-dimensional i64 operand of `count` elements.
LogicalResult checkList(const Site &site, StringRef what, Value value, int64_t count) {
  return checkVector(site, what, value, count);
}

/// Product of the static sizes, or -1 on overflow.
int64_t staticProduct(ArrayRef<int64_t> dims) {
  int64_t product = 1;
  for (int64_t dim : dims)
    if (!isDynamic(dim) && llvm::MulOverflow(product, dim, product))
      return -1;
  return product;
}

} // namespace

//===--- reshape and friends ----------------------------------------------===//

QNN_INFER(ReshapeOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput()), shapeDims = dimsOf(adaptor.getShape());
  if (failed(checkRank(site, "a shape", shapeDims, 1)))
    return failure();
  if (isDynamic(shapeDims[0]))
    return site.fail("expects a shape of known length");
  std::optional<KnownIntegers> known = getKnownIntegers(adaptor.getShape());
  Dims dims(shapeDims[0], ShapedType::kDynamic);
  if (!known)
    return finish(dims, adaptor.getInput(), types);
  Dims left(in); // input dimensions that are not copied by a 0
  int64_t inferred = -1;
  bool allKnown = true;
  for (auto [index, known] : llvm::enumerate(*known)) {
    int64_t size = known.value_or(0);
    if (!known) {
      allKnown = false;
    } else if (size == -1) {
      if (inferred >= 0)
        return site.fail("expects at most one -1 in a shape");
      inferred = index;
    } else if (size == 0 && !adaptor.getAllowZero()) {
      if (index >= in.size())
        return site.fail("expects 0 in a shape to stand for a dimension of the input, but got ",
                         toString(in));
      dims[index] = in[index];
      if (isDynamic(in[index]))
        left[index] = 1;
    } else if (size < 0) {
      return site.fail("expects sizes of at least -1 in a shape, but got ", size);
    } else {
      dims[index] = size;
    }
  }
  if (!allKnown || llvm::any_of(left, isDynamic))
    return finish(dims, adaptor.getInput(), types);
  int64_t total = staticProduct(left), rest = staticProduct(dims);
  if (total < 0 || rest < 0)
    return site.fail("expects fewer than 2^63 elements");
  if (inferred >= 0) {
    if (rest == 0 || total % rest != 0)
      return site.fail("cannot reshape ", toString(in), " to ", toString(dims));
    dims[inferred] = total / rest;
  } else if (total != rest) {
    return site.fail("cannot reshape ", toString(in), " to ", toString(dims));
  }
  return finish(dims, adaptor.getInput(), types);
}

QNN_INFER(SqueezeOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  for (int64_t axis : adaptor.getAxes())
    if (axis >= 0 && axis < int64_t(in.size()) && !dimsAgree(in[axis], 1))
      return site.fail("expects size 1 at axis ", axis, ", but got ", in[axis]);
  FailureOr<Dims> dims = inferReduce(site, in, adaptor.getAxes(), /*keepDims=*/false);
  if (failed(dims))
    return failure();
  return finish(*dims, adaptor.getInput(), types);
}

QNN_INFER(UnsqueezeOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput()), axes = adaptor.getAxes();
  int64_t rank = in.size() + axes.size();
  if (failed(checkAxes(site, axes, rank)))
    return failure();
  Dims dims;
  for (int64_t i = 0, next = 0; i < rank; ++i)
    dims.push_back(llvm::is_contained(axes, i) ? 1 : in[next++]);
  return finish(dims, adaptor.getInput(), types);
}

QNN_INFER(FlattenOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(site, axis, in.size(), /*orEnd=*/true)))
    return failure();
  Dims dims;
  for (ArrayRef<int64_t> part : {in.take_front(axis), in.drop_front(axis)}) {
    int64_t size = llvm::any_of(part, isDynamic) ? ShapedType::kDynamic : staticProduct(part);
    if (size == -1)
      return site.fail("expects fewer than 2^63 elements");
    dims.push_back(size);
  }
  return finish(dims, adaptor.getInput(), types);
}

QNN_INFER(TransposeOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput()), perm = adaptor.getPerm();
  if (perm.size() != in.size())
    return site.fail("expects a permutation of ", in.size(), " axes, but got ", perm.size());
  if (failed(checkAxes(site, perm, in.size())))
    return failure();
  Dims dims;
  for (int64_t axis : perm)
    dims.push_back(in[axis]);
  return finish(dims, adaptor.getInput(), types);
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (getType() != getInput().getType())
    return {};
  for (auto [index, axis] : llvm::enumerate(getPerm()))
    if (int64_t(index) != axis)
      return {};
  return getInput();
}

//===--- selecting --------------------------------------------------------===//

QNN_INFER(GatherOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(site, axis, in.size())))
    return failure();
  Dims dims(in.take_front(axis));
  dims.append(dimsOf(adaptor.getIndices()).begin(), dimsOf(adaptor.getIndices()).end());
  dims.append(in.begin() + axis + 1, in.end());
  return finish(dims, adaptor.getInput(), types);
}

QNN_INFER(GatherNDOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput()), indices = dimsOf(adaptor.getIndices());
  int64_t batch = adaptor.getBatchDims();
  if (indices.empty() || in.empty())
    return site.fail("expects an input and indices of rank 1 or more");
  if (batch < 0 || batch >= int64_t(std::min(in.size(), indices.size())))
    return site.fail("expects batch_dims from 0 to ", std::min(in.size(), indices.size()) - 1,
                     ", but got ", batch);
  int64_t length = indices.back(), most = int64_t(in.size()) - batch;
  if (isDynamic(length) || length < 1 || length > most)
    return site.fail("expects tuples of 1 to ", most, " indices, but got ", toString(indices));
  Dims dims(indices.drop_back());
  for (int64_t i = 0; i < batch; ++i) {
    if (!dimsAgree(in[i], indices[i]))
      return site.fail("expects equal sizes at axis ", i, ", but got ", in[i], " and ", indices[i]);
    if (isDynamic(dims[i]))
      dims[i] = in[i];
  }
  dims.append(in.begin() + batch + length, in.end());
  return finish(dims, adaptor.getInput(), types);
}

QNN_INFER(SliceOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput()), axes = adaptor.getAxes();
  int64_t count = axes.size();
  if (failed(checkAxes(site, axes, in.size())) ||
      failed(checkList(site, "starts", adaptor.getStarts(), count)) ||
      failed(checkList(site, "ends", adaptor.getEnds(), count)) ||
      failed(checkList(site, "steps", adaptor.getSteps(), count)))
    return failure();
  std::optional<KnownIntegers> starts = getKnownIntegers(adaptor.getStarts()),
                               ends = getKnownIntegers(adaptor.getEnds()),
                               steps = getKnownIntegers(adaptor.getSteps());
  Dims dims(in);
  for (auto [index, axis] : llvm::enumerate(axes)) {
    auto get = [i = index](const auto &list) { return list ? (*list)[i] : std::nullopt; };
    KnownInteger start = get(starts), end = get(ends), step = get(steps);
    if (step && *step == 0)
      return site.fail("expects a step other than 0");
    bool known = start && end && step;
    if (!isDynamic(in[axis]))
      dims[axis] = known ? resolveSlice(in[axis], *start, *end, *step).count : ShapedType::kDynamic;
    else if (!known || !isWholeSlice(std::nullopt, *start, *end, *step))
      dims[axis] = ShapedType::kDynamic;
  }
  return finish(dims, adaptor.getInput(), types);
}

unsigned ConcatOp::getNumDataOperands() { return getNumOperands(); }

QNN_INFER(ConcatOp) {
  Site site{location, getOperationName()};
  ValueRange inputs = adaptor.getInputs();
  if (inputs.empty())
    return site.fail("expects at least one input");
  Dims dims(dimsOf(inputs.front()));
  int64_t axis = adaptor.getAxis();
  if (failed(checkAxis(site, axis, dims.size())))
    return failure();
  for (Value input : inputs.drop_front()) {
    ArrayRef<int64_t> other = dimsOf(input);
    if (failed(checkSameElement(site, "inputs", input, inputs.front())) ||
        failed(checkRank(site, "inputs", other, dims.size())))
      return failure();
    for (auto [index, dim] : llvm::enumerate(other)) {
      if (int64_t(index) == axis) {
        if (isDynamic(dim) || isDynamic(dims[index]))
          dims[index] = ShapedType::kDynamic;
        else if (llvm::AddOverflow(dims[index], dim, dims[index]))
          return site.fail("expects fewer than 2^63 elements");
      } else if (!dimsAgree(dims[index], dim)) {
        return site.fail("expects inputs of equal size at axis ", index, ", but got ", dims[index],
                         " and ", dim);
      } else if (isDynamic(dims[index])) {
        dims[index] = dim;
      }
    }
  }
  return finish(dims, inputs.front(), types);
}

//===--- growing ----------------------------------------------------------===//

QNN_INFER(PadOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  if (failed(checkList(site, "pads", adaptor.getPads(), 2 * in.size())) ||
      failed(checkRank(site, "a value", dimsOf(adaptor.getValue()), 0)) ||
      failed(checkSameElement(site, "a value", adaptor.getValue(), adaptor.getInput())))
    return failure();
  std::optional<KnownIntegers> pads = getKnownIntegers(adaptor.getPads());
  Dims dims(in.size(), ShapedType::kDynamic);
  for (size_t i = 0; i < in.size() && pads; ++i) {
    KnownInteger before = (*pads)[i], after = (*pads)[i + in.size()];
    if (isDynamic(in[i]) || !before || !after)
      continue;
    if (llvm::AddOverflow(in[i], *before, dims[i]) || llvm::AddOverflow(dims[i], *after, dims[i]) ||
        dims[i] < 0)
      return site.fail("expects pads that leave a size of at least 0 at axis ", i);
  }
  return finish(dims, adaptor.getInput(), types);
}

QNN_INFER(ExpandOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput()), shapeDims = dimsOf(adaptor.getShape());
  if (failed(checkRank(site, "a shape", shapeDims, 1)))
    return failure();
  if (isDynamic(shapeDims[0]))
    return site.fail("expects a shape of known length");
  Dims shape(shapeDims[0], ShapedType::kDynamic);
  if (std::optional<KnownIntegers> known = getKnownIntegers(adaptor.getShape())) {
    if (llvm::any_of(*known, [](KnownInteger size) { return size.value_or(0) < 0; }))
      return site.fail("expects sizes of at least 0 in a shape");
    llvm::transform(*known, shape.begin(), sizeOrDynamic);
  }
  FailureOr<Dims> dims = broadcast(site, in, shape);
  if (failed(dims))
    return failure();
  return finish(*dims, adaptor.getInput(), types);
}

QNN_INFER(TileOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  if (failed(checkList(site, "repeats", adaptor.getRepeats(), in.size())))
    return failure();
  std::optional<KnownIntegers> repeats = getKnownIntegers(adaptor.getRepeats());
  Dims dims(in.size(), ShapedType::kDynamic);
  for (size_t i = 0; i < in.size() && repeats; ++i) {
    KnownInteger repeat = (*repeats)[i];
    if (repeat && *repeat < 0)
      return site.fail("expects repeats of at least 0, but got ", *repeat);
    if (!repeat || (isDynamic(in[i]) && *repeat != 0))
      continue;
    if (llvm::MulOverflow(isDynamic(in[i]) ? 0 : in[i], *repeat, dims[i]))
      return site.fail("expects fewer than 2^63 elements");
  }
  return finish(dims, adaptor.getInput(), types);
}

QNN_INFER(ResizeOp) {
  Site site{location, getOperationName()};
  ArrayRef<int64_t> in = dimsOf(adaptor.getInput());
  if (failed(checkRank(site, "an image", in, 4)) ||
      failed(checkList(site, "sizes", adaptor.getSizes(), 2)))
    return failure();
  ArrayRef<double> scales = adaptor.getScales();
  if (scales.size() != 2 ||
      !llvm::all_of(scales, [](double s) { return s > 0 && std::isfinite(s); }))
    return site.fail("expects two positive scales");
  Dims dims{in[0], ShapedType::kDynamic, ShapedType::kDynamic, in[3]};
  if (std::optional<KnownIntegers> sizes = getKnownIntegers(adaptor.getSizes())) {
    for (KnownInteger size : *sizes)
      if (size.value_or(0) < 0)
        return site.fail("expects sizes of at least 0, but got ", *size);
    dims[1] = sizeOrDynamic((*sizes)[0]);
    dims[2] = sizeOrDynamic((*sizes)[1]);
  }
  return finish(dims, adaptor.getInput(), types);
}

QNN_INFER(ShapeOp) {
  Site site{location, getOperationName()};
  int64_t rank = dimsOf(adaptor.getInput()).size();
  int64_t start = adaptor.getStart(), end = adaptor.getEnd();
  if (start < 0 || start > end || end > rank)
    return site.fail("expects 0 <= start <= end <= ", rank, ", but got ", start, " and ", end);
  types.push_back(RankedTensorType::get({end - start}, IntegerType::get(context, 64)));
  return success();
}

QNN_INFER(RangeOp) {
  Site site{location, getOperationName()};
  for (Value value : {adaptor.getStart(), adaptor.getLimit(), adaptor.getDelta()})
    if (failed(checkRank(site, "scalars", dimsOf(value), 0)) ||
        failed(checkSameElement(site, "scalars", value, adaptor.getStart())))
      return failure();
  int64_t count = ShapedType::kDynamic;
  auto getOne = [](Value value) {
    std::optional<KnownIntegers> integers = getKnownIntegers(value);
    return integers && integers->size() == 1 ? integers->front() : std::nullopt;
  };
  KnownInteger start = getOne(adaptor.getStart()), limit = getOne(adaptor.getLimit()),
               delta = getOne(adaptor.getDelta());
  if (delta && *delta == 0)
    return site.fail("expects a delta other than 0");
  if (start && limit && delta) {
    __int128 distance = __int128(*limit) - *start;
    __int128 steps = (distance + *delta + (*delta > 0 ? -1 : 1)) / *delta;
    count = int64_t(std::max<__int128>(0, std::min<__int128>(steps, INT64_MAX)));
  }
  types.push_back(RankedTensorType::get({count}, elementOf(adaptor.getStart())));
  return success();
}
