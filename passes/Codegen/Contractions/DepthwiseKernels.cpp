// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Depthwise convolutions. A kernel runs over output rows. Windows that reach
/// into the padding fold the taps inside of the image; the others are unrolled,
/// several pixels at a time on f32 and as dot products of vertical taps on bytes.

#include "passes/Codegen/Contractions/Contraction.h"
#include "passes/Codegen/Contractions/Epilogue.h"
#include "passes/Codegen/Contractions/Requantize.h"
#include "passes/Codegen/Contractions/Rows.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

namespace {
/// A convolution of each channel on its own, on f32 or on bytes.
struct Depthwise {
  /// The pointers of the kernel in order; leaves of the epilogue follow.
  enum Argument { Input, Weights, Bias, DotWeights, DotStart, Multiplier, Residual, Result };

  Program &p;
  mlir::Operation *op;
  FusedEpilogue epilogue;
  DepthwiseSpec spec; ///< Of f32: window and channels.
  bool hasBias;
  std::optional<Requantize> requantize = std::nullopt; ///< Bytes only.
  /// The target's way for pixels that read no padding; null: tap by tap.
  const DepthwiseKernel *dots = nullptr;

  bool isInteger() const { return requantize.has_value(); }
  /// Finishes the accumulators of channels from `channel` of one output pixel.
  void finish(KernelBuilder &k, Value acc, Value pixel, Value channel, ValueRange pointers) const;
};
} // namespace

void Depthwise::finish(KernelBuilder &k, Value acc, Value pixel, Value channel,
                       ValueRange pointers) const {
  Value offset = k.add(k.mul(pixel, k.idx(spec.channels)), channel);
  if (requantize)
    acc = requantize->emit(k, acc, offset, channel, pointers[Multiplier], pointers[Residual]);
  epilogue.store(k, acc, offset, channel, pointers.drop_front(Result));
}

/// One tap on a vector of channels.
static Value accumulate(KernelBuilder &k, const Depthwise &conv, Value acc, Value x,
                        Value weights) {
  if (!conv.isInteger())
    return k.fma(x, weights, acc, conv.p.getTarget().hasFma());
  // |x - zero point| <= 255 and |w| <= 128: the product fits 16 bits.
  Value centered = k.extend(x, k.i16(), conv.spec.unsignedInput);
  centered = k.sub(centered, k.integer(centered.getType(), conv.spec.zeroPoint));
  return k.add(acc, k.extend(k.mul(centered, weights), k.i32(), /*isUnsigned=*/false));
}

/// `count` neighbouring output pixels from `column` on. Where not `interior`,
/// count is 1.
static void emitPixels(KernelBuilder &k, const Depthwise &conv, const OutputRow &row,
                       const ImageSizes &sizes, Value column, int64_t count, bool interior,
                       ValueRange pointers, Iterations &iterations) {
  Type element = conv.isInteger() ? k.i8() : k.f32(),
       weightType = conv.isInteger() ? k.i16() : k.f32();
  Type accumulator = conv.isInteger() ? k.i32() : k.f32();
  Taps columns = clampTaps(k, conv.spec.window, 1, column, sizes.width);
  Value imageRow = k.mul(row.image, sizes.height);
  Value channels = k.idx(conv.spec.channels);
  Value pixel =
      k.add(k.mul(k.add(k.mul(row.image, sizes.outHeight), row.line), sizes.outWidth), column);
  iterations.forEachPart(
      channels, conv.spec.channels, elementLanes, [&](Value channel, int64_t lanes) {
        Type type = laneType(k, accumulator, lanes);
        Value start =
            conv.hasBias ? k.load(type, pointers[Depthwise::Bias], channel) : k.zero(type);
        auto fold = [&](Value tap, Value y, Value x, ValueRange carried) {
          Value at = k.add(k.mul(tap, channels), channel);
          Value weights = k.load(laneType(k, weightType, lanes), pointers[Depthwise::Weights], at);
          Value first = k.add(k.mul(k.add(imageRow, y), sizes.width), x);
          SmallVector<Value> next;
          for (auto [i, acc] : llvm::enumerate(carried)) {
            Value source = k.add(first, k.idx(i * conv.spec.window.strides[1]));
            Value data = k.load(laneType(k, element, lanes), pointers[Depthwise::Input],
                                k.add(k.mul(source, channels), channel));
            next.push_back(accumulate(k, conv, acc, data, weights));
          }
          return next;
        };
        SmallVector<Value> init(count, start);
        for (auto [i, acc] : llvm::enumerate(
                 foldTaps(k, conv.spec.window, row.rows, columns, interior, init, fold)))
          conv.finish(k, acc, k.add(pixel, k.idx(i)), channel, pointers);
      });
}

