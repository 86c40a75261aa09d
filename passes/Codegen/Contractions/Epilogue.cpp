// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Elementwise ops on the registers of a contraction: see Epilogue.h.

#include "passes/Codegen/Contractions/Epilogue.h"
#include "passes/Codegen/Kernels/Elementwise.h"

using namespace mlir;
using namespace bitwright::codegen;

SmallVector<Value> FusedEpilogue::leaves() const {
  SmallVector<Value> result;
  for (Value leaf : group.leaves)
    if (leaf != op->getResult(0))
      result.push_back(leaf);
  return result;
}

void FusedEpilogue::store(KernelBuilder &k, Value value, Value offset, Value column,
                          ValueRange pointers) const {
  auto vector = dyn_cast<VectorType>(value.getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  if (!group.members.empty()) {
    SmallVector<Value> others = leaves();
    value = emitGroup(k, group, [&](unsigned i) -> Value {
      Value leaf = group.leaves[i];
      if (leaf == op->getResult(0))
        return value;
      size_t place = llvm::find(others, leaf) - others.begin();
      Value pointer = pointers[1 + place];
      Type type = p.info(leaf).elementType;
      switch (accessOf(leaf)) {
      case LeafAccess::Full:
        return loadElement(k, type, pointer, offset, lanes);
      case LeafAccess::Column:
        return loadElement(k, type, pointer, column, lanes);
      default:
        return loadElement(k, type, pointer, k.idx(0), 1);
      }
    });
  }
  storeElement(k, value, p.info(result()).elementType, pointers[0], offset);
}
