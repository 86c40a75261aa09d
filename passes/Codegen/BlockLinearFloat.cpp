// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Block-quantized linear kernels on f32 activations: see BlockLinear.h.

#include "passes/Codegen/BlockLinear.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

/// The two nibbles of each byte, widened to i32.
static std::pair<Value, Value> splitNibbles(KernelBuilder &k, Value bytes) {
  Value wide = k.extend(bytes, k.i32(), true);
  Value low = k.bitAnd(wide, k.integer(wide.getType(), 15));
  return {low, k.shrLogical(wide, 4)};
}

//===--- few rows ---------------------------------------------------------===//

/// Stores the sum of each block of each row of x.
static void emitBlockSums(KernelBuilder &k, const BlockLinear &c, Value input,
                          const BlockTile &tile, Value sums) {
  k.loop(tile.rowBegin, tile.rowEnd, k.idx(1), [&](Value row) {
    Value base = k.gep(input, k.f32(), k.mul(row, k.idx(c.depth)));
    k.loop(k.idx(c.blocks()), [&](Value b) {
      auto [begin, end] = c.blockRange(k, b);
      Value sum =
          k.loop(begin, end, k.idx(1), k.number(k.f32(), 0), [&](Value i, ValueRange carried) {
            return SmallVector<Value>{k.add(carried[0], k.load(k.f32(), base, i))};
          })[0];
      k.store(sum, sums, k.add(k.mul(k.sub(row, tile.rowBegin), k.idx(c.blocks())), b));
    });
  });
}

/// sum(x * q) over block `b` for each register of a panel; `x` points to a row.
static SmallVector<Value> emitBlockProducts(KernelBuilder &k, const BlockLinear &c,
                                            const BlockPanel &panel, Value x, Value b) {
  Type floats = k.vec(k.f32(), c.lanes()), bytes = k.vec(k.i8(), c.lanes());
  bool hasFma = c.p.getTarget().hasFma();
  auto accumulate = [&](Value &acc, Value activation, Value weight) {
    acc = k.fma(k.splat(activation, floats), k.toFloat(weight, k.f32(), false), acc, hasFma);
  };
  Value begin, end;
  std::tie(begin, end) = c.blockRange(k, b);
  Value firstStep = k.mul(b, k.idx(c.stepsPerBlock()));
  Value whole = k.divS(k.sub(end, begin), k.idx(c.stepDepth()));
  auto load = [&](Value step, int64_t index) {
    return k.loadAt(bytes, c.stepAddress(k, panel, k.add(firstStep, step), index));
  };
  // Two chains for each register: even and odd k.
  SmallVector<Value> init(2 * panel.registers, k.number(floats, 0));
  auto sums = k.loop(k.idx(0), whole, k.idx(1), init, [&](Value step, ValueRange carried) {
    SmallVector<Value> next(carried.begin(), carried.end());
    Value first = k.add(begin, k.mul(step, k.idx(c.stepDepth())));
    Value x0 = k.load(k.f32(), x, first);
    Value x1 = c.bits == 4 ? k.load(k.f32(), x, k.add(first, k.idx(1))) : Value();
    for (int64_t i = 0; i < panel.registers; ++i) {
      Value packed = load(step, i);
      if (c.bits == 8) {
        accumulate(next[2 * i], x0, k.extend(packed, k.i32(), true));
        continue;
      }
      auto [low, high] = splitNibbles(k, packed);
      accumulate(next[2 * i], x0, low);
      accumulate(next[2 * i + 1], x1, high);
    }
    return next;
  });
  // An odd last k of a block of nibbles has no partner.
  if (c.bits == 4 && (c.block % 2 || c.depth % 2)) {
    Value odd = k.compare(IPred::ne, k.remS(k.sub(end, begin), k.idx(2)), k.idx(0));
    Value last = k.ifValue(
        odd, k.f32(), [&] { return k.load(k.f32(), x, k.sub(end, k.idx(1))); },
        [&] { return k.number(k.f32(), 0); });
    for (int64_t i = 0; i < panel.registers; ++i) {
      Value packed = k.ifValue(
          odd, bytes, [&] { return load(whole, i); }, [&] { return k.integer(bytes, 0); });
      accumulate(sums[2 * i], last, splitNibbles(k, packed).first);
    }
  }
  SmallVector<Value> products;
  for (int64_t i = 0; i < panel.registers; ++i)
    products.push_back(k.add(sums[2 * i], sums[2 * i + 1]));
  return products;
}

