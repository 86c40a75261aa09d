// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Integer convolutions and linear ops: exact int32 sums by the target's dot
/// product. The zero point of the activations is folded into the start of the
/// accumulators, `bias - zero_point * sum(w)`, so padding is filled with it.

#include "passes/Codegen/Contractions/Contraction.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;
using FPred = arith::CmpFPredicate;

//===--- requantization ---------------------------------------------------===//

/// An 8-bit constant as the number it stands for.
static int64_t readByte(Value constant, bool isUnsigned) {
  int64_t value = (*bitwright::getIntegers(constant))[0];
  return isUnsigned ? value & 0xff : value;
}

template <typename QOp> static Requantize getRequantize(QOp op) {
  Requantize r{op, readByte(op.getOutputZeroPoint(), op.getUnsignedOutput()),
               int64_t(op.getClampMin()), int64_t(op.getClampMax())};
  r.perChannel = op.getMultiplier().getType().getNumElements() > 1;
  if (op.getResidual()) {
    r.hasResidual = true;
    r.unsignedResidual = op.getUnsignedResidual();
    r.residualZeroPoint = readByte(op.getResidualZeroPoint(), op.getUnsignedResidual());
    r.residualMultiplier = (*bitwright::getFloats(op.getResidualMultiplier()))[0];
  }
  return r;
}

Requantize Requantize::get(Operation *op) {
  if (auto conv = dyn_cast<qnn::QConv2dOp>(op))
    return getRequantize(conv);
  return getRequantize(cast<qnn::QLinearOp>(op));
}

std::string Requantize::key() const {
  std::string text;
  llvm::raw_string_ostream(text) << outputZeroPoint << ',' << clampMin << ',' << clampMax << ','
                                 << hasResidual << unsignedResidual << perChannel << ','
                                 << residualZeroPoint << ','
                                 << llvm::bit_cast<uint32_t>(residualMultiplier);
  return text;
}

Value Requantize::emit(KernelBuilder &k, Value acc, Value offset, Value column, Value multiplier,
                       Value residual) const {
  Value r = k.toFloat(acc, k.f32(), false);
  Type floats = r.getType();
  Value scale = perChannel ? k.load(floats, multiplier, column)
                           : k.splat(k.loadAt(k.f32(), multiplier), floats);
  r = k.mul(r, scale);
  if (hasResidual) {
    Value q = k.extend(k.load(k.like(k.i8(), floats), residual, offset), k.i32(), unsignedResidual);
    Value centered = k.toFloat(k.sub(q, k.integer(q.getType(), residualZeroPoint)), k.f32(), false);
    r = k.add(r, k.mul(centered, k.number(floats, residualMultiplier)));
  }
  // Limiting the float gives the same integers as limiting after rounding.
  Value low = k.number(floats, clampMin - outputZeroPoint),
        high = k.number(floats, clampMax - outputZeroPoint);
  r = k.select(k.compare(FPred::OLT, r, low), low, r);
  r = k.select(k.compare(FPred::OGT, r, high), high, r);
  Value rounded = k.toInt(k.roundEven(r), k.i32(), false);
  return k.truncate(k.add(rounded, k.integer(rounded.getType(), outputZeroPoint)), k.i8());
}

//===--- kernels ----------------------------------------------------------===//

namespace {
/// Everything about one integer contraction that its kernel is built from.
struct IntegerContraction {
  Program &p;
  Operation *op;
  Epilogue epilogue;
  Columns columns;
  int64_t depth;
  IntegerDot dot;
  bool gathers, unsignedInput;
  ConvShape conv;
  int64_t tileRows;
  std::optional<Requantize> requantize; // none: dynamic_qlinear

  int64_t steps() const { return (depth + dot.group - 1) / dot.group; }
  /// Bytes of a row of activations as the kernel reads it.
  int64_t rowBytes() const { return gathers ? steps() * dot.group * dot.activationBytes : depth; }
  /// Signed activations are offset into unsigned ones where the target needs it.
  bool flips() const { return dot.unsignedActivations && !unsignedInput; }
  MicroKernel micro(ValueRange v) const;
};

/// The pointer arguments of the kernel, in order.
enum Argument {
  Input,
  Weights,
  Start,
  Multiplier,
  Residual,
  RowScale,
  RowZeroPoint,
  FloatBias,
  Result
};
} // namespace

