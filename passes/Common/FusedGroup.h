// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Which float ops become one integer op: quantization plans for the groups that fusion makes, so
/// both ask here.

#ifndef BITWRIGHT_PASSES_COMMON_FUSEDGROUP_H
#define BITWRIGHT_PASSES_COMMON_FUSEDGROUP_H

#include "dialects/QNN/QNNOps.h"

namespace bitwright {

/// The float ops that one integer op computes.
struct FusedGroup {
  mlir::Operation *head = nullptr; ///< computes; null for a value that no op makes
  mlir::Operation *add = nullptr; ///< is formed on the sums of the head, a contraction; may be null
  mlir::Value residual;           ///< what it adds
  mlir::Operation *clamp = nullptr; ///< limits what is stored; may be null
  std::string obstacle;             ///< why the head cannot take what is behind it, or ""

  /// The op whose result the last op of the group reads; null where the head is alone.
  mlir::Operation *getPrevious() const {
    return clamp && add ? add : clamp || add ? head : nullptr;
  }
  /// The group's ops from the head on.
  llvm::SmallVector<mlir::Operation *> getOps() const;
};

/// The group that ends in the op that makes `stored`, which is to be quantized. `isQuantized` says
/// which values are read as quantized data. Of two contractions that feed one add, the later in
/// program order is the head. Uses of `stored` are not looked at, those of values inside are.
FusedGroup getFusedGroup(mlir::Value stored, llvm::function_ref<bool(mlir::Value)> isQuantized);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_COMMON_FUSEDGROUP_H
