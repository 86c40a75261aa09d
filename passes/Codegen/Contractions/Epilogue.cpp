// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Elementwise ops on the registers of a contraction: see Epilogue.h.

#include "passes/Codegen/Contractions/Epilogue.h"
#include "passes/Codegen/Kernels/Elementwise.h"

using namespace mlir;
using namespace bitwright::codegen;

void FusedEpilogue::store(KernelBuilder &k, Value value, Value offset, Value column,
                          ValueRange pointers) const {
  auto vector = dyn_cast<VectorType>(value.getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  value = emitElementwise(k, unit, value, [&](unsigned leaf) {
    Type type = p.info(leaves()[leaf]).elementType;
    switch (unit.getAccess(leaf)) {
    case LeafAccess::Full:
      return loadElement(k, type, pointers[1 + leaf], offset, lanes);
    case LeafAccess::Column:
      return loadElement(k, type, pointers[1 + leaf], column, lanes);
    case LeafAccess::Scalar:
    case LeafAccess::Broadcast: // the verifier allows none here
      break;
    }
    return loadElement(k, type, pointers[1 + leaf], k.idx(0), 1);
  });
  storeElement(k, value, p.info(result()).elementType, pointers[0], offset);
}
