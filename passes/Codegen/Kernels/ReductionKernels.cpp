// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reductions, softmax and normalizations. Lanes are combined in a fixed order
/// that does not depend on the number of threads.

#include "passes/Codegen/Build/MathEmitter.h"
#include "passes/Codegen/Build/Rounding.h"
#include "passes/Codegen/Build/Windows.h"
#include "passes/Codegen/Kernels/Elementwise.h"
#include "passes/Codegen/Kernels/Kernels.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;
using FPred = arith::CmpFPredicate;
using IPred = arith::CmpIPredicate;

static int64_t normalize(int64_t axis, size_t rank) {
  return axis < 0 ? axis + int64_t(rank) : axis;
}

namespace {
/// A tensor seen as outer x count x inner, with the middle reduced.
struct Split {
  Dim outer, count, inner;
};
} // namespace

/// nullopt where the reduced axes are not neighbours.
static std::optional<Split> splitAt(Program &p, const Dims &dims, ArrayRef<int64_t> axes) {
  SmallVector<bool> reduced(dims.size());
  for (int64_t axis : axes)
    reduced[normalize(axis, dims.size())] = true;
  Split split{1, 1, 1};
  bool seen = false, after = false;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i].is(1))
      continue;
    if (reduced[i]) {
      if (after)
        return std::nullopt;
      seen = true;
      split.count = p.sizes.mul(split.count, dims[i]);
    } else if (!seen) {
      split.outer = p.sizes.mul(split.outer, dims[i]);
    } else {
      after = true;
      split.inner = p.sizes.mul(split.inner, dims[i]);
    }
  }
  return split;
}

/// Reduces `count` elements from `base`[offset], contiguous, after `map`.
static Value reduceRow(KernelBuilder &k, Iterations &iterations, Type element, Value base,
                       Value offset, Value count, Value init, function_ref<Value(Value)> map,
                       function_ref<Value(Value, Value)> combine) {
  return iterations.reduce(
      k.idx(0), count, elementLanes, init,
      [&](Value at, int64_t lanes, ValueRange carried) {
        Value x = map(k.load(laneType(k, element, lanes), base, k.add(offset, at)));
        return SmallVector<Value>{combine(carried[0], x)};
      },
      [&](unsigned, Value x, Value y) { return combine(x, y); })[0];
}

//===--- reduce_* ---------------------------------------------------------===//

static Value combineReduce(KernelBuilder &k, Operation *op, Value x, Value y) {
  if (isa<qnn::ReduceSumOp, qnn::ReduceMeanOp, qnn::QReduceMeanOp>(op))
    return k.add(x, y);
  if (isa<qnn::ReduceProdOp>(op))
    return k.mul(x, y);
  bool isMax = isa<qnn::ReduceMaxOp>(op);
  if (!isa<FloatType>(getElementTypeOrSelf(x.getType())))
    return isMax ? k.maximum(x, y) : k.minimum(x, y);
  // NaN in either stays: x wins unless y is strictly beyond it or NaN.
  Value beyond = k.compare(isMax ? FPred::UGT : FPred::ULT, y, x);
  Value keep = k.compare(FPred::UNO, x, x);
  return k.select(keep, x, k.select(beyond, y, x));
}

static Value initReduce(KernelBuilder &k, Operation *op, Type type) {
  double inf = std::numeric_limits<double>::infinity();
  bool isFloat = isa<FloatType>(type);
  if (isa<qnn::ReduceProdOp>(op))
    return isFloat ? k.number(type, 1) : k.integer(type, 1);
  if (isa<qnn::ReduceMaxOp, qnn::ReduceMinOp>(op)) {
    bool isMax = isa<qnn::ReduceMaxOp>(op);
    if (isFloat)
      return k.number(type, isMax ? -inf : inf);
    unsigned width = type.getIntOrFloatBitWidth();
    int64_t least = width == 64 ? INT64_MIN : -(int64_t(1) << (width - 1));
    return k.integer(type, isMax ? least : ~least);
  }
  return k.zero(type);
}

/// The element type that a reduction accumulates in.
static Type accumulatorType(KernelBuilder &k, Operation *op, Type element) {
  return isa<qnn::QReduceMeanOp>(op) ? k.i32() : element;
}

namespace {
/// What finishes a reduction: division by the count, or requantization.
struct Finish {
  Operation *op;
  ValueRange extra; // pointers: multiplier, zero points

