// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Linear ops on block-quantized weights.
///
/// Weights are held unsigned (signed ones are offset, and their zero points
/// with them) and packed in the order in which kernels stream them; each panel
/// has its scales and zero points beside it. With float activations, few rows
/// read the packed weights directly: sum(x * q) for each block, then
/// scale * (sum - zero_point * sum(x)). Many rows share one dequantized panel.
/// With int8 activations each row is quantized once and blocks are exact int32.

#include "passes/Codegen/Contraction.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;
using FPred = arith::CmpFPredicate;
using IPred = arith::CmpIPredicate;

/// From this many rows on, a panel is dequantized once for all of them.
static constexpr int64_t manyRows = 6;
/// Rows that share a dequantized panel: a multiple of all register tiles.
static constexpr int64_t sharingRows = 192;
/// Bytes of stack for a dequantized panel.
static constexpr int64_t maxDequantizedBytes = 1 << 21;

namespace {
/// The pointer arguments of the kernels, in order.
enum Argument { Input, Weights, Scales, ZeroPoints, Bias, Result };

struct BlockLinear {
  Program &p;
  mutable qnn::BlockLinearOp op;
  Epilogue epilogue;
  Columns columns;
  int64_t depth, block, bits;
  bool isUnsigned, intActivations;

  int64_t lanes() const { return columns.lanes; }
  int64_t blocks() const { return (depth + block - 1) / block; }
  int64_t group() const { return p.getTarget().getIntegerDot().group; }
  /// k that one step consumes: bytes of a step hold this many k per column.
  int64_t stepDepth() const { return (intActivations ? group() : 1) * (bits == 4 ? 2 : 1); }
  int64_t stepsOf(int64_t k) const { return (k + stepDepth() - 1) / stepDepth(); }
  int64_t stepsPerBlock() const { return stepsOf(block); }
  int64_t steps() const {
    return (blocks() - 1) * stepsPerBlock() + stepsOf(depth - (blocks() - 1) * block);
  }
  /// Bytes of one register of columns at one step.
  int64_t registerBytes() const { return lanes() * (intActivations ? group() : 1); }
  int64_t paddedDepth() const { return steps() * stepDepth(); }

  std::vector<char> packWeights(ArrayRef<int64_t> q) const;
  template <typename T>
  std::vector<char> packParameters(llvm::function_ref<T(int64_t n, int64_t b)> value) const;

  void emitFewRows(KernelBuilder &k, ValueRange v, Value rowBegin, Value rowEnd, Value panelBegin,
                   Value panelEnd, Value sums) const;
  void emitManyRows(KernelBuilder &k, ValueRange v, Value rowBegin, Value rowEnd, Value panelBegin,
                    Value panelEnd, Value scratch) const;
  void emitIntegerRows(KernelBuilder &k, ValueRange v, Value rowBegin, Value rowEnd,
                       Value panelBegin, Value panelEnd, Value rows, Value sums,
                       Value rowScales) const;
  void
  forEachPanel(KernelBuilder &k, Value panelBegin, Value panelEnd,
               llvm::function_ref<void(Value panel, int64_t registers, int64_t valid)> body) const;
  void storeRow(KernelBuilder &k, ValueRange v, Value acc, Value row, Value column,
                int64_t valid) const;
};
} // namespace

//===--- packing ----------------------------------------------------------===//

std::vector<char> BlockLinear::packWeights(ArrayRef<int64_t> q) const {
  int64_t g = intActivations ? group() : 1;
  std::vector<char> packed(columns.padded() * g * steps(), 0);
  char *out = packed.data();
  auto at = [&](int64_t n, int64_t k) -> uint8_t {
    return n < columns.n && k < depth ? uint8_t(q[n * depth + k]) : 0;
  };
  for (int64_t first = 0; first < columns.n; first += columns.panelWidth()) {
    int64_t width = std::min(columns.panelWidth(), columns.padded() - first);
    for (int64_t b = 0; b < blocks(); ++b) {
      int64_t end = std::min(depth, (b + 1) * block);
      for (int64_t k = b * block; k < end; k += stepDepth())
        for (int64_t c = 0; c < width; ++c)
          for (int64_t j = 0; j < g; ++j) {
            auto inBlock = [&](int64_t place) {
              return place < end ? at(first + c, place) : uint8_t(0);
            };
            uint8_t low = inBlock(k + j);
            *out++ = bits == 4 ? char(low | inBlock(k + g + j) << 4) : char(low);
          }
    }
  }
  return packed;
}

