// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What code generation asks of a target: how wide vectors are, how large a
/// register tile may be, and how integer products are summed. Passes ask this
/// interface; none asks which CPU it is. A new instruction (AMX, sdot, mma) is
/// a new IntegerDot and a tile shape.

#ifndef BITWRIGHT_PASSES_CODEGEN_TARGET_TARGETINFO_H
#define BITWRIGHT_PASSES_CODEGEN_TARGET_TARGETINFO_H

#include "passes/Codegen/Build/KernelBuilder.h"

#include <memory>

namespace bitwright::codegen {

/// How the target sums products of 8-bit activations and weights into int32.
struct IntegerDot {
  /// Consecutive k that one step consumes: weights are packed in groups of it.
  int64_t group = 1;
  /// Bytes of one activation as the kernel reads it: 1, or 2 if it is widened
  /// to i16 in a panel before the kernel.
  int64_t activationBytes = 1;
  /// True if the instruction reads activations as unsigned: signed ones are
  /// offset by 128 and the zero point with them.
  bool unsignedActivations = true;
};

class TargetInfo {
public:
  virtual ~TargetInfo() = default;

  /// Lanes of f32 (and i32) in a register.
  virtual int64_t getLanes() const = 0;
  virtual bool hasFma() const = 0;
  /// Rows of a register tile, two registers wide: largest first, ending in 1.
  virtual llvm::SmallVector<int64_t> getFloatTileRows() const = 0;
  virtual llvm::SmallVector<int64_t> getIntegerTileRows() const = 0;

  virtual IntegerDot getIntegerDot() const = 0;
  /// acc + products: `acc` is a register of i32; `activations` an i32 holding
  /// one group of one row; `weights` the address of lanes * group bytes.
  virtual Value emitDot(KernelBuilder &k, Value acc, Value activations, Value weights) const = 0;
  /// Loads one register of packed weights for emitDot (hoisted out of the row loop).
  virtual Value loadDotWeights(KernelBuilder &k, Value address) const = 0;

  /// acc + products of unsigned weights (lanes * group bytes) and one group of
  /// signed activations, for block-quantized weights.
  virtual Value emitDotUnsigned(KernelBuilder &k, Value acc, Value activations,
                                Value weights) const = 0;

  /// acc + products lane by lane: each i32 lane of `activations` and `weights`
  /// holds one group as emitDot reads it. At least 4 lanes, at most getLanes().
  virtual Value emitLaneDot(KernelBuilder &k, Value acc, Value activations,
                            Value weights) const = 0;

  /// The BW_X86_64_* bits that the generated code needs.
  virtual uint64_t getFeatures() const = 0;
};

/// The x86-64 description for these BW_X86_64_* bits.
std::unique_ptr<TargetInfo> createX86TargetInfo(uint64_t features);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_TARGET_TARGETINFO_H
