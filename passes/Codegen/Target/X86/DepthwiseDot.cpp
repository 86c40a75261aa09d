// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Interleaving, packing and kernels of depthwise convolutions: see
/// DepthwiseDot.h.

#include "passes/Codegen/Target/X86/DepthwiseDot.h"

using namespace mlir;
using namespace bitwright::codegen;
using namespace bitwright::codegen::x86;

bool DepthwiseDot::supports(const DepthwiseSpec &spec) const {
  // A pixel's taps are unrolled.
  constexpr int64_t mostTaps = 25;
  return spec.window.taps() <= mostTaps && !getBlocks(spec.channels).empty();
}

/// The masks that interleave elements of `bytes` in each 16 bytes of two
/// registers of `count` elements: the low halves, or the high ones.
static SmallVector<int64_t> interleaveMask(int64_t count, int64_t bytes, bool high) {
  int64_t part = 16 / bytes;
  SmallVector<int64_t> mask;
  for (int64_t base = 0; base < count; base += part)
    for (int64_t i = 0; i < part / 2; ++i) {
      int64_t at = base + i + (high ? part / 2 : 0);
      mask.push_back(at);
      mask.push_back(count + at);
    }
  return mask;
}

/// Interleaves `group` registers; the same steps on channel numbers give the
/// channel of each lane.
template <typename T, typename Shuffle>
static SmallVector<T> interleave(SmallVector<T> rows, int64_t bytes, Shuffle shuffle) {
  if (rows.size() == 2)
    return {shuffle(rows[0], rows[1], bytes, false), shuffle(rows[0], rows[1], bytes, true)};
  // Bytes into words, then words into lanes of four.
  T low01 = shuffle(rows[0], rows[1], bytes, false),
    high01 = shuffle(rows[0], rows[1], bytes, true);
  T low23 = shuffle(rows[2], rows[3], bytes, false),
    high23 = shuffle(rows[2], rows[3], bytes, true);
  return {shuffle(low01, low23, 2 * bytes, false), shuffle(low01, low23, 2 * bytes, true),
          shuffle(high01, high23, 2 * bytes, false), shuffle(high01, high23, 2 * bytes, true)};
}

SmallVector<SmallVector<int64_t>> DepthwiseDot::laneChannels(int64_t width) const {
  using Labels = SmallVector<int64_t>; // for each byte of a register, channel
  auto shuffle = [&](const Labels &x, const Labels &y, int64_t bytes, bool high) {
    Labels result;
    int64_t count = int64_t(x.size()) / bytes;
    for (int64_t from : interleaveMask(count, bytes, high))
      for (int64_t byte = 0; byte < bytes; ++byte)
        result.push_back(from < count ? x[from * bytes + byte] : y[(from - count) * bytes + byte]);
    return result;
  };
  Labels row;
  for (int64_t channel = 0; channel < width; ++channel)
    row.append(dot.activationBytes(), channel);
  SmallVector<Labels> rows(dot.group(), row);
  SmallVector<SmallVector<int64_t>> result;
  for (const Labels &labels : interleave<Labels>(rows, dot.activationBytes(), shuffle)) {
    result.emplace_back();
    for (size_t byte = 0; byte < labels.size(); byte += 4)
      result.back().push_back(labels[byte]);
  }
  return result;
}

SmallVector<DotBlock> DepthwiseDot::getBlocks(int64_t channels) const {
  SmallVector<DotBlock> blocks;
  int64_t at = 0;
  for (int64_t width = widest(); width >= narrowest(); width /= 2)
    for (; at + width <= channels; at += width)
      blocks.push_back({at, width});
  if (!blocks.empty() && at < channels)
    blocks.push_back({channels - narrowest(), narrowest()});
  return blocks;
}

//===--- constants --------------------------------------------------------===//

PackedRhs DepthwiseDot::packWeights(const DepthwiseSpec &spec, ArrayRef<char> weights) const {
  const SlidingWindow &window = spec.window;
  PackedRhs packed;
  auto add = [&](int64_t channel, int64_t tapY, int64_t tapX) {
    int64_t tap = channel * window.taps() + tapY * window.kernel[1] + tapX;
    char value = tapY < window.kernel[0] ? weights[tap] : 0;
    packed.push_back(value);
    if (dot.activationBytes() == 2)
      packed.push_back(value < 0 ? char(-1) : char(0));
  };
  for (DotBlock block : getBlocks(spec.channels)) {
    auto channels = laneChannels(block.width);
    for (int64_t tapX = 0; tapX < window.kernel[1]; ++tapX)
      for (int64_t rows = 0; rows < rowGroups(window); ++rows)
        for (const auto &registerChannels : channels)
          for (int64_t channel : registerChannels)
            for (int64_t i = 0; i < dot.group(); ++i)
              add(block.channel + channel, rows * dot.group() + i, tapX);
  }
  return packed;
}