template <typename T>
std::vector<char> BlockLinear::packParameters(function_ref<T(int64_t, int64_t)> value) const {
  std::vector<T> packed;
  packed.reserve(columns.padded() * blocks());
  for (int64_t first = 0; first < columns.n; first += columns.panelWidth()) {
    int64_t width = std::min(columns.panelWidth(), columns.padded() - first);
    for (int64_t b = 0; b < blocks(); ++b)
      for (int64_t c = 0; c < width; ++c)
        packed.push_back(first + c < columns.n ? value(first + c, b) : T(0));
  }
  const char *bytes = reinterpret_cast<const char *>(packed.data());
  return std::vector<char>(bytes, bytes + packed.size() * sizeof(T));
}

//===--- shared pieces ----------------------------------------------------===//

void BlockLinear::forEachPanel(KernelBuilder &k, Value panelBegin, Value panelEnd,
                               function_ref<void(Value, int64_t, int64_t)> body) const {
  int64_t full = columns.fullPanels();
  if (full)
    k.loop(panelBegin, k.minimum(panelEnd, k.idx(full)), k.idx(1),
           [&](Value panel) { body(panel, 2, columns.panelWidth()); });
  if (columns.tailColumns())
    k.ifThen(k.compare(IPred::eq, panelEnd, k.idx(columns.panels())),
             [&] { body(k.idx(full), columns.tailRegisters(), columns.tailColumns()); });
}

void BlockLinear::storeRow(KernelBuilder &k, ValueRange v, Value acc, Value row, Value column,
                           int64_t valid) const {
  SmallVector<Value> pointers(v.begin() + Result, v.end());
  forEachPart(k, acc, column, valid, [&](Value part, Value at) {
    if (op.getBias())
      part = k.add(part, k.load(part.getType(), v[Bias], at));
    epilogue.store(k, part, k.add(k.mul(row, k.idx(columns.n)), at), at, pointers);
  });
}

/// The two nibbles of each byte, widened to i32.
static std::pair<Value, Value> splitNibbles(KernelBuilder &k, Value bytes) {
  Value wide = k.extend(bytes, k.i32(), true);
  Value low = k.bitAnd(wide, k.integer(wide.getType(), 15));
  return {low, k.shrLogical(wide, 4)};
}

//===--- float activations ------------------------------------------------===//

