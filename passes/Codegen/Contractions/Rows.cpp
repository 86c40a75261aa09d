// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Convolutions as rows: see Rows.h.

#include "passes/Codegen/Contractions/Rows.h"

#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

bool ConvShape::isPointwise() const {
  auto all = [](ArrayRef<int64_t> values, int64_t expected) {
    return llvm::all_of(values, [&](int64_t v) { return v == expected; });
  };
  return kernelHeight == 1 && kernelWidth == 1 && all(strides, 1) && all(pads, 0);
}

ConvShape bitwright::codegen::getConvShape(Program &p, Operation *op) {
  const Dims x = p.info(op->getOperand(0)).dims, w = p.info(op->getOperand(1)).dims,
             y = p.info(op->getResult(0)).dims;
  ConvShape shape{x[0],      x[1],      x[2], y[1], y[2], x[3].size, w[0].size,
                  w[1].size, w[2].size, {},   {},   {},   1};
  auto fill = [&](auto conv) {
    shape.strides.assign(conv.getStrides().begin(), conv.getStrides().end());
    shape.pads.assign(conv.getPads().begin(), conv.getPads().end());
    shape.dilations.assign(conv.getDilations().begin(), conv.getDilations().end());
    shape.groups = conv.getGroups();
  };
  if (auto conv = dyn_cast<qnn::Conv2dOp>(op))
    fill(conv);
  else
    fill(cast<qnn::QConv2dOp>(op));
  shape.channels = w[3].size * shape.groups;
  return shape;
}

//===--- gathering --------------------------------------------------------===//

/// Copies `count` elements, extending integers where they become wider.
static void emitCopyElements(KernelBuilder &k, Value destination, Value source, int64_t count,
                             const RowForm &form) {
  Type from = form.from, to = form.to;
  int64_t most =
      elementLanes * 32 / std::max(from.getIntOrFloatBitWidth(), to.getIntOrFloatBitWidth());
  auto copy = [&](Value at, int64_t lanes) {
    Value x = k.load(lanes == 1 ? from : Type(k.vec(from, lanes)), source, at);
    if (from != to)
      x = k.extend(x, to, form.isUnsigned);
    k.store(x, destination, at);
  };
  int64_t whole = count / most * most;
  if (whole > 4 * most)
    k.loop(k.idx(0), k.idx(whole), k.idx(most), [&](Value at) { copy(at, most); });
  else
    for (int64_t at = 0; at < whole; at += most)
      copy(k.idx(at), most);
  int64_t at = whole;
  for (int64_t lanes = most / 2; lanes >= 1; lanes /= 2)
    if (at + lanes <= count) {
      copy(k.idx(at), lanes);
      at += lanes;
    }
}

/// Fills `count` elements.
static void emitFill(KernelBuilder &k, Value destination, Value element, int64_t count) {
  k.vectorLoop(k.idx(0), k.idx(count), elementLanes, [&](Value at, int64_t width) {
    Value x = width == 1 ? element : k.splat(element, k.vec(element.getType(), width));
    k.store(x, destination, at);
  });
}

namespace {
/// The tap rows of one output pixel.
struct GatheredPixel {
  Value image, x0, y0; ///< The upper left tap, which may be padding.
  Value target;
};
} // namespace

/// One line of taps of a window.
static void emitGatherLine(KernelBuilder &k, const ConvShape &conv, const RowForm &form,
                           Value input, Value fill, const GatheredPixel &pixel, Value tapY,
                           const ImageSizes &sizes) {
  int64_t depth = conv.groupChannels();
  auto inside = [&](Value x, Value size) { return k.compare(IPred::ult, x, size); };
  Value y = k.add(pixel.y0, k.mul(tapY, k.idx(conv.dilations[0])));
  Value lineBase = k.mul(k.add(k.mul(pixel.image, sizes.height), y), sizes.width);
  Value line = k.gep(pixel.target, form.to, k.mul(tapY, k.idx(conv.kernelWidth * depth)));
  auto source = [&](Value x) {
    return k.gep(input, form.from, k.mul(k.add(lineBase, x), k.idx(conv.channels)));
  };
  auto tapByTap = [&] {
    k.loop(k.idx(conv.kernelWidth), [&](Value tapX) {
      Value x = k.add(pixel.x0, k.mul(tapX, k.idx(conv.dilations[1])));
      Value to = k.gep(line, form.to, k.mul(tapX, k.idx(depth)));
      k.ifElse(
          k.bitAnd(inside(y, sizes.height), inside(x, sizes.width)),
          [&] { emitCopyElements(k, to, source(x), depth, form); },
          [&] { emitFill(k, to, fill, depth); });
    });
  };
  if (conv.dilations[1] != 1 || conv.groups != 1 || conv.kernelWidth == 1)
    return tapByTap();
  // The taps of a line are neighbours: one copy where none is padding.
  Value last = k.add(pixel.x0, k.idx(conv.kernelWidth - 1));
  Value whole =
      k.bitAnd(inside(y, sizes.height), k.bitAnd(k.compare(IPred::sge, pixel.x0, k.idx(0)),
                                                 k.compare(IPred::slt, last, sizes.width)));
  k.ifElse(
      whole, [&] { emitCopyElements(k, line, source(pixel.x0), conv.kernelWidth * depth, form); },
      tapByTap);
}

void bitwright::codegen::emitGatherRows(KernelBuilder &k, const ConvShape &conv,
                                        const RowForm &form, Value input, Value fill, Value scratch,
                                        Value begin, Value end, const ImageSizes &sizes) {
  k.loop(begin, end, k.idx(1), [&](Value row) {
    Value column = k.remS(row, sizes.outWidth), rest = k.divS(row, sizes.outWidth);
    Value line = k.remS(rest, sizes.outHeight), image = k.divS(rest, sizes.outHeight);
    Value target = k.gepBytes(scratch, k.mul(k.sub(row, begin), k.idx(form.rowBytes)));
    Value x0 = k.sub(k.mul(column, k.idx(conv.strides[1])), k.idx(conv.pads[1]));
    Value y0 = k.sub(k.mul(line, k.idx(conv.strides[0])), k.idx(conv.pads[0]));
    k.loop(k.idx(conv.kernelHeight), [&](Value tapY) {
      emitGatherLine(k, conv, form, input, fill, {image, x0, y0, target}, tapY, sizes);
    });
  });
}
