// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The structures of bitwright_rt/abi.h as a target's C compiler lays them out.
/// Generated code asks here where a field is, never the compiler that this
/// program was built with.

#ifndef BITWRIGHT_TARGET_ABILAYOUT_H
#define BITWRIGHT_TARGET_ABILAYOUT_H

#include "llvm/ADT/SmallVector.h"
#include <cstdint>

namespace llvm {
class DataLayout;
} // namespace llvm

namespace bitwright {

struct AbiLayout {
  enum class Field { Pointer, Int32, Int64 };
  struct Struct {
    llvm::SmallVector<uint64_t> offsets;
    uint64_t bytes = 0, align = 1;
  };
  /// The fields of each structure in order.
  enum Exec { ParallelFor, Observe, Launch, Scratch, State, Workers, ExecFailedNode };
  enum PlanInfo { ArenaBytes, ScratchBytes, PlanFailedNode };

  explicit AbiLayout(const llvm::DataLayout &dataLayout);

  uint64_t offsetOf(Exec field) const { return exec.offsets[field]; }
  uint64_t offsetOf(PlanInfo field) const { return planInfo.offsets[field]; }

  /// A structure of these fields, as C lays it out.
  Struct layOut(llvm::ArrayRef<Field> fields) const;

  uint64_t pointerBytes, pointerAlign, int32Align, int64Align;
  Struct exec, planInfo, modelDesc;
};

} // namespace bitwright

#endif // BITWRIGHT_TARGET_ABILAYOUT_H