MicroKernel IntegerContraction::micro(ValueRange v) const {
  const TargetInfo &target = p.getTarget();
  int64_t lanes = columns.lanes, group = dot.group;
  MicroKernel micro;
  micro.tileRows = target.getIntegerTileRows();
  micro.panelBytes = [=](int64_t registers) { return steps() * group * registers * lanes; };
  Value start = v[Start];
  micro.init = [=](KernelBuilder &k, Value column) {
    return k.load(k.vec(k.i32(), lanes), start, column);
  };
  const TargetInfo *info = &target;
  micro.weights = [=](KernelBuilder &k, Value panel, Value step, int64_t index, int64_t count) {
    Value at = k.add(k.mul(step, k.idx(count * lanes * group)), k.idx(index * lanes * group));
    return info->loadDotWeights(k, k.gepBytes(panel, at));
  };
  bool flip = flips();
  micro.activation = [=](KernelBuilder &k, Value row, Value step) {
    Value word = k.load(k.i32(), row, step);
    return flip ? k.bitXor(word, k.integer(k.i32(), int32_t(0x80808080))) : word;
  };
  micro.multiply = [=](KernelBuilder &k, Value acc, Value activation, Value weights) {
    return info->emitDot(k, acc, activation, weights);
  };
  SmallVector<Value> pointers(v.begin() + Result, v.end());
  SmallVector<Value> values(v.begin(), v.end());
  micro.finish = [this, pointers, values](KernelBuilder &k, Value acc, Value row, Value column) {
    Value offset = k.add(k.mul(row, k.idx(epilogue.rowLength.size)), column);
    if (requantize) {
      Value q = requantize->emit(k, acc, offset, column, values[Multiplier], values[Residual]);
      return epilogue.store(k, q, offset, column, pointers);
    }
    // dynamic_qlinear: the row's zero point meets the sums of the weights,
    // which `Residual` holds.
    Type ints = acc.getType();
    Value zero = k.extend(k.load(k.i8(), values[RowZeroPoint], row), k.i32(), true);
    Value sums = k.load(ints, values[Residual], column);
    acc = k.sub(acc, k.mul(k.splat(zero, ints), sums));
    Value r = k.toFloat(acc, k.f32(), false);
    auto dynamic = cast<qnn::DynamicQLinearOp>(op);
    bool perChannel = dynamic.getWeightScale().getType().getNumElements() > 1;
    Value scale = perChannel ? k.load(r.getType(), values[Multiplier], column)
                             : k.splat(k.loadAt(k.f32(), values[Multiplier]), r.getType());
    r = k.mul(r, scale);
    r = k.mul(r, k.splat(k.load(k.f32(), values[RowScale], row), r.getType()));
    if (dynamic.getBias())
      r = k.add(r, k.load(r.getType(), values[FloatBias], column));
    epilogue.store(k, r, offset, column, pointers);
  };
  return micro;
}

/// The start of the accumulators: bias - zeroPoint * sum(w), padded.
static std::vector<char> packStart(ArrayRef<int64_t> sums, const int64_t *bias, int64_t zeroPoint,
                                   int64_t padded) {
  std::vector<char> bytes(padded * 4, 0);
  for (size_t n = 0; n < sums.size(); ++n) {
    int32_t value = int32_t((bias ? bias[n] : 0) - zeroPoint * sums[n]);
    std::memcpy(bytes.data() + 4 * n, &value, 4);
  }
  return bytes;
}

static LogicalResult checkConstants(Operation *op, ValueRange values) {
  for (Value value : values)
    if (value && !bitwright::getConstant(value))
      return op->emitError()
             << "node '" << bitwright::getNodeName(op->getLoc())
             << "': weights, scales and zero points must be constants to be compiled";
  return success();
}

/// Operands of the three ops under one roof.
namespace {
struct Operands {
  Value bias, zeroPoint, multiplier, residual, rowScale, rowZeroPoint, floatBias;
};
} // namespace

template <typename QOp> static Operands getQuantizedOperands(QOp op) {
  return {op.getBias(), op.getInputZeroPoint(), op.getMultiplier(), op.getResidual(), {}, {}, {}};
}