PackedRhs DepthwiseDot::packStart(const DepthwiseSpec &spec, ArrayRef<char> weights,
                                  ArrayRef<int64_t> bias) const {
  PackedRhs packed;
  int64_t taps = spec.window.taps();
  // Signed activations are read as unsigned ones, 128 larger, where needed.
  int64_t zeroPoint = spec.zeroPoint + (dot.readsUnsigned() && !spec.unsignedInput ? 128 : 0);
  for (DotBlock block : getBlocks(spec.channels))
    for (const auto &registerChannels : laneChannels(block.width))
      for (int64_t lane : registerChannels) {
        int64_t channel = block.channel + lane, sum = 0;
        for (int64_t tap = 0; tap < taps; ++tap)
          sum += int8_t(weights[channel * taps + tap]);
        auto start = int32_t(bias[channel] - zeroPoint * sum);
        packed.insert(packed.end(), reinterpret_cast<char *>(&start),
                      reinterpret_cast<char *>(&start) + 4);
      }
  return packed;
}

//===--- kernels ----------------------------------------------------------===//

namespace {
/// The emission of one block of channels over a piece of an output row.
class BlockEmitter {
public:
  BlockEmitter(KernelBuilder &k, const DepthwiseDot &form, const DepthwiseSpec &spec,
               const OutputRow &row, const ImageSizes &sizes, int64_t width, Value channel,
               Value input, Value weights, Value start, TileFinish finish)
      : k(k), form(form), spec(spec), row(row), sizes(sizes), width(width), channel(channel),
        input(input), weights(weights), start(start), finish(finish) {}

  void emit(Value lower, Value upper);

private:
  using Registers = SmallVector<Value>;
  /// The interleaved rows under the window at column `x` of the image.
  Registers loadColumn(Value x);
  Value loadRow(Value y, Value x);
  Value shuffle(Value x, Value y, int64_t bytes, bool high);
  void emitPixel(Value column, ArrayRef<Registers> columns);
  Registers restoreOrder(Registers accs);
  Type ints() { return k.vec(k.i32(), form.lanes(width)); }

  KernelBuilder &k;
  const DepthwiseDot &form;
  const DepthwiseSpec &spec;
  const OutputRow &row;
  const ImageSizes &sizes;
  int64_t width;
  Value channel, input, weights, start;
  TileFinish finish;
};
} // namespace

Value BlockEmitter::loadRow(Value y, Value x) {
  Value line = k.add(k.mul(row.image, sizes.height), y);
  Value at = k.add(k.mul(k.add(k.mul(line, sizes.width), x), k.idx(spec.channels)), channel);
  Value bytes = k.load(k.vec(k.i8(), width), input, at);
  if (form.dot.activationBytes() == 2)
    return k.extend(bytes, k.i16(), spec.unsignedInput);
  if (form.dot.readsUnsigned() && !spec.unsignedInput)
    return k.bitXor(bytes, k.integer(bytes.getType(), -128));
  return bytes;
}

Value BlockEmitter::shuffle(Value x, Value y, int64_t bytes, bool high) {
  int64_t count = width * form.dot.activationBytes() / bytes;
  Type type = k.vec(k.builder().getIntegerType(8 * bytes), count);
  return k.shuffle(k.bitcast(x, type), k.bitcast(y, type), interleaveMask(count, bytes, high));
}

BlockEmitter::Registers BlockEmitter::loadColumn(Value x) {
  const SlidingWindow &window = spec.window;
  Registers result;
  for (int64_t first = 0; first < window.kernel[0]; first += form.dot.group()) {
    Registers rows;
    for (int64_t i = 0; i < form.dot.group(); ++i) {
      // Rows past the window have zero weights; any data does.
      if (first + i < window.kernel[0])
        rows.push_back(
            loadRow(k.add(row.rows.origin, k.idx((first + i) * window.dilations[0])), x));
      else
        rows.push_back(k.zero(rows.front().getType()));
    }
    auto step = [&](Value a, Value b, int64_t bytes, bool high) {
      return shuffle(a, b, bytes, high);
    };
    llvm::append_range(result, interleave<Value>(rows, form.dot.activationBytes(), step));
  }
  return result;
}