  Value map(KernelBuilder &k, Value x) const {
    auto q = dyn_cast<qnn::QReduceMeanOp>(op);
    if (!q)
      return x;
    Value wide = k.extend(x, k.i32(), q.getUnsignedInput());
    Value zero = k.extend(k.loadAt(k.i8(), extra[0]), k.i32(), q.getUnsignedInput());
    return k.sub(wide, k.splat(zero, wide.getType()));
  }
  Value finish(KernelBuilder &k, Value acc, Value count) const;
};
} // namespace

Value Finish::finish(KernelBuilder &k, Value acc, Value count) const {
  if (isa<qnn::ReduceMeanOp>(op)) {
    if (!isa<FloatType>(getElementTypeOrSelf(acc.getType())))
      return k.divS(acc, k.splat(k.resize(count, acc.getType(), false), acc.getType()));
    return k.fdiv(acc, k.splat(k.toFloat(count, k.f32(), false), acc.getType()));
  }
  auto q = dyn_cast<qnn::QReduceMeanOp>(op);
  if (!q)
    return acc;
  return averageInto(k, acc, k.toFloat(count, k.f32(), false), extra[1], extra[2],
                     q.getUnsignedOutput());
}

static LogicalResult emitReduce(Program &p, Operation *op, ArrayRef<int64_t> axes) {
  Location loc = op->getLoc();
  Value input = op->getOperand(0), result = op->getResult(0);
  auto split = splitAt(p, p.info(input).dims, axes);
  Type element = p.info(input).elementType, resultType = p.info(result).elementType;
  if (!split)
    return op->emitError() << "node '" << bitwright::getNodeName(loc)
                           << "': a reduction over axes that are not neighbours cannot be compiled";
  bool rows = split->inner.is(1);
  using Arg = KernelArg;
  SmallVector<Arg> args = {Arg::Pointer, Arg::Pointer, Arg::Size, Arg::Size};
  bool quantized = isa<qnn::QReduceMeanOp>(op);
  if (quantized)
    args.insert(args.begin() + 2, 3, Arg::Pointer);
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    Value count = v[v.size() - 2], inner = v[v.size() - 1];
    Finish finish{op, quantized ? v.slice(2, 3) : ValueRange()};
    Type accumulator = accumulatorType(k, op, element);
    auto combine = [&](Value x, Value y) { return combineReduce(k, op, x, y); };
    iterations.forEach([&](Value iv) {
      if (rows) {
        Value acc = reduceRow(
            k, iterations, element, v[0], k.mul(iv, count), count, initReduce(k, op, accumulator),
            [&](Value x) { return finish.map(k, x); }, combine);
        storeElement(k, finish.finish(k, acc, count), resultType, v[1], iv);
        return;
      }
      Value base = k.mul(iv, k.mul(count, inner));
      iterations.forEachVector(k.idx(0), inner, elementLanes, [&](Value at, int64_t width) {
        Type type = width == 1 ? element : Type(k.vec(element, width));
        Value init = k.splat(initReduce(k, op, accumulator), k.like(accumulator, type));
        Value acc = k.loop(k.idx(0), count, k.idx(1), init, [&](Value r, ValueRange carried) {
          Value x = k.load(type, v[0], k.add(base, k.add(k.mul(r, inner), at)));
          return SmallVector<Value>{combineReduce(k, op, carried[0], finish.map(k, x))};
        })[0];
        storeElement(k, finish.finish(k, acc, count), resultType, v[1],
                     k.add(k.mul(iv, inner), at));
      });
    });
  };
  Kernel kernel = p.kernels.get("reduce", args, loc, body);
  SmallVector<Value> values = {p.pointer(input, loc), p.pointer(result, loc)};
  if (auto q = dyn_cast<qnn::QReduceMeanOp>(op))
    for (Value extra : {q.getInputZeroPoint(), q.getMultiplier(), q.getOutputZeroPoint()})
      values.push_back(p.pointer(extra, loc));
  values.push_back(p.host.value(split->count, loc));
  values.push_back(p.host.value(split->inner, loc));
  Dim work = p.sizes.mul(split->count, split->inner);
  p.host.launch(kernel, values, split->outer, work.isStatic() ? work.size : 256, loc);
  return success();
}

//===--- along one axis ---------------------------------------------------===//

