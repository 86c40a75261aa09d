// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Symbolic shape of each op, and the values of tensors made of sizes.

#include "passes/Codegen/Plan/Shapes.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/SliceRule.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

/// Integer tensors of at most this many elements are followed as sizes.
static constexpr int64_t maxElements = 64;

Dim bitwright::codegen::broadcastDim(Tensors &p, Dim x, Dim y) {
  if (x == y || y.is(1))
    return x;
  if (x.is(1))
    return y;
  // A static size other than 1 decides; the check of the op covers the rest.
  if (x.isStatic())
    return x;
  if (y.isStatic())
    return y;
  return p.sizes.select(p.sizes.equal(x, 1), y, x);
}

Dim bitwright::codegen::windowCount(Tensors &p, Dim input, int64_t kernel, int64_t stride,
                                    int64_t padding, int64_t dilation) {
  int64_t extent = dilation * (kernel - 1) + 1;
  return p.sizes.max(
      p.sizes.add(p.sizes.floorDiv(p.sizes.sub(p.sizes.add(input, padding), extent), stride), 1),
      0);
}

static LogicalResult broadcastShapes(Tensors &p, Operation *op, ValueRange operands, Dims &result) {
  for (Value operand : operands) {
    const Dims dims = p.info(operand).dims;
    if (dims.size() > result.size())
      result.insert(result.begin(), dims.size() - result.size(), Dim(1));
  }
  for (Value operand : operands) {
    const Dims dims = p.info(operand).dims;
    size_t skip = result.size() - dims.size();
    for (size_t i = 0; i < dims.size(); ++i)
      result[skip + i] = broadcastDim(p, result[skip + i], dims[i]);
  }
  for (Value operand : operands) {
    const Dims dims = p.info(operand).dims;
    size_t skip = result.size() - dims.size();
    for (size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] == result[skip + i] || dims[i].is(1))
        continue;
      Dim fits = p.sizes.max(p.sizes.equal(dims[i], 1), p.sizes.equal(dims[i], result[skip + i]));
      if (failed(p.sizes.require(fits, op, "operands do not broadcast")))
        return failure();
    }
  }
  return success();
}

/// The values of an integer operand that sizes alone decide, or an error.
static FailureOr<Dims> getSizes(Tensors &p, Operation *op, Value operand, StringRef what) {
  if (auto &elements = p.info(operand).elements)
    return *elements;
  op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': " << what
                  << " depends on data; a compiled model needs it to follow from the input sizes";
  return failure();
}

//===--- values of small integer tensors ----------------------------------===//

static std::optional<int64_t> staticCount(const TensorInfo &info) {
  int64_t count = 1;
  for (Dim dim : info.dims) {
    if (!dim.isStatic())
      return std::nullopt;
    count *= dim.size;
  }
  if (count > maxElements || !info.elementType.isIntOrIndex())
    return std::nullopt;
  return count;
}

static std::optional<Dim> combineElements(Tensors &p, Operation *op, ArrayRef<Dim> x) {
  return llvm::TypeSwitch<Operation *, std::optional<Dim>>(op)
      .Case([&](qnn::AddOp) { return p.sizes.add(x[0], x[1]); })
      .Case([&](qnn::SubOp) { return p.sizes.sub(x[0], x[1]); })
      .Case([&](qnn::MulOp) { return p.sizes.mul(x[0], x[1]); })
      .Case([&](qnn::DivOp) { return p.sizes.div(x[0], x[1]); })
      .Case([&](qnn::MaxOp) { return p.sizes.max(x[0], x[1]); })
      .Case([&](qnn::MinOp) { return p.sizes.min(x[0], x[1]); })
      .Case([&](qnn::EqualOp) { return p.sizes.equal(x[0], x[1]); })
      .Case([&](qnn::LessOp) { return p.sizes.less(x[0], x[1]); })
      .Case([&](qnn::GreaterOp) { return p.sizes.less(x[1], x[0]); })
      .Case([&](qnn::LessEqualOp) { return p.sizes.logicalNot(p.sizes.less(x[1], x[0])); })
      .Case([&](qnn::GreaterEqualOp) { return p.sizes.logicalNot(p.sizes.less(x[0], x[1])); })
      .Case([&](qnn::NegOp) { return p.sizes.sub(0, x[0]); })
      .Case([&](qnn::NotOp) { return p.sizes.logicalNot(x[0]); })
      .Case([&](qnn::CastOp cast) -> std::optional<Dim> {
        if (cast.getType().getElementType().isInteger(1))
          return p.sizes.logicalNot(p.sizes.equal(x[0], 0));
        return x[0];
      })
      .Case([&](qnn::WhereOp) { return p.sizes.select(x[0], x[1], x[2]); })
      .Default([](Operation *) { return std::nullopt; });
}

