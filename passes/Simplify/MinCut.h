// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The minimum cut between two terminals of a graph of nets.

#ifndef BITWRIGHT_PASSES_SIMPLIFY_MINCUT_H
#define BITWRIGHT_PASSES_SIMPLIFY_MINCUT_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <vector>

namespace bitwright {

class MinCut {
public:
  static constexpr int source = 0, sink = 1;

  MinCut();
  int addNode();
  /// A net costs `weight` once if any of `others` is not on the side of `from`.
  void addNet(int from, llvm::ArrayRef<int> others, int64_t weight);
  /// The cost of the cheapest cut (Edmonds and Karp, JACM 19, 1972: shortest augmenting paths).
  int64_t solve();
  /// After solve(): the side of a node; ties go to the sink.
  bool isOnSourceSide(int node) const { return reached[node] >= 0; }

private:
  struct Edge {
    int to;
    int64_t capacity;
  };
  void addEdge(int from, int to, int64_t capacity);
  bool findPath();

  std::vector<Edge> edges; // edge i and its reverse, i ^ 1
  std::vector<llvm::SmallVector<int, 4>> outgoing;
  std::vector<int> reached; // the edge a node was reached by; -1 not reached
};

} // namespace bitwright

#endif // BITWRIGHT_PASSES_SIMPLIFY_MINCUT_H
