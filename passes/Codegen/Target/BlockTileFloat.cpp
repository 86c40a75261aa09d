// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Block-quantized weights and f32 activations: see BlockTile.h.

#include "passes/Codegen/Build/Iterations.h"
#include "passes/Codegen/Target/BlockTile.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

/// From this many rows on, a panel is dequantized once for all of them.
static constexpr int64_t manyRows = 6;
/// Rows that share a dequantized panel: a multiple of all register tiles.
static constexpr int64_t sharingRows = 192;
/// The largest dequantized panel.
static constexpr int64_t maxPanelBytes = 1 << 21;

bool BlockFloatTile::supports(const ContractionSpec &spec) const {
  return spec.lhs == ElementKind::F32 && spec.rhs == rhs && spec.block > 0;
}

SmallVector<Value> BlockFloatTile::readWeights(KernelBuilder &k, Value address) const {
  if (rhs == ElementKind::U8)
    return {k.toFloat(k.extend(k.loadAt(k.vec(k.i8(), lanes), address), k.i32(), true), k.f32(),
                      false)};
  constexpr int64_t nibbles = 8;
  constexpr int64_t place = 19; // the upper four of 23 bits of mantissa
  Type ints = k.vec(k.i32(), lanes), floats = k.vec(k.f32(), lanes);
  Value packed = k.loadAt(ints, address);
  SmallVector<Value> weights;
  for (int64_t j = 0; j < nibbles; ++j) {
    if (!readsMantissas) {
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

Value BlockFloatTile::readZeroPoints(KernelBuilder &k, Value zeroPoints) const {
  Value numbers = k.toFloat(zeroPoints, k.f32(), true);
  if (!readsMantissas)
    return numbers;
  Type floats = numbers.getType();
  return k.add(k.mul(numbers, k.number(floats, 1.0 / 16)), k.number(floats, 1));
}

//===--- few rows ---------------------------------------------------------===//

int64_t BlockRowTile::rowsOfTile(const ContractionSpec &) const { return manyRows; }

/// Stores the sum of each block of each row of x. Lanes are added up first, so that the order is
/// the same wherever a block lies.
void BlockRowTile::prepareRows(KernelBuilder &k, const ContractionSpec &spec, Value lhs,
                               Value rowBegin, Value rowEnd, Value sums) const {
  int64_t blocks = spec.blocks();
  LoopIterations rows(k, rowBegin, rowEnd);
  rows.forEach([&](Value row) {
    Value base = k.gep(lhs, k.f32(), k.mul(row, k.idx(spec.k)));
    k.loop(k.idx(blocks), [&](Value b) {
      auto [begin, end] = blockRange(k, spec, b);
      auto add = [&](Value i, int64_t width, ValueRange carried) {
        Value x = k.load(laneType(k, k.f32(), width), base, i);
        return SmallVector<Value>{k.add(carried[0], x)};
      };
      Value zero = k.number(k.f32(), 0);
      Value sum = rows.reduce(begin, end, lanes, zero, add,
                              [&](unsigned, Value x, Value y) { return k.add(x, y); })[0];
      k.store(sum, sums, k.add(k.mul(k.sub(row, rowBegin), k.idx(blocks)), b));
    });
  });
}

/// sum(x * w) over block `b` for each register of a panel, w as readWeights() has it; `x` points to
/// a row.
SmallVector<Value> BlockRowTile::emitProducts(KernelBuilder &k, const ContractionSpec &spec,
                                              const TilePanel &panel, Value x, Value b) const {
  Type floats = k.vec(k.f32(), lanes);
  auto range = blockRange(k, spec, b);
  Value begin = range.first, end = range.second;
  Value firstStep = k.mul(b, k.idx(stepsPerBlock(spec)));
  int64_t depth = stepDepth(spec), chains = std::min<int64_t>(2, depth);
  int64_t registers = registersOf(panel);
  // Some chains of additions for each register, lest they wait for one another.
  auto addStep = [&](Value step, ValueRange carried, function_ref<Value(Value)> load) {
    SmallVector<Value> next(carried.begin(), carried.end()), activations;
    Value first = k.add(begin, k.mul(step, k.idx(depth)));
    for (int64_t j = 0; j < depth; ++j)
      activations.push_back(k.splat(load(k.add(first, k.idx(j))), floats));
    for (int64_t i = 0; i < registers; ++i) {
      Value address = stepAddress(k, spec, panel, k.add(firstStep, step), i);
      for (auto [j, weight] : llvm::enumerate(readWeights(k, address))) {
        Value &acc = next[chains * i + j % chains];
        acc = k.fma(activations[j], weight, acc, hasFma);
      }
    }
    return next;
  };
  auto load = [&](Value at) { return k.load(k.f32(), x, at); };
  Value whole = k.divS(k.sub(end, begin), k.idx(depth));
  SmallVector<Value> sums(chains * registers, k.number(floats, 0));
  sums = k.loop(k.idx(0), whole, k.idx(1), sums,
                [&](Value step, ValueRange carried) { return addStep(step, carried, load); });
  // The rest of a block that is no whole number of steps meets zeros.
  if (spec.block % depth || spec.k % depth) {
    Value stepEnd = k.divS(k.add(k.sub(end, begin), k.idx(depth - 1)), k.idx(depth));
    auto loadRest = [&](Value at) {
      return k.ifValue(
          k.compare(IPred::slt, at, end), k.f32(), [&] { return load(at); },
          [&] { return k.number(k.f32(), 0); });
    };
    sums = k.loop(whole, stepEnd, k.idx(1), sums,
                  [&](Value step, ValueRange carried) { return addStep(step, carried, loadRest); });
  }
  SmallVector<Value> products;
  for (int64_t i = 0; i < registers; ++i) {
    Value product = sums[chains * i];
    for (int64_t chain = 1; chain < chains; ++chain)
      product = k.add(product, sums[chains * i + chain]);
    products.push_back(product);
  }
  return products;
}

void BlockRowTile::emit(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
                        const TileRows &rows, int64_t, Value sums, TileFinish finish) const {
  Type floats = k.vec(k.f32(), lanes);
  Value rowSums = k.mul(rows.inTile, k.idx(spec.blocks()));
  int64_t registers = registersOf(panel);
  SmallVector<Value> zero(registers, k.number(floats, 0));
  auto totals =
      k.loop(k.idx(0), k.idx(spec.blocks()), k.idx(1), zero, [&](Value b, ValueRange carried) {
        SmallVector<Value> products = emitProducts(k, spec, panel, rows.first, b), next;
        Value sum = k.splat(k.load(k.f32(), sums, k.add(rowSums, b)), floats);
        for (int64_t i = 0; i < registers; ++i) {
          Value zeroPoint = readZeroPoints(k, loadZeroPoints(k, panel, b, i));
          Value exact = k.sub(products[i], k.mul(zeroPoint, sum));
          next.push_back(k.fma(exact, loadScales(k, panel, b, i), carried[i], hasFma));
        }
        return next;
      });
  for (int64_t i = 0; i < registers; ++i)
    finishRow(k, panel, totals[i], rows.row, i, finish);
}

//===--- many rows --------------------------------------------------------===//

int64_t BlockPanelTile::leastRows() const { return manyRows; }

int64_t BlockPanelTile::rowsOfTile(const ContractionSpec &) const { return sharingRows; }

bool BlockPanelTile::supports(const ContractionSpec &spec) const {
  return BlockFloatTile::supports(spec) && (spec.rows < 0 || spec.rows >= leastRows()) &&
         scratchBytes(spec, 0) <= maxPanelBytes;
}

int64_t BlockPanelTile::scratchBytes(const ContractionSpec &spec, int64_t) const {
  return (spec.k + stepDepth(spec)) * tile().columns * 4;
}

/// Writes the weights of a panel to `scratch` as f32, [k][column].
void BlockPanelTile::preparePanel(KernelBuilder &k, const ContractionSpec &spec,
                                  const TilePanel &panel, Value scratch) const {
  int64_t registers = registersOf(panel), depth = stepDepth(spec);
  k.loop(k.idx(spec.blocks()), [&](Value b) {
    SmallVector<Value> scales, zeroPoints;
    for (int64_t i = 0; i < registers; ++i) {
      scales.push_back(loadScales(k, panel, b, i));
      zeroPoints.push_back(readZeroPoints(k, loadZeroPoints(k, panel, b, i)));
    }
    Value firstStep = k.mul(b, k.idx(stepsPerBlock(spec)));
    auto range = blockRange(k, spec, b);
    Value begin = range.first;
    k.loop(begin, range.second, k.idx(depth), [&](Value first) {
      Value step = k.add(firstStep, k.divS(k.sub(first, begin), k.idx(depth)));
      for (int64_t i = 0; i < registers; ++i)
        for (auto [j, weight] :
             llvm::enumerate(readWeights(k, stepAddress(k, spec, panel, step, i)))) {
          // What exceeds a block is overwritten by the next one or lies in the
          // slack of the scratch.
          Value row = k.mul(k.add(first, k.idx(j)), k.idx(panel.columns));
          k.store(k.mul(k.sub(weight, zeroPoints[i]), scales[i]), scratch,
                  k.add(row, k.idx(i * lanes)));
        }
    });
  });
}

void BlockPanelTile::emit(KernelBuilder &k, const ContractionSpec &spec, const TilePanel &panel,
                          const TileRows &rows, int64_t count, Value scratch,
                          TileFinish finish) const {
  TilePanel floats = panel;
  floats.rhs = scratch;
  ContractionSpec plain{ElementKind::F32, ElementKind::F32, spec.n, spec.k};
  tileOfRows.emit(k, plain, floats, rows, count, Value(), finish);
}