static FailureOr<Operands> getOperands(Operation *op) {
  if (auto dynamic = dyn_cast<qnn::DynamicQLinearOp>(op)) {
    if (failed(
            checkConstants(op, {dynamic.getWeight(), dynamic.getWeightScale(), dynamic.getBias()})))
      return failure();
    return Operands{{},
                    {},
                    dynamic.getWeightScale(),
                    {},
                    dynamic.getScale(),
                    dynamic.getZeroPoint(),
                    dynamic.getBias()};
  }
  auto check = [&](auto q) -> FailureOr<Operands> {
    if (failed(checkConstants(op, {q.getWeight(), q.getBias(), q.getInputZeroPoint(),
                                   q.getMultiplier(), q.getOutputZeroPoint(),
                                   q.getResidualZeroPoint(), q.getResidualMultiplier()})))
      return failure();
    return getQuantizedOperands(q);
  };
  if (auto conv = dyn_cast<qnn::QConv2dOp>(op))
    return check(conv);
  return check(cast<qnn::QLinearOp>(op));
}

static bool hasUnsignedInput(Operation *op) {
  if (auto conv = dyn_cast<qnn::QConv2dOp>(op))
    return conv.getUnsignedInput();
  if (auto linear = dyn_cast<qnn::QLinearOp>(op))
    return linear.getUnsignedInput();
  return true; // dynamic_quantize
}

static Kernel buildKernel(IntegerContraction &c, int64_t zeroPoint) {
  Program &p = c.p;
  using Arg = Program::Arg;
  size_t firstSize = Result + 1 + c.epilogue.leaves().size();
  SmallVector<Arg> args(firstSize, Arg::Pointer);
  args.append(7, Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange v, Value begin, Value end) {
    ValueRange sizes = v.drop_front(firstSize);
    MicroKernel micro = c.micro(v.take_front(firstSize));
    int64_t rowBytes = c.rowBytes();
    Value scratch = c.gathers ? k.scratch(c.tileRows * rowBytes + 64) : Value();
    Type widened = c.dot.activationBytes == 1 ? k.i8() : k.i16();
    forEachTile(k, begin, end, sizes[0], sizes[1], sizes[2], c.tileRows, c.columns.panels(),
                [&](Value rowBegin, Value rowEnd, Value panelBegin, Value panelEnd) {
                  Value base = scratch;
                  if (c.gathers)
                    emitGatherRows(k, c.conv, k.i8(), widened, c.unsignedInput, v[Input],
                                   k.integer(widened, zeroPoint), scratch, rowBytes, rowBegin,
                                   rowEnd, sizes[3], sizes[4], sizes[5], sizes[6]);
                  else
                    base = k.gepBytes(v[Input], k.mul(rowBegin, k.idx(rowBytes)));
                  emitTile(k, micro, c.columns, base, k.idx(rowBytes), rowBegin, rowEnd,
                           k.idx(c.steps()), v[Weights], panelBegin, panelEnd);
                });
  };
  std::string key;
  llvm::raw_string_ostream os(key);
  os << c.op->getName() << c.columns.n << 'x' << c.depth << c.gathers << c.unsignedInput << ','
     << zeroPoint << ',' << c.conv.key() << c.epilogue.key();
  if (c.requantize)
    os << c.requantize->key();
  else
    os << c.op->getNumOperands()
       << cast<RankedTensorType>(c.op->getOperand(4).getType()).getNumElements();
  return p.getKernel(isa<qnn::QConv2dOp>(c.op) ? "qconv2d_i8" : "qlinear_i8", key, args,
                     c.op->getLoc(), body);
}