/// Index into the elements of an operand of shape `dims` (all static) for
/// place `index` of a result of shape `shape`.
static int64_t broadcastIndex(ArrayRef<int64_t> shape, int64_t index, const Dims &dims) {
  int64_t result = 0, stride = 1;
  for (int64_t i = shape.size() - 1, j = dims.size() - 1; i >= 0; --i, --j) {
    int64_t coordinate = index % shape[i];
    index /= shape[i];
    if (j < 0)
      continue;
    if (!dims[j].is(1))
      result += coordinate * stride;
    stride *= dims[j].size;
  }
  return result;
}

static void evaluateElementwise(Tensors &p, Operation *op, TensorInfo &result) {
  std::optional<int64_t> count = staticCount(result);
  if (!count)
    return;
  for (Value operand : op->getOperands())
    if (!p.info(operand).elements)
      return;
  SmallVector<int64_t> shape = llvm::map_to_vector(result.dims, [](Dim dim) { return dim.size; });
  Dims elements;
  for (int64_t i = 0; i < *count; ++i) {
    SmallVector<Dim> values;
    for (Value operand : op->getOperands()) {
      TensorInfo &info = p.info(operand);
      values.push_back((*info.elements)[broadcastIndex(shape, i, info.dims)]);
    }
    auto combined = combineElements(p, op, values);
    if (!combined)
      return;
    elements.push_back(*combined);
  }
  result.elements = elements;
}

static bool allStatic(ArrayRef<Dim> dims) {
  return llvm::all_of(dims, [](Dim dim) { return dim.isStatic(); });
}

/// Moves elements: shapes, gathers, slices and joins of size vectors.
static void evaluateMovement(Tensors &p, Operation *op, TensorInfo &result) {
  std::optional<int64_t> count = staticCount(result);
  if (!count)
    return;
  auto elementsOf = [&](unsigned i) { return p.info(op->getOperand(i)).elements; };
  if (isa<qnn::ReshapeOp, qnn::SqueezeOp, qnn::UnsqueezeOp, qnn::FlattenOp>(op)) {
    result.elements = elementsOf(0);
  } else if (isa<qnn::ExpandOp>(op)) {
    if (auto source = elementsOf(0); source && allStatic(p.info(op->getOperand(0)).dims)) {
      SmallVector<int64_t> shape =
          llvm::map_to_vector(result.dims, [](Dim dim) { return dim.size; });
      Dims elements;
      for (int64_t i = 0; i < *count; ++i)
        elements.push_back((*source)[broadcastIndex(shape, i, p.info(op->getOperand(0)).dims)]);
      result.elements = elements;
    }
  } else if (isa<qnn::ConcatOp>(op)) {
    if (result.dims.size() != 1)
      return;
    Dims elements;
    for (Value operand : op->getOperands()) {
      auto part = p.info(operand).elements;
      if (!part)
        return;
      elements.append(part->begin(), part->end());
    }
    result.elements = elements;
  } else if (isa<qnn::GatherOp>(op)) {
    auto source = elementsOf(0), indices = elementsOf(1);
    if (!source || !indices || p.info(op->getOperand(0)).dims.size() != 1 || !allStatic(*indices))
      return;
    Dims elements;
    int64_t size = source->size();
    for (Dim index : *indices) {
      int64_t i = index.size < 0 ? index.size + size : index.size;
      if (i < 0 || i >= size)
        return;
      elements.push_back((*source)[i]);
    }
    result.elements = elements;
  } else if (isa<qnn::SliceOp>(op)) {
    auto source = elementsOf(0);
    if (!source || result.dims.size() != 1)
      return;
    SliceAxis axis = getSliceAxes(p, op)[0];
    if (!axis.start.isStatic() || !axis.step.isStatic())
      return;
    Dims elements;
    for (int64_t i = 0; i < *count; ++i)
      elements.push_back((*source)[axis.start.size + i * axis.step.size]);
    result.elements = elements;
  }
}

