// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Transposed convolutions on f32, as a gather: each output pixel sums the taps
/// whose input pixel exists. The output columns x of equal x % stride use the
/// same horizontal taps at a fixed distance from x / stride; along such a phase
/// the op is a plain convolution of stride 1, and pixels share their weights.

#include "passes/Codegen/Build/Windows.h"
#include "passes/Codegen/Contractions/Contraction.h"
#include "passes/Codegen/Contractions/Epilogue.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

namespace {
/// Horizontal tap `tap` reads the input column x / stride + distance.
struct PhaseTap {
  int64_t tap, distance;
};

struct ConvTranspose {
  enum Argument { Input, Weights, Bias, Result };

  Program &p;
  Operation *op;
  FusedEpilogue epilogue;
  SlidingWindow window;
  int64_t channels, outChannels, groups;
  bool hasBias;

  int64_t groupInputs() const { return channels / groups; }
  int64_t groupOutputs() const { return outChannels / groups; }
  SmallVector<PhaseTap> phaseTaps(int64_t phase) const;
};

/// One output row in a kernel.
struct TransposedRow {
  ImageSizes sizes;
  Value image, line;
  ValueRange pointers;
  Iterations &iterations;
};
} // namespace

SmallVector<PhaseTap> ConvTranspose::phaseTaps(int64_t phase) const {
  SmallVector<PhaseTap> taps;
  for (int64_t tap = 0; tap < window.kernel[1]; ++tap) {
    int64_t position = phase + window.pads[1] - tap * window.dilations[1];
    if (position % window.strides[1] == 0)
      taps.push_back({tap, position / window.strides[1]});
  }
  return taps;
}

/// acc[i] += the input channels of pixel i times the weights of one tap.
static SmallVector<Value> emitTap(KernelBuilder &k, const ConvTranspose &conv, ValueRange accs,
                                  Value inputAt, Value weightsAt, int64_t lanes,
                                  ValueRange pointers) {
  bool hasFma = conv.p.getTarget().hasFma();
  Type type = laneType(k, k.f32(), lanes);
  return k.loop(k.idx(0), k.idx(conv.groupInputs()), k.idx(1), accs,
                [&](Value depth, ValueRange carried) {
                  Value at = k.add(weightsAt, k.mul(depth, k.idx(conv.groupOutputs())));
                  Value weights = k.load(type, pointers[ConvTranspose::Weights], at);
                  SmallVector<Value> next;
                  for (auto [i, acc] : llvm::enumerate(carried)) {
                    Value place = k.add(inputAt, k.add(depth, k.idx(i * conv.channels)));
                    Value x = k.load(k.f32(), pointers[ConvTranspose::Input], place);
                    next.push_back(k.fma(k.splat(x, type), weights, acc, hasFma));
                  }
                  return next;
                });
}

static SmallVector<Value> emitIf(KernelBuilder &k, Value condition, ValueRange values,
                                 function_ref<SmallVector<Value>()> then) {
  // A loop of one iteration or none carries several values.
  Value count = k.extend(condition, k.i64(), /*isUnsigned=*/true);
  return k.loop(k.idx(0), count, k.idx(1), values, [&](Value, ValueRange) { return then(); });
}

