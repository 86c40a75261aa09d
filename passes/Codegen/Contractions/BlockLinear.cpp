// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Linear ops on block-quantized weights: the target's tile kernels on blocks,
/// one for few rows and one for many where they differ. Weights are held unsigned
/// (signed ones are offset, and their zero points with them); each panel has its
/// scales and zero points beside it.

#include "passes/Codegen/Contractions/Contraction.h"
#include "passes/Codegen/Contractions/Epilogue.h"
#include "passes/Codegen/Contractions/Tiles.h"

#include "bitwright/Numerics/Packing.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;
using IPred = arith::CmpIPredicate;

namespace {
struct BlockLinear {
  /// The pointer arguments of the kernels, in order.
  enum Argument { Input, Weights, Scales, ZeroPoints, Bias, Result };

  Program &p;
  mutable qnn::BlockLinearOp op;
  FusedEpilogue epilogue;
  ContractionSpec spec;
  /// Both pack alike; `few` takes tiles of fewer rows than many->leastRows().
  const TileKernel *many, *few;

  PanelCut columns() const { return many->cut(spec.n); }
  Kernel getKernel() const;
  void emitTile(KernelBuilder &k, const TileKernel &kernel, ValueRange v, const Tile &tile,
                Value scratch) const;
  void emitBody(KernelBuilder &k, ValueRange v, ValueRange sizes, Iterations &iterations) const;
};
} // namespace

//===--- kernel -----------------------------------------------------------===//

void BlockLinear::emitTile(KernelBuilder &k, const TileKernel &kernel, ValueRange v,
                           const Tile &tile, Value scratch) const {
  SmallVector<Value> pointers(v.begin() + Result, v.end());
  auto finish = [&](Value sums, Value row, Value column) {
    if (op.getBias())
      sums = k.add(sums, k.load(sums.getType(), v[Bias], column));
    epilogue.store(k, sums, k.add(k.mul(row, k.idx(spec.n)), column), column, pointers);
  };
  Value rowBytes = k.idx(spec.k * 4), steps = stepsOf(k, kernel, spec);
  kernel.prepareRows(k, spec, v[Input], tile.rowBegin, tile.rowEnd, scratch);
  forEachPanel(k, columns(), tile, [&](Value number, int64_t width, int64_t valid) {
    TilePanel panel = getPanel(k, kernel, spec, v[Weights], number, width, valid);
    panel.scales = v[Scales];
    panel.zeroPoints = v[ZeroPoints];
    panel.parameter = k.mul(number, k.idx(columns().panel * spec.blocks()));
    kernel.preparePanel(k, spec, panel, scratch);
    forEachRowTile(k, kernel.rowTails(), tile.rowBegin, tile.rowEnd, [&](Value row, int64_t count) {
      TileRows rows{k.gepBytes(v[Input], k.mul(row, rowBytes)), rowBytes, row,
                    k.sub(row, tile.rowBegin), steps};
      kernel.emit(k, spec, panel, rows, count, scratch, finish);
    });
  });
}

void BlockLinear::emitBody(KernelBuilder &k, ValueRange v, ValueRange sizes,
                           Iterations &iterations) const {
  int64_t tileRows = many->rowsOfTile(spec);
  Value scratch = iterations.scratch(many->scratchBytes(spec, tileRows));
  Value fewScratch;
  if (few != many)
    fewScratch = iterations.scratch(few->scratchBytes(spec, many->leastRows()));
  forEachTile(k, iterations, sizes[0], sizes[1], sizes[2], tileRows, columns().panels(),
              [&](const Tile &tile) {
                if (few == many)
                  return emitTile(k, *many, v, tile, scratch);
                Value rows = k.sub(tile.rowEnd, tile.rowBegin);
                k.ifElse(
                    k.compare(IPred::slt, rows, k.idx(many->leastRows())),
                    [&] { emitTile(k, *few, v, tile, fewScratch); },
                    [&] { emitTile(k, *many, v, tile, scratch); });
              });
}

Kernel BlockLinear::getKernel() const {
  size_t pointers = Result + 1 + epilogue.leaves().size();
  SmallVector<KernelArg> args(pointers, KernelArg::Pointer);
  args.append(3, KernelArg::Size); // rows, chunks, panels of a chunk
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    emitBody(k, v.take_front(pointers), v.drop_front(pointers), iterations);
  };
  std::string name = ("block_linear_" + getName(spec) + "_" + many->name()).str();
  return p.kernels.get(name, args, op.getLoc(), body);
}

//===--- packing ----------------------------------------------------------===//

/// A number for each column and block, in the order of the panels.
template <typename T>
static std::vector<char> packParameters(const BlockLinear &c,
                                        function_ref<T(int64_t n, int64_t b)> value) {
  PanelCut cut = c.columns();
  std::vector<T> packed;
  packed.reserve(cut.padded() * c.spec.blocks());
  for (int64_t first = 0; first < cut.n; first += cut.panel) {
    int64_t width = std::min(cut.panel, cut.padded() - first);
    for (int64_t b = 0; b < c.spec.blocks(); ++b)
      for (int64_t n = first; n < first + width; ++n)
        packed.push_back(n < cut.n ? value(n, b) : T(0));
  }
  const char *bytes = reinterpret_cast<const char *>(packed.data());
  return std::vector<char>(bytes, bytes + packed.size() * sizeof(T));
}

namespace {
/// The constants of one op; weights and zero points as unsigned numbers.
struct BlockWeights {
  std::vector<char> weights, zeroPoints;
  SmallVector<float> scales;
};
} // namespace

