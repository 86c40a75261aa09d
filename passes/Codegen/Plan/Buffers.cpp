// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Buffers and the arena: see Buffers.h.

#include "passes/Codegen/Plan/Buffers.h"

#include "dialects/Kernel/KernelOps.h"

using namespace mlir;
using namespace bitwright::codegen;

int Buffers::addArena(Dim bytes, int position) {
  TensorBuffer buffer;
  buffer.bytes = sizes.mul(sizes.ceilDiv(bytes, kernel::kAlignment), kernel::kAlignment);
  buffer.firstUse = buffer.lastUse = position;
  buffers.push_back(buffer);
  return buffers.size() - 1;
}

int Buffers::add(TensorBuffer::Kind kind, int64_t index) {
  TensorBuffer buffer;
  buffer.kind = kind;
  buffer.index = index;
  buffers.push_back(buffer);
  return buffers.size() - 1;
}

void Buffers::planStatically(ArrayRef<int> arena) {
  // Largest first, each at the lowest offset that no buffer alive at the same
  // time covers.
  SmallVector<int> order(arena);
  llvm::stable_sort(order,
                    [&](int x, int y) { return buffers[x].bytes.size > buffers[y].bytes.size; });
  SmallVector<int> placed;
  int64_t top = 64;
  for (int id : order) {
    TensorBuffer &buffer = buffers[id];
    SmallVector<std::pair<int64_t, int64_t>> taken;
    for (int other : placed) {
      const TensorBuffer &o = buffers[other];
      if (o.firstUse <= buffer.lastUse && buffer.firstUse <= o.lastUse)
        taken.push_back({o.offset.size, o.offset.size + o.bytes.size});
    }
    llvm::sort(taken);
    int64_t offset = 64;
    for (auto [low, high] : taken) {
      if (offset + buffer.bytes.size <= low)
        break;
      offset = std::max(offset, high);
    }
    buffer.offset = Dim(offset);
    placed.push_back(id);
    top = std::max(top, offset + buffer.bytes.size);
  }
  arenaBytes = Dim(top);
}

void Buffers::planDynamically(ArrayRef<int> arena) {
  // Sizes are symbols: buffers whose lifetimes do not meet share a slot as
  // large as its largest; slots follow one another.
  struct Slot {
    Dim bytes;
    SmallVector<int> users;
    int freeFrom;
  };
  SmallVector<Slot> places;
  SmallVector<int> order(arena);
  llvm::stable_sort(order, [&](int x, int y) { return buffers[x].firstUse < buffers[y].firstUse; });
  for (int id : order) {
    TensorBuffer &buffer = buffers[id];
    Slot *best = nullptr;
    for (Slot &slot : places) {
      if (slot.freeFrom >= buffer.firstUse)
        continue;
      if (slot.bytes == buffer.bytes) {
        best = &slot;
        break;
      }
      bool bothStatic = slot.bytes.isStatic() && buffer.bytes.isStatic();
      bool bothDynamic = !slot.bytes.isStatic() && !buffer.bytes.isStatic();
      if (!best && (bothStatic || bothDynamic))
        best = &slot;
    }
    if (!best)
      best = &places.emplace_back(Slot{buffer.bytes, {}, 0});
    best->bytes = sizes.max(best->bytes, buffer.bytes);
    best->users.push_back(id);
    best->freeFrom = buffer.lastUse;
  }
  Dim offset(64);
  for (Slot &slot : places) {
    for (int id : slot.users)
      buffers[id].offset = offset;
    offset = sizes.add(offset, slot.bytes);
  }
  arenaBytes = offset;
}

LogicalResult Buffers::plan(Operation *op) {
  SmallVector<int> arena;
  bool allStatic = true;
  for (auto [i, buffer] : llvm::enumerate(buffers)) {
    if (buffer.kind != TensorBuffer::Kind::Arena)
      continue;
    arena.push_back(i);
    allStatic &= buffer.bytes.isStatic();
  }
  if (allStatic)
    planStatically(arena);
  else
    planDynamically(arena);
  constexpr int64_t most = kernel::kMostBytes;
  return sizes.require(sizes.logicalAnd(sizes.less(-1, arenaBytes), sizes.less(arenaBytes, most)),
                       op, "the arena would be larger than 64 TiB");
}
