// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Linear ops on block-quantized weights: packing, shared pieces of the kernels
/// and their launch. See BlockLinear.h.

#include "passes/Codegen/Contractions/BlockLinear.h"

#include "dialects/QNN/Constants.h"

using namespace mlir;
using namespace bitwright::codegen;
using IPred = arith::CmpIPredicate;

/// From this many rows on, a panel is dequantized once for all of them.
static constexpr int64_t manyRows = 6;
/// Rows that share a dequantized panel: a multiple of all register tiles.
static constexpr int64_t sharingRows = 192;
/// Rows that share a packed panel where activations are int8.
static constexpr int64_t integerRows = 16;
/// Bytes of a thread for a dequantized panel.
static constexpr int64_t maxDequantizedBytes = 1 << 21;

//===--- packing ----------------------------------------------------------===//

/// Weights N x K as the kernels stream them: see BlockLinear.h. A byte of 4-bit weights has k + j
/// and k + group + j beside int8 activations, which are read `group` at a time, else neighbours.
static std::vector<char> packWeights(const BlockLinear &c, ArrayRef<int64_t> q) {
  std::vector<char> packed(c.columns.padded() * c.columnBytes() * c.steps(), 0);
  char *out = packed.data();
  auto at = [&](int64_t n, int64_t k, int64_t end) -> uint8_t {
    return n < c.columns.n && k < end ? uint8_t(q[n * c.depth + k]) : 0;
  };
  int64_t stride = c.hasEights() ? 2 : 1, partner = c.hasEights() ? 1 : c.columnBytes();
  for (int64_t first = 0; first < c.columns.n; first += c.columns.panelWidth()) {
    int64_t width = std::min(c.columns.panelWidth(), c.columns.padded() - first);
    for (int64_t b = 0; b < c.blocks(); ++b) {
      int64_t end = std::min(c.depth, (b + 1) * c.block);
      for (int64_t k = b * c.block; k < end; k += c.stepDepth())
        for (int64_t n = first; n < first + width; ++n)
          for (int64_t j = 0; j < c.columnBytes(); ++j) {
            int64_t low = k + stride * j;
            uint8_t high = c.bits == 4 ? at(n, low + partner, end) : uint8_t(0);
            *out++ = char(at(n, low, end) | high << 4);
          }
    }
  }
  return packed;
}

/// A number for each column and block, in the order of packWeights.
template <typename T>
static std::vector<char> packParameters(const BlockLinear &c,
                                        function_ref<T(int64_t n, int64_t b)> value) {
  std::vector<T> packed;
  packed.reserve(c.columns.padded() * c.blocks());
  for (int64_t first = 0; first < c.columns.n; first += c.columns.panelWidth()) {
    int64_t width = std::min(c.columns.panelWidth(), c.columns.padded() - first);
    for (int64_t b = 0; b < c.blocks(); ++b)
      for (int64_t n = first; n < first + width; ++n)
        packed.push_back(n < c.columns.n ? value(n, b) : T(0));
  }
  const char *bytes = reinterpret_cast<const char *>(packed.data());
  return std::vector<char>(bytes, bytes + packed.size() * sizeof(T));
}

/// Whether every weight of a block equals its zero point. Sums of activations and of their
/// products cancel only up to rounding: a scale of 0 makes such a block the exact 0 that it is.
static bool isZeroBlock(const BlockLinear &c, ArrayRef<int64_t> q, int64_t zeroPoint, int64_t n,
                        int64_t b) {
  int64_t begin = b * c.block, end = std::min(c.depth, begin + c.block);
  return llvm::all_of(q.slice(n * c.depth + begin, end - begin),
                      [&](int64_t weight) { return weight == zeroPoint; });
}

//===--- pieces of the kernels --------------------------------------------===//

void BlockLinear::forEachPanel(KernelBuilder &k, ValueRange v, const BlockTile &tile,
                               function_ref<void(const BlockPanel &)> body) const {
  int64_t full = columns.fullPanels();
  auto emit = [&](Value panel, int64_t registers, int64_t valid) {
    body({k.mul(panel, k.idx(columns.panelWidth())),
          k.gepBytes(v[Weights], k.mul(panel, k.idx(2 * registerBytes() * steps()))),
          k.mul(panel, k.idx(columns.panelWidth() * blocks())), registers, valid});
  };
  if (full)
    k.loop(tile.panelBegin, k.minimum(tile.panelEnd, k.idx(full)), k.idx(1),
           [&](Value panel) { emit(panel, 2, columns.panelWidth()); });
  if (columns.tailColumns())
    k.ifThen(k.compare(IPred::eq, tile.panelEnd, k.idx(columns.panels())),
             [&] { emit(k.idx(full), columns.tailRegisters(), columns.tailColumns()); });
}