void BlockLinear::emitFewRows(KernelBuilder &k, ValueRange v, Value rowBegin, Value rowEnd,
                              Value panelBegin, Value panelEnd, Value sums) const {
  Type floats = k.vec(k.f32(), lanes()), bytes = k.vec(k.i8(), lanes());
  bool hasFma = p.getTarget().hasFma();
  auto add = [&](Value acc, Value x, Value weight) {
    return k.fma(k.splat(x, floats), k.toFloat(weight, k.f32(), false), acc, hasFma);
  };
  // sum(x) of each block of each row.
  k.loop(rowBegin, rowEnd, k.idx(1), [&](Value row) {
    k.loop(k.idx(blocks()), [&](Value b) {
      Value begin = k.mul(b, k.idx(block)),
            end = k.minimum(k.add(begin, k.idx(block)), k.idx(depth));
      Value base = k.gep(v[Input], k.f32(), k.mul(row, k.idx(depth)));
      Value sum =
          k.loop(begin, end, k.idx(1), k.number(k.f32(), 0), [&](Value i, ValueRange carried) {
            return SmallVector<Value>{k.add(carried[0], k.load(k.f32(), base, i))};
          })[0];
      k.store(sum, sums, k.add(k.mul(k.sub(row, rowBegin), k.idx(blocks())), b));
    });
  });
  forEachPanel(k, panelBegin, panelEnd, [&](Value panel, int64_t registers, int64_t valid) {
    Value column = k.mul(panel, k.idx(columns.panelWidth()));
    Value weights = k.gepBytes(v[Weights], k.mul(panel, k.idx(2 * registerBytes() * steps())));
    Value parameters = k.mul(panel, k.idx(columns.panelWidth() * blocks()));
    k.loop(rowBegin, rowEnd, k.idx(1), [&](Value row) {
      Value base = k.gep(v[Input], k.f32(), k.mul(row, k.idx(depth)));
      SmallVector<Value> zero(registers, k.number(floats, 0));
      auto totals =
          k.loop(k.idx(0), k.idx(blocks()), k.idx(1), zero, [&](Value b, ValueRange outer) {
            Value kBegin = k.mul(b, k.idx(block)),
                  kEnd = k.minimum(k.add(kBegin, k.idx(block)), k.idx(depth));
            Value blockWeights =
                k.gepBytes(weights, k.mul(b, k.idx(stepsPerBlock() * registers * registerBytes())));
            int64_t depthOfStep = stepDepth();
            Value whole = k.divS(k.sub(kEnd, kBegin), k.idx(depthOfStep));
            // Two chains for each register: even and odd k.
            SmallVector<Value> init(2 * registers, k.number(floats, 0));
            auto load = [&](Value step, int64_t c) {
              Value at = k.add(k.mul(step, k.idx(registers * registerBytes())),
                               k.idx(c * registerBytes()));
              return k.loadAt(bytes, k.gepBytes(blockWeights, at));
            };
            auto partial =
                k.loop(k.idx(0), whole, k.idx(1), init, [&](Value step, ValueRange carried) {
                  SmallVector<Value> next(carried.begin(), carried.end());
                  Value first = k.add(kBegin, k.mul(step, k.idx(depthOfStep)));
                  Value x0 = k.load(k.f32(), base, first);
                  Value x1 = bits == 4 ? k.load(k.f32(), base, k.add(first, k.idx(1))) : Value();
                  for (int64_t c = 0; c < registers; ++c) {
                    Value packed = load(step, c);
                    if (bits == 8) {
                      next[2 * c] = add(next[2 * c], x0, k.extend(packed, k.i32(), true));
                      continue;
                    }
                    auto [low, high] = splitNibbles(k, packed);
                    next[2 * c] = add(next[2 * c], x0, low);
                    next[2 * c + 1] = add(next[2 * c + 1], x1, high);
                  }
                  return next;
                });
            // An odd last k of a block of nibbles has no partner.
            if (bits == 4 && (block % 2 || depth % 2)) {
              Value odd = k.compare(IPred::ne, k.remS(k.sub(kEnd, kBegin), k.idx(2)), k.idx(0));
              Value x = k.ifValue(
                  odd, k.f32(), [&] { return k.load(k.f32(), base, k.sub(kEnd, k.idx(1))); },
                  [&] { return k.number(k.f32(), 0); });
              for (int64_t c = 0; c < registers; ++c) {
                Value packed = k.ifValue(
                    odd, bytes, [&] { return load(whole, c); },
                    [&] { return k.integer(bytes, 0); });
                partial[2 * c] = add(partial[2 * c], x, splitNibbles(k, packed).first);
              }
            }
            Value sum =
                k.load(k.f32(), sums, k.add(k.mul(k.sub(row, rowBegin), k.idx(blocks())), b));
            Value place = k.add(parameters, k.mul(b, k.idx(registers * lanes())));
            SmallVector<Value> next;
            for (int64_t c = 0; c < registers; ++c) {
              Value at = k.add(place, k.idx(c * lanes()));
              Value scale = k.load(floats, v[Scales], at);
              Value zeroPoint = k.toFloat(k.load(bytes, v[ZeroPoints], at), k.f32(), true);
              Value blockSum = k.add(partial[2 * c], partial[2 * c + 1]);
              blockSum = k.sub(blockSum, k.mul(zeroPoint, k.splat(sum, floats)));
              next.push_back(k.fma(blockSum, scale, outer[c], hasFma));
            }
            return next;
          });
      for (int64_t c = 0; c < registers; ++c)
        storeRow(k, v, totals[c], row, k.add(column, k.idx(c * lanes())),
                 std::min(lanes(), valid - c * lanes()));
    });
  });
}