void BlockLinear::emitFewRows(KernelBuilder &k, ValueRange v, const BlockTile &tile,
                              Value sums) const {
  Type floats = k.vec(k.f32(), lanes());
  emitBlockSums(k, *this, v[Input], tile, sums);
  forEachPanel(k, v, tile, [&](const BlockPanel &panel) {
    k.loop(tile.rowBegin, tile.rowEnd, k.idx(1), [&](Value row) {
      Value x = k.gep(v[Input], k.f32(), k.mul(row, k.idx(depth)));
      Value rowSums = k.mul(k.sub(row, tile.rowBegin), k.idx(blocks()));
      SmallVector<Value> zero(panel.registers, k.number(floats, 0));
      auto totals =
          k.loop(k.idx(0), k.idx(blocks()), k.idx(1), zero, [&](Value b, ValueRange carried) {
            SmallVector<Value> products = emitBlockProducts(k, *this, panel, x, b), next;
            Value sum = k.splat(k.load(k.f32(), sums, k.add(rowSums, b)), floats);
            for (int64_t i = 0; i < panel.registers; ++i) {
              Value zeroPoint = k.toFloat(loadZeroPoints(k, v, panel, b, i), k.f32(), true);
              Value exact = k.sub(products[i], k.mul(zeroPoint, sum));
              next.push_back(
                  k.fma(exact, loadScales(k, v, panel, b, i), carried[i], p.getTarget().hasFma()));
            }
            return next;
          });
      for (int64_t i = 0; i < panel.registers; ++i)
        storeRow(k, v, panel, totals[i], row, i);
    });
  });
}

//===--- many rows --------------------------------------------------------===//

/// Writes the weights of a panel to `scratch` as f32, [k][column].
static void emitDequantize(KernelBuilder &k, const BlockLinear &c, ValueRange v,
                           const BlockPanel &panel, Value scratch) {
  Type bytes = k.vec(k.i8(), c.lanes());
  k.loop(k.idx(c.blocks()), [&](Value b) {
    SmallVector<Value> scales, zeroPoints;
    for (int64_t i = 0; i < panel.registers; ++i) {
      scales.push_back(c.loadScales(k, v, panel, b, i));
      zeroPoints.push_back(k.extend(c.loadZeroPoints(k, v, panel, b, i), k.i32(), true));
    }
    auto put = [&](Value q, int64_t i, Value depthAt) {
      Value w = k.mul(k.toFloat(k.sub(q, zeroPoints[i]), k.f32(), false), scales[i]);
      k.store(w, scratch,
              k.add(k.mul(depthAt, k.idx(panel.registers * c.lanes())), k.idx(i * c.lanes())));
    };
    Value firstStep = k.mul(b, k.idx(c.stepsPerBlock()));
    auto [begin, end] = c.blockRange(k, b);
    k.loop(begin, end, k.idx(c.stepDepth()), [&, begin = begin](Value depthAt) {
      Value step = k.add(firstStep, k.divS(k.sub(depthAt, begin), k.idx(c.stepDepth())));
      for (int64_t i = 0; i < panel.registers; ++i) {
        Value packed = k.loadAt(bytes, c.stepAddress(k, panel, step, i));
        if (c.bits == 8) {
          put(k.extend(packed, k.i32(), true), i, depthAt);
          continue;
        }
        auto [low, high] = splitNibbles(k, packed);
        put(low, i, depthAt);
        // The partner of an odd last k is overwritten by the next block or
        // lies in the slack of the scratch.
        put(high, i, k.add(depthAt, k.idx(1)));
      }
    });
  });
}

void BlockLinear::emitManyRows(KernelBuilder &k, ValueRange v, const BlockTile &tile,
                               Value scratch) const {
  Type floats = k.vec(k.f32(), lanes());
  bool hasFma = p.getTarget().hasFma();
  forEachPanel(k, v, tile, [&](const BlockPanel &panel) {
    emitDequantize(k, *this, v, panel, scratch);
    MicroKernel micro;
    micro.init = [=](KernelBuilder &b, Value) { return b.number(floats, 0); };
    micro.weights = [=](KernelBuilder &b, Value at, Value step, int64_t index, int64_t count) {
      return b.load(floats, at, b.add(b.mul(step, b.idx(count * lanes())), b.idx(index * lanes())));
    };
    micro.activation = [](KernelBuilder &b, Value row, Value step) {
      return b.load(b.f32(), row, step);
    };
    micro.multiply = [=](KernelBuilder &b, Value acc, Value x, Value w) {
      return b.fma(b.splat(x, floats), w, acc, hasFma);
    };
    SmallVector<Value> values(v.begin(), v.end());
    micro.finish = [this, values](KernelBuilder &b, Value acc, Value row, Value at) {
      if (op.getBias())
        acc = b.add(acc, b.load(acc.getType(), values[Bias], at));
      epilogue.store(b, acc, b.add(b.mul(row, b.idx(columns.n)), at), at,
                     ArrayRef(values).drop_front(Result));
    };
    Value rowBytes = k.idx(depth * 4);
    forEachRowTile(k, p.getTarget().getFloatTileRows(), tile.rowBegin, tile.rowEnd,
                   [&](Value row, int64_t rows) {
                     Value base = k.gepBytes(v[Input], k.mul(row, rowBytes));
                     emitMicro(k, micro, lanes(), rows, panel.registers, panel.valid, base,
                               rowBytes, row, k.idx(depth), scratch, panel.column);
                   });
  });
}
