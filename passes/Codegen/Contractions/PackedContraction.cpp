// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Kernel and launch of contractions with constant weights: see
/// PackedContraction.h.

#include "passes/Codegen/Contractions/PackedContraction.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;

/// Rows of a tile, fewer where gathered rows are long: they are scratch of a
/// worker.
static int64_t pickTileRows(int64_t rows, int64_t registerRows, int64_t rowBytes, bool gathers) {
  constexpr int64_t maxBytes = int64_t(192) * 1024;
  while (gathers && rows > 1 && rows * rowBytes > maxBytes)
    rows = rows > registerRows ? rows - registerRows : rows / 2;
  return std::max<int64_t>(rows, 1);
}

std::unique_ptr<PackedContraction> PackedContraction::create(Program &p, kernel::LaunchOp unit,
                                                             ElementKind lhs, ElementKind rhs) {
  Operation *op = unit.getAnchor();
  const Dims result = p.info(op->getResult(0)).dims;
  int64_t outputs = result.back().size;
  ConvShape conv;
  if (isa<qnn::Conv2dOp, qnn::QConv2dOp>(op)) {
    conv = getConvShape(p, op);
  } else {
    int64_t k = p.info(op->getOperand(1)).dims[1].size;
    conv = ConvShape{0, 0, 0, 0, 0, k, outputs, 1, 1, {1, 1}, {0, 0, 0, 0}, {1, 1}, 1};
    // Rows of f32 are read in place, whatever their length.
    if (lhs != ElementKind::F32) {
      conv.batch = conv.height = conv.outHeight = 1;
      conv.width = conv.outWidth = p.sizes.product(ArrayRef(result).drop_back());
    }
  }
  ContractionSpec spec{lhs, rhs, outputs / conv.groups, conv.depth()};
  const TileKernel *tile = p.getTarget().select(spec);
  if (!tile) {
    op->emitError() << "node '" << bitwright::getNodeName(op->getLoc()) << "': the target has no "
                    << "kernel for '" << op->getName() << "'";
    return nullptr;
  }
  return std::unique_ptr<PackedContraction>(new PackedContraction(p, unit, spec, *tile, conv));
}

PackedContraction::PackedContraction(Program &program, kernel::LaunchOp unit, ContractionSpec spec,
                                     const TileKernel &tile, ConvShape conv)
    : p(program), op(unit.getAnchor()), epilogue{p, unit, spec.n * conv.groups}, spec(spec),
      tile(tile), conv(std::move(conv)),
      rows(p.sizes.product(ArrayRef(p.info(op->getResult(0)).dims).drop_back())) {
  gathers = !this->conv.isPointwise() || this->conv.groups > 1 || spec.k % tile.tile().depth != 0 ||
            tile.lhsForm() != LhsForm::InPlace;
  tileRows = pickTileRows(tile.rowsOfTile(spec), tile.tile().rows, rowBytes(), gathers);
}

int64_t PackedContraction::rowBytes() const {
  int64_t widened = tile.lhsForm() == LhsForm::Widened ? 2 : 1;
  return gathers ? steps() * tile.tile().depth * elementBytes() * widened : spec.k * elementBytes();
}

//===--- kernel -----------------------------------------------------------===//

RowForm PackedContraction::rowForm(KernelBuilder &k) const {
  Type from = spec.isInteger() ? k.i8() : k.f32();
  Type to = tile.lhsForm() == LhsForm::Widened ? k.i16() : from;
  return {from, to, spec.lhs == ElementKind::U8, rowBytes()};
}

