// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Packing, tiles, epilogues and gathered windows: see Contraction.h.

#include "passes/Codegen/Contractions/Contraction.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

//===--- packing ----------------------------------------------------------===//

std::vector<char> bitwright::codegen::packPanels(const char *weights, Columns columns, int64_t k,
                                                 int64_t group, int64_t element) {
  int64_t groups = (k + group - 1) / group;
  std::vector<char> packed(columns.padded() * groups * group * element, 0);
  char *out = packed.data();
  for (int64_t first = 0; first < columns.n; first += columns.panelWidth()) {
    int64_t width = std::min(columns.panelWidth(), columns.padded() - first);
    for (int64_t g = 0; g < groups; ++g)
      for (int64_t c = 0; c < width; ++c)
        for (int64_t j = 0; j < group; ++j, out += element)
          if (first + c < columns.n && g * group + j < k)
            std::memcpy(out, weights + ((first + c) * k + g * group + j) * element, element);
  }
  return packed;
}

std::vector<char> bitwright::codegen::packDepthwise(const char *weights, int64_t channels,
                                                    int64_t taps, int64_t element) {
  std::vector<char> packed(channels * taps * element);
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t t = 0; t < taps; ++t)
      std::memcpy(packed.data() + (t * channels + c) * element, weights + (c * taps + t) * element,
                  element);
  return packed;
}

//===--- tiles ------------------------------------------------------------===//

void bitwright::codegen::emitMicro(KernelBuilder &k, const MicroKernel &micro, int64_t lanes,
                                   int64_t rows, int64_t registers, int64_t validColumns,
                                   Value base, Value rowBytes, Value row, Value steps, Value panel,
                                   Value column) {
  SmallVector<Value> rowBases, init;
  for (int64_t r = 0; r < rows; ++r)
    rowBases.push_back(k.gepBytes(base, k.mul(k.idx(r), rowBytes)));
  for (int64_t c = 0; c < registers; ++c) {
    Value start = micro.init(k, k.add(column, k.idx(c * lanes)));
    for (int64_t r = 0; r < rows; ++r)
      init.push_back(start);
  }
  auto sums = k.loop(k.idx(0), steps, k.idx(1), init, [&](Value step, ValueRange carried) {
    SmallVector<Value> next(carried.begin(), carried.end()), weights;
    for (int64_t c = 0; c < registers; ++c)
      weights.push_back(micro.weights(k, panel, step, c, registers));
    for (int64_t r = 0; r < rows; ++r) {
      Value activation = micro.activation(k, rowBases[r], step);
      for (int64_t c = 0; c < registers; ++c)
        next[c * rows + r] = micro.multiply(k, next[c * rows + r], activation, weights[c]);
    }
    return next;
  });
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < registers; ++c) {
      int64_t valid = std::min(lanes, validColumns - c * lanes);
      forEachPart(k, sums[c * rows + r], k.add(column, k.idx(c * lanes)), valid,
                  [&](Value part, Value at) { micro.finish(k, part, k.add(row, k.idx(r)), at); });
    }
}

void bitwright::codegen::forEachPart(KernelBuilder &k, Value acc, Value column, int64_t valid,
                                     function_ref<void(Value, Value)> body) {
  int64_t lanes = cast<VectorType>(acc.getType()).getNumElements();
  for (int64_t at = 0, width = lanes; at < valid; width /= 2) {
    if (width > valid - at)
      continue;
    Value part = acc;
    if (width < lanes) {
      SmallVector<int64_t> mask;
      for (int64_t i = 0; i < width; ++i)
        mask.push_back(at + i);
      part = width == 1 ? k.extractLane(acc, at) : k.shuffle(acc, acc, mask);
    }
    body(part, k.add(column, k.idx(at)));
    at += width;
    if (at >= valid)
      return;
  }
}

void bitwright::codegen::forEachRowTile(KernelBuilder &k, ArrayRef<int64_t> tileRows,
                                        Value rowBegin, Value rowEnd,
                                        function_ref<void(Value, int64_t)> body) {
  Value at = rowBegin;
  for (int64_t rows : tileRows) {
    Value left = k.sub(rowEnd, at);
    Value end = k.add(at, k.sub(left, k.remS(left, k.idx(rows))));
    k.loop(at, end, k.idx(rows), [&](Value row) { body(row, rows); });
    at = end;
  }
}

