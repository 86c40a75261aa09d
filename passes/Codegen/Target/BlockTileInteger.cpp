// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Block-quantized weights and int8 activations: see BlockTile.h.

#include "passes/Codegen/Build/Rounding.h"
#include "passes/Codegen/Target/BlockTile.h"

using namespace mlir;
using namespace bitwright::codegen;
using FPred = arith::CmpFPredicate;

/// Rows that are quantized together and meet one panel after the other.
static constexpr int64_t integerRows = 16;

bool BlockIntegerTile::supports(const ContractionSpec &spec) const {
  // A step may not reach into the next block.
  return spec.lhs == ElementKind::S8 && spec.rhs == rhs && spec.block > 0 &&
         (spec.blocks() == 1 || spec.block % stepDepth(spec) == 0);
}

int64_t BlockIntegerTile::rowsOfTile(const ContractionSpec &) const { return integerRows; }

//===--- scratch ----------------------------------------------------------===//

int64_t BlockIntegerTile::rowBytes(const ContractionSpec &spec) const {
  return steps(spec) * stepDepth(spec) * dot.activationBytes;
}

Value BlockIntegerTile::sumsOf(KernelBuilder &k, const ContractionSpec &spec, Value scratch) const {
  return k.gepBytes(scratch, k.idx(llvm::alignTo(integerRows * rowBytes(spec), 64)));
}

Value BlockIntegerTile::scalesOf(KernelBuilder &k, const ContractionSpec &spec,
                                 Value scratch) const {
  return k.gepBytes(sumsOf(k, spec, scratch), k.idx(integerRows * spec.blocks() * 4));
}

int64_t BlockIntegerTile::scratchBytes(const ContractionSpec &spec, int64_t) const {
  return llvm::alignTo(integerRows * rowBytes(spec), 64) + integerRows * (spec.blocks() + 1) * 4;
}

//===--- rows -------------------------------------------------------------===//

/// Quantizes a row into `target` (padded with zeros), the sums of its blocks into
/// `sums` and its scale into `scaleOut`.
void BlockIntegerTile::quantizeRow(KernelBuilder &k, const ContractionSpec &spec, Value input,
                                   Value target, Value sums, Value scaleOut) const {
  Type f32 = k.f32(), element = dot.activationBytes == 1 ? k.i8() : k.i16();
  auto number = [&](double value) { return k.number(f32, value); };
  Value most =
      k.loop(k.idx(0), k.idx(spec.k), k.idx(1), number(0), [&](Value i, ValueRange carried) {
        Value x = k.abs(k.load(f32, input, i));
        return SmallVector<Value>{k.select(k.compare(FPred::OGT, x, carried[0]), x, carried[0])};
      })[0];
  Value scale = k.fdiv(most, number(127));
  scale = k.select(k.compare(FPred::OEQ, scale, number(0)), number(1), scale);
  k.storeAt(scale, scaleOut);
  int64_t stride = stepsPerBlock(spec) * stepDepth(spec), padded = steps(spec) * stepDepth(spec);
  k.loop(k.idx(spec.blocks()), [&](Value b) {
    auto [begin, end] = blockRange(k, spec, b);
    Value first = begin, count = k.sub(end, begin), place = k.mul(b, k.idx(stride));
    Value sum =
        k.loop(k.idx(0), count, k.idx(1), k.integer(k.i32(), 0), [&](Value i, ValueRange carried) {
          Value r = k.fdiv(k.load(f32, input, k.add(first, i)), scale);
          Value q = roundWithin(k, r, number(-127), number(127));
          k.store(k.truncate(q, element), target, k.add(place, i));
          return SmallVector<Value>{k.add(carried[0], q)};
        })[0];
    Value rest = k.minimum(k.idx(stride), k.sub(k.idx(padded), place));
    k.loop(count, rest, k.idx(1),
           [&](Value i) { k.store(k.integer(element, 0), target, k.add(place, i)); });
    k.store(sum, sums, b);
  });
}

void BlockIntegerTile::prepareRows(KernelBuilder &k, const ContractionSpec &spec, Value lhs,
                                   Value begin, Value end, Value scratch) const {
  Value sums = sumsOf(k, spec, scratch), scales = scalesOf(k, spec, scratch);
  k.loop(begin, end, k.idx(1), [&](Value row) {
    Value r = k.sub(row, begin);
    quantizeRow(k, spec, k.gep(lhs, k.f32(), k.mul(row, k.idx(spec.k))),
                k.gepBytes(scratch, k.mul(r, k.idx(rowBytes(spec)))),
                k.gep(sums, k.i32(), k.mul(r, k.idx(spec.blocks()))), k.gep(scales, k.f32(), r));
  });
}