//===--- shapes -----------------------------------------------------------===//

static int64_t normalize(int64_t axis, size_t rank) {
  return axis < 0 ? axis + int64_t(rank) : axis;
}

SmallVector<SliceAxis> bitwright::codegen::getSliceAxes(Tensors &p, Operation *op) {
  auto slice = cast<qnn::SliceOp>(op);
  const Dims dims = p.info(slice.getInput()).dims;
  SmallVector<SliceAxis> result;
  for (Dim dim : dims)
    result.push_back({0, dim, 1});
  const Dims starts = *p.info(slice.getStarts()).elements, ends = *p.info(slice.getEnds()).elements,
             steps = *p.info(slice.getSteps()).elements;
  for (auto [i, rawAxis] : llvm::enumerate(slice.getAxes())) {
    int64_t axis = normalize(rawAxis, dims.size());
    auto extent = bitwright::resolveSlice(p.sizes, dims[axis], starts[i], ends[i], steps[i].size);
    result[axis] = {extent.start, extent.count, steps[i]};
  }
  return result;
}

static LogicalResult inferReshape(Tensors &p, qnn::ReshapeOp op, TensorInfo &result) {
  FailureOr<Dims> shape = getSizes(p, op, op.getShape(), "the shape");
  if (failed(shape))
    return failure();
  const Dims input = p.info(op.getInput()).dims;
  int open = -1;
  Dims known;
  for (auto [i, size] : llvm::enumerate(*shape)) {
    Dim dim = size;
    if (size.is(0) && !op.getAllowZero() && i < input.size())
      dim = input[i];
    if (size.is(-1)) {
      open = i;
      dim = Dim(1);
    }
    result.dims.push_back(dim);
    known.push_back(dim);
  }
  // A symbolic entry may be -1 at run time; the types say which one is static.
  if (open >= 0)
    result.dims[open] = p.sizes.divideProducts(input, known);
  if (open < 0 && p.sizes.divideProducts(input, result.dims).is(1))
    return success();
  return p.sizes.require(p.sizes.equal(p.sizes.product(input), p.sizes.product(result.dims)), op,
                         "the number of elements changes in a reshape");
}

static LogicalResult inferConcat(Tensors &p, qnn::ConcatOp op, TensorInfo &result) {
  result.dims = p.info(op.getInputs()[0]).dims;
  int64_t axis = normalize(op.getAxis(), result.dims.size());
  for (Value input : op.getInputs().drop_front()) {
    const Dims dims = p.info(input).dims;
    for (size_t i = 0; i < dims.size(); ++i) {
      if (int64_t(i) == axis)
        result.dims[i] = p.sizes.add(result.dims[i], dims[i]);
      else if (failed(p.sizes.require(p.sizes.equal(dims[i], result.dims[i]), op,
                                      "operands differ outside the axis")))
        return failure();
    }
  }
  return success();
}

template <typename ConvOp>
static LogicalResult inferConv(Tensors &p, ConvOp op, TensorInfo &result) {
  const Dims x = p.info(op.getInput()).dims, w = p.info(op.getWeight()).dims;
  auto strides = op.getStrides(), pads = op.getPads(), dilations = op.getDilations();
  result.dims = {x[0]};
  for (int i = 0; i < 2; ++i)
    result.dims.push_back(
        windowCount(p, x[1 + i], w[1 + i].size, strides[i], pads[i] + pads[2 + i], dilations[i]));
  result.dims.push_back(w[0]);
  return p.sizes.require(p.sizes.equal(x[3], w[3].size * op.getGroups()), op,
                         "input channels do not fit the weights");
}

