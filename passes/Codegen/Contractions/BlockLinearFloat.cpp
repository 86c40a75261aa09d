// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Block-quantized linear kernels on f32 activations: see BlockLinear.h.

#include "passes/Codegen/Contractions/BlockLinear.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

/// One register of packed weights at one step as f32, in the order of k: 8-bit weights as they are,
/// 4-bit weights as 1 + q / 16 if readsMantissas().
static SmallVector<Value> readWeights(KernelBuilder &k, const BlockLinear &c, Value address) {
  if (!c.hasEights())
    return {k.toFloat(k.extend(k.loadAt(k.vec(k.i8(), c.lanes()), address), k.i32(), true), k.f32(),
                      false)};
  constexpr int64_t place = 19; // the upper four of 23 bits of mantissa
  Type ints = k.vec(k.i32(), c.lanes()), floats = k.vec(k.f32(), c.lanes());
  Value packed = k.loadAt(ints, address);
  SmallVector<Value> weights;
  for (int64_t j = 0; j < c.stepDepth(); ++j) {
    if (!c.readsMantissas()) {
      Value q = k.bitAnd(k.shrLogical(packed, 4 * j), k.integer(ints, 15));
      weights.push_back(k.toFloat(q, k.f32(), false));
      continue;
    }
    int64_t up = place - 4 * j;
    Value moved = up >= 0 ? k.shl(packed, up) : k.shrLogical(packed, -up);
    moved = k.bitAnd(moved, k.integer(ints, int64_t(15) << place));
    weights.push_back(k.bitcast(k.bitOr(moved, k.integer(ints, 0x3F800000)), floats));
  }
  return weights;
}

/// The zero points of a register as readWeights() reads weights.
static Value readZeroPoints(KernelBuilder &k, const BlockLinear &c, Value zeroPoints) {
  Value numbers = k.toFloat(zeroPoints, k.f32(), true);
  if (!c.readsMantissas())
    return numbers;
  Type floats = numbers.getType();
  return k.add(k.mul(numbers, k.number(floats, 1.0 / 16)), k.number(floats, 1));
}

//===--- few rows ---------------------------------------------------------===//

/// Stores the sum of each block of each row of x. Lanes are added up first, so that the order is
/// the same wherever a block lies.
static void emitBlockSums(KernelBuilder &k, const BlockLinear &c, Value input,
                          const BlockTile &tile, Value sums) {
  auto floats = cast<VectorType>(k.vec(k.f32(), c.lanes()));
  k.loop(tile.rowBegin, tile.rowEnd, k.idx(1), [&](Value row) {
    Value base = k.gep(input, k.f32(), k.mul(row, k.idx(c.depth)));
    k.loop(k.idx(c.blocks()), [&](Value b) {
      Value begin, end;
      std::tie(begin, end) = c.blockRange(k, b);
      Value rest = k.remS(k.sub(end, begin), k.idx(c.lanes())), whole = k.sub(end, rest);
      auto add = [&](Type type) {
        return [&, type](Value i, ValueRange carried) {
          return SmallVector<Value>{k.add(carried[0], k.load(type, base, i))};
        };
      };
      Value lanes = k.loop(begin, whole, k.idx(c.lanes()), k.number(floats, 0), add(floats))[0];
      Value sum = k.reduceTree(lanes, [&](Value x, Value y) { return k.add(x, y); });
      sum = k.loop(whole, end, k.idx(1), sum, add(k.f32()))[0];
      k.store(sum, sums, k.add(k.mul(k.sub(row, tile.rowBegin), k.idx(c.blocks())), b));
    });
  });
}