void bitwright::codegen::emitTile(KernelBuilder &k, const MicroKernel &micro, Columns columns,
                                  Value base, Value rowBytes, Value rowBegin, Value rowEnd,
                                  Value steps, Value weights, Value panelBegin, Value panelEnd) {
  auto emitPanel = [&](int64_t registers, int64_t validColumns, Value panel, Value column) {
    forEachRowTile(k, micro.tileRows, rowBegin, rowEnd, [&](Value row, int64_t rows) {
      Value first = k.gepBytes(base, k.mul(k.sub(row, rowBegin), rowBytes));
      emitMicro(k, micro, columns.lanes, rows, registers, validColumns, first, rowBytes, row, steps,
                panel, column);
    });
  };
  int64_t full = columns.fullPanels();
  Value fullBytes = k.idx(micro.panelBytes(2));
  if (full > 0) {
    Value end = k.minimum(panelEnd, k.idx(full));
    k.loop(panelBegin, end, k.idx(1), [&](Value panel) {
      emitPanel(2, columns.panelWidth(), k.gepBytes(weights, k.mul(panel, fullBytes)),
                k.mul(panel, k.idx(columns.panelWidth())));
    });
  }
  if (columns.tailColumns()) {
    k.ifThen(k.compare(IPred::eq, panelEnd, k.idx(columns.panels())), [&] {
      emitPanel(columns.tailRegisters(), columns.tailColumns(),
                k.gepBytes(weights, k.mul(k.idx(full), fullBytes)),
                k.idx(full * columns.panelWidth()));
    });
  }
}

//===--- epilogue ---------------------------------------------------------===//

SmallVector<Value> Epilogue::leaves() const {
  SmallVector<Value> result;
  for (Value leaf : group.leaves)
    if (leaf != op->getResult(0))
      result.push_back(leaf);
  return result;
}

std::string Epilogue::key() const {
  std::string text =
      groupKey(group) + (rowLength.isStatic() ? std::to_string(rowLength.size) : "?");
  for (Value leaf : leaves())
    text += "," + std::to_string(int(*getLeafAccess(p, op->getResult(0), group, leaf)));
  return text;
}

void Epilogue::store(KernelBuilder &k, Value value, Value offset, Value column,
                     ValueRange pointers) const {
  auto vector = dyn_cast<VectorType>(value.getType());
  int64_t lanes = vector ? vector.getNumElements() : 1;
  if (!group.members.empty()) {
    SmallVector<Value> others = leaves();
    value = emitGroup(k, group, [&](unsigned i) -> Value {
      Value leaf = group.leaves[i];
      if (leaf == op->getResult(0))
        return value;
      size_t place = llvm::find(others, leaf) - others.begin();
      Value pointer = pointers[1 + place];
      Type type = p.info(leaf).elementType;
      switch (*getLeafAccess(p, op->getResult(0), group, leaf)) {
      case LeafAccess::Full:
        return loadElement(k, type, pointer, offset, lanes);
      case LeafAccess::Column:
        return loadElement(k, type, pointer, column, lanes);
      default:
        return loadElement(k, type, pointer, k.idx(0), 1);
      }
    });
  }
  storeElement(k, value, p.info(result()).elementType, pointers[0], offset);
}

//===--- convolution windows ----------------------------------------------===//

bool ConvShape::isPointwise() const {
  auto all = [](ArrayRef<int64_t> values, int64_t expected) {
    return llvm::all_of(values, [&](int64_t v) { return v == expected; });
  };
  return kernelHeight == 1 && kernelWidth == 1 && all(strides, 1) && all(pads, 0);
}

std::string ConvShape::key() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (int64_t value : {channels, outChannels, kernelHeight, kernelWidth, groups})
    os << value << ',';
  for (ArrayRef<int64_t> list : {ArrayRef(strides), ArrayRef(pads), ArrayRef(dilations)})
    for (int64_t value : list)
      os << value << ',';
  return text;
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

