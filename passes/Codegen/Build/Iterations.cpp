// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Iterations as loops of one CPU thread: see Iterations.h.

#include "passes/Codegen/Build/Iterations.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

void LoopIterations::forEach(function_ref<void(Value)> body) { k.loop(begin, end, k.idx(1), body); }

void LoopIterations::forEachVector(int64_t lanes, ElementBody body) {
  k.vectorLoop(begin, end, lanes, body);
}

void LoopIterations::forEachVector(Value low, Value high, int64_t lanes, ElementBody body) {
  k.vectorLoop(low, high, lanes, body);
}

void LoopIterations::forEachPart(Value count, std::optional<int64_t> known, int64_t lanes,
                                 ElementBody body) {
  if (!known)
    return k.vectorLoop(k.idx(0), count, lanes, body);
  int64_t whole = *known / lanes * lanes;
  if (whole == lanes)
    body(k.idx(0), lanes);
  else if (whole > 0)
    k.loop(k.idx(0), k.idx(whole), k.idx(lanes), [&](Value at) { body(at, lanes); });
  for (int64_t at = whole, width = lanes / 2; width >= 1; width /= 2)
    if (at + width <= *known) {
      body(k.idx(at), width);
      at += width;
    }
}

SmallVector<Value> LoopIterations::reduce(Value low, Value high, int64_t lanes, ValueRange init,
                                          Accumulate accumulate, Combine combine) {
  Value whole = k.sub(high, k.remS(k.sub(high, low), k.idx(lanes)));
  SmallVector<Value> wide, scalars;
  for (Value value : init)
    wide.push_back(k.splat(value, k.vec(value.getType(), lanes)));
  wide = k.loop(low, whole, k.idx(lanes), wide,
                [&](Value at, ValueRange carried) { return accumulate(at, lanes, carried); });
  for (auto [i, value] : llvm::enumerate(wide))
    scalars.push_back(
        k.reduceTree(value, [&, which = i](Value x, Value y) { return combine(which, x, y); }));
  return k.loop(whole, high, k.idx(1), scalars,
                [&](Value at, ValueRange carried) { return accumulate(at, 1, carried); });
}

Value LoopIterations::reduceMasked(Value count, int64_t lanes, Value init,
                                   MaskedAccumulate accumulate,
                                   function_ref<Value(Value, Value)> combine) {
  Type wide = k.vec(init.getType(), lanes);
  Value rest = k.remS(count, k.idx(lanes)), whole = k.sub(count, rest);
  Value sums =
      k.loop(k.idx(0), whole, k.idx(lanes), k.splat(init, wide), [&](Value at, ValueRange carried) {
        return SmallVector<Value>{accumulate({at, lanes, Value()}, carried[0])};
      })[0];
  sums = k.ifValue(
      k.compare(IPred::ne, rest, k.idx(0)), wide,
      [&] { return accumulate({whole, lanes, rest}, sums); }, [&] { return sums; });
  return k.reduceTree(sums, combine);
}
