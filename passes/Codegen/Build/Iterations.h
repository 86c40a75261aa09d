// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a kernel body runs over. A launch has iterations [0, n), which do not
/// depend on one another; a body never asks how they are dealt out. On a CPU
/// each call of a kernel gets a range of them and loops; a GPU gives one to each
/// block and lets the threads of a block share the elements inside of it.

#ifndef BITWRIGHT_PASSES_CODEGEN_BUILD_ITERATIONS_H
#define BITWRIGHT_PASSES_CODEGEN_BUILD_ITERATIONS_H

#include "passes/Codegen/Build/KernelBuilder.h"

namespace bitwright::codegen {

/// Lanes of f32 that loops over elements handle at a time; LLVM cuts them into
/// the registers that there are. Fixed, not the target's: sums over elements are
/// taken in this many lanes, so that every CPU gives the same bits.
constexpr int64_t elementLanes = 16;

/// `lanes` neighbours from `at` on, of which the first `left` exist (all of them
/// where `left` is null).
struct MaskedLanes {
  Value at;
  int64_t lanes;
  Value left;
};

class Iterations {
public:
  using ElementBody = llvm::function_ref<void(Value at, int64_t lanes)>;
  /// What has been summed, with `lanes` elements from `at` on.
  using Accumulate =
      llvm::function_ref<llvm::SmallVector<Value>(Value at, int64_t lanes, ValueRange carried)>;
  using MaskedAccumulate = llvm::function_ref<Value(MaskedLanes elements, Value carried)>;
  /// Joins two partial results of sum number `which`.
  using Combine = llvm::function_ref<Value(unsigned which, Value x, Value y)>;

  virtual ~Iterations() = default;

  /// Each iteration of the launch.
  virtual void forEach(llvm::function_ref<void(Value iteration)> body) = 0;
  /// Iterations that are single elements: `lanes` neighbours at a time, then one
  /// by one.
  virtual void forEachVector(int64_t lanes, ElementBody body) = 0;

  //===--- inside of one iteration -----------------------------------------===//

  /// The elements [low, high): `lanes` at a time, then one by one.
  virtual void forEachVector(Value low, Value high, int64_t lanes, ElementBody body) = 0;
  /// The elements [0, count). Where their number is `known`, what remains of
  /// whole vectors is cut into smaller powers of two.
  virtual void forEachPart(Value count, std::optional<int64_t> known, int64_t lanes,
                           ElementBody body) = 0;
  /// Sums over [low, high) from the scalars `init`: in `lanes` lanes, which are
  /// joined in a fixed tree, then one by one.
  virtual llvm::SmallVector<Value> reduce(Value low, Value high, int64_t lanes, ValueRange init,
                                          Accumulate accumulate, Combine combine) = 0;
  /// One sum over [0, count) whose last elements take lanes under a mask, so that
  /// elements which add nothing leave every bit alone wherever they lie.
  virtual Value reduceMasked(Value count, int64_t lanes, Value init, MaskedAccumulate accumulate,
                             llvm::function_ref<Value(Value, Value)> combine) = 0;
  /// Memory of one worker, 64-byte aligned; what it holds is lost between
  /// iterations.
  virtual Value scratch(int64_t bytes) = 0;
  /// All workers of one iteration have written what they wrote before.
  virtual void barrier() = 0;
};

/// A range [begin, end) of iterations, one after the other.
class LoopIterations final : public Iterations {
public:
  LoopIterations(KernelBuilder &k, Value begin, Value end) : k(k), begin(begin), end(end) {}

  void forEach(llvm::function_ref<void(Value)> body) override;
  void forEachVector(int64_t lanes, ElementBody body) override;
  void forEachVector(Value low, Value high, int64_t lanes, ElementBody body) override;
  void forEachPart(Value count, std::optional<int64_t> known, int64_t lanes,
                   ElementBody body) override;
  llvm::SmallVector<Value> reduce(Value low, Value high, int64_t lanes, ValueRange init,
                                  Accumulate accumulate, Combine combine) override;
  Value reduceMasked(Value count, int64_t lanes, Value init, MaskedAccumulate accumulate,
                     llvm::function_ref<Value(Value, Value)> combine) override;
  Value scratch(int64_t bytes) override { return k.scratch(bytes); }
  /// A worker is alone in its iteration.
  void barrier() override {}

private:
  KernelBuilder &k;
  Value begin, end;
};

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_BUILD_ITERATIONS_H