Value BlockLinear::stepAddress(KernelBuilder &k, const BlockPanel &panel, Value step,
                               int64_t index) const {
  Value at = k.mul(step, k.idx(panel.registers * registerBytes()));
  return k.gepBytes(panel.weights, k.add(at, k.idx(index * registerBytes())));
}

/// Where the parameters of register `index` of block `b` lie.
static Value parameterIndex(KernelBuilder &k, const BlockPanel &panel, Value b, int64_t index,
                            int64_t lanes) {
  Value block = k.mul(b, k.idx(panel.registers * lanes));
  return k.add(k.add(panel.parameters, block), k.idx(index * lanes));
}

Value BlockLinear::loadScales(KernelBuilder &k, ValueRange v, const BlockPanel &panel, Value b,
                              int64_t index) const {
  return k.load(k.vec(k.f32(), lanes()), v[Scales], parameterIndex(k, panel, b, index, lanes()));
}

Value BlockLinear::loadZeroPoints(KernelBuilder &k, ValueRange v, const BlockPanel &panel, Value b,
                                  int64_t index) const {
  return k.load(k.vec(k.i8(), lanes()), v[ZeroPoints], parameterIndex(k, panel, b, index, lanes()));
}

std::pair<Value, Value> BlockLinear::blockRange(KernelBuilder &k, Value b) const {
  Value begin = k.mul(b, k.idx(block));
  return {begin, k.minimum(k.add(begin, k.idx(block)), k.idx(depth))};
}

void BlockLinear::storeRow(KernelBuilder &k, ValueRange v, const BlockPanel &panel, Value acc,
                           Value row, int64_t index) const {
  SmallVector<Value> pointers(v.begin() + Result, v.end());
  Value column = k.add(panel.column, k.idx(index * lanes()));
  int64_t valid = std::min(lanes(), panel.valid - index * lanes());
  forEachPart(k, acc, column, valid, [&](Value part, Value at) {
    if (op.getBias())
      part = k.add(part, k.load(part.getType(), v[Bias], at));
    epilogue.store(k, part, k.add(k.mul(row, k.idx(columns.n)), at), at, pointers);
  });
}

//===--- launch -----------------------------------------------------------===//

/// Whether kernels for many rows dequantize whole panels.
static bool dequantizes(const BlockLinear &c) {
  return !c.intActivations &&
         (c.depth + c.stepDepth()) * c.columns.panelWidth() * 4 <= maxDequantizedBytes;
}

static int64_t rowsOfTile(const BlockLinear &c) {
  return c.intActivations ? integerRows : dequantizes(c) ? sharingRows : manyRows;
}

/// Emits the kernel on one tile; `scratch`, `sums` and `rowScales` are memory of the thread.
static void emitBlockTile(KernelBuilder &k, const BlockLinear &c, ValueRange v,
                          const BlockTile &tile, Value scratch, Value sums, Value rowScales) {
  if (c.intActivations)
    return c.emitIntegerRows(k, v, tile, scratch, sums, rowScales);
  if (!dequantizes(c))
    return c.emitFewRows(k, v, tile, sums);
  Value few = k.compare(IPred::slt, k.sub(tile.rowEnd, tile.rowBegin), k.idx(manyRows));
  k.ifElse(
      few, [&] { c.emitFewRows(k, v, tile, sums); }, [&] { c.emitManyRows(k, v, tile, scratch); });
}