void BlockLinear::emitManyRows(KernelBuilder &k, ValueRange v, Value rowBegin, Value rowEnd,
                               Value panelBegin, Value panelEnd, Value scratch) const {
  Type floats = k.vec(k.f32(), lanes()), bytes = k.vec(k.i8(), lanes());
  bool hasFma = p.getTarget().hasFma();
  forEachPanel(k, panelBegin, panelEnd, [&](Value panel, int64_t registers, int64_t valid) {
    Value column = k.mul(panel, k.idx(columns.panelWidth()));
    Value weights = k.gepBytes(v[Weights], k.mul(panel, k.idx(2 * registerBytes() * steps())));
    Value parameters = k.mul(panel, k.idx(columns.panelWidth() * blocks()));
    k.loop(k.idx(blocks()), [&](Value b) {
      Value kBegin = k.mul(b, k.idx(block)),
            kEnd = k.minimum(k.add(kBegin, k.idx(block)), k.idx(depth));
      Value place = k.add(parameters, k.mul(b, k.idx(registers * lanes())));
      SmallVector<Value> scales, zeroPoints;
      for (int64_t c = 0; c < registers; ++c) {
        Value at = k.add(place, k.idx(c * lanes()));
        scales.push_back(k.load(floats, v[Scales], at));
        zeroPoints.push_back(k.extend(k.load(bytes, v[ZeroPoints], at), k.i32(), true));
      }
      Value blockWeights =
          k.gepBytes(weights, k.mul(b, k.idx(stepsPerBlock() * registers * registerBytes())));
      auto put = [&](Value q, int64_t c, Value depthAt) {
        Value w = k.mul(k.toFloat(k.sub(q, zeroPoints[c]), k.f32(), false), scales[c]);
        k.store(w, scratch, k.add(k.mul(depthAt, k.idx(registers * lanes())), k.idx(c * lanes())));
      };
      k.loop(kBegin, kEnd, k.idx(stepDepth()), [&](Value depthAt) {
        Value step = k.divS(k.sub(depthAt, kBegin), k.idx(stepDepth()));
        for (int64_t c = 0; c < registers; ++c) {
          Value at =
              k.add(k.mul(step, k.idx(registers * registerBytes())), k.idx(c * registerBytes()));
          Value packed = k.loadAt(bytes, k.gepBytes(blockWeights, at));
          if (bits == 8) {
            put(k.extend(packed, k.i32(), true), c, depthAt);
            continue;
          }
          auto [low, high] = splitNibbles(k, packed);
          put(low, c, depthAt);
          // The partner of an odd last k is overwritten by the next block or
          // lies in the slack of the scratch.
          put(high, c, k.add(depthAt, k.idx(1)));
        }
      });
    });
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
    forEachRowTile(k, p.getTarget().getFloatTileRows(), rowBegin, rowEnd,
                   [&](Value row, int64_t rows) {
                     Value base = k.gepBytes(v[Input], k.mul(row, rowBytes));
                     emitMicro(k, micro, lanes(), rows, registers, valid, base, rowBytes, row,
                               k.idx(depth), scratch, column);
                   });
  });
}

//===--- int8 activations -------------------------------------------------===//

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

