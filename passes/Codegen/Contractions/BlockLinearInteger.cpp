// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Block-quantized linear kernels on int8 activations: see BlockLinear.h.

#include "passes/Codegen/Contractions/BlockLinear.h"

using namespace mlir;
using namespace bitwright::codegen;
using FPred = arith::CmpFPredicate;

/// Quantizes row `row` into `target` (padded with zeros), the sums of its
/// blocks into `sums` and its scale into `scaleOut`.
static void quantizeRow(KernelBuilder &k, const BlockLinear &c, Value input, Value target,
                        Type element, Value sums, Value scaleOut) {
  Type f32 = k.f32();
  Value most = k.loop(
      k.idx(0), k.idx(c.depth), k.idx(1), k.number(f32, 0), [&](Value i, ValueRange carried) {
        Value x = k.abs(k.load(f32, input, i));
        return SmallVector<Value>{k.select(k.compare(FPred::OGT, x, carried[0]), x, carried[0])};
      })[0];
  Value scale = k.fdiv(most, k.number(f32, 127));
  scale = k.select(k.compare(FPred::OEQ, scale, k.number(f32, 0)), k.number(f32, 1), scale);
  k.storeAt(scale, scaleOut);
  int64_t stride = c.stepsPerBlock() * c.stepDepth();
  k.loop(k.idx(c.blocks()), [&](Value b) {
    Value begin = k.mul(b, k.idx(c.block));
    Value count = k.sub(k.minimum(k.add(begin, k.idx(c.block)), k.idx(c.depth)), begin);
    Value place = k.mul(b, k.idx(stride));
    Value sum =
        k.loop(k.idx(0), count, k.idx(1), k.integer(k.i32(), 0), [&](Value i, ValueRange carried) {
          Value r = k.roundEven(k.fdiv(k.load(f32, input, k.add(begin, i)), scale));
          r = k.select(k.compare(FPred::OGT, r, k.number(f32, 127)), k.number(f32, 127), r);
          r = k.select(k.compare(FPred::OLT, r, k.number(f32, -127)), k.number(f32, -127), r);
          r = k.select(k.compare(FPred::UNO, r, r), k.number(f32, 0), r);
          Value q = k.toInt(r, k.i32(), false);
          k.store(k.truncate(q, element), target, k.add(place, i));
          return SmallVector<Value>{k.add(carried[0], q)};
        })[0];
    Value end = k.minimum(k.idx(stride), k.sub(k.idx(c.paddedDepth()), place));
    k.loop(count, end, k.idx(1),
           [&](Value i) { k.store(k.integer(element, 0), target, k.add(place, i)); });
    k.store(sum, sums, b);
  });
}

/// The int32 dot products of block `b` for `count` rows and each register of a
/// panel, [register][row]; `rows` points to the first quantized row.
static SmallVector<Value> emitBlockDots(KernelBuilder &k, const BlockLinear &c,
                                        const BlockPanel &panel, Value rows, int64_t rowBytes,
                                        int64_t count, Value b) {
  const TargetInfo &target = c.p.getTarget();
  Type ints = k.vec(k.i32(), c.lanes()), bytes = k.vec(k.i8(), c.registerBytes());
  Value firstStep = k.mul(b, k.idx(c.stepsPerBlock()));
  Value endStep = k.minimum(k.add(firstStep, k.idx(c.stepsPerBlock())), k.idx(c.steps()));
  SmallVector<Value> init(count * panel.registers, k.integer(ints, 0));
  return k.loop(firstStep, endStep, k.idx(1), init, [&](Value step, ValueRange carried) {
    SmallVector<Value> next(carried.begin(), carried.end());
    SmallVector<std::pair<Value, Value>> packed;
    for (int64_t i = 0; i < panel.registers; ++i) {
      Value raw = k.loadAt(bytes, c.stepAddress(k, panel, step, i));
      packed.push_back({c.bits == 8 ? raw : k.bitAnd(raw, k.integer(bytes, 15)),
                        c.bits == 8 ? Value() : k.shrLogical(raw, 4)});
    }
    for (int64_t r = 0; r < count; ++r) {
      Value base = k.gepBytes(rows, k.idx(r * rowBytes));
      Value at = k.mul(step, k.idx(c.stepDepth() / c.group()));
      Value low = k.load(k.i32(), base, at);
      Value high = c.bits == 4 ? k.load(k.i32(), base, k.add(at, k.idx(1))) : Value();
      for (int64_t i = 0; i < panel.registers; ++i) {
        Value &acc = next[i * count + r];
        acc = target.emitDotUnsigned(k, acc, low, packed[i].first);
        if (c.bits == 4)
          acc = target.emitDotUnsigned(k, acc, high, packed[i].second);
      }
    }
    return next;
  });
}

