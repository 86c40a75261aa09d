// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Convolutions and linear ops on f32: rows of activations against packed
/// panels of weights, bias in the accumulators, elementwise ops in registers.

#include "passes/Codegen/Contractions/Contraction.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;

bool bitwright::codegen::takesEpilogue(Operation *op) {
  return isa<qnn::Conv2dOp, qnn::ConvTranspose2dOp, qnn::LinearOp, qnn::MatmulOp, qnn::QConv2dOp,
             qnn::QLinearOp, qnn::BlockLinearOp, qnn::DynamicQLinearOp>(op);
}

LogicalResult bitwright::codegen::emitContraction(Program &p, Operation *op,
                                                  const Group &epilogue) {
  if (isa<qnn::ConvTranspose2dOp>(op))
    return emitConvTranspose(p, op, epilogue);
  if (isa<qnn::MatmulOp>(op))
    return emitMatmul(p, op, epilogue);
  if (isa<qnn::BlockLinearOp>(op))
    return emitBlockLinear(p, op, epilogue);
  if (auto contraction = dyn_cast<qnn::ContractionInterface>(op);
      contraction && contraction.isDepthwise() && isa<qnn::Conv2dOp, qnn::QConv2dOp>(op)) {
    ConvShape shape = getConvShape(p, op);
    if (shape.groups == shape.channels && shape.outChannels == shape.channels)
      return emitDepthwise(p, op, epilogue);
  }
  if (isa<qnn::Conv2dOp, qnn::LinearOp>(op))
    return emitFloatContraction(p, op, epilogue);
  return emitIntegerContraction(p, op, epilogue);
}

namespace {
/// Everything about one float contraction that its kernel is built from.
struct FloatContraction {
  Program &p;
  Operation *op;
  Epilogue epilogue;
  Columns columns;
  int64_t depth;
  bool hasBias, gathers;
  ConvShape conv; // where `gathers`
  int64_t tileRows;

  MicroKernel micro(ValueRange results, Value bias) const;
};
} // namespace

MicroKernel FloatContraction::micro(ValueRange results, Value bias) const {
  const TargetInfo &target = p.getTarget();
  int64_t lanes = columns.lanes;
  MicroKernel micro;
  micro.tileRows = target.getFloatTileRows();
  micro.panelBytes = [=](int64_t registers) { return depth * registers * lanes * 4; };
  micro.init = [=](KernelBuilder &k, Value column) {
    Type type = k.vec(k.f32(), lanes);
    // The bias is padded to whole registers when it is packed.
    return hasBias ? k.load(type, bias, column) : k.number(type, 0);
  };
  micro.weights = [=](KernelBuilder &k, Value panel, Value step, int64_t index, int64_t count) {
    Value at = k.add(k.mul(step, k.idx(count * lanes)), k.idx(index * lanes));
    return k.load(k.vec(k.f32(), lanes), panel, at);
  };
  micro.activation = [](KernelBuilder &k, Value row, Value step) {
    return k.load(k.f32(), row, step);
  };
  bool hasFma = target.hasFma();
  micro.multiply = [=](KernelBuilder &k, Value acc, Value activation, Value weights) {
    return k.fma(k.splat(activation, acc.getType()), weights, acc, hasFma);
  };
  SmallVector<Value> pointers(results.begin(), results.end());
  micro.finish = [this, pointers](KernelBuilder &k, Value acc, Value row, Value column) {
    Value offset = k.add(k.mul(row, k.idx(epilogue.rowLength.size)), column);
    epilogue.store(k, acc, offset, column, pointers);
  };
  return micro;
}

/// f32 values, padded with zeros to `count`.
static std::vector<char> paddedFloats(ArrayRef<float> values, int64_t count) {
  std::vector<char> bytes(count * 4, 0);
  std::memcpy(bytes.data(), values.data(), values.size() * 4);
  return bytes;
}