static Kernel buildKernel(const Depthwise &conv) {
  constexpr int64_t pixelsAtATime = 4;
  using Arg = KernelArg;
  size_t firstSize = Depthwise::Result + 1 + conv.epilogue.leaves().size();
  SmallVector<Arg> args(firstSize, Arg::Pointer);
  args.append(4, Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    ValueRange s = v.drop_front(firstSize), pointers = v.take_front(firstSize);
    ImageSizes sizes{s[0], s[1], s[2], s[3]};
    forEachOutputRow(k, conv.spec.window, sizes, iterations, [&](const OutputRow &row) {
      auto border = [&](Value lower, Value upper) {
        k.loop(lower, upper, k.idx(1), [&](Value column) {
          emitPixels(k, conv, row, sizes, column, 1, false, pointers, iterations);
        });
      };
      auto interior = [&](Value lower, Value upper) {
        auto finish = [&](Value acc, Value pixel, Value channel) {
          conv.finish(k, acc, pixel, channel, pointers);
        };
        if (conv.dots)
          return conv.dots->emit(k, conv.spec, row, sizes, lower, upper, v[Depthwise::Input],
                                 v[Depthwise::DotWeights], v[Depthwise::DotStart], finish);
        k.vectorLoop(lower, upper, pixelsAtATime, [&](Value column, int64_t count) {
          emitPixels(k, conv, row, sizes, column, count, true, pointers, iterations);
        });
      };
      splitColumns(k, conv.spec.window, row, sizes, border, interior);
    });
  };
  return conv.p.kernels.get(conv.isInteger() ? "depthwise_i8" : "depthwise_f32", args,
                            conv.op->getLoc(), body);
}

/// Weights of a depthwise convolution: C x taps -> taps x C.
static std::vector<char> packTaps(const char *weights, int64_t channels, int64_t taps,
                                  int64_t element) {
  std::vector<char> packed(channels * taps * element);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t t = 0; t < taps; ++t)
      std::memcpy(packed.data() + (t * channels + c) * element, weights + (c * taps + t) * element,
                  element);
  return packed;
}

template <typename T> static std::vector<char> toBytes(ArrayRef<T> values) {
  const char *data = reinterpret_cast<const char *>(values.data());
  return std::vector<char>(data, data + values.size() * sizeof(T));
}

/// The weight block's pointers of an integer convolution.
static void addIntegerConstants(Program &p, const Depthwise &conv, qnn::QConv2dOp op,
                                SmallVectorImpl<Value> &values) {
  Location loc = op.getLoc();
  auto constant = [&](const std::vector<char> &bytes) { return p.constant(bytes, loc); };
  // The constant owns the bytes of a dense attribute.
  auto constantWeights = *bitwright::getConstant(op.getWeight());
  ArrayRef<char> bytes = constantWeights.bytes;
  SmallVector<int64_t> bias(conv.spec.channels, 0);
  if (op.getBias())
    bias = *bitwright::getIntegers(op.getBias());
  SmallVector<int16_t> wide(bytes.size());
  for (auto [i, byte] : llvm::enumerate(bytes))
    wide[i] = int8_t(byte);
  auto wideBytes = toBytes<int16_t>(wide);
  values[Depthwise::Weights] =
      constant(packTaps(wideBytes.data(), conv.spec.channels, conv.spec.window.taps(), 2));
  SmallVector<int32_t> bias32(bias.begin(), bias.end());
  values[Depthwise::Bias] = constant(toBytes<int32_t>(bias32));
  if (conv.dots) {
    values[Depthwise::DotWeights] = constant(conv.dots->packWeights(conv.spec, bytes));
    values[Depthwise::DotStart] = constant(conv.dots->packStart(conv.spec, bytes, bias));
  }
  values[Depthwise::Multiplier] = p.pointer(op.getMultiplier(), loc);
  if (op.getResidual())
    values[Depthwise::Residual] = p.pointer(op.getResidual(), loc);
}