void BlockLinear::emitIntegerRows(KernelBuilder &k, ValueRange v, const BlockTile &tile, Value rows,
                                  Value sums, Value rowScales) const {
  int64_t activationBytes = p.getTarget().getIntegerDot().activationBytes;
  int64_t rowBytes = paddedDepth() * activationBytes;
  Type floats = k.vec(k.f32(), lanes()), ints = k.vec(k.i32(), lanes());
  k.loop(tile.rowBegin, tile.rowEnd, k.idx(1), [&](Value row) {
    Value r = k.sub(row, tile.rowBegin);
    quantizeRow(k, *this, k.gep(v[Input], k.f32(), k.mul(row, k.idx(depth))),
                k.gepBytes(rows, k.mul(r, k.idx(rowBytes))),
                activationBytes == 1 ? k.i8() : k.i16(),
                k.gep(sums, k.i32(), k.mul(r, k.idx(blocks()))), k.gep(rowScales, k.f32(), r));
  });
  auto tileRows = lanes() == 16 ? SmallVector<int64_t>{4, 1} : SmallVector<int64_t>{1};
  auto emitRows = [&](const BlockPanel &panel, Value row, int64_t count) {
    Value first = k.sub(row, tile.rowBegin);
    Value base = k.gepBytes(rows, k.mul(first, k.idx(rowBytes)));
    SmallVector<Value> zero(count * panel.registers, k.number(floats, 0));
    auto addBlock = [&](Value b, ValueRange carried) {
      auto dots = emitBlockDots(k, *this, panel, base, rowBytes, count, b);
      SmallVector<Value> next(carried.begin(), carried.end());
      for (int64_t i = 0; i < panel.registers; ++i) {
        Value scale = loadScales(k, v, panel, b, i);
        Value zeroPoint = k.extend(loadZeroPoints(k, v, panel, b, i), k.i32(), true);
        for (int64_t r = 0; r < count; ++r) {
          Value at = k.add(k.mul(k.add(first, k.idx(r)), k.idx(blocks())), b);
          Value sum = k.splat(k.load(k.i32(), sums, at), ints);
          Value exact = k.sub(dots[i * count + r], k.mul(zeroPoint, sum));
          Value &total = next[i * count + r];
          total = k.add(total, k.mul(k.toFloat(exact, k.f32(), false), scale));
        }
      }
      return next;
    };
    auto totals = k.loop(k.idx(0), k.idx(blocks()), k.idx(1), zero, addBlock);
    for (int64_t r = 0; r < count; ++r) {
      Value scale = k.splat(k.load(k.f32(), rowScales, k.add(first, k.idx(r))), floats);
      for (int64_t i = 0; i < panel.registers; ++i)
        storeRow(k, v, panel, k.mul(totals[i * count + r], scale), k.add(row, k.idx(r)), i);
    }
  };
  forEachPanel(k, v, tile, [&](const BlockPanel &panel) {
    forEachRowTile(k, tileRows, tile.rowBegin, tile.rowEnd,
                   [&](Value row, int64_t count) { emitRows(panel, row, count); });
  });
}