static LogicalResult inferPool(Tensors &p, Operation *op, ArrayRef<int64_t> kernel,
                               ArrayRef<int64_t> strides, ArrayRef<int64_t> pads,
                               ArrayRef<int64_t> dilations, TensorInfo &result) {
  const Dims x = p.info(op->getOperand(0)).dims;
  result.dims = {x[0]};
  for (int i = 0; i < 2; ++i)
    result.dims.push_back(
        windowCount(p, x[1 + i], kernel[i], strides[i], pads[i] + pads[2 + i], dilations[i]));
  result.dims.push_back(x[3]);
  return success();
}

static LogicalResult inferMatmul(Tensors &p, qnn::MatmulOp op, TensorInfo &result) {
  const Dims x = p.info(op.getLhs()).dims, y = p.info(op.getRhs()).dims;
  if (x.size() < 2 || y.size() < 2)
    return op.emitError() << "node '" << bitwright::getNodeName(op.getLoc())
                          << "': matmul of vectors is not supported";
  size_t rank = std::max(x.size(), y.size());
  for (size_t i = 0; i + 2 < rank; ++i) {
    Dim a = i + x.size() < rank ? Dim(1) : x[i + x.size() - rank];
    Dim b = i + y.size() < rank ? Dim(1) : y[i + y.size() - rank];
    Dim dim = broadcastDim(p, a, b);
    Dim fits = p.sizes.logicalAnd(p.sizes.max(p.sizes.equal(a, 1), p.sizes.equal(a, dim)),
                                  p.sizes.max(p.sizes.equal(b, 1), p.sizes.equal(b, dim)));
    if (failed(p.sizes.require(fits, op, "batch dimensions do not broadcast")))
      return failure();
    result.dims.push_back(dim);
  }
  result.dims.push_back(x[x.size() - 2]);
  result.dims.push_back(y.back());
  return p.sizes.require(p.sizes.equal(x.back(), y[y.size() - 2]), op, "inner dimensions differ");
}

template <typename LinearOp>
static LogicalResult inferLinear(Tensors &p, LinearOp op, TensorInfo &result) {
  const Dims x = p.info(op.getInput()).dims, w = p.info(op.getWeight()).dims;
  result.dims = x;
  result.dims.back() = w[0];
  return p.sizes.require(p.sizes.equal(x.back(), w[1]), op,
                         "input features do not fit the weights");
}

static void inferReduce(Tensors &p, Operation *op, ArrayRef<int64_t> axes, bool keepDims,
                        TensorInfo &result) {
  const Dims x = p.info(op->getOperand(0)).dims;
  llvm::SmallDenseSet<int64_t> reduced;
  for (int64_t axis : axes)
    reduced.insert(normalize(axis, x.size()));
  for (size_t i = 0; i < x.size(); ++i) {
    if (!reduced.contains(i))
      result.dims.push_back(x[i]);
    else if (keepDims)
      result.dims.push_back(Dim(1));
  }
}

static LogicalResult inferRange(Tensors &p, qnn::RangeOp op, TensorInfo &result) {
  auto start = getSizes(p, op, op.getStart(), "the start"),
       limit = getSizes(p, op, op.getLimit(), "the limit"),
       delta = getSizes(p, op, op.getDelta(), "the step");
  if (failed(start) || failed(limit) || failed(delta))
    return failure();
  Dim step = (*delta)[0];
  if (!step.isStatic() || step.size == 0)
    return op.emitError() << "node '" << bitwright::getNodeName(op.getLoc())
                          << "': the step of a range must be a constant";
  Dim span =
      step.size > 0 ? p.sizes.sub((*limit)[0], (*start)[0]) : p.sizes.sub((*start)[0], (*limit)[0]);
  result.dims = {p.sizes.max(p.sizes.ceilDiv(span, std::abs(step.size)), 0)};
  if (auto count = staticCount(result)) {
    Dims elements;
    for (int64_t i = 0; i < *count; ++i)
      elements.push_back(p.sizes.add((*start)[0], i * step.size));
    result.elements = elements;
  }
  return success();
}