namespace {
/// The elements along an axis that lie between the same others, inside of a kernel.
struct Column {
  Value input, output; // tensors
  Value number;        // of the column
  Value first;         // the place of its first element
  Value stride, count; // of its elements
};
} // namespace

/// A kernel that runs `body` for each column of the first operand of `op`, of one result.
static LogicalResult emitColumns(Program &p, StringRef name, Operation *op, int64_t axis,
                                 function_ref<void(KernelBuilder &, const Column &)> body) {
  Location loc = op->getLoc();
  Value input = op->getOperand(0), result = op->getResult(0);
  Split split = *splitAt(p, p.info(input).dims, axis);
  using Arg = KernelArg;
  auto columns = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    Value count = v[2], inner = v[3];
    iterations.forEach([&](Value iv) {
      Value first = k.add(k.mul(k.divS(iv, inner), k.mul(count, inner)), k.remS(iv, inner));
      body(k, {v[0], v[1], iv, first, inner, count});
    });
  };
  Kernel kernel =
      p.kernels.get(name, {Arg::Pointer, Arg::Pointer, Arg::Size, Arg::Size}, loc, columns);
  p.host.launch(kernel,
                {p.pointer(input, loc), p.pointer(result, loc), p.host.value(split.count, loc),
                 p.host.value(split.inner, loc)},
                p.sizes.mul(split.outer, split.inner), 64, loc);
  return success();
}

static LogicalResult emitArgMax(Program &p, qnn::ArgMaxOp op) {
  Type element = p.info(op.getInput()).elementType;
  return emitColumns(p, "arg_max", op, op.getAxis(), [&](KernelBuilder &k, const Column &column) {
    Value first = k.load(element, column.input, column.first);
    auto best = k.loop(
        k.idx(1), column.count, k.idx(1), {first, k.idx(0)}, [&](Value r, ValueRange carried) {
          Value x = k.load(element, column.input, k.add(column.first, k.mul(r, column.stride)));
          Value better = isa<FloatType>(element) ? k.compare(FPred::OGT, x, carried[0])
                                                 : k.compare(IPred::sgt, x, carried[0]);
          return SmallVector<Value>{k.select(better, x, carried[0]),
                                    k.select(better, r, carried[1])};
        });
    k.store(best[1], column.output, column.number);
  });
}

/// Sums of f32 are carried in f64, as in the interpreter: rounded once, at each place.
static LogicalResult emitCumSum(Program &p, qnn::CumSumOp op) {
  Location loc = op.getLoc();
  Type element = p.info(op.getInput()).elementType;
  bool isFloat = isa<FloatType>(element);
  return emitColumns(p, "cum_sum", op, op.getAxis(), [&](KernelBuilder &k, const Column &column) {
    Value none = k.zero(isFloat ? k.f64() : element);
    k.loop(k.idx(0), column.count, k.idx(1), none, [&](Value i, ValueRange carried) {
      Value at = op.getReverse() ? k.sub(k.sub(column.count, k.idx(1)), i) : i;
      at = k.add(column.first, k.mul(at, column.stride));
      Value x = k.load(element, column.input, at);
      if (isFloat)
        x = arith::ExtFOp::create(k.builder(), loc, k.f64(), x);
      Value next = k.add(carried[0], x), sum = op.getExclusive() ? carried[0] : next;
      if (isFloat)
        sum = arith::TruncFOp::create(k.builder(), loc, element, sum);
      k.store(sum, column.output, at);
      return SmallVector<Value>{next};
    });
  });
}

//===--- softmax ----------------------------------------------------------===//

