// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The sizes of a plan as straight-line code: the body of the plan function.

#ifndef BITWRIGHT_PASSES_CODEGEN_HOST_SIZELOWERING_H
#define BITWRIGHT_PASSES_CODEGEN_HOST_SIZELOWERING_H

#include "passes/Codegen/Host/NodeNames.h"
#include "passes/Codegen/Plan/Sizes.h"

#include "dialects/Kernel/KernelOps.h"

namespace bitwright::codegen {

class SizeLowering {
public:
  /// Code goes to where `k` stands. `dims`: the address of the inputs' dimensions, BW_MAX_RANK of
  /// i64 for each.
  SizeLowering(KernelBuilder k, Value dims, NodeNames &nodes);

  /// Everything that `block`, the body of a planned function, computes and requires.
  void lower(mlir::Block &block);
  /// A size, after lower().
  Value valueOf(Dim size) {
    return size.isStatic() ? k.idx(size.size) : values.lookup(size.symbol);
  }
  /// The status (i32) of the first requirement that is not met, and its node (i64) or -1.
  Value getStatus() const { return status; }
  Value getFailedNode() const { return failedNode; }

private:
  Value emit(kernel::SizeKind kind, Value x, Value y);
  Value emitDivision(bool remainder, Value x, Value y);
  void require(kernel::RequireOp op);

  KernelBuilder k;
  Value dims;
  NodeNames &nodes;
  llvm::DenseMap<Value, Value> values;
  Value status, failedNode;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_HOST_SIZELOWERING_H