static LogicalResult inferConstant(Tensors &p, qnn::ConstantOp op, TensorInfo &result) {
  for (int64_t size : op.getType().getShape())
    result.dims.push_back(size);
  if (staticCount(result)) {
    if (auto values = bitwright::getIntegers(op.getResult())) {
      Dims elements;
      bool isBool = op.getType().getElementType().isInteger(1);
      for (int64_t value : *values)
        elements.push_back(isBool ? value & 1 : value);
      result.elements = elements;
    }
  }
  return success();
}

static LogicalResult inferPad(Tensors &p, qnn::PadOp op, TensorInfo &result) {
  FailureOr<Dims> pads = getSizes(p, op, op.getPads(), "the padding");
  if (failed(pads))
    return failure();
  const Dims x = p.info(op.getInput()).dims;
  for (size_t i = 0; i < x.size(); ++i)
    result.dims.push_back(
        p.sizes.max(p.sizes.add(x[i], p.sizes.add((*pads)[i], (*pads)[x.size() + i])), 0));
  return success();
}

static LogicalResult inferGatherND(Tensors &p, qnn::GatherNDOp op, TensorInfo &result) {
  const Dims x = p.info(op.getInput()).dims, indices = p.info(op.getIndices()).dims;
  int64_t batch = op.getBatchDims();
  result.dims.append(indices.begin(), indices.end() - 1);
  result.dims.append(x.begin() + batch + indices.back().size, x.end());
  for (int64_t i = 0; i < batch; ++i)
    if (failed(p.sizes.require(p.sizes.equal(x[i], indices[i]), op, "batch dimensions differ")))
      return failure();
  return success();
}