/// The last elements of a row take lanes of a vector too, where the others are
/// exp(-inf) = 0. So elements of -inf after a row leave every bit of it alone:
/// decoding token by token equals the whole sequence under a causal mask.
static void softmaxRow(KernelBuilder &k, Iterations &iterations, Value input, Value output,
                       Value offset, Value count) {
  Type f32 = k.f32();
  VectorType wide = k.vec(f32, elementLanes);
  Value inf = k.number(f32, std::numeric_limits<double>::infinity()), minusInf = k.neg(inf);
  auto larger = [&](Value x, Value y) { return k.select(k.compare(FPred::OGT, x, y), x, y); };
  auto add = [&](Value x, Value y) { return k.add(x, y); };
  Value most = reduceRow(
      k, iterations, f32, input, offset, count, minusInf, [](Value x) { return x; }, larger);
  // A row of -inf only: subtract 0 and let exp give 0.
  Value shift = k.select(k.compare(FPred::OEQ, most, minusInf), k.number(f32, 0), most);
  auto exponent = [&](Value x) { return emitExp(k, k.sub(x, k.splat(shift, wide))); };
  auto accumulate = [&](MaskedLanes elements, Value carried) {
    Value at = k.add(offset, elements.at);
    if (!elements.left) {
      Value e = exponent(k.load(wide, input, at));
      k.store(e, output, at);
      return k.add(carried, e);
    }
    Value e = exponent(k.loadFirst(wide, input, at, elements.left, minusInf));
    k.storeFirst(e, output, at, elements.left);
    return k.add(carried, e);
  };
  Value sum = iterations.reduceMasked(count, elementLanes, k.zero(f32), accumulate, add);
  Value inverse = k.fdiv(k.number(f32, 1), sum);
  iterations.forEachVector(k.idx(0), count, elementLanes, [&](Value at, int64_t width) {
    Type type = width == 1 ? f32 : Type(wide);
    Value y = k.load(type, output, k.add(offset, at));
    k.store(k.mul(y, k.splat(inverse, type)), output, k.add(offset, at));
  });
}

/// Softmax down columns: `inner` neighbours at a time.
static void softmaxColumns(KernelBuilder &k, Iterations &iterations, Value input, Value output,
                           Value base, Value count, Value inner) {
  Type f32 = k.f32();
  iterations.forEachVector(k.idx(0), inner, elementLanes, [&](Value at, int64_t width) {
    Type type = width == 1 ? f32 : Type(k.vec(f32, width));
    auto place = [&](Value r) { return k.add(base, k.add(k.mul(r, inner), at)); };
    Value init = k.number(type, -std::numeric_limits<double>::infinity());
    Value most = k.loop(k.idx(0), count, k.idx(1), init, [&](Value r, ValueRange carried) {
      Value x = k.load(type, input, place(r));
      return SmallVector<Value>{k.select(k.compare(FPred::OGT, x, carried[0]), x, carried[0])};
    })[0];
    Value shift = k.select(k.compare(FPred::OEQ, most, init), k.number(type, 0), most);
    Value sum =
        k.loop(k.idx(0), count, k.idx(1), k.number(type, 0), [&](Value r, ValueRange carried) {
          Value e = emitExp(k, k.sub(k.load(type, input, place(r)), shift));
          k.store(e, output, place(r));
          return SmallVector<Value>{k.add(carried[0], e)};
        })[0];
    Value inverse = k.fdiv(k.number(type, 1), sum);
    k.loop(count, [&](Value r) {
      k.store(k.mul(k.load(type, output, place(r)), inverse), output, place(r));
    });
  });
}

static LogicalResult emitSoftmax(Program &p, qnn::SoftmaxOp op) {
  Location loc = op.getLoc();
  Split split = *splitAt(p, p.info(op.getInput()).dims, int64_t(op.getAxis()));
  bool rows = split.inner.is(1);
  using Arg = KernelArg;
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    iterations.forEach([&](Value iv) {
      if (rows)
        softmaxRow(k, iterations, v[0], v[1], k.mul(iv, v[2]), v[2]);
      else
        softmaxColumns(k, iterations, v[0], v[1], k.mul(iv, k.mul(v[2], v[3])), v[2], v[3]);
    });
  };
  Kernel kernel =
      p.kernels.get("softmax", {Arg::Pointer, Arg::Pointer, Arg::Size, Arg::Size}, loc, body);
  Dim work = p.sizes.mul(split.count, split.inner);
  p.host.launch(kernel,
                {p.pointer(op.getInput(), loc), p.pointer(op.getResult(), loc),
                 p.host.value(split.count, loc), p.host.value(split.inner, loc)},
                split.outer, work.isStatic() ? 8 * work.size : 2048, loc);
  return success();
}

//===--- normalizations ---------------------------------------------------===//