/// From the order of the interleave back to consecutive channels: in each
/// register, part j of 4 lanes becomes part r of register j.
BlockEmitter::Registers BlockEmitter::restoreOrder(Registers accs) {
  int64_t parts = form.lanes(width) / 4;
  auto channels = form.laneChannels(width);
  if (parts == 1)
    return accs;
  // Pairs of registers are merged, then pairs of pairs, until one vector holds
  // all channels of the block in order; registers are cut from it.
  SmallVector<SmallVector<int64_t>> labels = channels;
  while (accs.size() > 1) {
    Registers merged;
    SmallVector<SmallVector<int64_t>> mergedLabels;
    for (size_t i = 0; i < accs.size(); i += 2) {
      SmallVector<std::pair<int64_t, int64_t>> order; // channel, source
      for (auto [at, label] : llvm::enumerate(labels[i]))
        order.push_back({label, int64_t(at)});
      for (auto [at, label] : llvm::enumerate(labels[i + 1]))
        order.push_back({label, int64_t(labels[i].size() + at)});
      llvm::sort(order);
      SmallVector<int64_t> mask;
      mergedLabels.emplace_back();
      for (auto [label, source] : order) {
        mask.push_back(source);
        mergedLabels.back().push_back(label);
      }
      merged.push_back(k.shuffle(accs[i], accs[i + 1], mask));
    }
    accs = merged;
    labels = mergedLabels;
  }
  Registers result;
  int64_t lanes = form.lanes(width);
  for (int64_t first = 0; first < width; first += lanes) {
    SmallVector<int64_t> mask;
    for (int64_t i = 0; i < lanes; ++i)
      mask.push_back(first + i);
    result.push_back(k.shuffle(accs[0], accs[0], mask));
  }
  return result;
}

void BlockEmitter::emitPixel(Value column, ArrayRef<Registers> columns) {
  int64_t lanes = form.lanes(width), registers = form.dot.group();
  Registers accs;
  for (int64_t r = 0; r < registers; ++r)
    accs.push_back(k.load(ints(), start, k.idx(r * lanes)));
  int64_t step = 0;
  for (const Registers &data : columns)
    for (auto [i, x] : llvm::enumerate(data)) {
      Value w = k.loadAt(ints(), k.gep(weights, k.i32(), k.idx(step++ * lanes)));
      accs[i % registers] = form.dot.multiplyLanes(k, accs[i % registers], k.bitcast(x, ints()), w);
    }
  Value pixel =
      k.add(k.mul(k.add(k.mul(row.image, sizes.outHeight), row.line), sizes.outWidth), column);
  for (auto [i, acc] : llvm::enumerate(restoreOrder(accs)))
    finish(acc, pixel, k.add(channel, k.idx(i * lanes)));
}

void BlockEmitter::emit(Value lower, Value upper) {
  const SlidingWindow &window = spec.window;
  int64_t kernel = window.kernel[1], stride = window.strides[1], dilation = window.dilations[1];
  // Columns that the next pixel reads again travel from iteration to iteration.
  int64_t shared = dilation == 1 ? std::max<int64_t>(kernel - stride, 0) : 0;
  auto position = [&](Value column, int64_t tap) {
    Value origin = k.sub(k.mul(column, k.idx(stride)), k.idx(window.pads[1]));
    return k.add(origin, k.idx(tap * dilation));
  };
  k.ifThen(k.compare(arith::CmpIPredicate::slt, lower, upper), [&] {
    Registers init;
    for (int64_t tap = 0; tap < shared; ++tap)
      for (Value x : loadColumn(position(lower, tap)))
        init.push_back(k.bitcast(x, ints()));
    size_t size = form.dot.group() * form.rowGroups(window);
    k.loop(lower, upper, k.idx(1), init, [&](Value column, ValueRange carried) {
      SmallVector<Registers> columns;
      for (int64_t tap = 0; tap < shared; ++tap)
        columns.emplace_back(carried.slice(tap * size, size));
      for (int64_t tap = shared; tap < kernel; ++tap) {
        columns.emplace_back();
        for (Value x : loadColumn(position(column, tap)))
          columns.back().push_back(k.bitcast(x, ints()));
      }
      emitPixel(column, columns);
      Registers next;
      for (int64_t tap = 0; tap < shared; ++tap)
        next.append(columns[tap + stride]);
      return next;
    });
  });
}

void DepthwiseDot::emit(KernelBuilder &k, const DepthwiseSpec &spec, const OutputRow &row,
                        const ImageSizes &sizes, Value lower, Value upper, Value input,
                        Value packedWeights, Value packedStart, TileFinish finish) const {
  // Bytes of packed weights for each channel of a block.
  int64_t weightBytes =
      spec.window.kernel[1] * rowGroups(spec.window) * dot.group() * dot.activationBytes();
  auto emitBlock = [&](Value place, Value channel, int64_t width) {
    Value weights = k.gepBytes(packedWeights, k.mul(place, k.idx(weightBytes)));
    Value start = k.gep(packedStart, k.i32(), place);
    BlockEmitter(k, *this, spec, row, sizes, width, channel, input, weights, start, finish)
        .emit(lower, upper);
  };
  auto blocks = getBlocks(spec.channels);
  int64_t whole = spec.channels / widest(), place = whole * widest();
  if (whole > 0)
    k.loop(k.idx(0), k.idx(place), k.idx(widest()), [&](Value at) { emitBlock(at, at, widest()); });
  for (DotBlock block : ArrayRef(blocks).drop_front(whole)) {
    emitBlock(k.idx(place), k.idx(block.channel), block.width);
    place += block.width;
  }
}