/// `count` output pixels of one phase, from x = step * stride + phase on. Where
/// not `interior`, count is 1 and the taps are tested.
static void emitPixels(KernelBuilder &k, const ConvTranspose &conv, const TransposedRow &row,
                       int64_t phase, Value step, int64_t count, bool interior) {
  const SlidingWindow &window = conv.window;
  auto taps = conv.phaseTaps(phase);
  int64_t inputs = conv.groupInputs(), outputs = conv.groupOutputs();
  Value stride = k.idx(window.strides[0]), imageRow = k.mul(row.image, row.sizes.height);
  Value x = k.add(k.mul(step, k.idx(window.strides[1])), k.idx(phase));
  Value pixel =
      k.add(k.mul(k.add(k.mul(row.image, row.sizes.outHeight), row.line), row.sizes.outWidth), x);
  int64_t lanes = 2 * conv.p.getTarget().getVector().lanes;
  auto emitBlock = [&](Value group, Value channel, int64_t width) {
    Value outChannel = k.add(k.mul(group, k.idx(outputs)), channel);
    Type type = laneType(k, k.f32(), width);
    Value start =
        conv.hasBias ? k.load(type, row.pointers[ConvTranspose::Bias], outChannel) : k.zero(type);
    SmallVector<Value> init(count, start);
    auto sums = k.loop(
        k.idx(0), k.idx(window.kernel[0]), k.idx(1), init, [&](Value tapY, ValueRange carried) {
          Value position = k.sub(k.add(row.line, k.idx(window.pads[0])),
                                 k.mul(tapY, k.idx(window.dilations[0])));
          Value y = k.divS(position, stride);
          Value valid = k.bitAnd(k.compare(IPred::sge, position, k.idx(0)),
                                 k.bitAnd(k.compare(IPred::eq, k.remS(position, stride), k.idx(0)),
                                          k.compare(IPred::slt, y, row.sizes.height)));
          return emitIf(k, valid, carried, [&] {
            SmallVector<Value> accs(carried);
            for (PhaseTap tap : taps) {
              Value column = k.add(step, k.idx(tap.distance));
              Value tapIndex = k.add(k.mul(tapY, k.idx(window.kernel[1])), k.idx(tap.tap));
              Value plane = k.add(k.mul(group, k.idx(window.taps())), tapIndex);
              Value weightsAt = k.add(k.mul(plane, k.idx(inputs * outputs)), channel);
              Value source = k.add(k.mul(k.add(imageRow, y), row.sizes.width), column);
              Value inputAt =
                  k.add(k.mul(source, k.idx(conv.channels)), k.mul(group, k.idx(inputs)));
              auto add = [&] {
                return emitTap(k, conv, accs, inputAt, weightsAt, width, row.pointers);
              };
              accs = interior
                         ? add()
                         : emitIf(k, k.compare(IPred::ult, column, row.sizes.width), accs, add);
            }
            return accs;
          });
        });
    for (auto [i, acc] : llvm::enumerate(sums)) {
      Value at = k.add(pixel, k.idx(i * window.strides[1]));
      conv.epilogue.store(k, acc, k.add(k.mul(at, k.idx(conv.outChannels)), outChannel), outChannel,
                          row.pointers.drop_front(ConvTranspose::Result));
    }
  };
  k.loop(k.idx(conv.groups), [&](Value group) {
    row.iterations.forEachPart(k.idx(outputs), outputs, lanes, [&](Value channel, int64_t width) {
      emitBlock(group, channel, width);
    });
  });
}

/// All output columns x with x % stride == phase.
static void emitPhase(KernelBuilder &k, const ConvTranspose &conv, const TransposedRow &row,
                      int64_t phase) {
  constexpr int64_t pixelsAtATime = 4;
  int64_t stride = conv.window.strides[1], least = 0, most = 0;
  for (PhaseTap tap : conv.phaseTaps(phase)) {
    least = std::min(least, tap.distance);
    most = std::max(most, tap.distance);
  }
  // Steps [0, count), of which [low, high) read existing columns only.
  Value zero = k.idx(0);
  Value count =
      k.divS(k.maximum(k.add(row.sizes.outWidth, k.idx(stride - 1 - phase)), zero), k.idx(stride));
  Value low = k.minimum(k.idx(-least), count);
  Value high = k.maximum(k.minimum(k.sub(row.sizes.width, k.idx(most)), count), low);
  k.vectorLoop(low, high, pixelsAtATime, [&](Value step, int64_t pixels) {
    emitPixels(k, conv, row, phase, step, pixels, true);
  });
  k.loop(k.idx(2), [&](Value side) {
    Value isLeft = k.compare(IPred::eq, side, zero);
    k.loop(k.select(isLeft, zero, high), k.select(isLeft, low, count), k.idx(1),
           [&](Value step) { emitPixels(k, conv, row, phase, step, 1, false); });
  });
}

