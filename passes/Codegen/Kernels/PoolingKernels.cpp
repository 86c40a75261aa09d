// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Max and average pools: a kernel runs over output rows; each pixel folds the
/// taps inside of the image on vectors of channels.

#include "passes/Codegen/Build/Rounding.h"
#include "passes/Codegen/Build/Windows.h"
#include "passes/Codegen/Kernels/Kernels.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;
using FPred = arith::CmpFPredicate;

namespace {
/// What a pool does with the elements of a window.
struct Pool {
  Operation *op;
  SlidingWindow window;
  Type element;
  bool isUnsigned;

  Type accumulator(KernelBuilder &k) const {
    return isa<qnn::QAvgPool2dOp>(op) ? k.i32() : element;
  }
  Value init(KernelBuilder &k, int64_t lanes) const;
  Value fold(KernelBuilder &k, Value acc, Value x) const;
  /// `valid`: how many elements of the window are inside of the image.
  Value finish(KernelBuilder &k, Value acc, Value valid, ValueRange quantization) const;
};
} // namespace

Value Pool::init(KernelBuilder &k, int64_t lanes) const {
  Type type = laneType(k, accumulator(k), lanes);
  if (!isa<qnn::MaxPool2dOp>(op))
    return k.zero(type);
  if (isa<FloatType>(element))
    return k.number(type, -std::numeric_limits<double>::infinity());
  return k.integer(type, isUnsigned ? 0 : llvm::minIntN(element.getIntOrFloatBitWidth()));
}

Value Pool::fold(KernelBuilder &k, Value acc, Value x) const {
  if (isa<qnn::QAvgPool2dOp>(op))
    return k.add(acc, k.extend(x, k.i32(), isUnsigned));
  if (isa<qnn::AvgPool2dOp>(op))
    return k.add(acc, x);
  if (!isa<FloatType>(element))
    return k.maximum(acc, x, isUnsigned);
  // A NaN stays: the comparison lets one in, the test keeps it.
  Value larger = k.select(k.compare(FPred::OGT, acc, x), acc, x);
  return k.select(k.compare(FPred::UNO, acc, acc), acc, larger);
}

Value Pool::finish(KernelBuilder &k, Value acc, Value valid, ValueRange quantization) const {
  auto divisor = [&](bool includesPad) {
    return k.toFloat(includesPad ? k.idx(window.taps()) : valid, k.f32(), false);
  };
  if (auto average = dyn_cast<qnn::AvgPool2dOp>(op))
    return k.fdiv(acc, k.splat(divisor(average.getCountIncludePad()), acc.getType()));
  auto average = dyn_cast<qnn::QAvgPool2dOp>(op);
  if (!average)
    return acc;
  // sum(x - zero_point) over the valid elements.
  Value zero = k.extend(k.loadAt(k.i8(), quantization[0]), k.i32(), isUnsigned);
  acc = k.sub(acc, k.splat(k.mul(zero, k.truncate(valid, k.i32())), acc.getType()));
  return averageInto(k, acc, divisor(average.getCountIncludePad()), quantization[1],
                     quantization[2], average.getUnsignedOutput());
}

