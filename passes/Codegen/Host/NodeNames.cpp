// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Numbers of nodes and observers: see NodeNames.h.

#include "passes/Codegen/Host/NodeNames.h"

#include "dialects/QNN/Constants.h"

using namespace bitwright::codegen;

int64_t NodeNames::numberOf(mlir::Operation *op) {
  std::string name = bitwright::getNodeName(op->getLoc());
  auto [entry, isNew] = numbers.try_emplace(name, nodes.size());
  if (isNew)
    nodes.push_back(name);
  return entry->second;
}

int64_t NodeNames::addObserver(llvm::StringRef label) {
  observers.push_back(label.str());
  return observers.size() - 1;
}