static LogicalResult checkOperands(Program &p, Operation *op) {
  SmallVector<Value> constants(op->getOperands().drop_front());
  if (auto q = dyn_cast<qnn::QConv2dOp>(op); q && q.getResidual())
    llvm::erase(constants, q.getResidual());
  auto fail = [&](const Twine &message) {
    return op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': " << message;
  };
  for (Value value : constants)
    if (!bitwright::getConstant(value))
      return fail("the weights and parameters must be constants to be compiled");
  Type element = p.info(op->getOperand(0)).elementType;
  if (!element.isF32() && !element.isInteger(8))
    return refuseType(op, element);
  return success();
}

/// The integer convolution's parameters, and whether the target has a way of its
/// own for it.
static void setInteger(Program &p, Depthwise &conv, qnn::QConv2dOp op) {
  conv.spec.unsignedInput = op.getUnsignedInput();
  conv.spec.zeroPoint = readByte(op.getInputZeroPoint(), op.getUnsignedInput());
  conv.requantize = Requantize::get(op);
  const DepthwiseKernel *dots = p.getTarget().getDepthwise();
  if (dots && dots->supports(conv.spec))
    conv.dots = dots;
}

LogicalResult bitwright::codegen::emitDepthwise(Program &p, kernel::LaunchOp unit) {
  Operation *op = unit.getAnchor();
  Location loc = op->getLoc();
  if (failed(checkOperands(p, op)))
    return failure();
  ConvShape shape = getConvShape(p, op);
  SlidingWindow window({shape.kernelHeight, shape.kernelWidth}, shape.strides, shape.pads,
                       shape.dilations);
  Depthwise conv{p, op, FusedEpilogue{p, unit, shape.channels},
                 DepthwiseSpec{window, shape.channels, false, 0}, /*hasBias=*/true};
  SmallVector<Value> values(Depthwise::Result, p.host.weights());
  values[Depthwise::Input] = p.pointer(op->getOperand(0), loc);
  if (auto q = dyn_cast<qnn::QConv2dOp>(op)) {
    setInteger(p, conv, q);
    addIntegerConstants(p, conv, q, values);
  } else {
    auto weights = *bitwright::getFloats(op->getOperand(1));
    conv.hasBias = op->getNumOperands() > 2;
    auto bytes = toBytes<float>(weights);
    values[Depthwise::Weights] =
        p.constant(packTaps(bytes.data(), shape.channels, window.taps(), 4), loc);
    if (conv.hasBias)
      values[Depthwise::Bias] = p.pointer(op->getOperand(2), loc);
  }
  values.push_back(p.pointer(conv.epilogue.result(), loc));
  for (Value leaf : conv.epilogue.leaves())
    values.push_back(p.pointer(leaf, loc));
  for (Dim size : {shape.height, shape.width, shape.outHeight, shape.outWidth})
    values.push_back(p.host.value(size, loc));
  Kernel kernel = buildKernel(conv);
  int64_t width = shape.outWidth.isStatic() ? shape.outWidth.size : 64;
  p.host.launch(kernel, values, p.sizes.mul(shape.batch, shape.outHeight),
                width * shape.channels * window.taps() / 8, loc);
  return success();
}