static Kernel buildKernel(const ConvTranspose &conv) {
  using Arg = KernelArg;
  size_t firstSize = ConvTranspose::Result + 1 + conv.epilogue.leaves().size();
  SmallVector<Arg> args(firstSize, Arg::Pointer);
  args.append(4, Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    ValueRange s = v.drop_front(firstSize);
    iterations.forEach([&](Value iv) {
      TransposedRow row{{s[0], s[1], s[2], s[3]},
                        k.divS(iv, s[2]),
                        k.remS(iv, s[2]),
                        v.take_front(firstSize),
                        iterations};
      for (int64_t phase = 0; phase < conv.window.strides[1]; ++phase)
        emitPhase(k, conv, row, phase);
    });
  };
  return conv.p.kernels.get("conv_transpose2d_f32", args, conv.op->getLoc(), body);
}

/// From O/groups x KH x KW x C to groups x KH x KW x C/groups x O/groups.
static std::vector<char> packWeights(const ConvTranspose &conv, ArrayRef<float> weights) {
  std::vector<char> packed;
  packed.reserve(weights.size() * 4);
  int64_t taps = conv.window.taps(), inputs = conv.groupInputs();
  for (int64_t group = 0; group < conv.groups; ++group)
    for (int64_t tap = 0; tap < taps; ++tap)
      for (int64_t i = 0; i < inputs; ++i)
        for (int64_t o = 0; o < conv.groupOutputs(); ++o) {
          const float &value = weights[(o * taps + tap) * conv.channels + group * inputs + i];
          const char *bytes = reinterpret_cast<const char *>(&value);
          packed.insert(packed.end(), bytes, bytes + 4);
        }
  return packed;
}

LogicalResult bitwright::codegen::emitConvTranspose(Program &p, kernel::LaunchOp unit) {
  auto op = cast<qnn::ConvTranspose2dOp>(unit.getAnchor());
  Location loc = op.getLoc();
  auto fail = [&](const Twine &message) {
    return op.emitError() << "node '" << bitwright::getNodeName(loc) << "': " << message;
  };
  auto weights = bitwright::getFloats(op.getWeight());
  if (Type type = p.info(op.getInput()).elementType; !type.isF32())
    return refuseType(op, type);
  if (!weights)
    return fail("the weights must be constants to be compiled");
  constexpr int64_t mostStride = 64;
  if (op.getStrides()[1] > mostStride)
    return fail("a transposed convolution of a stride above 64 cannot be compiled");
  const Dims x = p.info(op.getInput()).dims, w = p.info(op.getWeight()).dims,
             y = p.info(op.getResult()).dims;
  int64_t outChannels = w[0].size * int64_t(op.getGroups());
  ConvTranspose conv{
      p,
      op,
      FusedEpilogue{p, unit, outChannels},
      SlidingWindow({w[1].size, w[2].size}, op.getStrides(), op.getPads(), op.getDilations()),
      w[3].size,
      outChannels,
      int64_t(op.getGroups()),
      bool(op.getBias())};
  SmallVector<Value> values(ConvTranspose::Result, p.host.weights());
  values[ConvTranspose::Input] = p.pointer(op.getInput(), loc);
  values[ConvTranspose::Weights] = p.constant(packWeights(conv, *weights), loc);
  if (conv.hasBias)
    values[ConvTranspose::Bias] = p.pointer(op.getBias(), loc);
  values.push_back(p.pointer(conv.epilogue.result(), loc));
  for (Value leaf : conv.epilogue.leaves())
    values.push_back(p.pointer(leaf, loc));
  for (Dim size : {x[1], x[2], y[1], y[2]})
    values.push_back(p.host.value(size, loc));
  int64_t width = y[2].isStatic() ? y[2].size : 64;
  int64_t macs =
      conv.groupInputs() * conv.window.taps() / (conv.window.strides[0] * conv.window.strides[1]) +
      1;
  p.host.launch(buildKernel(conv), values, p.sizes.mul(y[0], y[1]), width * outChannels * macs / 8,
                loc);
  return success();
}