void BlockLinear::emitIntegerRows(KernelBuilder &k, ValueRange v, Value rowBegin, Value rowEnd,
                                  Value panelBegin, Value panelEnd, Value rows, Value sums,
                                  Value rowScales) const {
  const TargetInfo &target = p.getTarget();
  int64_t activationBytes = target.getIntegerDot().activationBytes, g = group();
  Type element = activationBytes == 1 ? k.i8() : k.i16();
  int64_t rowBytes = paddedDepth() * activationBytes;
  Type floats = k.vec(k.f32(), lanes()), ints = k.vec(k.i32(), lanes()),
       parameterBytes = k.vec(k.i8(), lanes());
  Type stepBytes = k.vec(k.i8(), registerBytes());
  k.loop(rowBegin, rowEnd, k.idx(1), [&](Value row) {
    Value r = k.sub(row, rowBegin);
    quantizeRow(k, *this, k.gep(v[Input], k.f32(), k.mul(row, k.idx(depth))),
                k.gepBytes(rows, k.mul(r, k.idx(rowBytes))), element,
                k.gep(sums, k.i32(), k.mul(r, k.idx(blocks()))), k.gep(rowScales, k.f32(), r));
  });
  SmallVector<int64_t> tileRows =
      lanes() == 16 ? SmallVector<int64_t>{4, 1} : SmallVector<int64_t>{1};
  forEachPanel(k, panelBegin, panelEnd, [&](Value panel, int64_t registers, int64_t valid) {
    Value column = k.mul(panel, k.idx(columns.panelWidth()));
    Value weights = k.gepBytes(v[Weights], k.mul(panel, k.idx(2 * registerBytes() * steps())));
    Value parameters = k.mul(panel, k.idx(columns.panelWidth() * blocks()));
    forEachRowTile(k, tileRows, rowBegin, rowEnd, [&](Value row, int64_t count) {
      Value r0 = k.sub(row, rowBegin);
      SmallVector<Value> zero(count * registers, k.number(floats, 0));
      auto totals =
          k.loop(k.idx(0), k.idx(blocks()), k.idx(1), zero, [&](Value b, ValueRange outer) {
            Value firstStep = k.mul(b, k.idx(stepsPerBlock()));
            Value endStep = k.minimum(k.add(firstStep, k.idx(stepsPerBlock())), k.idx(steps()));
            SmallVector<Value> init(count * registers, k.integer(ints, 0));
            auto dots =
                k.loop(firstStep, endStep, k.idx(1), init, [&](Value step, ValueRange carried) {
                  SmallVector<Value> next(carried.begin(), carried.end());
                  SmallVector<std::pair<Value, Value>> packed;
                  for (int64_t c = 0; c < registers; ++c) {
                    Value at = k.add(k.mul(step, k.idx(registers * registerBytes())),
                                     k.idx(c * registerBytes()));
                    Value raw = k.loadAt(stepBytes, k.gepBytes(weights, at));
                    if (bits == 8)
                      packed.push_back({raw, Value()});
                    else
                      packed.push_back(
                          {k.bitAnd(raw, k.integer(stepBytes, 15)), k.shrLogical(raw, 4)});
                  }
                  for (int64_t r = 0; r < count; ++r) {
                    Value base = k.gepBytes(rows, k.mul(k.add(r0, k.idx(r)), k.idx(rowBytes)));
                    Value at = k.mul(step, k.idx(stepDepth() / g));
                    Value low = k.load(k.i32(), base, at);
                    Value high = bits == 4 ? k.load(k.i32(), base, k.add(at, k.idx(1))) : Value();
                    for (int64_t c = 0; c < registers; ++c) {
                      Value &acc = next[c * count + r];
                      acc = target.emitDotUnsigned(k, acc, low, packed[c].first);
                      if (bits == 4)
                        acc = target.emitDotUnsigned(k, acc, high, packed[c].second);
                    }
                  }
                  return next;
                });
            Value place = k.add(parameters, k.mul(b, k.idx(registers * lanes())));
            SmallVector<Value> next(outer.begin(), outer.end());
            for (int64_t c = 0; c < registers; ++c) {
              Value at = k.add(place, k.idx(c * lanes()));
              Value scale = k.load(floats, v[Scales], at);
              Value zeroPoint = k.extend(k.load(parameterBytes, v[ZeroPoints], at), k.i32(), true);
              for (int64_t r = 0; r < count; ++r) {
                Value sum =
                    k.load(k.i32(), sums, k.add(k.mul(k.add(r0, k.idx(r)), k.idx(blocks())), b));
                Value exact = k.sub(dots[c * count + r], k.mul(zeroPoint, k.splat(sum, ints)));
                Value scaled = k.mul(k.toFloat(exact, k.f32(), false), scale);
                next[c * count + r] = k.add(next[c * count + r], scaled);
              }
            }
            return next;
          });
      for (int64_t r = 0; r < count; ++r) {
        Value scale = k.splat(k.load(k.f32(), rowScales, k.add(r0, k.idx(r))), floats);
        for (int64_t c = 0; c < registers; ++c)
          storeRow(k, v, k.mul(totals[c * count + r], scale), k.add(row, k.idx(r)),
                   k.add(column, k.idx(c * lanes())), std::min(lanes(), valid - c * lanes()));
      }
    });
  });
}

//===--- launch -----------------------------------------------------------===//

