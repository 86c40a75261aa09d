// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Numbers of nodes and observers: see NodeNames.h.

#include "passes/Codegen/Plan/NodeNames.h"

#include "dialects/QNN/Constants.h"

using namespace bitwright::codegen;

int64_t NodeNames::numberOf(mlir::Operation *op) {
  auto [entry, isNew] = numbers.try_emplace(op, nodes.size());
  if (isNew)
    nodes.push_back(bitwright::getNodeName(op->getLoc()));
  return entry->second;
}

int64_t NodeNames::addObserver(llvm::StringRef label) {
  observers.push_back(label.str());
  return observers.size() - 1;
}