/// Shape ops whose result depends on a size operand or on axes.
static LogicalResult inferShapeOp(Tensors &p, Operation *op, TensorInfo &result) {
  const Dims x = op->getNumOperands() ? p.info(op->getOperand(0)).dims : Dims();
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](qnn::ConstantOp o) { return inferConstant(p, o, result); })
      .Case([&](qnn::ReshapeOp o) { return inferReshape(p, o, result); })
      .Case([&](qnn::ConcatOp o) { return inferConcat(p, o, result); })
      .Case([&](qnn::RangeOp o) { return inferRange(p, o, result); })
      .Case([&](qnn::PadOp o) { return inferPad(p, o, result); })
      .Case([&](qnn::SqueezeOp o) {
        llvm::SmallDenseSet<int64_t> axes;
        for (int64_t axis : o.getAxes())
          axes.insert(normalize(axis, x.size()));
        for (size_t i = 0; i < x.size(); ++i) {
          if (!axes.contains(i))
            result.dims.push_back(x[i]);
          else if (failed(p.sizes.require(p.sizes.equal(x[i], 1), op,
                                          "a squeezed dimension is not 1")))
            return failure();
        }
        return success();
      })
      .Case([&](qnn::UnsqueezeOp o) {
        size_t rank = x.size() + o.getAxes().size();
        llvm::SmallDenseSet<int64_t> axes;
        for (int64_t axis : o.getAxes())
          axes.insert(normalize(axis, rank));
        size_t next = 0;
        for (size_t i = 0; i < rank; ++i)
          result.dims.push_back(axes.contains(i) ? Dim(1) : x[next++]);
        return success();
      })
      .Case([&](qnn::FlattenOp o) {
        int64_t axis = normalize(o.getAxis(), x.size());
        result.dims = {p.sizes.product(ArrayRef(x).take_front(axis)),
                       p.sizes.product(ArrayRef(x).drop_front(axis))};
        return success();
      })
      .Case([&](qnn::TransposeOp o) {
        for (int64_t axis : o.getPerm())
          result.dims.push_back(x[axis]);
        return success();
      })
      .Case([&](qnn::GatherOp o) {
        int64_t axis = normalize(o.getAxis(), x.size());
        const Dims indices = p.info(o.getIndices()).dims;
        result.dims.append(x.begin(), x.begin() + axis);
        result.dims.append(indices.begin(), indices.end());
        result.dims.append(x.begin() + axis + 1, x.end());
        return success();
      })
      .Case([&](qnn::GatherNDOp o) { return inferGatherND(p, o, result); })
      .Case([&](qnn::SliceOp o) {
        for (Value sizes : {o.getStarts(), o.getEnds(), o.getSteps()})
          if (failed(getSizes(p, op, sizes, "the slice")))
            return failure();
        for (Dim step : *p.info(o.getSteps()).elements)
          if (!step.isStatic() || step.size == 0)
            return LogicalResult(op->emitError()
                                 << "node '" << bitwright::getNodeName(op->getLoc())
                                 << "': the step of a slice must be a constant other than 0");
        for (SliceAxis axis : getSliceAxes(p, op))
          result.dims.push_back(axis.count);
        return success();
      })
      .Case([&](qnn::ExpandOp o) {
        FailureOr<Dims> shape = getSizes(p, op, o.getShape(), "the shape");
        if (failed(shape))
          return failure();
        size_t rank = std::max(x.size(), shape->size());
        for (size_t i = 0; i < rank; ++i) {
          Dim a = i + x.size() < rank ? Dim(1) : x[i + x.size() - rank];
          Dim b = i + shape->size() < rank ? Dim(1) : (*shape)[i + shape->size() - rank];
          Dim dim = broadcastDim(p, a, b);
          if (a != dim && !a.is(1) &&
              failed(p.sizes.require(p.sizes.max(p.sizes.equal(a, 1), p.sizes.equal(a, dim)), op,
                                     "cannot expand")))
            return failure();
          result.dims.push_back(dim);
        }
        return success();
      })
      .Case([&](qnn::TileOp o) {
        FailureOr<Dims> repeats = getSizes(p, op, o.getRepeats(), "the repeats");
        if (failed(repeats))
          return failure();
        for (size_t i = 0; i < x.size(); ++i)
          result.dims.push_back(p.sizes.mul(x[i], (*repeats)[i]));
        return success();
      })
      .Case([&](qnn::ResizeOp o) {
        FailureOr<Dims> sizes = getSizes(p, op, o.getSizes(), "the output size");
        if (failed(sizes))
          return failure();
        result.dims = {x[0], (*sizes)[0], (*sizes)[1], x[3]};
        for (int i = 0; i < 2; ++i) {
          Dim readable = p.sizes.max(p.sizes.less(0, x[1 + i]), p.sizes.equal((*sizes)[i], 0));
          if (failed(p.sizes.require(readable, op, "an empty image cannot be resized")))
            return failure();
        }
        return success();
      })
      .Case([&](qnn::ShapeOp o) {
        int64_t rank = x.size();
        int64_t start = std::clamp<int64_t>(normalize(o.getStart(), rank), 0, rank);
        int64_t end = std::clamp<int64_t>(normalize(o.getEnd(), rank), start, rank);
        result.dims = {Dim(end - start)};
        result.elements = Dims(x.begin() + start, x.begin() + end);
        return success();
      })
      .Default([](Operation *op) {
        return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': '"
                               << op->getName() << "' cannot be compiled";
      });
}

