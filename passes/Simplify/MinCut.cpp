// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Maximum flow by shortest augmenting paths.

#include "passes/Simplify/MinCut.h"

#include <algorithm>
#include <limits>

using namespace bitwright;

static constexpr int64_t unlimited = std::numeric_limits<int64_t>::max() / 4;

MinCut::MinCut() : outgoing(2) {}

int MinCut::addNode() {
  outgoing.emplace_back();
  return int(outgoing.size()) - 1;
}

void MinCut::addEdge(int from, int to, int64_t capacity) {
  outgoing[from].push_back(int(edges.size()));
  edges.push_back({to, capacity});
  outgoing[to].push_back(int(edges.size()));
  edges.push_back({from, 0});
}

/// Two auxiliary nodes make the cost of a net be paid once: one for users on the
/// sink side of a permuted producer, one for the opposite.
void MinCut::addNet(int from, llvm::ArrayRef<int> others, int64_t weight) {
  if (std::all_of(others.begin(), others.end(), [&](int other) { return other == from; }))
    return;
  int down = addNode(), up = addNode();
  addEdge(from, down, weight);
  addEdge(up, from, weight);
  for (int other : others) {
    addEdge(down, other, unlimited);
    addEdge(other, up, unlimited);
  }
}

bool MinCut::findPath() {
  reached.assign(outgoing.size(), -1);
  std::vector<int> queue{source};
  reached[source] = int(edges.size()); // any value but -1
  for (size_t next = 0; next < queue.size(); ++next)
    for (int edge : outgoing[queue[next]])
      if (edges[edge].capacity > 0 && reached[edges[edge].to] < 0) {
        reached[edges[edge].to] = edge;
        queue.push_back(edges[edge].to);
      }
  return reached[sink] >= 0;
}

int64_t MinCut::solve() {
  int64_t flow = 0;
  while (findPath()) {
    int64_t amount = unlimited;
    for (int node = sink; node != source; node = edges[reached[node] ^ 1].to)
      amount = std::min(amount, edges[reached[node]].capacity);
    for (int node = sink; node != source; node = edges[reached[node] ^ 1].to) {
      edges[reached[node]].capacity -= amount;
      edges[reached[node] ^ 1].capacity += amount;
    }
    flow += amount;
  }
  return flow;
}
