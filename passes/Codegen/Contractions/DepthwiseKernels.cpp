// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Depthwise convolutions. A kernel runs over output rows. Windows that reach
/// into the padding fold the taps inside of the image; the others are unrolled,
/// several pixels at a time on f32 and as dot products of vertical taps on bytes.

#include "passes/Codegen/Contractions/DepthwiseKernels.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

static constexpr int64_t channelLanes = 16;

void Depthwise::finish(KernelBuilder &k, Value acc, Value pixel, Value channel,
                       ValueRange pointers) const {
  Value offset = k.add(k.mul(pixel, k.idx(channels)), channel);
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
  Value centered = k.extend(x, k.i16(), conv.unsignedInput);
  centered = k.sub(centered, k.integer(centered.getType(), conv.zeroPoint));
  return k.add(acc, k.extend(k.mul(centered, weights), k.i32(), /*isUnsigned=*/false));
}

/// `count` neighbouring output pixels from `column` on. Where not `interior`,
/// count is 1.
static void emitPixels(KernelBuilder &k, const Depthwise &conv, const OutputRow &row,
                       const ImageSizes &sizes, Value column, int64_t count, bool interior,
                       ValueRange pointers) {
  Type element = conv.isInteger() ? k.i8() : k.f32(),
       weightType = conv.isInteger() ? k.i16() : k.f32();
  Type accumulator = conv.isInteger() ? k.i32() : k.f32();
  Taps columns = clampTaps(k, conv.window, 1, column, sizes.width);
  Value imageRow = k.mul(row.image, sizes.height);
  Value channels = k.idx(conv.channels);
  Value pixel =
      k.add(k.mul(k.add(k.mul(row.image, sizes.outHeight), row.line), sizes.outWidth), column);
  forEachChannelBlock(k, channels, conv.channels, channelLanes, [&](Value channel, int64_t lanes) {
    Type type = laneType(k, accumulator, lanes);
    Value start = conv.hasBias ? k.load(type, pointers[Depthwise::Bias], channel) : k.zero(type);
    auto fold = [&](Value tap, Value y, Value x, ValueRange carried) {
      Value at = k.add(k.mul(tap, channels), channel);
      Value weights = k.load(laneType(k, weightType, lanes), pointers[Depthwise::Weights], at);
      Value first = k.add(k.mul(k.add(imageRow, y), sizes.width), x);
      SmallVector<Value> next;
      for (auto [i, acc] : llvm::enumerate(carried)) {
        Value source = k.add(first, k.idx(i * conv.window.strides[1]));
        Value data = k.load(laneType(k, element, lanes), pointers[Depthwise::Input],
                            k.add(k.mul(source, channels), channel));
        next.push_back(accumulate(k, conv, acc, data, weights));
      }
      return next;
    };
    SmallVector<Value> init(count, start);
    for (auto [i, acc] :
         llvm::enumerate(foldTaps(k, conv.window, row.rows, columns, interior, init, fold)))
      conv.finish(k, acc, k.add(pixel, k.idx(i)), channel, pointers);
  });
}

static Kernel buildKernel(const Depthwise &conv, bool usesDots) {
  constexpr int64_t pixelsAtATime = 4;
  using Arg = Program::Arg;
  size_t firstSize = Depthwise::Result + 1 + conv.epilogue.leaves().size();
  SmallVector<Arg> args(firstSize, Arg::Pointer);
  args.append(4, Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange v, Value begin, Value end) {
    ValueRange s = v.drop_front(firstSize), pointers = v.take_front(firstSize);
    ImageSizes sizes{s[0], s[1], s[2], s[3]};
    forEachOutputRow(k, conv.window, sizes, begin, end, [&](const OutputRow &row) {
      auto border = [&](Value lower, Value upper) {
        k.loop(lower, upper, k.idx(1),
               [&](Value column) { emitPixels(k, conv, row, sizes, column, 1, false, pointers); });
      };
      auto interior = [&](Value lower, Value upper) {
        if (usesDots)
          return emitDotColumns(k, conv, row, sizes, lower, upper, pointers);
        k.vectorLoop(lower, upper, pixelsAtATime, [&](Value column, int64_t count) {
          emitPixels(k, conv, row, sizes, column, count, true, pointers);
        });
      };
      splitColumns(k, conv.window, row, sizes, border, interior);
    });
  };
  std::string key = conv.window.key() + std::to_string(conv.channels) + (conv.hasBias ? "b" : "") +
                    conv.epilogue.key();
  if (conv.isInteger())
    key += std::to_string(conv.unsignedInput) + "," + std::to_string(conv.zeroPoint) +
           conv.requantize->key();
  return conv.p.getKernel(conv.isInteger() ? "depthwise_i8" : "depthwise_f32", key, args,
                          conv.op->getLoc(), body);
}

