// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Ops that make tensors from nothing or from indices.

#include "Compose.h"
#include "GraphImporter.h"
#include "OpTable.h"
#include "dialects/QNN/QNNOps.h"
#include <cstring>

using namespace mlir;

namespace bitwright::onnximport {

namespace {

ImportedValue fromConstant(ConstantPtr constant) {
  ImportedValue value;
  value.elementType = constant->elementType;
  value.constant = std::move(constant);
  return value;
}

ConstantPtr readTensorAttribute(Node &n, StringRef name) {
  const onnx::TensorProto *tensor = n.getTensor(name);
  if (!tensor)
    return nullptr;
  auto constant = readTensor(*tensor, n.getGraph().getFiles(), n.getContext());
  if (constant)
    return *constant;
  n.fail("attribute '" + name + "': " + llvm::toString(constant.takeError()));
  return nullptr;
}

void buildConstant(Node &n) {
  if (!n.expect(n.getProto().attribute_size() == 1, "expects one attribute with the value"))
    return;
  StringRef name = n.getProto().attribute(0).name();
  ConstantPtr constant;
  MLIRContext *context = n.getContext();
  if (name == "value") {
    constant = readTensorAttribute(n, name);
  } else if (n.getOpset() < 12) {
    return n.fail("attribute '" + name + "' is not supported");
  } else if (name == "value_int") {
    constant = makeIntegers(context, {}, {n.getInt(name, 0)});
  } else if (name == "value_float") {
    constant = makeFloats(context, {}, {n.getFloat(name, 0)});
  } else if (name == "value_ints") {
    SmallVector<int64_t> values = n.getInts(name, {});
    constant = makeIntegers(context, {static_cast<int64_t>(values.size())}, values);
  } else if (name == "value_floats") {
    std::vector<float> values = n.getFloats(name);
    constant = makeFloats(context, {static_cast<int64_t>(values.size())}, values);
  } else {
    return n.fail("attribute '" + name + "' is not supported");
  }
  if (!n.expect(constant != nullptr, "the value is not a tensor"))
    return;
  constant->name = n.getProto().output(0);
  n.setResult(0, fromConstant(constant));
}

void buildConstantOfShape(Node &n) {
  ConstantPtr value = n.hasAttribute("value") ? readTensorAttribute(n, "value")
                                              : makeFloats(n.getContext(), {1}, {0.0f});
  if (n.failed() ||
      !n.expect(value->type.getNumElements() == 1, "attribute 'value' must hold one element"))
    return;
  if (ConstantPtr scalar = reshaped(*value, {}))
    value = scalar;
  Value shape = n.getShapeInput(0);
  n.setResult(0, n.create<qnn::ExpandOp>({n.materialize(value), shape}), value->elementType);
}

void buildRange(Node &n) {
  if (n.getOpset() >= 27)
    n.expect(n.getInt("stash_type", Float) == Float,
             "attribute 'stash_type' other than float is not supported");
  for (unsigned i : {1, 2})
    n.expect(n.getElementType(i) == n.getElementType(0), "expects inputs of one type");
  auto scalar = [&](unsigned index) {
    ConstantPtr constant = n.getConstant(index);
    Value value = constant ? n.materialize(constant) : n.getInput(index);
    return !n.failed() && n.getRank(index) != 0 ? n.reshape(value, {}) : value;
  };
  Value start = scalar(0), limit = scalar(1), delta = scalar(2);
  for (unsigned i : {0, 1, 2})
    if (auto declared = n.getShapeInsteadOf(i); declared && declared->size() == 1) {
      Value places = n.cast(rangeTo(n, declared->front()), Int64, n.getElementType(0));
      return n.setResult(add(n, start, mul(n, places, delta)));
    }
  n.setResult(n.create<qnn::RangeOp>({start, limit, delta}));
}

/// The number of classes; by the declared shape of the result where it is data.
int64_t getDepth(Node &n, int64_t axis) {
  std::optional<SmallVector<int64_t>> declared = n.getShapeInsteadOf(1);
  if (declared && axis < static_cast<int64_t>(declared->size()))
    return (*declared)[axis];
  ConstantPtr depth = n.requireConstant(1, "depth");
  if (n.failed() || !n.expect(depth->type.getNumElements() == 1, "depth must be one number"))
    return 0;
  if (auto integers = readIntegers(*depth))
    return integers->front();
  return static_cast<int64_t>(readFloats(*depth)->front());
}

/// [off, on] where the range over a new axis equals the index; negative indices count from depth.
void buildOneHot(Node &n) {
  int64_t rank = n.getRank(0) + 1;
  int64_t axis = n.normalizeAxis(n.getInt("axis", -1), rank);
  int64_t size = getDepth(n, axis);
  if (n.failed() || !n.expect(size > 0 && size <= maxElements, "depth must be positive"))
    return;
  Value index = n.cast(n.getInput(0), n.getElementType(0), Int64);
  Value isNegative = n.create<qnn::LessOp>({index, n.createInteger(0)});
  Value wrapped = n.create<qnn::AddOp>({index, n.createInteger(size)});
  index = n.create<qnn::WhereOp>({isNegative, wrapped, index});
  Value range =
      n.create<qnn::RangeOp>({n.createInteger(0), n.createInteger(size), n.createInteger(1)});
  SmallVector<int64_t> shape(rank, 1);
  shape[axis] = size;
  Value isOn = n.create<qnn::EqualOp>({n.unsqueeze(index, {axis}), n.reshape(range, shape)});
  auto pick = [&](int64_t which) {
    return n.create<qnn::GatherOp>({n.getInput(2), n.createInteger(which)},
                                   {{"axis", n.integer(0)}});
  };
  n.setResult(0, n.create<qnn::WhereOp>({isOn, pick(1), pick(0)}), n.getElementType(2));
}

/// 0, 1, ... along the dimension `fromEnd` places before the end, as a column or row.
Value rangeOf(Node &n, Value matrix, int64_t rank, int64_t fromEnd) {
  Value shape = n.shapeOf(matrix);
  Value size =
      n.create<qnn::GatherOp>({shape, n.createInteger(rank - fromEnd)}, {{"axis", n.integer(0)}});
  Value range = n.create<qnn::RangeOp>({n.createInteger(0), size, n.createInteger(1)});
  return fromEnd == 2 ? n.unsqueeze(range, {1}) : range;
}

/// Keeps the elements on one side of the diagonal `k`: column >= row + k where upper.
void buildTrilu(Node &n) {
  bool upper = n.getBool("upper", true);
  int64_t rank = n.getRank(0);
  if (!n.expect(rank >= 2, "expects an input of rank 2 or more"))
    return;
  Value x = n.getInput(0), rows = rangeOf(n, x, rank, 2);
  if (n.hasInput(1)) {
    Value k = n.getIndexInput(1);
    if (n.failed() || !n.expect(n.getInputType(1).getNumElements() == 1, "k must be one number"))
      return;
    rows = add(n, rows, n.getRank(1) ? n.reshape(k, {}) : k);
  }
  Value columns = rangeOf(n, x, rank, 1);
  Value keep = upper ? n.create<qnn::GreaterEqualOp>({columns, rows})
                     : n.create<qnn::LessEqualOp>({columns, rows});
  n.setResult(n.create<qnn::WhereOp>({keep, x, n.createScalar(n.getElementType(0), 0)}));
}

/// 1 where column = row + k, 0 elsewhere, in the shape of a matrix.
void buildEyeLike(Node &n) {
  int64_t type = n.getInt("dtype", n.getElementType(0)), k = n.getInt("k", 0);
  if (!n.expect(n.getRank(0) == 2, "expects an input of rank 2") ||
      !n.expect(type > 0 && type < 100 &&
                    getStorageType(n.getContext(), static_cast<int32_t>(type)),
                "attribute 'dtype' is no type that is supported"))
    return;
  Value x = n.getInput(0);
  Value rows = add(n, rangeOf(n, x, 2, 2), n.createInteger(k));
  Value isDiagonal = n.create<qnn::EqualOp>({rangeOf(n, x, 2, 1), rows});
  n.setResult(0, n.cast(isDiagonal, Bool, static_cast<int32_t>(type)), static_cast<int32_t>(type));
}

} // namespace

ArrayRef<OpEntry> getGenerationOps() {
  static const OpEntry entries[] = {
      {"Constant", 0, 0, buildConstant},  {"ConstantOfShape", 1, 1, buildConstantOfShape, 9},
      {"EyeLike", 1, 1, buildEyeLike, 9}, {"OneHot", 3, 3, buildOneHot, 9},
      {"Range", 3, 3, buildRange, 11},    {"Trilu", 1, 2, buildTrilu, 14},
  };
  return entries;
}

} // namespace bitwright::onnximport
