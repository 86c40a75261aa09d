// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Sorts nodes. Models must come sorted, but tools that edit them append nodes.

#include "NodeOrder.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

using namespace llvm;

namespace bitwright::onnximport {

namespace {

using Nodes = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

class Sorter {
public:
  explicit Sorter(const Nodes &nodes) : nodes(nodes), sources(nodes.size()) {}
  bool isSorted();
  /// Fills `order`; false where there is a cycle.
  bool sort(NodeList &order);

private:
  void collect(const onnx::NodeProto &node, SmallVectorImpl<int> &indices) const;
  void collect(const onnx::GraphProto &graph, SmallVectorImpl<int> &indices) const;
  void collect(StringRef name, SmallVectorImpl<int> &indices) const;

  const Nodes &nodes;
  StringMap<int> makers;
  std::vector<SmallVector<int, 4>> sources; // of each node: the nodes that it reads
};

void Sorter::collect(StringRef name, SmallVectorImpl<int> &indices) const {
  if (auto found = makers.find(name); found != makers.end())
    indices.push_back(found->second);
}

void Sorter::collect(const onnx::GraphProto &graph, SmallVectorImpl<int> &indices) const {
  for (const auto &node : graph.node())
    collect(node, indices);
  for (const auto &output : graph.output())
    collect(output.name(), indices);
}

void Sorter::collect(const onnx::NodeProto &node, SmallVectorImpl<int> &indices) const {
  for (const std::string &input : node.input())
    collect(input, indices);
  for (const auto &attribute : node.attribute()) {
    if (attribute.has_g())
      collect(attribute.g(), indices);
    for (const auto &graph : attribute.graphs())
      collect(graph, indices);
  }
}

bool Sorter::isSorted() {
  for (int i = 0; i < nodes.size(); ++i)
    for (const std::string &output : nodes[i].output())
      if (!output.empty())
        makers.try_emplace(output, i);
  bool sorted = true;
  for (int i = 0; i < nodes.size(); ++i) {
    collect(nodes[i], sources[i]);
    sorted &= all_of(sources[i], [&](int source) { return source < i; });
  }
  return sorted;
}

bool Sorter::sort(NodeList &order) {
  enum class State : uint8_t { New, Open, Done };
  std::vector<State> states(nodes.size(), State::New);
  std::vector<int> stack;
  for (int first = 0; first < nodes.size(); ++first) {
    if (states[first] == State::New)
      stack.push_back(first);
    while (!stack.empty()) {
      int node = stack.back();
      if (states[node] != State::New) {
        stack.pop_back();
        if (states[node] == State::Open)
          order.push_back(&nodes[node]);
        states[node] = State::Done;
        continue;
      }
      states[node] = State::Open;
      for (int source : reverse(sources[node])) {
        if (states[source] == State::Open)
          return false;
        if (states[source] == State::New)
          stack.push_back(source);
      }
    }
  }
  return true;
}

} // namespace

NodeList sortNodes(const Nodes &nodes) {
  NodeList order;
  Sorter sorter(nodes);
  if (!sorter.isSorted() && sorter.sort(order))
    return order;
  order.clear();
  for (const auto &node : nodes)
    order.push_back(&node);
  return order;
}

} // namespace bitwright::onnximport
