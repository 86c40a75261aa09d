// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Functions of a model. The installed schema knows them, but not yet their
/// attributes with defaults and their overloads, which are read from the fields
/// it leaves unknown.

#include "Functions.h"
#include "ModelReader.h"
#include "Text.h"
#include "llvm/ADT/STLExtras.h"
#include <google/protobuf/unknown_field_set.h>

using namespace llvm;

namespace bitwright::onnximport {

namespace {

// Fields of onnx.proto that the schema does not have.
constexpr int nodeOverload = 8;
constexpr int functionAttributeProto = 11;
constexpr int functionValueInfo = 12;
constexpr int functionOverload = 13;
constexpr int metadataOfFunction = 14;

SmallVector<StringRef> readUnknown(const google::protobuf::Message &message, int number) {
  SmallVector<StringRef> values;
  const auto &fields = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < fields.field_count(); ++i) {
    const auto &field = fields.field(i);
    if (field.number() == number &&
        field.type() == google::protobuf::UnknownField::TYPE_LENGTH_DELIMITED)
      values.push_back(field.length_delimited());
  }
  return values;
}

std::string getKey(StringRef domain, StringRef name, StringRef overload) {
  return ((domain == "ai.onnx" ? "" : domain) + ":" + name + ":" + overload).str();
}

StringRef getLast(ArrayRef<StringRef> values) { return values.empty() ? "" : values.back(); }

Error readFunction(const onnx::FunctionProto &proto, ModelFunction &function) {
  std::string what = "function '" + printable(proto.name()) + "'";
  if (Error error = checkUnknownFields(
          proto, what,
          {functionAttributeProto, functionValueInfo, functionOverload, metadataOfFunction}))
    return error;
  function.proto = &proto;
  function.nodes = sortNodes(proto.node());
  auto opsets = readOpsets(proto.opset_import(), what);
  if (!opsets)
    return opsets.takeError();
  function.opsets = std::move(*opsets);
  for (const std::string &name : proto.attribute())
    function.attributes.insert(name);
  for (StringRef bytes : readUnknown(proto, functionAttributeProto)) {
    onnx::AttributeProto attribute;
    if (!attribute.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      return createStringError(what + " has an attribute that cannot be read");
    function.attributes.insert(attribute.name());
    function.defaults[attribute.name()] = attribute;
  }
  return Error::success();
}

/// Writes what a call gives into a copy of a node of the body.
class Binder {
public:
  Binder(const ModelFunction &function, const onnx::NodeProto &call)
      : function(function), call(call) {
    const auto &inputs = function.proto->input();
    for (int i = 0; i < inputs.size(); ++i)
      if (i >= call.input_size() || call.input(i).empty())
        missing.insert(inputs[i]);
  }

  bool changes(const onnx::NodeProto &node) const;
  void apply(onnx::NodeProto &node) const;

private:
  const onnx::AttributeProto *lookup(const std::string &name) const;

  const ModelFunction &function;
  const onnx::NodeProto &call;
  StringSet<> missing;
};

const onnx::AttributeProto *Binder::lookup(const std::string &name) const {
  for (const auto &attribute : call.attribute())
    if (attribute.name() == name)
      return &attribute;
  auto found = function.defaults.find(name);
  return found == function.defaults.end() ? nullptr : &found->second;
}

bool Binder::changes(const onnx::NodeProto &node) const {
  if (any_of(node.input(), [&](const std::string &input) { return missing.contains(input); }))
    return true;
  return any_of(node.attribute(), [&](const onnx::AttributeProto &attribute) {
    auto anyChanges = [&](const onnx::GraphProto &graph) {
      return any_of(graph.node(), [&](const auto &inner) { return changes(inner); });
    };
    return !attribute.ref_attr_name().empty() || (attribute.has_g() && anyChanges(attribute.g())) ||
           any_of(attribute.graphs(), anyChanges);
  });
}

void Binder::apply(onnx::NodeProto &node) const {
  for (std::string &input : *node.mutable_input())
    if (missing.contains(input))
      input.clear();
  auto applyToGraph = [&](onnx::GraphProto &graph) {
    for (auto &inner : *graph.mutable_node())
      apply(inner);
  };
  google::protobuf::RepeatedPtrField<onnx::AttributeProto> attributes;
  attributes.Swap(node.mutable_attribute());
  for (auto &attribute : attributes) {
    const onnx::AttributeProto *value = &attribute;
    if (!attribute.ref_attr_name().empty())
      value = lookup(attribute.ref_attr_name());
    if (!value) // the call leaves it out, and so does the node
      continue;
    onnx::AttributeProto &kept = *node.add_attribute();
    kept = *value;
    kept.set_name(attribute.name());
    if (value != &attribute) // a graph that the call gives has names of the caller
      continue;
    if (kept.has_g())
      applyToGraph(*kept.mutable_g());
    for (auto &graph : *kept.mutable_graphs())
      applyToGraph(graph);
  }
}

} // namespace

Error ModelFunctions::read(const onnx::ModelProto &model) {
  for (const auto &proto : model.functions()) {
    std::string key =
        getKey(proto.domain(), proto.name(), getLast(readUnknown(proto, functionOverload)));
    auto [entry, isNew] = functions.try_emplace(key);
    if (!isNew)
      return createStringError("the function '" + printable(proto.name()) + "' is defined twice");
    if (Error error = readFunction(proto, entry->second))
      return error;
  }
  return Error::success();
}

const ModelFunction *ModelFunctions::find(const onnx::NodeProto &node) const {
  if (functions.empty())
    return nullptr;
  auto found = functions.find(
      getKey(node.domain(), node.op_type(), getLast(readUnknown(node, nodeOverload))));
  return found == functions.end() ? nullptr : &found->second;
}

const onnx::NodeProto *ModelFunctions::bind(const onnx::NodeProto *node,
                                            const ModelFunction &function,
                                            const onnx::NodeProto &call) {
  Binder binder(function, call);
  if (!binder.changes(*node))
    return node;
  bound.push_back(*node);
  binder.apply(bound.back());
  return &bound.back();
}

} // namespace bitwright::onnximport
