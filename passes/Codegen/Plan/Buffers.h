// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Where the bytes of tensors are: in the arena, the weight block, or a buffer
/// of the caller. Buffers of the arena share memory where their lives do not
/// meet.

#ifndef BITWRIGHT_PASSES_CODEGEN_PLAN_BUFFERS_H
#define BITWRIGHT_PASSES_CODEGEN_PLAN_BUFFERS_H

#include "passes/Codegen/Plan/Sizes.h"

namespace bitwright::codegen {

/// The place of one tensor. Offsets in the arena are decided when all lifetimes
/// are known.
struct TensorBuffer {
  enum class Kind { Arena, Weights, Input, Output };
  Kind kind = Kind::Arena;
  int64_t index = 0; // input / output number
  Dim bytes;         // arena only
  int firstUse = 0, lastUse = 0;
  Dim offset; // arena only, once planned
};

class Buffers {
public:
  explicit Buffers(Sizes &sizes) : sizes(sizes) {}

  /// The number of a new buffer of the arena, written at `position`.
  int addArena(Dim bytes, int position);
  /// The number of a buffer of another kind.
  int add(TensorBuffer::Kind kind, int64_t index);
  TensorBuffer &operator[](int buffer) { return buffers[buffer]; }
  int size() const { return buffers.size(); }

  /// Gives each buffer of the arena its offset. Fails at `op` where the arena
  /// would be too large.
  mlir::LogicalResult plan(mlir::Operation *op);
  Dim getArenaBytes() const { return arenaBytes; }

private:
  void planStatically(llvm::ArrayRef<int> arena);
  void planDynamically(llvm::ArrayRef<int> arena);

  Sizes &sizes;
  llvm::SmallVector<TensorBuffer> buffers;
  /// The first 64 bytes hold the word in which kernels report errors.
  Dim arenaBytes = 64;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_PLAN_BUFFERS_H
