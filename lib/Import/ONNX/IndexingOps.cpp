// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Ops that select, join, repeat and pad.

#include "Compose.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;

namespace bitwright::onnximport {

namespace {

void buildGather(Node &n) {
  int64_t axis = n.normalizeAxis(n.getInt("axis", 0), n.getRank(0));
  int32_t indices = n.getElementType(1);
  n.expect(indices == Int64 || indices == Int32, "expects indices of int64 or int32");
  n.setResult(n.create<qnn::GatherOp>({n.getInput(0), n.getInput(1)}, {{"axis", n.integer(axis)}}));
}

void buildGatherND(Node &n) {
  int64_t batch = n.getOpset() >= 12 ? n.getInt("batch_dims", 0) : 0;
  n.expect(n.getElementType(1) == Int64, "expects indices of int64");
  n.setResult(n.create<qnn::GatherNDOp>({n.getInput(0), n.getInput(1)},
                                        {{"batch_dims", n.integer(batch)}}));
}

void buildConcat(Node &n) {
  int64_t axis = n.normalizeAxis(n.requireInt("axis"), n.getRank(0));
  SmallVector<Value> inputs;
  for (unsigned i = 0; i < n.getNumInputs(); ++i) {
    n.expect(n.getElementType(i) == n.getElementType(0), "expects inputs of one type");
    inputs.push_back(n.getInput(i));
  }
  n.setResult(n.create<qnn::ConcatOp>(inputs, {{"axis", n.integer(axis)}}));
}

//===--- slices -----------------------------------------------------------===//

Value slice(Node &n, Value x, Value starts, Value ends, Value steps, ArrayRef<int64_t> axes) {
  return n.create<qnn::SliceOp>({x, starts, ends, steps}, {{"axes", n.ints(axes)}});
}

void buildSlice1(Node &n) {
  SmallVector<int64_t> starts = n.getInts("starts", {}), ends = n.getInts("ends", {});
  SmallVector<int64_t> all = axesBetween(0, starts.size());
  SmallVector<int64_t> axes = n.normalizeAxes(n.getInts("axes", all), n.getRank(0));
  n.expect(starts.size() == ends.size() && starts.size() == axes.size(),
           "attributes 'starts', 'ends' and 'axes' must be of one length");
  SmallVector<int64_t> steps(starts.size(), 1);
  n.setResult(slice(n, n.getInput(0), n.createIntegers(starts), n.createIntegers(ends),
                    n.createIntegers(steps), axes));
}

void buildSlice10(Node &n) {
  Value starts = n.getIndexInput(1), ends = n.getIndexInput(2);
  if (n.failed())
    return;
  RankedTensorType type = cast<RankedTensorType>(starts.getType());
  if (!n.expect(type.getRank() == 1 && type.hasStaticShape(),
                "expects starts of one dimension and known length"))
    return;
  int64_t count = type.getShape()[0];
  SmallVector<int64_t> axes = axesBetween(0, count), ones(count, 1);
  if (n.hasInput(3))
    axes = n.requireIntegers(3, "axes");
  axes = n.normalizeAxes(axes, n.getRank(0));
  n.expect(static_cast<int64_t>(axes.size()) == count, "expects as many axes as starts");
  Value steps = n.hasInput(4) ? n.getIndexInput(4) : n.createIntegers(ones);
  n.setResult(slice(n, n.getInput(0), starts, ends, steps, axes));
}

/// Sizes of the parts that are data, by the declared shapes of the results.
std::optional<SmallVector<int64_t>> getDeclaredParts(Node &n, int64_t axis) {
  SmallVector<int64_t> parts;
  for (unsigned i = 0; i < n.getNumOutputs(); ++i) {
    std::optional<SmallVector<int64_t>> shape = n.getShapeInsteadOf(1, i);
    if (!shape || static_cast<int64_t>(shape->size()) <= axis)
      return std::nullopt;
    parts.push_back((*shape)[axis]);
  }
  return parts;
}

/// Sizes of the parts, or empty where the axis is dynamic.
SmallVector<int64_t> getSplitSizes(Node &n, int64_t axis) {
  int64_t count = n.getNumOutputs();
  std::optional<SmallVector<int64_t>> given;
  if (n.getOpset() < 13) {
    n.expect(n.getNumInputs() == 1, "expects 1 input");
    given = n.getOptionalInts("split");
  } else if (n.hasInput(1)) {
    given = getDeclaredParts(n, axis);
    if (!given)
      given = n.requireIntegers(1, "split");
  }
  bool hasCount = n.getOpset() >= 18 && n.hasAttribute("num_outputs");
  if (n.failed())
    return {};
  if (hasCount)
    n.expect(n.getInt("num_outputs", 0) == count && !given,
             "attribute 'num_outputs' must equal the number of outputs, without a split");
  int64_t size = n.getInputType(0).getShape()[axis];
  if (given) {
    int64_t sum = 0;
    for (int64_t part : *given) {
      n.expect(part >= 0 && part <= maxElements, "expects parts of at least 0");
      sum += part;
    }
    n.expect(static_cast<int64_t>(given->size()) == count &&
                 (ShapedType::isDynamic(size) || sum == size),
             "the split does not fit the outputs or the axis");
    return *given;
  }
  if (!n.expect(!ShapedType::isDynamic(size), "a Split into equal parts needs a static axis"))
    return {};
  int64_t part = (size + count - 1) / count;
  n.expect(hasCount || size % count == 0, "the axis does not divide into equal parts");
  SmallVector<int64_t> parts(count, part);
  parts.back() = size - part * (count - 1);
  n.expect(parts.back() >= 0, "the axis is too short for so many parts");
  return parts;
}

void buildSplit(Node &n) {
  int64_t axis = n.normalizeAxis(n.getInt("axis", 0), n.getRank(0));
  if (n.failed())
    return;
  SmallVector<int64_t> parts = getSplitSizes(n, axis);
  Value x = n.getInput(0);
  int64_t start = 0;
  for (auto [index, part] : llvm::enumerate(parts)) {
    Value piece = slice(n, x, n.createIntegers({start}), n.createIntegers({start + part}),
                        n.createIntegers({1}), {axis});
    n.setResult(index, piece, n.getElementType(0));
    start += part;
  }
}

//===--- growing ----------------------------------------------------------===//

std::optional<qnn::PadMode> getPadMode(Node &n) {
  std::string mode = n.getString("mode", "constant");
  auto parsed = qnn::symbolizePadMode(mode);
  n.expect(parsed && (mode != "wrap" || n.getOpset() >= 19),
           "attribute 'mode' has the unknown value '" + mode + "'");
  return parsed;
}

void createPad(Node &n, Value pads, Value value) {
  std::optional<qnn::PadMode> mode = getPadMode(n);
  if (n.failed())
    return;
  Attribute attribute = qnn::PadModeAttr::get(n.getContext(), *mode);
  n.setResult(n.create<qnn::PadOp>({n.getInput(0), pads, value}, {{"mode", attribute}}));
}

void buildPad2(Node &n) {
  SmallVector<int64_t> pads = n.getInts("pads", {});
  float value = n.getFloat("value", 0);
  createPad(n, n.createIntegers(pads), n.createScalar(n.getElementType(0), value));
}

/// Pads for all dimensions from pads for `axes`.
Value spreadPads(Node &n, ArrayRef<int64_t> axes) {
  SmallVector<int64_t> given = n.requireIntegers(1, "pads");
  int64_t rank = n.getRank(0);
  if (!n.expect(given.size() == 2 * axes.size(), "expects two pads for each axis"))
    return {};
  SmallVector<int64_t> pads(2 * rank, 0);
  for (auto [index, axis] : llvm::enumerate(axes)) {
    pads[axis] = given[index];
    pads[axis + rank] = given[index + axes.size()];
  }
  return n.createIntegers(pads);
}

void buildPad11(Node &n) {
  Value pads;
  if (n.hasInput(3))
    pads = spreadPads(n, n.normalizeAxes(n.requireIntegers(3, "axes"), n.getRank(0)));
  else
    pads = n.getIndexInput(1);
  Value value;
  if (n.hasInput(2)) {
    value = n.getInput(2);
    if (!n.failed() && n.getRank(2) != 0)
      value = n.reshape(value, {});
  } else {
    value = n.createScalar(n.getElementType(0), 0);
  }
  createPad(n, pads, value);
}

/// Crops or pads each of the axes around its middle; of an odd difference, the begin gets less.
void buildCenterCropPad(Node &n) {
  int64_t rank = n.getRank(0);
  SmallVector<int64_t> all = axesBetween(0, rank);
  SmallVector<int64_t> axes = n.normalizeAxes(n.getInts("axes", all), rank);
  SmallVector<int64_t> shape;
  std::optional<SmallVector<int64_t>> declared = n.getShapeInsteadOf(1);
  if (declared && static_cast<int64_t>(declared->size()) == rank)
    shape = llvm::map_to_vector(axes, [&](int64_t axis) { return (*declared)[axis]; });
  else
    shape = n.requireIntegers(1, "the shape");
  if (n.failed() || !n.expect(shape.size() == axes.size(), "expects a size for each axis"))
    return;
  ArrayRef<int64_t> sizes = n.getInputType(0).getShape();
  SmallVector<int64_t> pads(2 * rank, 0);
  for (auto [axis, wanted] : llvm::zip(axes, shape)) {
    if (!n.expect(!ShapedType::isDynamic(sizes[axis]),
                  "expects static sizes of the input; pin them with --dim") ||
        !n.expect(wanted >= 0 && wanted <= maxElements, "the shape has a negative size"))
      return;
    int64_t difference = wanted - sizes[axis];
    pads[axis] = difference / 2;
    pads[axis + rank] = difference - difference / 2;
  }
  Attribute mode = qnn::PadModeAttr::get(n.getContext(), qnn::PadMode::Constant);
  n.setResult(n.create<qnn::PadOp>(
      {n.getInput(0), n.createIntegers(pads), n.createScalar(n.getElementType(0), 0)},
      {{"mode", mode}}));
}

/// The first `sequence_lens[b]` elements along the time of each batch, backwards.
void buildReverseSequence(Node &n) {
  int64_t batch = n.getInt("batch_axis", 1), time = n.getInt("time_axis", 0), rank = n.getRank(0);
  if (!n.expect(rank >= 2, "expects an input of rank 2 or more") ||
      !n.expect((batch == 0 && time == 1) || (batch == 1 && time == 0),
                "attributes 'batch_axis' and 'time_axis' must be 0 and 1"))
    return;
  SmallVector<int64_t> perm = axesBetween(0, rank);
  std::swap(perm[0], perm[1]);
  Value x = n.getInput(0);
  if (batch == 1)
    x = n.transpose(x, perm);
  Value length = n.unsqueeze(n.getIndexInput(1), {1});
  Value step = n.unsqueeze(rangeTo(n, sizeOf(n, x, 1)), {0});
  Value mirrored = sub(n, sub(n, length, n.createInteger(1)), step);
  Value index = where(n, n.create<qnn::LessOp>({step, length}), mirrored, step);
  x = n.create<qnn::GatherNDOp>({x, n.unsqueeze(index, {2})}, {{"batch_dims", n.integer(1)}});
  n.setResult(batch == 1 ? n.transpose(x, perm) : x);
}

void buildExpand(Node &n) {
  n.setResult(n.create<qnn::ExpandOp>({n.getInput(0), n.getShapeInput(1)}));
}

/// How often each dimension is repeated, by the declared shape of the result where that is data.
Value getRepeats(Node &n) {
  std::optional<SmallVector<int64_t>> repeats = n.getShapeInsteadOf(1);
  ArrayRef<int64_t> sizes = n.getInputType(0).getShape();
  if (!repeats || repeats->size() != sizes.size())
    return n.getIndexInput(1);
  for (auto [repeat, size] : llvm::zip(*repeats, sizes)) {
    if (ShapedType::isDynamic(size) || size == 0 || repeat % size)
      return n.getIndexInput(1);
    repeat /= size;
  }
  return n.createIntegers(*repeats);
}

void buildTile(Node &n) { n.setResult(n.create<qnn::TileOp>({n.getInput(0), getRepeats(n)})); }

} // namespace

ArrayRef<OpEntry> getIndexingOps() {
  static const OpEntry entries[] = {
      {"CenterCropPad", 2, 2, buildCenterCropPad, 18},
      {"Concat", 1, anyNumber, buildConcat},
      {"Expand", 2, 2, buildExpand, 8},
      {"Gather", 2, 2, buildGather},
      {"GatherND", 2, 2, buildGatherND, 11},
      {"Pad", 1, 1, buildPad2, 7, 10},
      {"Pad", 2, 3, buildPad11, 11, 17},
      {"Pad", 2, 4, buildPad11, 18},
      {"ReverseSequence", 2, 2, buildReverseSequence, 10},
      {"Slice", 1, 1, buildSlice1, 7, 9},
      {"Slice", 3, 5, buildSlice10, 10},
      {"Split", 1, 2, buildSplit},
      {"Tile", 2, 2, buildTile},
  };
  return entries;
}

} // namespace bitwright::onnximport