static LogicalResult emitNorm(Program &p, Operation *op, Value scale, Value bias, int64_t axis,
                              double epsilon) {
  Location loc = op->getLoc();
  Value input = op->getOperand(0), result = op->getResult(0);
  const Dims dims = p.info(input).dims;
  axis = normalize(axis, dims.size());
  Dim outer = p.sizes.product(ArrayRef(dims).take_front(axis)),
      count = p.sizes.product(ArrayRef(dims).drop_front(axis));
  if (!p.sizes.equal(p.numElements(scale), count).is(1) ||
      (bias && !p.sizes.equal(p.numElements(bias), count).is(1)))
    return op->emitError() << "node '" << bitwright::getNodeName(loc)
                           << "': a scale that does not have one element for each normalized one "
                              "cannot be compiled";
  bool centers = isa<qnn::LayerNormOp>(op);
  using Arg = KernelArg;
  SmallVector<Arg> args(bias ? 4 : 3, Arg::Pointer);
  args.push_back(Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    Type f32 = k.f32();
    Value size = v.back(), length = k.toFloat(size, f32, false);
    auto add = [&](Value x, Value y) { return k.add(x, y); };
    iterations.forEach([&](Value iv) {
      Value offset = k.mul(iv, size), mean = k.number(f32, 0);
      if (centers)
        mean = k.fdiv(reduceRow(
                          k, iterations, f32, v[0], offset, size, k.number(f32, 0),
                          [](Value x) { return x; }, add),
                      length);
      auto centered = [&](Value x) { return centers ? k.sub(x, k.splat(mean, x.getType())) : x; };
      Value sum = reduceRow(
          k, iterations, f32, v[0], offset, size, k.number(f32, 0),
          [&](Value x) {
            Value y = centered(x);
            return k.mul(y, y);
          },
          add);
      Value variance = k.add(k.fdiv(sum, length), k.number(f32, epsilon));
      Value inverse = k.fdiv(k.number(f32, 1), k.sqrt(variance));
      iterations.forEachVector(k.idx(0), size, elementLanes, [&](Value at, int64_t width) {
        Type type = width == 1 ? f32 : Type(k.vec(f32, width));
        Value y = k.mul(centered(k.load(type, v[0], k.add(offset, at))), k.splat(inverse, type));
        y = k.mul(y, k.load(type, v[2], at));
        if (bias)
          y = k.add(y, k.load(type, v[3], at));
        k.store(y, v[1], k.add(offset, at));
      });
    });
  };
  Kernel kernel = p.kernels.get("norm", args, loc, body);
  SmallVector<Value> values = {p.pointer(input, loc), p.pointer(result, loc),
                               p.pointer(scale, loc)};
  if (bias)
    values.push_back(p.pointer(bias, loc));
  values.push_back(p.host.value(count, loc));
  p.host.launch(kernel, values, outer, count.isStatic() ? 3 * count.size : 512, loc);
  return success();
}

/// Refuses element types that no kernel here computes with.
static LogicalResult checkTypes(Program &p, Operation *op) {
  for (Value value : {op->getOperand(0), Value(op->getResult(0))}) {
    Type type = p.info(value).elementType;
    bool isNarrowFloat = isa<FloatType>(type) && !type.isF32();
    if (isNarrowFloat || type.isInteger(1) || type.isInteger(4))
      return refuseType(op, type);
  }
  return success();
}

Emitted bitwright::codegen::emitReduction(Program &p, Operation *op) {
  auto checked = [&](function_ref<LogicalResult()> emit) -> Emitted {
    return failed(checkTypes(p, op)) ? failure() : emit();
  };
  return llvm::TypeSwitch<Operation *, Emitted>(op)
      .Case<qnn::ReductionInterface, qnn::QReduceMeanOp>(
          [&](auto o) { return checked([&] { return emitReduce(p, op, o.getAxes()); }); })
      .Case([&](qnn::ArgMaxOp o) { return checked([&] { return emitArgMax(p, o); }); })
      .Case([&](qnn::CumSumOp o) { return checked([&] { return emitCumSum(p, o); }); })
      .Case([&](qnn::SoftmaxOp o) { return checked([&] { return emitSoftmax(p, o); }); })
      .Case([&](qnn::RmsNormOp o) {
        double epsilon = o.getEpsilon().convertToDouble();
        return checked([&] { return emitNorm(p, op, o.getScale(), Value(), -1, epsilon); });
      })
      .Case([&](qnn::LayerNormOp o) {
        double epsilon = o.getEpsilon().convertToDouble();
        return checked(
            [&] { return emitNorm(p, op, o.getScale(), o.getBias(), o.getAxis(), epsilon); });
      })
      .Default([](Operation *) { return std::nullopt; });
}