LogicalResult bitwright::codegen::emitBlockLinear(Program &p, Operation *operation,
                                                  const Group &group) {
  auto op = cast<qnn::BlockLinearOp>(operation);
  Location loc = op.getLoc();
  auto fail = [&](const Twine &message) {
    return op.emitError() << "node '" << bitwright::getNodeName(loc) << "': " << message;
  };
  auto weights = bitwright::getIntegers(op.getWeight());
  auto scales = bitwright::getFloats(op.getWeightScale());
  auto zeroPoints = bitwright::getIntegers(op.getWeightZeroPoint());
  if (!weights || !scales || !zeroPoints || (op.getBias() && !bitwright::getConstant(op.getBias())))
    return fail("weights, scales and zero points must be constants to be compiled");
  const Dims result = p.info(operation->getResult(0)).dims;
  int64_t n = result.back().size, depth = p.info(op.getWeight()).dims[1].size;
  BlockLinear c{p,
                op,
                Epilogue{p, operation, group, n},
                Columns{n, p.getTarget().getLanes()},
                depth,
                std::min<int64_t>(op.getBlockSize(), depth),
                op.getWeight().getType().getElementType().getIntOrFloatBitWidth(),
                op.getIsUnsigned(),
                op.getActivations() == qnn::ActivationMode::Int8};
  if (c.intActivations && c.blocks() > 1 && c.block % c.stepDepth() != 0)
    return fail("int8 activations need a block size that is a multiple of " + Twine(c.stepDepth()));
  if (!c.intActivations && c.bits == 4 && c.blocks() > 1 && c.block % 2 != 0)
    return fail("blocks of 4-bit weights must have an even size to be compiled");
  // Storage as unsigned numbers.
  int64_t mask = (1 << c.bits) - 1, offset = c.isUnsigned ? 0 : 1 << (c.bits - 1);
  for (int64_t &q : *weights)
    q = (q + offset) & mask;
  for (int64_t &z : *zeroPoints)
    z = (z + offset) & mask;

  int64_t panelWidth = c.columns.panelWidth();
  bool dequantizes = !c.intActivations && (depth + 2) * panelWidth * 4 <= maxDequantizedBytes;
  int64_t tileRows = c.intActivations ? 16 : dequantizes ? sharingRows : manyRows;
  Dim rows = p.product(ArrayRef(result).drop_back());
  Cut cut = cutRows(p, rows, tileRows, c.columns, 2 * c.registerBytes() * c.steps());

  SmallVector<Value> leaves = c.epilogue.leaves();
  size_t firstSize = Result + 1 + leaves.size();
  SmallVector<Program::Arg> args(firstSize, Program::Arg::Pointer);
  args.append(3, Program::Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange values, Value begin, Value end) {
    ValueRange sizes = values.drop_front(firstSize), v = values.take_front(firstSize);
    int64_t fewRows = c.intActivations ? tileRows : dequantizes ? manyRows : tileRows;
    Value sums = k.stack(fewRows * c.blocks() * 4);
    Value scratch =
        c.intActivations
            ? k.stack(tileRows * c.paddedDepth() * p.getTarget().getIntegerDot().activationBytes)
        : dequantizes ? k.stack((depth + 2) * panelWidth * 4)
                      : Value();
    Value rowScales = c.intActivations ? k.stack(tileRows * 4) : Value();
    forEachTile(
        k, begin, end, sizes[0], sizes[1], sizes[2], tileRows, c.columns.panels(),
        [&](Value rowBegin, Value rowEnd, Value panelBegin, Value panelEnd) {
          if (c.intActivations)
            return c.emitIntegerRows(k, v, rowBegin, rowEnd, panelBegin, panelEnd, scratch, sums,
                                     rowScales);
          if (!dequantizes)
            return c.emitFewRows(k, v, rowBegin, rowEnd, panelBegin, panelEnd, sums);
          Value few = k.compare(IPred::slt, k.sub(rowEnd, rowBegin), k.idx(manyRows));
          k.ifElse(
              few, [&] { c.emitFewRows(k, v, rowBegin, rowEnd, panelBegin, panelEnd, sums); },
              [&] { c.emitManyRows(k, v, rowBegin, rowEnd, panelBegin, panelEnd, scratch); });
        });
  };
  std::string key;
  llvm::raw_string_ostream(key) << n << 'x' << depth << 'g' << c.block << 'b' << c.bits
                                << c.intActivations << !!op.getBias() << c.epilogue.key();
  Kernel kernel = p.getKernel("block_linear_i" + std::to_string(c.bits), key, args, loc, body);
  auto constant = [&](const std::vector<char> &bytes) {
    return p.weightPointer(p.addWeights(bytes), loc);
  };
  int64_t blocks = c.blocks();
  SmallVector<Value> values = {p.pointer(op.getInput(), loc),
                               constant(c.packWeights(*weights)),
                               constant(c.packParameters<float>([&](int64_t i, int64_t b) {
                                 return (*scales)[i * blocks + b];
                               })),
                               constant(c.packParameters<uint8_t>([&](int64_t i, int64_t b) {
                                 return uint8_t((*zeroPoints)[i * blocks + b]);
                               })),
                               op.getBias() ? p.pointer(op.getBias(), loc) : p.weightsArgument,
                               p.pointer(c.epilogue.result(), loc)};
  for (Value leaf : leaves)
    values.push_back(p.pointer(leaf, loc));
  for (Dim size : {rows, cut.chunks, cut.chunkPanels})
    values.push_back(p.hostValue(size, loc));
  p.launch(kernel, values, p.mul(cut.tiles, cut.chunks), depth * n / 4, loc);
  return success();
}