/// The elements of a constant matrix of 4 or 8 bits as unsigned numbers, a byte each.
static std::optional<std::vector<char>> readCodes(Value value, int64_t bits, bool isUnsigned) {
  auto data = bitwright::getConstant(value);
  if (!data)
    return std::nullopt;
  int mask = (1 << bits) - 1, offset = isUnsigned ? 0 : 1 << (bits - 1);
  int64_t rows = data->type.getDimSize(0), columns = data->type.getDimSize(1);
  int64_t rowBytes = bits == 4 ? bitwright::packedRowBytes(columns) : columns;
  std::vector<char> codes;
  codes.reserve(rows * columns);
  for (int64_t row = 0; row < rows; ++row) {
    const char *bytes = data->bytes.data() + row * rowBytes;
    for (int64_t column = 0; column < columns; ++column) {
      int code = bits == 4 ? bitwright::getNibble(bytes, column, isUnsigned) : bytes[column];
      codes.push_back(char((code + offset) & mask));
    }
  }
  return codes;
}

static FailureOr<BlockWeights> readWeights(qnn::BlockLinearOp op, int64_t bits) {
  auto weights = readCodes(op.getWeight(), bits, op.getIsUnsigned());
  auto scales = bitwright::getFloats(op.getWeightScale());
  auto zeroPoints = readCodes(op.getWeightZeroPoint(), bits, op.getIsUnsigned());
  if (!weights || !scales || !zeroPoints || (op.getBias() && !bitwright::getConstant(op.getBias())))
    return failure();
  return BlockWeights{std::move(*weights), std::move(*zeroPoints), std::move(*scales)};
}

/// Whether every weight of a block equals its zero point. Sums of activations and of their
/// products cancel only up to rounding: a scale of 0 makes such a block the exact 0 that it is.
static bool isZeroBlock(const ContractionSpec &spec, const BlockWeights &constants, int64_t n,
                        int64_t b) {
  int64_t begin = b * spec.block, end = std::min(spec.k, begin + spec.block);
  char zeroPoint = constants.zeroPoints[n * spec.blocks() + b];
  return llvm::all_of(ArrayRef<char>(constants.weights).slice(n * spec.k + begin, end - begin),
                      [&](char weight) { return weight == zeroPoint; });
}

//===--- launch -----------------------------------------------------------===//

static void launch(const BlockLinear &c, const BlockWeights &constants, const Kernel &kernel) {
  Program &p = c.p;
  Location loc = c.op.getLoc();
  int64_t blocks = c.spec.blocks();
  float factor = c.many->scaleFactor();
  auto scale = [&](int64_t i, int64_t b) {
    return isZeroBlock(c.spec, constants, i, b) ? 0.0f : factor * constants.scales[i * blocks + b];
  };
  auto zeroPoint = [&](int64_t i, int64_t b) {
    return uint8_t(constants.zeroPoints[i * blocks + b]);
  };
  SmallVector<Value> values = {p.pointer(c.op.getInput(), loc),
                               p.constant(c.many->pack(c.spec, constants.weights), loc),
                               p.constant(packParameters<float>(c, scale), loc),
                               p.constant(packParameters<uint8_t>(c, zeroPoint), loc),
                               c.op.getBias() ? p.pointer(c.op.getBias(), loc) : p.host.weights(),
                               p.pointer(c.epilogue.result(), loc)};
  for (Value leaf : c.epilogue.leaves())
    values.push_back(p.pointer(leaf, loc));
  Dim rows = p.sizes.product(ArrayRef(p.info(c.op->getResult(0)).dims).drop_back());
  LaunchCut cut = cutRows(p.sizes, rows, c.many->rowsOfTile(c.spec), c.columns(),
                          c.many->panelBytes(c.spec, c.columns().panel));
  for (Dim size : {rows, cut.chunks, cut.chunkPanels})
    values.push_back(p.host.value(size, loc));
  p.host.launch(kernel, values, p.sizes.mul(cut.tiles, cut.chunks), c.spec.k * c.spec.n / 4, loc);
}

LogicalResult bitwright::codegen::emitBlockLinear(Program &p, kernel::LaunchOp unit) {
  auto op = cast<qnn::BlockLinearOp>(unit.getAnchor());
  auto fail = [&](const Twine &message) {
    return op.emitError() << "node '" << bitwright::getNodeName(op.getLoc()) << "': " << message;
  };
  int64_t bits = op.getWeight().getType().getElementType().getIntOrFloatBitWidth();
  FailureOr<BlockWeights> constants = readWeights(op, bits);
  if (failed(constants))
    return fail("weights, scales and zero points must be constants to be compiled");
  int64_t n = p.info(op->getResult(0)).dims.back().size;
  bool isInteger = op.getActivations() == qnn::ActivationMode::Int8;
  ContractionSpec spec{isInteger ? ElementKind::S8 : ElementKind::F32,
                       bits == 4 ? ElementKind::U4 : ElementKind::U8, n,
                       p.info(op.getWeight()).dims[1].size};
  spec.block = std::max<int64_t>(1, std::min<int64_t>(op.getBlockSize(), spec.k));
  ContractionSpec one = spec;
  one.rows = 1;
  BlockLinear c{p,
                op,
                FusedEpilogue{p, unit, n},
                spec,
                p.getTarget().select(spec),
                p.getTarget().select(one)};
  if (!c.many || !c.few)
    return fail("the target has no kernel for weights of " + Twine(bits) + " bits in blocks of " +
                Twine(spec.block) + (isInteger ? " and int8 activations" : ""));
  launch(c, *constants, c.getKernel());
  return success();
}