void PackedContraction::emitBody(KernelBuilder &k, ValueRange pointers, ValueRange sizes,
                                 Iterations &iterations, int64_t fill, bool hasStart,
                                 const Finish &finish) const {
  PanelCut columns = tile.cut(spec.n);
  RowForm form = rowForm(k);
  Value scratch = gathers ? iterations.scratch(tileRows * form.rowBytes + 64) : Value();
  ImageSizes image{sizes[3], sizes[4], sizes[5], sizes[6]};
  auto finishRow = [&](Value sums, Value row, Value column) {
    Value offset = k.add(k.mul(row, k.idx(epilogue.rowLength.size)), column);
    finish(k, sums, row, column, offset, pointers);
  };
  auto emitTile = [&](const Tile &t) {
    Value base = scratch;
    if (gathers) {
      Value padding = spec.isInteger() ? k.integer(form.to, fill) : k.number(form.to, fill);
      emitGatherRows(k, conv, form, pointers[Input], padding, scratch, t.rowBegin, t.rowEnd, image);
    } else {
      base = k.gepBytes(pointers[Input], k.mul(t.rowBegin, k.idx(form.rowBytes)));
    }
    Value stride = k.idx(form.rowBytes), steps = stepsOf(k, tile, spec);
    forEachPanel(k, columns, t, [&](Value number, int64_t width, int64_t valid) {
      TilePanel panel = getPanel(k, tile, spec, pointers[Weights], number, width, valid);
      if (hasStart)
        panel.start = pointers[Start];
      forEachRowTile(k, tile.rowTails(), t.rowBegin, t.rowEnd, [&](Value row, int64_t count) {
        Value inTile = k.sub(row, t.rowBegin);
        Value first = k.gepBytes(base, k.mul(inTile, stride));
        tile.emit(k, spec, panel, {first, stride, row, inTile, steps}, count, Value(), finishRow);
      });
    });
  };
  forEachTile(k, iterations, sizes[0], sizes[1], sizes[2], tileRows, columns.panels(), emitTile);
}

Kernel PackedContraction::build(StringRef family, int64_t fill, bool hasStart, int64_t numOwn,
                                const Finish &finish) {
  size_t firstSize = FirstOwn + numOwn + 1 + epilogue.leaves().size();
  SmallVector<KernelArg> args(firstSize, KernelArg::Pointer);
  args.append(7, KernelArg::Size); // rows, chunks, panels a chunk, the image's four sizes
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    emitBody(k, v.take_front(firstSize), v.drop_front(firstSize), iterations, fill, hasStart,
             finish);
  };
  std::string name = (family + "_" + getName(spec) + "_" + tile.name()).str();
  return p.kernels.get(name, args, op->getLoc(), body);
}

//===--- launch -----------------------------------------------------------===//

Value PackedContraction::shifted(Value tensor, LeafAccess access, int64_t group) {
  Location loc = op->getLoc();
  Value pointer = p.pointer(tensor, loc);
  if (access == LeafAccess::Scalar)
    return pointer;
  KernelBuilder h = p.host.kernel(loc);
  int64_t bytes = getElementBytes(p.info(tensor).elementType);
  return h.gepBytes(pointer, h.idx(group * spec.n * bytes));
}

void PackedContraction::launch(const Kernel &kernel, ArrayRef<char> weights, int64_t perOperation,
                               function_ref<SmallVector<Value>(int64_t)> given) {
  Location loc = op->getLoc();
  PanelCut columns = tile.cut(spec.n);
  LaunchCut cut = cutRows(p.sizes, rows, tileRows, columns, tile.panelBytes(spec, columns.panel));
  KernelBuilder h = p.host.kernel(loc);
  int64_t groupBytes = spec.n * spec.k * elementBytes();
  for (int64_t group = 0; group < conv.groups; ++group) {
    ArrayRef<char> part = weights.slice(group * groupBytes, groupBytes);
    Value input = p.pointer(op->getOperand(0), loc);
    SmallVector<Value> values = {
        h.gepBytes(input, h.idx(group * conv.groupChannels() * elementBytes())),
        p.constant(tile.pack(spec, part), loc)};
    llvm::append_range(values, given(group));
    values.push_back(shifted(epilogue.result(), LeafAccess::Full, group));
    for (auto [i, leaf] : llvm::enumerate(epilogue.leaves()))
      values.push_back(shifted(leaf, epilogue.unit.getAccess(i), group));
    for (Dim size : {rows, cut.chunks, cut.chunkPanels, conv.height, conv.width, conv.outHeight,
                     conv.outWidth})
      values.push_back(p.host.value(size, loc));
    p.host.launch(kernel, values, p.sizes.mul(cut.tiles, cut.chunks),
                  tileRows * spec.k * spec.n / perOperation, loc);
  }
}