static LogicalResult inferNetworkOp(Tensors &p, Operation *op, TensorInfo &result) {
  const Dims x = p.info(op->getOperand(0)).dims;
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<qnn::Conv2dOp, qnn::QConv2dOp>([&](auto o) { return inferConv(p, o, result); })
      .Case<qnn::LinearOp, qnn::QLinearOp, qnn::BlockLinearOp, qnn::DynamicQLinearOp>(
          [&](auto o) { return inferLinear(p, o, result); })
      .Case([&](qnn::MatmulOp o) { return inferMatmul(p, o, result); })
      .Case([&](qnn::ConvTranspose2dOp o) {
        const Dims w = p.info(o.getWeight()).dims;
        result.dims = {x[0]};
        for (int i = 0; i < 2; ++i) {
          int64_t grow = o.getDilations()[i] * (w[1 + i].size - 1) + 1 - o.getPads()[i] -
                         o.getPads()[2 + i] + o.getOutputPads()[i];
          result.dims.push_back(p.sizes.max(
              p.sizes.add(p.sizes.mul(p.sizes.sub(x[1 + i], 1), o.getStrides()[i]), grow), 0));
        }
        result.dims.push_back(w[0].size * o.getGroups());
        return success();
      })
      .Case<qnn::MaxPool2dOp, qnn::AvgPool2dOp>([&](auto o) {
        return inferPool(p, op, o.getKernel(), o.getStrides(), o.getPads(), o.getDilations(),
                         result);
      })
      .Case([&](qnn::QAvgPool2dOp o) {
        return inferPool(p, op, o.getKernel(), o.getStrides(), o.getPads(), {1, 1}, result);
      })
      .Case<qnn::ReduceMaxOp, qnn::ReduceMeanOp, qnn::ReduceMinOp, qnn::ReduceProdOp,
            qnn::ReduceSumOp, qnn::QReduceMeanOp>([&](auto o) {
        inferReduce(p, op, o.getAxes(), o.getKeepDims(), result);
        return success();
      })
      .Case([&](qnn::ArgMaxOp o) {
        int64_t axis = o.getAxis();
        inferReduce(p, op, axis, o.getKeepDims(), result);
        return success();
      })
      .Case<qnn::BatchNormOp, qnn::LayerNormOp, qnn::RmsNormOp, qnn::SoftmaxOp, qnn::ObserveOp,
            qnn::CumSumOp, qnn::QuantizeOp, qnn::DequantizeOp, qnn::RequantizeOp, qnn::LookupOp>(
          [&](auto) {
            result.dims = x;
            return success();
          })
      .Default([&](Operation *) { return inferShapeOp(p, op, result); });
}

LogicalResult bitwright::codegen::inferShapes(Tensors &p, Operation *op) {
  for (Value value : op->getResults()) {
    TensorInfo result;
    auto type = cast<RankedTensorType>(value.getType());
    result.elementType = type.getElementType();
    if (isa<qnn::ElementwiseInterface>(op) || isa<qnn::QAddOp, qnn::QMulOp>(op)) {
      SmallVector<Value> operands(op->getOperands());
      if (auto add = dyn_cast<qnn::QAddOp>(op))
        operands = {add.getLhs(), add.getRhs()};
      if (auto mul = dyn_cast<qnn::QMulOp>(op))
        operands = {mul.getLhs(), mul.getRhs()};
      if (failed(broadcastShapes(p, op, operands, result.dims)))
        return failure();
      evaluateElementwise(p, op, result);
    } else if (isa<qnn::DynamicQuantizeOp>(op)) {
      result.dims = p.info(op->getOperand(0)).dims;
      if (value != op->getResult(0))
        result.dims.back() = Dim(1);
    } else {
      if (op->getNumOperands() == 0 ? failed(inferShapeOp(p, op, result))
                                    : failed(inferNetworkOp(p, op, result)))
        return failure();
      evaluateMovement(p, op, result);
    }
    // What the types know is at least as good as what was derived.
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      if (type.isDynamicDim(axis) || result.dims[axis].isStatic())
        continue;
      if (failed(p.sizes.require(p.sizes.equal(result.dims[axis], type.getDimSize(axis)), op,
                                 "a dimension differs from its type")))
        return failure();
      result.dims[axis] = type.getDimSize(axis);
    }
    if (int64_t(result.dims.size()) > 8)
      return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc())
                             << "': more than 8 dimensions";
    p.info(value) = result;
  }
  return success();
}