LogicalResult bitwright::codegen::emitFloatContraction(Program &p, Operation *op,
                                                       const Group &group) {
  Location loc = op->getLoc();
  auto fail = [&](const Twine &message) {
    return op->emitError() << "node '" << bitwright::getNodeName(loc) << "': " << message;
  };
  auto weights = bitwright::getFloats(op->getOperand(1));
  if (Type type = p.info(op->getOperand(0)).elementType; !type.isF32())
    return refuseType(op, type);
  if (!weights)
    return fail("the weights must be constants to be compiled");
  std::optional<SmallVector<float>> bias;
  if (op->getNumOperands() > 2 && !(bias = bitwright::getFloats(op->getOperand(2))))
    return fail("the bias must be a constant to be compiled");

  bool isConv = isa<qnn::Conv2dOp>(op);
  ConvShape conv;
  if (isConv)
    conv = getConvShape(p, op);
  const Dims result = p.info(op->getResult(0)).dims;
  int64_t groups = isConv ? conv.groups : 1, outputs = result.back().size;
  int64_t depth = isConv ? conv.depth() : p.info(op->getOperand(1)).dims[1].size;
  FloatContraction c{p,
                     op,
                     Epilogue{p, op, group, outputs},
                     Columns{outputs / groups, p.getTarget().getLanes()},
                     depth,
                     bias.has_value(),
                     isConv && (!conv.isPointwise() || groups > 1),
                     conv,
                     0};
  c.tileRows = pickTileRows(p.getTarget().getFloatTileRows()[0], depth * 4, c.gathers);
  Dim rows = p.product(ArrayRef(result).drop_back());
  Cut cut = cutRows(p, rows, c.tileRows, c.columns, depth * c.columns.panelWidth() * 4);

  using Arg = Program::Arg;
  SmallVector<Value> leaves = c.epilogue.leaves();
  // input, weights, bias, result, leaves..., rows, chunks, panels a chunk, height, width,
  // outHeight, outWidth
  SmallVector<Arg> args(4 + leaves.size(), Arg::Pointer);
  args.append(7, Arg::Size);
  size_t firstSize = 4 + leaves.size();
  auto body = [&](KernelBuilder &k, ValueRange v, Value begin, Value end) {
    ValueRange sizes = v.drop_front(firstSize);
    SmallVector<Value> pointers(v.begin() + 3, v.begin() + firstSize);
    MicroKernel micro = c.micro(pointers, v[2]);
    int64_t rowBytes = depth * 4;
    Value scratch = c.gathers ? k.scratch(c.tileRows * rowBytes) : Value();
    forEachTile(k, begin, end, sizes[0], sizes[1], sizes[2], c.tileRows, c.columns.panels(),
                [&](Value rowBegin, Value rowEnd, Value panelBegin, Value panelEnd) {
                  Value base = scratch;
                  if (c.gathers)
                    emitGatherRows(k, conv, k.f32(), k.f32(), false, v[0], k.number(k.f32(), 0),
                                   scratch, rowBytes, rowBegin, rowEnd, sizes[3], sizes[4],
                                   sizes[5], sizes[6]);
                  else
                    base = k.gepBytes(v[0], k.mul(rowBegin, k.idx(rowBytes)));
                  emitTile(k, micro, c.columns, base, k.idx(rowBytes), rowBegin, rowEnd,
                           k.idx(depth), v[1], panelBegin, panelEnd);
                });
  };
  std::string key = std::to_string(c.columns.n) + "x" + std::to_string(depth) +
                    (c.hasBias ? "b" : "") + (c.gathers ? conv.key() : "") + c.epilogue.key();
  Kernel kernel = p.getKernel(isConv ? "conv2d_f32" : "linear_f32", key, args, loc, body);

  KernelBuilder h = p.hostKernel(loc);
  for (int64_t g = 0; g < groups; ++g) {
    int64_t n = c.columns.n;
    auto part = ArrayRef<float>(*weights).slice(g * n * depth, n * depth);
    auto packed = packPanels(reinterpret_cast<const char *>(part.data()), c.columns, depth, 1, 4);
    SmallVector<Value> values = {h.gep(p.pointer(op->getOperand(0), loc), h.f32(),
                                       h.idx(g * (isConv ? conv.groupChannels() : 0))),
                                 p.weightPointer(p.addWeights(packed), loc)};
    SmallVector<float> partBias;
    if (bias)
      partBias.assign(bias->begin() + g * n, bias->begin() + (g + 1) * n);
    values.push_back(
        bias ? p.weightPointer(p.addWeights(paddedFloats(partBias, c.columns.padded())), loc)
             : p.weightsArgument);
    auto shifted = [&](Value tensor, LeafAccess access) {
      Value pointer = p.pointer(tensor, loc);
      return access == LeafAccess::Scalar
                 ? pointer
                 : h.gepBytes(pointer,
                              h.idx(g * n * Program::elementBytes(p.info(tensor).elementType)));
    };
    values.push_back(shifted(c.epilogue.result(), LeafAccess::Full));
    for (Value leaf : leaves)
      values.push_back(shifted(leaf, *getLeafAccess(p, op->getResult(0), group, leaf)));
    for (Dim size : {rows, cut.chunks, cut.chunkPanels, conv.height, conv.width, conv.outHeight,
                     conv.outWidth})
      values.push_back(p.hostValue(size, loc));
    int64_t cost = c.tileRows * depth * n / 8;
    p.launch(kernel, values, p.mul(cut.tiles, cut.chunks), cost, loc);
  }
  return success();
}