/// The kernel over output rows. Arguments: input, result, quantization...,
/// height, width, outHeight, outWidth, channels.
static Kernel buildPool(Program &p, const Pool &pool, Dim channelCount,
                        ArrayRef<Value> quantization) {
  using Arg = KernelArg;
  SmallVector<Arg> args(2 + quantization.size(), Arg::Pointer);
  args.append(5, Arg::Size);
  std::optional<int64_t> known;
  if (channelCount.isStatic())
    known = channelCount.size;
  int64_t lanes =
      pool.element.getIntOrFloatBitWidth() == 8 && isa<qnn::MaxPool2dOp>(pool.op) ? 64 : 16;
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    ValueRange sizes = v.take_back(5), extra = v.drop_front(2).drop_back(5);
    ImageSizes image{sizes[0], sizes[1], sizes[2], sizes[3]};
    Value channels = known ? k.idx(*known) : sizes[4];
    forEachOutputRow(k, pool.window, image, iterations, [&](const OutputRow &row) {
      Value rowOut = k.mul(k.add(k.mul(row.image, image.outHeight), row.line), image.outWidth);
      auto pixels = [&](Value lower, Value upper, bool interior) {
        k.loop(lower, upper, k.idx(1), [&](Value column) {
          Taps columns = clampTaps(k, pool.window, 1, column, image.width);
          Value valid = k.mul(row.rows.count(k), columns.count(k));
          if (interior)
            valid = k.idx(pool.window.taps());
          Value out = k.mul(k.add(rowOut, column), channels);
          iterations.forEachPart(channels, known, lanes, [&](Value channel, int64_t width) {
            auto fold = [&](Value, Value y, Value x, ValueRange carried) -> SmallVector<Value> {
              Value pixel = k.add(k.mul(k.add(k.mul(row.image, image.height), y), image.width), x);
              Value at = k.add(k.mul(pixel, channels), channel);
              return {pool.fold(k, carried[0], k.load(laneType(k, pool.element, width), v[0], at))};
            };
            Value acc =
                foldTaps(k, pool.window, row.rows, columns, interior, pool.init(k, width), fold)[0];
            k.store(pool.finish(k, acc, valid, extra), v[1], k.add(out, channel));
          });
        });
      };
      splitColumns(
          k, pool.window, row, image,
          [&](Value lower, Value upper) { pixels(lower, upper, false); },
          [&](Value lower, Value upper) { pixels(lower, upper, true); });
    });
  };
  return p.kernels.get("pool", args, pool.op->getLoc(), body);
}

static SlidingWindow getWindow(Operation *op) {
  if (auto pool = dyn_cast<qnn::MaxPool2dOp>(op))
    return SlidingWindow(pool.getKernel(), pool.getStrides(), pool.getPads(), pool.getDilations());
  if (auto pool = dyn_cast<qnn::AvgPool2dOp>(op))
    return SlidingWindow(pool.getKernel(), pool.getStrides(), pool.getPads(), pool.getDilations());
  auto pool = cast<qnn::QAvgPool2dOp>(op);
  return SlidingWindow(pool.getKernel(), pool.getStrides(), pool.getPads(), {1, 1});
}

Emitted bitwright::codegen::emitPooling(Program &p, Operation *op) {
  if (!isa<qnn::MaxPool2dOp, qnn::AvgPool2dOp, qnn::QAvgPool2dOp>(op))
    return std::nullopt;
  Location loc = op->getLoc();
  Type element = p.info(op->getOperand(0)).elementType;
  bool isMax = isa<qnn::MaxPool2dOp>(op);
  bool supported = isMax ? element.isF32() || element.isF64() ||
                               (element.isInteger() && element.getIntOrFloatBitWidth() >= 8)
                         : element.isF32() || isa<qnn::QAvgPool2dOp>(op);
  if (!supported)
    return refuseType(op, element);
  Pool pool{op, getWindow(op), element, false};
  SmallVector<Value> quantization;
  if (auto average = dyn_cast<qnn::QAvgPool2dOp>(op)) {
    pool.isUnsigned = average.getUnsignedInput();
    quantization = {average.getInputZeroPoint(), average.getMultiplier(),
                    average.getOutputZeroPoint()};
  } else if (auto max = dyn_cast<qnn::MaxPool2dOp>(op)) {
    pool.isUnsigned = max.getUnsignedStorage();
  }
  const Dims x = p.info(op->getOperand(0)).dims, y = p.info(op->getResult(0)).dims;
  Kernel kernel = buildPool(p, pool, x[3], quantization);
  SmallVector<Value> values = {p.pointer(op->getOperand(0), loc), p.pointer(op->getResult(0), loc)};
  for (Value tensor : quantization)
    values.push_back(p.pointer(tensor, loc));
  for (Dim size : {x[1], x[2], y[1], y[2], x[3]})
    values.push_back(p.host.value(size, loc));
  Dim work = p.sizes.mul(p.sizes.mul(y[2], y[3]), pool.window.taps());
  p.host.launch(kernel, values, p.sizes.mul(y[0], y[1]), work.isStatic() ? work.size / 8 : 4096,
                loc);
  return success();
}
