// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Operands, attributes and errors of a node.

#include "Node.h"
#include "GraphImporter.h"
#include "Text.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <cmath>

using namespace mlir;

namespace bitwright::onnximport {

static std::string getNodeLabel(const onnx::NodeProto &proto) {
  if (!proto.name().empty())
    return proto.name();
  for (const std::string &output : proto.output())
    if (!output.empty())
      return proto.op_type() + "_" + output;
  return proto.op_type();
}

Node::Node(GraphImporter &graph, const onnx::NodeProto &proto, int64_t opset)
    : graph(graph), proto(proto), opset(opset),
      label(graph.getCallPath().str() + getNodeLabel(proto)),
      loc(NameLoc::get(StringAttr::get(graph.getContext(), label))) {}

OpBuilder &Node::getBuilder() { return graph.getBuilder(); }

//===--- errors -----------------------------------------------------------===//

void Node::fail(const Twine &reason) {
  if (hasFailed)
    return;
  hasFailed = true;
  std::string op = proto.domain().empty() ? "" : printable(proto.domain()) + ".";
  op += printable(proto.op_type());
  (void)graph.fail("node '" + printable(label) + "' (" + op + ", opset " + std::to_string(opset) +
                   "): " + reason);
}

bool Node::expect(bool condition, const Twine &reason) {
  if (!condition)
    fail(reason);
  return condition && !hasFailed;
}

//===--- operands ---------------------------------------------------------===//

bool Node::hasInput(unsigned index) const {
  return index < getNumInputs() && !proto.input(index).empty();
}

ImportedValue Node::getImported(unsigned index) {
  if (hasFailed)
    return {};
  if (!hasInput(index)) {
    fail("input " + Twine(index) + " is missing");
    return {};
  }
  const std::string &name = proto.input(index);
  if (const ImportedValue *value = graph.lookup(name))
    return *value;
  fail("input " + graph.explainMissing(name));
  return {};
}

Value Node::getInput(unsigned index) {
  ImportedValue value = getImported(index);
  return value ? materialize(value) : Value();
}

/// A scalar type stands in after a failure, so that callers may ask it for rank and shape.
RankedTensorType Node::getInputType(unsigned index) {
  ImportedValue value = getImported(index);
  return value ? value.getType() : RankedTensorType::get({}, Float32Type::get(getContext()));
}

int32_t Node::getElementType(unsigned index) { return getImported(index).elementType; }

ConstantPtr Node::getConstant(unsigned index) {
  ImportedValue value = getImported(index);
  if (!value)
    return nullptr;
  return value.constant ? value.constant : graph.fold(value.value, value.elementType);
}

ConstantPtr Node::requireConstant(unsigned index, StringRef what) {
  ConstantPtr constant = getConstant(index);
  if (!constant)
    fail(what + " must be constant");
  return constant;
}

std::optional<SmallVector<int64_t>> Node::getConstantIntegers(unsigned index) {
  ConstantPtr constant = getConstant(index);
  if (!constant || constant->type.getNumElements() > 4096)
    return std::nullopt;
  return readIntegers(*constant);
}

SmallVector<int64_t> Node::requireIntegers(unsigned index, StringRef what) {
  std::optional<SmallVector<int64_t>> values = getConstantIntegers(index);
  if (!values)
    fail(what + " must be constant integers");
  return values.value_or(SmallVector<int64_t>());
}

Value Node::getIndexInput(unsigned index) {
  ImportedValue value = getImported(index);
  if (!value)
    return {};
  std::optional<SmallVector<int64_t>> values = getConstantIntegers(index);
  if (values)
    return materialize(makeIntegers(getContext(), value.getType().getShape(), *values));
  if (value.elementType != Int64 && value.elementType != Int32) {
    fail("input '" + printable(proto.input(index)) + "' must be int64 or int32, but is " +
         getTypeName(value.elementType));
    return {};
  }
  return cast(materialize(value), value.elementType, Int64);
}

std::optional<SmallVector<int64_t>> Node::getShapeInsteadOf(unsigned index, unsigned output) {
  ImportedValue value = getImported(index);
  if (!value || value.constant || !llvm::isa<BlockArgument>(value.value) || !hasOutput(output))
    return std::nullopt;
  return graph.getDeclaredShape(proto.output(static_cast<int>(output)));
}

Value Node::getShapeInput(unsigned index) {
  std::optional<SmallVector<int64_t>> declared = getShapeInsteadOf(index);
  return declared ? createIntegers(*declared) : getIndexInput(index);
}

//===--- attributes -------------------------------------------------------===//

static const char *getAttributeTypeName(int type) {
  static const char *const names[] = {"undefined", "float",   "int",    "string",
                                      "tensor",    "graph",   "floats", "ints",
                                      "strings",   "tensors", "graphs", "sparse tensor"};
  return type >= 0 && type < static_cast<int>(std::size(names)) ? names[type] : "unknown";
}

bool Node::hasAttribute(StringRef name) const {
  for (const auto &attribute : proto.attribute())
    if (attribute.name() == name)
      return true;
  return false;
}

const onnx::AttributeProto *Node::findAttribute(StringRef name, int type) {
  used.insert(name);
  if (hasFailed)
    return nullptr;
  for (const auto &attribute : proto.attribute()) {
    if (attribute.name() != name)
      continue;
    if (attribute.type() == type)
      return &attribute;
    fail("attribute '" + name + "' is of type " + getAttributeTypeName(attribute.type()) +
         ", but must be " + getAttributeTypeName(type));
  }
  return nullptr;
}

int64_t Node::getInt(StringRef name, int64_t defaultValue) {
  const auto *attribute = findAttribute(name, onnx::AttributeProto::INT);
  return attribute ? attribute->i() : defaultValue;
}

bool Node::getBool(StringRef name, bool defaultValue) {
  int64_t value = getInt(name, defaultValue);
  expect(value == 0 || value == 1,
         "attribute '" + name + "' must be 0 or 1, but is " + Twine(value));
  return value == 1;
}

int64_t Node::requireInt(StringRef name) {
  if (!hasAttribute(name))
    fail("attribute '" + name + "' is missing");
  return getInt(name, 0);
}

float Node::getFloat(StringRef name, float defaultValue) {
  const auto *attribute = findAttribute(name, onnx::AttributeProto::FLOAT);
  float value = attribute ? attribute->f() : defaultValue;
  expect(!std::isnan(value), "attribute '" + name + "' is not a number");
  return value;
}

std::string Node::getString(StringRef name, StringRef defaultValue) {
  const auto *attribute = findAttribute(name, onnx::AttributeProto::STRING);
  return attribute ? attribute->s() : defaultValue.str();
}

std::optional<SmallVector<int64_t>> Node::getOptionalInts(StringRef name) {
  const auto *attribute = findAttribute(name, onnx::AttributeProto::INTS);
  if (!attribute)
    return std::nullopt;
  return SmallVector<int64_t>(attribute->ints().begin(), attribute->ints().end());
}

SmallVector<int64_t> Node::getInts(StringRef name, ArrayRef<int64_t> defaultValue) {
  return getOptionalInts(name).value_or(SmallVector<int64_t>(defaultValue));
}

std::vector<float> Node::getFloats(StringRef name) {
  const auto *attribute = findAttribute(name, onnx::AttributeProto::FLOATS);
  if (!attribute)
    return {};
  return std::vector<float>(attribute->floats().begin(), attribute->floats().end());
}

const onnx::GraphProto *Node::getSubgraph(StringRef name) {
  const auto *attribute = findAttribute(name, onnx::AttributeProto::GRAPH);
  if (!attribute)
    fail("attribute '" + name + "' is missing");
  return attribute ? &attribute->g() : nullptr;
}

const onnx::TensorProto *Node::getTensor(StringRef name) {
  const auto *attribute = findAttribute(name, onnx::AttributeProto::TENSOR);
  return attribute ? &attribute->t() : nullptr;
}

void Node::checkAllUsed() {
  llvm::StringSet<> seen;
  for (const auto &attribute : proto.attribute()) {
    std::string name = printable(attribute.name());
    if (!used.contains(attribute.name()))
      return fail("attribute '" + name + "' is not supported");
    if (!seen.insert(attribute.name()).second)
      return fail("attribute '" + name + "' is given twice");
    if (!attribute.ref_attr_name().empty())
      return fail("attribute '" + name + "' refers to a function's attribute");
  }
}

int64_t Node::normalizeAxis(int64_t axis, int64_t rank) {
  expect(axis >= -rank && axis < rank,
         "axis " + Twine(axis) + " is out of range for rank " + Twine(rank));
  return axis < 0 ? axis + rank : axis;
}

SmallVector<int64_t> Node::normalizeAxes(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes) {
    result.push_back(normalizeAxis(axis, rank));
    if (llvm::is_contained(ArrayRef(result).drop_back(), result.back()))
      fail("axis " + Twine(axis) + " is given twice");
  }
  return result;
}

//===--- results ----------------------------------------------------------===//

bool Node::hasOutput(unsigned index) const {
  return index < getNumOutputs() && !proto.output(index).empty();
}

void Node::refuseOutput(unsigned index, StringRef what) {
  if (hasFailed || !hasOutput(index))
    return;
  std::string name = proto.name().empty() ? "" : " '" + printable(proto.name()) + "'";
  std::string reason = ("output " + Twine(index) + " (" + what + ") of node" + name + " (" +
                        printable(proto.op_type()) + "), which is not supported")
                           .str();
  if (mlir::failed(graph.refuse(proto.output(index), reason)))
    fail("output '" + printable(proto.output(index)) + "' is defined twice");
}

void Node::setResult(unsigned index, ImportedValue value) {
  if (hasFailed || !hasOutput(index))
    return;
  if (!value)
    return fail("output " + Twine(index) + " has no value");
  if (mlir::failed(graph.define(proto.output(index), std::move(value))))
    fail("output '" + printable(proto.output(index)) + "' is defined twice");
}

void Node::setResult(unsigned index, Value value, int32_t elementType) {
  ImportedValue result;
  result.elementType = elementType;
  result.value = value;
  setResult(index, std::move(result));
}

} // namespace bitwright::onnximport