//===--- products ---------------------------------------------------------===//

/// The int32 dot products of block `b` for `count` rows and each register of a
/// panel, [register][row]; `quantized` points to the first quantized row.
SmallVector<Value> BlockIntegerTile::emitDots(KernelBuilder &k, const ContractionSpec &spec,
                                              const TilePanel &panel, Value quantized,
                                              int64_t count, Value b) const {
  int64_t registers = registersOf(panel);
  bool isPacked = bits(spec) == 4;
  Type ints = k.vec(k.i32(), lanes), bytes = k.vec(k.i8(), registerBytes(spec));
  Value firstStep = k.mul(b, k.idx(stepsPerBlock(spec)));
  Value endStep = k.minimum(k.add(firstStep, k.idx(stepsPerBlock(spec))), k.idx(steps(spec)));
  SmallVector<Value> init(count * registers, k.integer(ints, 0));
  return k.loop(firstStep, endStep, k.idx(1), init, [&](Value step, ValueRange carried) {
    SmallVector<Value> next(carried.begin(), carried.end());
    SmallVector<std::pair<Value, Value>> weights;
    for (int64_t i = 0; i < registers; ++i) {
      Value raw = k.loadAt(bytes, stepAddress(k, spec, panel, step, i));
      weights.push_back({isPacked ? k.bitAnd(raw, k.integer(bytes, 15)) : raw,
                         isPacked ? k.shrLogical(raw, 4) : Value()});
    }
    for (int64_t r = 0; r < count; ++r) {
      Value base = k.gepBytes(quantized, k.idx(r * rowBytes(spec)));
      Value at = k.mul(step, k.idx(stepDepth(spec) / dot.group));
      Value low = k.load(k.i32(), base, at);
      Value high = isPacked ? k.load(k.i32(), base, k.add(at, k.idx(1))) : Value();
      for (int64_t i = 0; i < registers; ++i) {
        Value &acc = next[i * count + r];
        acc = dot.multiply(k, acc, low, weights[i].first);
        if (isPacked)
          acc = dot.multiply(k, acc, high, weights[i].second);
      }
    }
    return next;
  });
}

void BlockIntegerTile::emit(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
                            const TileRows &tileRows, int64_t count, Value scratch,
                            TileFinish finish) const {
  Type floats = k.vec(k.f32(), lanes), ints = k.vec(k.i32(), lanes);
  int64_t registers = registersOf(panel);
  Value first = tileRows.inTile, sums = sumsOf(k, spec, scratch);
  Value quantized = k.gepBytes(scratch, k.mul(first, k.idx(rowBytes(spec))));
  SmallVector<Value> zero(count * registers, k.number(floats, 0));
  auto addBlock = [&](Value b, ValueRange carried) {
    auto dots = emitDots(k, spec, panel, quantized, count, b);
    SmallVector<Value> next(carried.begin(), carried.end());
    for (int64_t i = 0; i < registers; ++i) {
      Value scale = loadScales(k, panel, b, i);
      Value zeroPoint = k.extend(loadZeroPoints(k, panel, b, i), k.i32(), true);
      for (int64_t r = 0; r < count; ++r) {
        Value at = k.add(k.mul(k.add(first, k.idx(r)), k.idx(spec.blocks())), b);
        Value sum = k.splat(k.load(k.i32(), sums, at), ints);
        Value exact = k.sub(dots[i * count + r], k.mul(zeroPoint, sum));
        Value &total = next[i * count + r];
        total = k.add(total, k.mul(k.toFloat(exact, k.f32(), false), scale));
      }
    }
    return next;
  };
  auto totals = k.loop(k.idx(0), k.idx(spec.blocks()), k.idx(1), zero, addBlock);
  for (int64_t r = 0; r < count; ++r) {
    Value at = k.add(first, k.idx(r));
    Value scale = k.splat(k.load(k.f32(), scalesOf(k, spec, scratch), at), floats);
    for (int64_t i = 0; i < registers; ++i)
      finishRow(k, panel, k.mul(totals[i * count + r], scale), k.add(tileRows.row, k.idx(r)), i,
                finish);
  }
}