static Window getWindow(Program &p, Operation *op) {
  ConvShape shape = getConvShape(p, op);
  return Window({shape.kernelHeight, shape.kernelWidth}, shape.strides, shape.pads,
                shape.dilations);
}

template <typename T> static std::vector<char> toBytes(ArrayRef<T> values) {
  const char *data = reinterpret_cast<const char *>(values.data());
  return std::vector<char>(data, data + values.size() * sizeof(T));
}

/// The weight block's pointers of an integer convolution.
static void addIntegerConstants(Program &p, const Depthwise &conv, qnn::QConv2dOp op, bool usesDots,
                                SmallVectorImpl<Value> &values) {
  Location loc = op.getLoc();
  auto constant = [&](const std::vector<char> &bytes) {
    return p.weightPointer(p.addWeights(bytes), loc);
  };
  // The constant owns the bytes of a dense attribute.
  auto constantWeights = *bitwright::getConstant(op.getWeight());
  ArrayRef<char> bytes = constantWeights.bytes;
  SmallVector<int64_t> bias(conv.channels, 0);
  if (op.getBias())
    bias = *bitwright::getIntegers(op.getBias());
  SmallVector<int16_t> wide(bytes.size());
  for (auto [i, byte] : llvm::enumerate(bytes))
    wide[i] = int8_t(byte);
  auto wideBytes = toBytes<int16_t>(wide);
  values[Depthwise::Weights] =
      constant(packDepthwise(wideBytes.data(), conv.channels, conv.window.taps(), 2));
  SmallVector<int32_t> bias32(bias.begin(), bias.end());
  values[Depthwise::Bias] = constant(toBytes<int32_t>(bias32));
  if (usesDots) {
    values[Depthwise::DotWeights] =
        constant(packDotWeights(p.getTarget(), conv.window, conv.channels, bytes.data()));
    values[Depthwise::DotStart] = constant(packDotStart(p.getTarget(), conv, bytes.data(), bias));
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

LogicalResult bitwright::codegen::emitDepthwise(Program &p, Operation *op, const Group &group) {
  Location loc = op->getLoc();
  if (failed(checkOperands(p, op)))
    return failure();
  ConvShape shape = getConvShape(p, op);
  Depthwise conv{p,   op, Epilogue{p, op, group, shape.channels}, getWindow(p, op), shape.channels,
                 true};
  SmallVector<Value> values(Depthwise::Result, p.weightsArgument);
  values[Depthwise::Input] = p.pointer(op->getOperand(0), loc);
  bool usesDots = false;
  if (auto q = dyn_cast<qnn::QConv2dOp>(op)) {
    conv.unsignedInput = q.getUnsignedInput();
    conv.zeroPoint = (*bitwright::getIntegers(q.getInputZeroPoint()))[0];
    if (conv.unsignedInput)
      conv.zeroPoint &= 0xff;
    conv.requantize = Requantize::get(op);
    usesDots = conv.window.taps() <= 25 && !getDotBlocks(p.getTarget(), conv.channels).empty();
    addIntegerConstants(p, conv, q, usesDots, values);
  } else {
    auto weights = *bitwright::getFloats(op->getOperand(1));
    conv.hasBias = op->getNumOperands() > 2;
    auto bytes = toBytes<float>(weights);
    auto packed = packDepthwise(bytes.data(), conv.channels, conv.window.taps(), 4);
    values[Depthwise::Weights] = p.weightPointer(p.addWeights(packed), loc);
    if (conv.hasBias)
      values[Depthwise::Bias] = p.pointer(op->getOperand(2), loc);
  }
  values.push_back(p.pointer(conv.epilogue.result(), loc));
  for (Value leaf : conv.epilogue.leaves())
    values.push_back(p.pointer(leaf, loc));
  for (Dim size : {shape.height, shape.width, shape.outHeight, shape.outWidth})
    values.push_back(p.hostValue(size, loc));
  Kernel kernel = buildKernel(conv, usesDots);
  int64_t width = shape.outWidth.isStatic() ? shape.outWidth.size : 64;
  p.launch(kernel, values, p.mul(shape.batch, shape.outHeight),
           width * conv.channels * conv.window.taps() / 8, loc);
  return success();
}