LogicalResult bitwright::codegen::emitIntegerContraction(Program &p, Operation *op,
                                                         const Group &group) {
  Location loc = op->getLoc();
  FailureOr<Operands> operands = getOperands(op);
  if (failed(operands))
    return failure();
  bool isConv = isa<qnn::QConv2dOp>(op), isDynamic = isa<qnn::DynamicQLinearOp>(op);
  const Dims result = p.info(op->getResult(0)).dims;
  ConvShape conv{};
  Dim rows = p.product(ArrayRef(result).drop_back());
  int64_t outputs = result.back().size;
  if (isConv) {
    conv = getConvShape(p, op);
  } else {
    // A linear op is a pointwise convolution over a line of rows.
    int64_t k = p.info(op->getOperand(1)).dims[1].size;
    conv = ConvShape{1, 1, rows, 1, rows, k, outputs, 1, 1, {1, 1}, {0, 0, 0, 0}, {1, 1}, 1};
  }
  IntegerContraction c{p,
                       op,
                       Epilogue{p, op, group, outputs},
                       Columns{outputs / conv.groups, p.getTarget().getLanes()},
                       conv.depth(),
                       p.getTarget().getIntegerDot(),
                       false,
                       hasUnsignedInput(op),
                       conv,
                       0,
                       std::nullopt};
  c.gathers = !conv.isPointwise() || conv.groups > 1 || c.depth % c.dot.group != 0 ||
              c.dot.activationBytes != 1;
  if (!isDynamic)
    c.requantize = Requantize::get(op);
  c.tileRows = pickTileRows(p.getTarget().getIntegerTileRows()[0], c.rowBytes(), c.gathers);
  int64_t panelBytes = c.steps() * c.dot.group * c.columns.panelWidth();
  Cut cut = cutRows(p, rows, c.tileRows, c.columns, panelBytes);
  int64_t zeroPoint = isDynamic ? 0 : readByte(operands->zeroPoint, c.unsignedInput);
  Kernel kernel = buildKernel(c, zeroPoint);

  KernelBuilder h = p.hostKernel(loc);
  // The constant owns the bytes of a dense attribute.
  auto constantWeights = *bitwright::getConstant(op->getOperand(1));
  ArrayRef<char> weightBytes = constantWeights.bytes;
  std::optional<SmallVector<int64_t>> bias;
  if (operands->bias)
    bias = bitwright::getIntegers(operands->bias);
  int64_t n = c.columns.n;
  for (int64_t g = 0; g < conv.groups; ++g) {
    auto part = weightBytes.slice(g * n * c.depth, n * c.depth);
    SmallVector<int64_t> sums(n, 0);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < c.depth; ++j)
        sums[i] += int8_t(part[i * c.depth + j]);
    auto constants = [&](const std::vector<char> &bytes) {
      return p.weightPointer(p.addWeights(bytes), loc);
    };
    auto shifted = [&](Value tensor, LeafAccess access) -> Value {
      Value pointer = p.pointer(tensor, loc);
      if (access == LeafAccess::Scalar)
        return pointer;
      return h.gepBytes(pointer, h.idx(g * n * Program::elementBytes(p.info(tensor).elementType)));
    };
    bool perChannel = cast<RankedTensorType>(operands->multiplier.getType()).getNumElements() > 1;
    SmallVector<Value> values(Result + 1, p.weightsArgument);
    values[Input] = h.gepBytes(p.pointer(op->getOperand(0), loc), h.idx(g * conv.groupChannels()));
    values[Weights] = constants(packPanels(part.data(), c.columns, c.depth, c.dot.group, 1));
    values[Start] =
        constants(packStart(sums, bias ? bias->data() + g * n : nullptr,
                            c.flips() ? zeroPoint + 128 : zeroPoint, c.columns.padded()));
    values[Multiplier] =
        shifted(operands->multiplier, perChannel ? LeafAccess::Column : LeafAccess::Scalar);
    if (operands->residual)
      values[Residual] = shifted(operands->residual, LeafAccess::Full);
    if (isDynamic) {
      values[Residual] = constants(packStart(sums, nullptr, -1, c.columns.padded()));
      values[RowScale] = p.pointer(operands->rowScale, loc);
      values[RowZeroPoint] = p.pointer(operands->rowZeroPoint, loc);
      if (operands->floatBias)
        values[FloatBias] = p.pointer(operands->floatBias, loc);
    }
    values[Result] = shifted(c.epilogue.result(), LeafAccess::Full);
    for (Value leaf : c.epilogue.leaves())
      values.push_back(shifted(leaf, *getLeafAccess(p, op->getResult(0), group, leaf)));
    for (Dim size : {rows, cut.chunks, cut.chunkPanels, conv.height, conv.width, conv.outHeight,
                     conv.outWidth})
      values.push_back(p.hostValue(size, loc));
    p.launch(kernel, values, p.mul(cut.tiles, cut.chunks), c.tileRows * c.depth * n / 16, loc);
  }
  return success();
}