/// sum(x * w) over block `b` for each register of a panel, w as readWeights() has it; `x` points to
/// a row.
static SmallVector<Value> emitBlockProducts(KernelBuilder &k, const BlockLinear &c,
                                            const BlockPanel &panel, Value x, Value b) {
  Type floats = k.vec(k.f32(), c.lanes());
  bool hasFma = c.p.getTarget().hasFma();
  Value begin, end;
  std::tie(begin, end) = c.blockRange(k, b);
  Value firstStep = k.mul(b, k.idx(c.stepsPerBlock()));
  int64_t depthOfStep = c.stepDepth(), chains = std::min<int64_t>(2, depthOfStep);
  // Some chains of additions for each register, lest they wait for one another.
  auto addStep = [&](Value step, ValueRange carried, function_ref<Value(Value)> load) {
    SmallVector<Value> next(carried.begin(), carried.end()), activations;
    Value first = k.add(begin, k.mul(step, k.idx(depthOfStep)));
    for (int64_t j = 0; j < depthOfStep; ++j)
      activations.push_back(k.splat(load(k.add(first, k.idx(j))), floats));
    for (int64_t i = 0; i < panel.registers; ++i) {
      Value address = c.stepAddress(k, panel, k.add(firstStep, step), i);
      for (auto [j, weight] : llvm::enumerate(readWeights(k, c, address))) {
        Value &acc = next[chains * i + j % chains];
        acc = k.fma(activations[j], weight, acc, hasFma);
      }
    }
    return next;
  };
  auto load = [&](Value at) { return k.load(k.f32(), x, at); };
  Value whole = k.divS(k.sub(end, begin), k.idx(depthOfStep));
  SmallVector<Value> sums(chains * panel.registers, k.number(floats, 0));
  sums = k.loop(k.idx(0), whole, k.idx(1), sums,
                [&](Value step, ValueRange carried) { return addStep(step, carried, load); });
  // The rest of a block that is no whole number of steps meets zeros.
  if (c.block % depthOfStep || c.depth % depthOfStep) {
    Value stepEnd = k.divS(k.add(k.sub(end, begin), k.idx(depthOfStep - 1)), k.idx(depthOfStep));
    auto loadRest = [&](Value at) {
      return k.ifValue(
          k.compare(IPred::slt, at, end), k.f32(), [&] { return load(at); },
          [&] { return k.number(k.f32(), 0); });
    };
    sums = k.loop(whole, stepEnd, k.idx(1), sums,
                  [&](Value step, ValueRange carried) { return addStep(step, carried, loadRest); });
  }
  SmallVector<Value> products;
  for (int64_t i = 0; i < panel.registers; ++i) {
    Value product = sums[chains * i];
    for (int64_t chain = 1; chain < chains; ++chain)
      product = k.add(product, sums[chains * i + chain]);
    products.push_back(product);
  }
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
              Value zeroPoint = readZeroPoints(k, *this, loadZeroPoints(k, v, panel, b, i));
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
  k.loop(k.idx(c.blocks()), [&](Value b) {
    SmallVector<Value> scales, zeroPoints;
    for (int64_t i = 0; i < panel.registers; ++i) {
      scales.push_back(c.loadScales(k, v, panel, b, i));
      zeroPoints.push_back(readZeroPoints(k, c, c.loadZeroPoints(k, v, panel, b, i)));
    }
    Value firstStep = k.mul(b, k.idx(c.stepsPerBlock())), begin, end;
    std::tie(begin, end) = c.blockRange(k, b);
    k.loop(begin, end, k.idx(c.stepDepth()), [&](Value first) {
      Value step = k.add(firstStep, k.divS(k.sub(first, begin), k.idx(c.stepDepth())));
      for (int64_t i = 0; i < panel.registers; ++i)
        for (auto [j, weight] :
             llvm::enumerate(readWeights(k, c, c.stepAddress(k, panel, step, i)))) {
          // What exceeds a block is overwritten by the next one or lies in the
          // slack of the scratch.
          Value row = k.mul(k.add(first, k.idx(j)), k.idx(panel.registers * c.lanes()));
          k.store(k.mul(k.sub(weight, zeroPoints[i]), scales[i]), scratch,
                  k.add(row, k.idx(i * c.lanes())));
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
