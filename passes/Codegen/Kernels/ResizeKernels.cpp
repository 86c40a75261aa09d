// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Resampling of NHWC images. Along each axis an output position reads one, two
/// or four input positions with weights; coordinates are computed in double.

#include "passes/Codegen/Build/Windows.h"
#include "passes/Codegen/Kernels/Kernels.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;
using IPred = arith::CmpIPredicate;
using FPred = arith::CmpFPredicate;

namespace {
/// The input positions that one output position reads, and their weights (f64,
/// none in mode nearest).
struct Sources {
  SmallVector<Value> index, weight;
};

/// One axis of a resize inside of a kernel.
struct ResizeAxis {
  KernelBuilder &k;
  mutable qnn::ResizeOp op;
  double scale;
  Value input, output; // sizes

  Value number(double value) const { return k.number(k.f64(), value); }
  Value real(Value x) const { return k.toFloat(x, k.f64(), false); }
  Value lastIndex() const { return real(k.sub(input, k.idx(1))); }
  Value limit(Value x) const;
  Value clampIndex(Value x) const { return k.toInt(limit(x), k.i64(), false); }
  Value coordinate(Value x) const;
  Value roundNearest(Value source) const;
  Sources cubic(Value source) const;
  Sources sources(Value x) const;
};
} // namespace

/// `x` limited to the positions of the input.
Value ResizeAxis::limit(Value x) const {
  Value zero = number(0), last = lastIndex();
  x = k.select(k.compare(FPred::OLT, x, zero), zero, x);
  return k.select(k.compare(FPred::OGT, x, last), last, x);
}

Value ResizeAxis::coordinate(Value x) const {
  Value at = real(x), isSingle = k.compare(IPred::eq, output, k.idx(1));
  auto halfPixel = [&] {
    return k.sub(k.fdiv(k.add(at, number(0.5)), number(scale)), number(0.5));
  };
  switch (op.getCoordinates()) {
  case qnn::CoordinateMode::Asymmetric:
    return k.fdiv(at, number(scale));
  case qnn::CoordinateMode::AlignCorners: {
    Value steps = k.select(isSingle, number(1), real(k.sub(output, k.idx(1))));
    return k.select(isSingle, number(0), k.fdiv(k.mul(at, lastIndex()), steps));
  }
  case qnn::CoordinateMode::PytorchHalfPixel:
    return k.select(isSingle, number(0), halfPixel());
  case qnn::CoordinateMode::HalfPixel:
    break;
  }
  return halfPixel();
}

Value ResizeAxis::roundNearest(Value source) const {
  switch (op.getNearest()) {
  case qnn::NearestMode::RoundPreferFloor:
    return k.ceil(k.sub(source, number(0.5)));
  case qnn::NearestMode::RoundPreferCeil:
    return k.floor(k.add(source, number(0.5)));
  case qnn::NearestMode::Floor:
    return k.floor(source);
  case qnn::NearestMode::Ceil:
    break;
  }
  return k.ceil(source);
}

/// The cubic convolution with a = -0.75; borders repeat.
Sources ResizeAxis::cubic(Value source) const {
  constexpr double a = -0.75;
  Value low = k.floor(source), t = k.sub(source, low);
  auto polynomial = [&](std::initializer_list<double> coefficients, Value d) {
    Value sum = number(0);
    for (double c : coefficients)
      sum = k.add(k.mul(sum, d), number(c));
    return sum;
  };
  auto outer = [&](Value d) { return polynomial({a, -5 * a, 8 * a, -4 * a}, d); };
  auto inner = [&](Value d) { return polynomial({a + 2, -(a + 3), 0, 1}, d); };
  Sources result;
  for (int i = 0; i < 4; ++i)
    result.index.push_back(clampIndex(k.add(low, number(i - 1))));
  result.weight = {outer(k.add(t, number(1))), inner(t), inner(k.sub(number(1), t)),
                   outer(k.sub(number(2), t))};
  return result;
}