static Kernel getBlockKernel(const BlockLinear &c, size_t pointers, Location loc) {
  SmallVector<Program::Arg> args(pointers, Program::Arg::Pointer);
  args.append(3, Program::Arg::Size); // rows, chunks, panels of a chunk
  int64_t tileRows = rowsOfTile(c);
  auto body = [&](KernelBuilder &k, ValueRange values, Value begin, Value end) {
    ValueRange sizes = values.drop_front(pointers), v = values.take_front(pointers);
    Value sums = k.scratch((dequantizes(c) ? manyRows : tileRows) * c.blocks() * 4);
    Value scratch, rowScales;
    if (c.intActivations) {
      int64_t elementBytes = c.p.getTarget().getIntegerDot().activationBytes;
      scratch = k.scratch(tileRows * c.paddedDepth() * elementBytes);
      rowScales = k.scratch(tileRows * 4);
    } else if (dequantizes(c)) {
      scratch = k.scratch((c.depth + c.stepDepth()) * c.columns.panelWidth() * 4);
    }
    forEachTile(k, begin, end, sizes[0], sizes[1], sizes[2], tileRows, c.columns.panels(),
                [&](Value rowBegin, Value rowEnd, Value panelBegin, Value panelEnd) {
                  BlockTile tile{rowBegin, rowEnd, panelBegin, panelEnd};
                  emitBlockTile(k, c, v, tile, scratch, sums, rowScales);
                });
  };
  std::string key;
  llvm::raw_string_ostream(key) << c.columns.n << 'x' << c.depth << 'g' << c.block << 'b' << c.bits
                                << c.intActivations << !!c.op.getBias() << c.epilogue.key();
  return c.p.getKernel("block_linear_i" + std::to_string(c.bits), key, args, loc, body);
}

LogicalResult bitwright::codegen::emitBlockLinear(Program &p, Operation *operation,
                                                  const Group &group) {
  auto op = cast<qnn::BlockLinearOp>(operation);
  Location loc = op.getLoc();
  auto fail = [&](const Twine &message) {
    return op.emitError() << "node '" << bitwright::getNodeName(loc) << "': " << message;
  };
  auto weights = bitwright::getIntegers(op.getWeight());
  auto scales = bitwright::getFloats(op.getWeightScale());
  auto zeroPoints = bitwright::getIntegers(op.getWeightZeroPoint());
  if (!weights || !scales || !zeroPoints || (op.getBias() && !bitwright::getConstant(op.getBias())))
    return fail("weights, scales and zero points must be constants to be compiled");
  const Dims result = p.info(operation->getResult(0)).dims;
  int64_t n = result.back().size, depth = p.info(op.getWeight()).dims[1].size;
  BlockLinear c{p,
                op,
                Epilogue{p, operation, group, n},
                Columns{n, p.getTarget().getLanes()},
                depth,
                std::max<int64_t>(1, std::min<int64_t>(op.getBlockSize(), depth)),
                op.getWeight().getType().getElementType().getIntOrFloatBitWidth(),
                op.getIsUnsigned(),
                op.getActivations() == qnn::ActivationMode::Int8};
  if (c.intActivations && c.blocks() > 1 && c.block % c.stepDepth() != 0)
    return fail("int8 activations need a block size that is a multiple of " + Twine(c.stepDepth()));
  // Storage as unsigned numbers.
  int64_t mask = (1 << c.bits) - 1, offset = c.isUnsigned ? 0 : 1 << (c.bits - 1);
  for (int64_t &q : *weights)
    q = (q + offset) & mask;
  for (int64_t &z : *zeroPoints)
    z = (z + offset) & mask;

  SmallVector<Value> leaves = c.epilogue.leaves();
  Kernel kernel = getBlockKernel(c, BlockLinear::Result + 1 + leaves.size(), loc);
  auto constant = [&](const std::vector<char> &bytes) {
    return p.weightPointer(p.addWeights(bytes), loc);
  };
  int64_t blocks = c.blocks();
  float factor = c.readsMantissas() ? 16 : 1;
  auto scale = [&](int64_t i, int64_t b) {
    int64_t index = i * blocks + b;
    bool isZero = isZeroBlock(c, *weights, (*zeroPoints)[index], i, b);
    return isZero ? 0.0f : factor * (*scales)[index];
  };
  auto zeroPoint = [&](int64_t i, int64_t b) { return uint8_t((*zeroPoints)[i * blocks + b]); };
  SmallVector<Value> values = {p.pointer(op.getInput(), loc),
                               constant(packWeights(c, *weights)),
                               constant(packParameters<float>(c, scale)),
                               constant(packParameters<uint8_t>(c, zeroPoint)),
                               op.getBias() ? p.pointer(op.getBias(), loc) : p.weightsArgument,
                               p.pointer(c.epilogue.result(), loc)};
  for (Value leaf : leaves)
    values.push_back(p.pointer(leaf, loc));
  Dim rows = p.product(ArrayRef(result).drop_back());
  Cut cut = cutRows(p, rows, rowsOfTile(c), c.columns, 2 * c.registerBytes() * c.steps());
  for (Dim size : {rows, cut.chunks, cut.chunkPanels})
    values.push_back(p.hostValue(size, loc));
  p.launch(kernel, values, p.mul(cut.tiles, cut.chunks), depth * n / 4, loc);
  return success();
}