void bitwright::codegen::emitCopyElements(KernelBuilder &k, Value destination, Value source,
                                          int64_t count, Type from, Type to, bool isUnsigned) {
  int64_t most = 64 * 8 / std::max(from.getIntOrFloatBitWidth(), to.getIntOrFloatBitWidth());
  auto copy = [&](Value at, int64_t lanes) {
    Value x = k.load(lanes == 1 ? from : Type(k.vec(from, lanes)), source, at);
    if (from != to)
      x = k.extend(x, to, isUnsigned);
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
  constexpr int64_t lanes = 16;
  k.vectorLoop(k.idx(0), k.idx(count), lanes, [&](Value at, int64_t width) {
    Value x = width == 1 ? element : k.splat(element, k.vec(element.getType(), width));
    k.store(x, destination, at);
  });
}

void bitwright::codegen::emitGatherRows(KernelBuilder &k, const ConvShape &conv, Type from, Type to,
                                        bool isUnsigned, Value input, Value fill, Value scratch,
                                        int64_t rowBytes, Value begin, Value end, Value height,
                                        Value width, Value outHeight, Value outWidth) {
  int64_t depth = conv.groupChannels();
  auto inside = [&](Value x, Value size) { return k.compare(IPred::ult, x, size); };
  k.loop(begin, end, k.idx(1), [&](Value row) {
    Value column = k.remS(row, outWidth), rest = k.divS(row, outWidth);
    Value line = k.remS(rest, outHeight), image = k.divS(rest, outHeight);
    Value target = k.gepBytes(scratch, k.mul(k.sub(row, begin), k.idx(rowBytes)));
    Value x0 = k.sub(k.mul(column, k.idx(conv.strides[1])), k.idx(conv.pads[1]));
    Value y0 = k.sub(k.mul(line, k.idx(conv.strides[0])), k.idx(conv.pads[0]));
    k.loop(k.idx(conv.kernelHeight), [&](Value tapY) {
      Value y = k.add(y0, k.mul(tapY, k.idx(conv.dilations[0])));
      Value lineBase = k.mul(k.add(k.mul(image, height), y), width);
      Value lineTarget = k.gep(target, to, k.mul(tapY, k.idx(conv.kernelWidth * depth)));
      auto pixel = [&](Value x) {
        return k.gep(input, from, k.mul(k.add(lineBase, x), k.idx(conv.channels)));
      };
      auto tapByTap = [&] {
        k.loop(k.idx(conv.kernelWidth), [&](Value tapX) {
          Value x = k.add(x0, k.mul(tapX, k.idx(conv.dilations[1])));
          Value to0 = k.gep(lineTarget, to, k.mul(tapX, k.idx(depth)));
          k.ifElse(
              k.bitAnd(inside(y, height), inside(x, width)),
              [&] { emitCopyElements(k, to0, pixel(x), depth, from, to, isUnsigned); },
              [&] { emitFill(k, to0, fill, depth); });
        });
      };
      if (conv.dilations[1] != 1 || conv.groups != 1 || conv.kernelWidth == 1)
        return tapByTap();
      // The taps of a line are neighbours: one copy where none is padding.
      Value last = k.add(x0, k.idx(conv.kernelWidth - 1));
      Value whole = k.bitAnd(inside(y, height), k.bitAnd(k.compare(IPred::sge, x0, k.idx(0)),
                                                         k.compare(IPred::slt, last, width)));
      k.ifElse(
          whole,
          [&] {
            emitCopyElements(k, lineTarget, pixel(x0), conv.kernelWidth * depth, from, to,
                             isUnsigned);
          },
          tapByTap);
    });
  });
}

//===--- iteration space --------------------------------------------------===//

Cut bitwright::codegen::cutRows(Program &p, Dim rows, int64_t tileRows, Columns columns,
                                int64_t panelBytes) {
  int64_t panels = std::max<int64_t>(1, columns.panels());
  panelBytes = std::max<int64_t>(1, panelBytes); // sums of no products read no weights
  int64_t few = std::clamp<int64_t>((int64_t(64) * 1024 + panelBytes - 1) / panelBytes, 1, panels);
  Dim isFew = p.less(rows, tileRows + 1);
  return {p.ceilDiv(rows, tileRows), p.select(isFew, (panels + few - 1) / few, 1),
          p.select(isFew, few, panels)};
}

void bitwright::codegen::forEachTile(KernelBuilder &k, Value begin, Value end, Value rows,
                                     Value chunks, Value chunkPanels, int64_t tileRows,
                                     int64_t panels,
                                     function_ref<void(Value, Value, Value, Value)> tile) {
  k.loop(begin, end, k.idx(1), [&](Value iv) {
    Value rowBegin = k.mul(k.divS(iv, chunks), k.idx(tileRows));
    Value rowEnd = k.minimum(k.add(rowBegin, k.idx(tileRows)), rows);
    Value panelBegin = k.mul(k.remS(iv, chunks), chunkPanels);
    Value panelEnd = k.minimum(k.add(panelBegin, chunkPanels), k.idx(panels));
    tile(rowBegin, rowEnd, panelBegin, panelEnd);
  });
}

int64_t bitwright::codegen::pickTileRows(int64_t registerRows, int64_t rowBytes, bool gathers) {
  // Gathered rows lie in the scratch of a worker thread.
  constexpr int64_t maxPanelBytes = int64_t(192) * 1024;
  int64_t rows = 4 * registerRows;
  while (gathers && rows > 1 && rows * rowBytes > maxPanelBytes)
    rows = rows > registerRows ? rows - registerRows : rows / 2;
  return std::max<int64_t>(rows, 1);
}