Sources ResizeAxis::sources(Value x) const {
  Value source = coordinate(x);
  switch (op.getMode()) {
  case qnn::ResizeMode::Nearest:
    return {{clampIndex(roundNearest(source))}, {}};
  case qnn::ResizeMode::Linear: {
    source = limit(source);
    Value low = k.floor(source), t = k.sub(source, low);
    return {{clampIndex(low), clampIndex(k.add(low, number(1)))}, {k.sub(number(1), t), t}};
  }
  case qnn::ResizeMode::Cubic:
    break;
  }
  return cubic(source);
}

/// One output pixel: moves or mixes the channels of the pixels it reads.
static void emitPixel(KernelBuilder &k, Type element, Value channels, std::optional<int64_t> known,
                      Value imageRow, Value width, const Sources &rows, const Sources &columns,
                      Value input, Value output, Iterations &iterations) {
  SmallVector<Value> pixels, weights;
  for (auto [i, y] : llvm::enumerate(rows.index))
    for (auto [j, x] : llvm::enumerate(columns.index)) {
      pixels.push_back(k.mul(k.add(k.mul(k.add(imageRow, y), width), x), channels));
      if (!rows.weight.empty()) {
        Value product = k.mul(rows.weight[i], columns.weight[j]);
        weights.push_back(arith::TruncFOp::create(k.builder(), k.location(), k.f32(), product));
      }
    }
  int64_t lanes = 512 / element.getIntOrFloatBitWidth();
  iterations.forEachPart(channels, known, lanes, [&](Value channel, int64_t count) {
    Type type = laneType(k, element, count);
    auto read = [&](Value pixel) { return k.load(type, input, k.add(pixel, channel)); };
    Value result = read(pixels[0]);
    if (!weights.empty())
      result = k.mul(result, k.splat(weights[0], type));
    for (size_t i = 1; i < pixels.size(); ++i)
      result = k.add(result, k.mul(read(pixels[i]), k.splat(weights[i], type)));
    k.store(result, output, channel);
  });
}

LogicalResult bitwright::codegen::emitResize(Program &p, Operation *operation) {
  auto op = cast<qnn::ResizeOp>(operation);
  Location loc = op.getLoc();
  auto fail = [&](const Twine &message) {
    return op.emitError() << "node '" << bitwright::getNodeName(loc) << "': " << message;
  };
  bool isNearest = op.getMode() == qnn::ResizeMode::Nearest;
  Type element = p.info(op.getInput()).elementType;
  if (element.isInteger(4) || (!isNearest && !element.isF32()))
    return refuseType(operation, element);
  ArrayRef<double> scales = op.getScales();
  if (scales.size() != 2 || !(scales[0] > 0) || !(scales[1] > 0))
    return fail("a resize needs two positive scales");
  if (isNearest)
    element = IntegerType::get(p.getContext(), 8 * getElementBytes(element));
  const Dims x = p.info(op.getInput()).dims, y = p.info(op.getResult()).dims;
  std::optional<int64_t> known;
  if (x[3].isStatic())
    known = x[3].size;
  using Arg = KernelArg;
  SmallVector<Arg> args(2, Arg::Pointer);
  args.append(5, Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    Value height = v[2], width = v[3], outHeight = v[4], outWidth = v[5],
          channels = known ? k.idx(*known) : v[6];
    ResizeAxis vertical{k, op, scales[0], height, outHeight},
        horizontal{k, op, scales[1], width, outWidth};
    iterations.forEach([&](Value iv) {
      Sources rows = vertical.sources(k.remS(iv, outHeight));
      Value imageRow = k.mul(k.divS(iv, outHeight), height);
      k.loop(outWidth, [&](Value column) {
        Value offset = k.mul(k.add(k.mul(iv, outWidth), column), channels);
        emitPixel(k, element, channels, known, imageRow, width, rows, horizontal.sources(column),
                  v[0], k.gep(v[1], element, offset), iterations);
      });
    });
  };
  Kernel kernel = p.kernels.get("resize", args, loc, body);
  SmallVector<Value> values = {p.pointer(op.getInput(), loc), p.pointer(op.getResult(), loc)};
  for (Dim size : {x[1], x[2], y[1], y[2], x[3]})
    values.push_back(p.host.value(size, loc));
  Dim work = p.sizes.mul(y[2], y[3]);
  p.host.launch(kernel, values, p.sizes.mul(y[0], y[1]), work.isStatic() ? work.size : 1024, loc);
  return success();
}
