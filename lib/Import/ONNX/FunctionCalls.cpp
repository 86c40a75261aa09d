// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Calls of a model's own functions: the body takes the place of the call, in a
/// scope of its own and under the opsets of the function.

#include "GraphImporter.h"
#include "Text.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;

namespace bitwright::onnximport {

/// Functions that call others several times each could make any number of nodes.
static constexpr int64_t maxNodesOfCalls = int64_t(1) << 17;

LogicalResult GraphImporter::checkCall(Node &call, const ModelFunction &function) {
  const onnx::FunctionProto &proto = *function.proto;
  call.expect(!llvm::is_contained(calls, &function), "the function calls itself");
  call.expect(static_cast<int>(call.getNumInputs()) <= proto.input_size(),
              "the function takes " + Twine(proto.input_size()) + " inputs, but the node has " +
                  Twine(call.getNumInputs()));
  call.expect(static_cast<int>(call.getNumOutputs()) <= proto.output_size(),
              "the function gives " + Twine(proto.output_size()) + " outputs, but the node has " +
                  Twine(call.getNumOutputs()));
  for (const auto &attribute : call.getProto().attribute())
    call.expect(function.attributes.contains(attribute.name()),
                "the function has no attribute '" + printable(attribute.name()) + "'");
  nodesOfCalls += proto.node_size();
  call.expect(nodesOfCalls <= maxNodesOfCalls,
              "calls of functions make more than " + Twine(maxNodesOfCalls) + " nodes");
  return failure(call.failed());
}

/// Imports the nodes of the body in `scope` and appends the values of its outputs; those that the
/// call does not name may be missing.
LogicalResult GraphImporter::importFunction(Node &call, const ModelFunction &function,
                                            SmallVectorImpl<ImportedValue> &outputs) {
  NodeList nodes;
  for (const onnx::NodeProto *node : function.nodes)
    nodes.push_back(functions.bind(node, function, call.getProto()));
  const NodeList *outer = std::exchange(current, &nodes);
  llvm::scope_exit restore([&] { current = outer; });
  if (failed(importNodes(nodes)))
    return failure();
  for (unsigned i = 0; i < call.getNumOutputs(); ++i) {
    const std::string &name = function.proto->output(static_cast<int>(i));
    const ImportedValue *value = lookup(name);
    if (!value && call.hasOutput(i))
      return fail("function '" + printable(function.proto->name()) + "': output " +
                  explainMissing(name));
    outputs.push_back(value ? *value : ImportedValue());
  }
  return success();
}

LogicalResult GraphImporter::importCall(const onnx::NodeProto &proto,
                                        const ModelFunction &function) {
  Node call(*this, proto, getOpset(proto.domain()).value_or(1));
  if (failed(checkCall(call, function)))
    return failure();
  Scope body;
  for (unsigned i = 0; i < call.getNumInputs(); ++i)
    if (call.hasInput(i))
      body.values[function.proto->input(static_cast<int>(i))] = call.getImported(i);
  if (call.failed())
    return failure();
  SmallVector<ImportedValue> outputs;
  {
    calls.push_back(&function);
    Scope *outer = std::exchange(scope, &body);
    std::string outerPath = std::exchange(callPath, call.getLabel().str() + "/");
    llvm::StringMap<int64_t> outerOpsets = std::exchange(opsets, function.opsets);
    llvm::scope_exit restore([&] {
      opsets = std::move(outerOpsets);
      callPath = std::move(outerPath);
      scope = outer;
      calls.pop_back();
    });
    if (failed(importFunction(call, function, outputs)))
      return failure();
  }
  for (auto [index, output] : llvm::enumerate(outputs))
    call.setResult(index, output);
  return failure(call.failed());
}

} // namespace bitwright::onnximport
