// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Ops that move elements: each becomes strided copies, or a loop over indices.

#include "passes/Codegen/Build/MathEmitter.h"
#include "passes/Codegen/Kernels/Kernels.h"
#include "passes/Codegen/Plan/Shapes.h"

#include "bitwright/Numerics/FloatFormats.h"
#include "bitwright_rt/abi.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;
using IPred = arith::CmpIPredicate;

static int64_t normalize(int64_t axis, size_t rank) {
  return axis < 0 ? axis + int64_t(rank) : axis;
}

static int64_t bytesOf(Program &p, Value tensor) {
  return getElementBytes(p.info(tensor).elementType);
}

static void emitTranspose(Program &p, qnn::TransposeOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getResult()).heldDims(), inputDims = p.info(op.getInput()).heldDims();
  Dims inputStrides = p.sizes.contiguousStrides(inputDims), strides;
  for (int64_t axis : op.getPerm())
    strides.push_back(inputStrides[axis]);
  emitStridedCopy(p, bytesOf(p, op.getInput()), dims, p.pointer(op.getInput(), loc), 0, strides,
                  p.pointer(op.getResult(), loc), 0, p.sizes.contiguousStrides(dims), loc);
}

static void emitSlice(Program &p, qnn::SliceOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getResult()).dims, inputDims = p.info(op.getInput()).dims;
  Dims strides = p.sizes.contiguousStrides(inputDims);
  Dim offset(0);
  for (auto [i, axis] : llvm::enumerate(getSliceAxes(p, op))) {
    // An empty slice may start past the end; it is never read.
    offset = p.sizes.add(offset, p.sizes.mul(axis.start, strides[i]));
    strides[i] = p.sizes.mul(strides[i], axis.step);
  }
  emitStridedCopy(p, bytesOf(p, op.getInput()), dims, p.pointer(op.getInput(), loc), offset,
                  strides, p.pointer(op.getResult(), loc), 0, p.sizes.contiguousStrides(dims), loc);
}

static void emitConcat(Program &p, qnn::ConcatOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getResult()).dims;
  Dims strides = p.sizes.contiguousStrides(dims);
  int64_t axis = normalize(op.getAxis(), dims.size());
  Dim at(0);
  for (Value input : op.getInputs()) {
    const Dims inputDims = p.info(input).dims;
    emitStridedCopy(p, bytesOf(p, input), inputDims, p.pointer(input, loc), 0,
                    p.sizes.contiguousStrides(inputDims), p.pointer(op.getResult(), loc),
                    p.sizes.mul(at, strides[axis]), strides, loc);
    at = p.sizes.add(at, inputDims[axis]);
  }
}

static void emitExpand(Program &p, qnn::ExpandOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getResult()).dims;
  Dims inputDims = p.info(op.getInput()).dims;
  inputDims.insert(inputDims.begin(), dims.size() - inputDims.size(), Dim(1));
  Dims strides = p.sizes.contiguousStrides(inputDims);
  for (size_t d = 0; d < dims.size(); ++d)
    if (inputDims[d] != dims[d])
      strides[d] = p.sizes.select(p.sizes.equal(inputDims[d], 1), 0, strides[d]);
  emitStridedCopy(p, bytesOf(p, op.getInput()), dims, p.pointer(op.getInput(), loc), 0, strides,
                  p.pointer(op.getResult(), loc), 0, p.sizes.contiguousStrides(dims), loc);
}

static void emitTile(Program &p, qnn::TileOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getResult()).dims, inputDims = p.info(op.getInput()).dims;
  Dims from = p.sizes.contiguousStrides(inputDims), to = p.sizes.contiguousStrides(dims);
  Dims nest, srcStrides, dstStrides;
  for (size_t d = 0; d < dims.size(); ++d) {
    nest.push_back((*p.info(op.getRepeats()).elements)[d]);
    srcStrides.push_back(0);
    dstStrides.push_back(p.sizes.mul(to[d], inputDims[d]));
    nest.push_back(inputDims[d]);
    srcStrides.push_back(from[d]);
    dstStrides.push_back(to[d]);
  }
  emitStridedCopy(p, bytesOf(p, op.getInput()), nest, p.pointer(op.getInput(), loc), 0, srcStrides,
                  p.pointer(op.getResult(), loc), 0, dstStrides, loc);
}

static void emitConstantPad(Program &p, qnn::PadOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getResult()).dims, inputDims = p.info(op.getInput()).dims;
  Dims from = p.sizes.contiguousStrides(inputDims), to = p.sizes.contiguousStrides(dims),
       zero(dims.size(), Dim(0));
  int64_t bytes = bytesOf(p, op.getInput());
  Value destination = p.pointer(op.getResult(), loc);
  emitStridedCopy(p, bytes, dims, p.pointer(op.getValue(), loc), 0, zero, destination, 0, to, loc);
  Dim source(0), target(0);
  Dims counts;
  for (size_t d = 0; d < dims.size(); ++d) {
    Dim begin = (*p.info(op.getPads()).elements)[d];
    Dim skip = p.sizes.max(p.sizes.sub(0, begin), 0), place = p.sizes.max(begin, 0);
    source = p.sizes.add(source, p.sizes.mul(skip, from[d]));
    target = p.sizes.add(target, p.sizes.mul(place, to[d]));
    counts.push_back(
        p.sizes.max(p.sizes.min(p.sizes.sub(inputDims[d], skip), p.sizes.sub(dims[d], place)), 0));
  }
  emitStridedCopy(p, bytes, counts, p.pointer(op.getInput(), loc), source, from, destination,
                  target, to, loc);
}

/// Input coordinate for output coordinate `x` less the padding, by mode.
static Value padCoordinate(KernelBuilder &k, qnn::PadMode mode, Value x, Value size) {
  Value last = k.sub(size, k.idx(1)), zero = k.idx(0);
  if (mode == qnn::PadMode::Edge)
    return k.minimum(k.maximum(x, zero), last);
  if (mode == qnn::PadMode::Wrap) {
    Value r = k.remS(x, size);
    return k.select(k.compare(IPred::slt, r, zero), k.add(r, size), r);
  }
  // reflect: ... 2 1 | 0 1 2 | 1 0 ..., period 2 (size - 1).
  Value period = k.maximum(k.mul(last, k.idx(2)), k.idx(1));
  Value r = k.remS(x, period);
  r = k.select(k.compare(IPred::slt, r, zero), k.add(r, period), r);
  Value mirrored = k.sub(period, r);
  Value y = k.select(k.compare(IPred::sgt, r, last), mirrored, r);
  return k.minimum(k.maximum(y, zero), last);
}

static void emitIndexedPad(Program &p, qnn::PadOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getResult()).dims, inputDims = p.info(op.getInput()).dims;
  size_t rank = dims.size();
  Type element = IntegerType::get(p.getContext(), 8 * bytesOf(p, op.getInput()));
  SmallVector<KernelArg> args(2, KernelArg::Pointer);
  args.append(3 * rank, KernelArg::Size);
  auto body = [&](KernelBuilder &k, ValueRange values, Iterations &iterations) {
    ValueRange sizes = values.drop_front(2);
    iterations.forEach([&](Value iv) {
      Value rest = iv, index = k.idx(0), stride = k.idx(1);
      for (int64_t d = rank - 1; d >= 0; --d) {
        Value x = k.sub(k.remS(rest, sizes[d]), sizes[2 * rank + d]);
        rest = k.divS(rest, sizes[d]);
        index = k.add(index, k.mul(padCoordinate(k, op.getMode(), x, sizes[rank + d]), stride));
        stride = k.mul(stride, sizes[rank + d]);
      }
      k.store(k.load(element, values[0], index), values[1], iv);
    });
  };
  Kernel kernel = p.kernels.get("pad", args, loc, body);
  SmallVector<Value> values = {p.pointer(op.getInput(), loc), p.pointer(op.getResult(), loc)};
  for (Dim dim : dims)
    values.push_back(p.host.value(dim, loc));
  for (Dim dim : inputDims)
    values.push_back(p.host.value(dim, loc));
  for (size_t d = 0; d < rank; ++d)
    values.push_back(p.host.value((*p.info(op.getPads()).elements)[d], loc));
  p.host.launch(kernel, values, p.sizes.product(dims), 8 * rank, loc);
}

/// A large f32 constant whose values are all binary16 numbers, as those; "" for any other. Tables
/// of embeddings often are: their network was stored in half precision.
static std::vector<char> packHalves(Value tensor) {
  constexpr size_t least = 1 << 14;
  auto values = cast<RankedTensorType>(tensor.getType()).getElementType().isF32()
                    ? bitwright::getFloats(tensor)
                    : std::nullopt;
  if (!values || values->size() < least)
    return {};
  std::vector<uint16_t> halves;
  for (float value : *values) {
    halves.push_back(bitwright::encodeF16(value));
    if (llvm::bit_cast<uint32_t>(bitwright::decodeF16(halves.back())) !=
        llvm::bit_cast<uint32_t>(value))
      return {};
  }
  const char *bytes = reinterpret_cast<const char *>(halves.data());
  return std::vector<char>(bytes, bytes + halves.size() * sizeof(uint16_t));
}

static void emitGather(Program &p, qnn::GatherOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getInput()).dims;
  int64_t axis = normalize(op.getAxis(), dims.size());
  Dim outer = p.sizes.product(ArrayRef(dims).take_front(axis)),
      inner = p.sizes.product(ArrayRef(dims).drop_front(axis + 1));
  Dim count = p.numElements(op.getIndices());
  Type indexType = p.info(op.getIndices()).elementType;
  int64_t bytes = bytesOf(p, op.getInput());
  std::vector<char> halves = packHalves(op.getInput());
  using Arg = KernelArg;
  int32_t code = p.nodes.errorCode(op, BW_ERR_INDEX);
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    Value input = v[0], indices = v[1], result = v[2], error = v[3], size = v[4], inner = v[5],
          number = v[6];
    iterations.forEach([&](Value iv) {
      Value at = k.remS(iv, number), row = k.divS(iv, number);
      Value index = k.extend(k.load(indexType, indices, at), k.i64(), false);
      index = k.select(k.compare(IPred::slt, index, k.idx(0)), k.add(index, size), index);
      Value valid = k.compare(IPred::ult, index, size);
      k.ifThen(k.bitXor(valid, k.integer(k.i1(), 1)),
               [&] { k.storeAt(k.integer(k.i32(), code), error); });
      index = k.select(valid, index, k.idx(0));
      Value from = k.mul(k.add(k.mul(row, size), index), inner), to = k.mul(iv, inner);
      if (halves.empty()) {
        Value count = k.mul(inner, k.idx(bytes));
        k.memcpyBytes(k.gepBytes(result, k.mul(to, k.idx(bytes))),
                      k.gepBytes(input, k.mul(from, k.idx(bytes))), count);
        return;
      }
      Value source = k.gep(input, k.i16(), from), target = k.gep(result, k.f32(), to);
      iterations.forEachVector(
          k.idx(0), inner, p.getTarget().getVector().lanes, [&](Value i, int64_t lanes) {
            Value half = k.load(lanes == 1 ? Type(k.i16()) : k.vec(k.i16(), lanes), source, i);
            k.store(emitHalfToFloat(k, half), target, i);
          });
    });
  };
  Kernel kernel = p.kernels.get(
      "gather",
      {Arg::Pointer, Arg::Pointer, Arg::Pointer, Arg::Pointer, Arg::Size, Arg::Size, Arg::Size},
      loc, body);
  Value input = halves.empty() ? p.pointer(op.getInput(), loc) : p.constant(halves, loc);
  p.host.launch(kernel,
                {input, p.pointer(op.getIndices(), loc), p.pointer(op.getResult(), loc),
                 p.host.errorWord(), p.host.value(dims[axis], loc), p.host.value(inner, loc),
                 p.host.value(count, loc)},
                p.sizes.mul(outer, count), inner.isStatic() ? inner.size : 64, loc);
}

/// One slice for each tuple of indices. The place of a slice is counted in slices: the batch, then
/// one index after the other.
static LogicalResult emitGatherND(Program &p, qnn::GatherNDOp op) {
  Location loc = op.getLoc();
  const Dims dims = p.info(op.getInput()).dims, indexDims = p.info(op.getIndices()).dims;
  int64_t batch = op.getBatchDims(), length = indexDims.back().size;
  Dim inner = p.sizes.product(ArrayRef(dims).drop_front(batch + length));
  Dim number = p.sizes.product(ArrayRef(indexDims).drop_front(batch).drop_back()); // of one batch
  Type element = p.info(op.getInput()).elementType, indexType = p.info(op.getIndices()).elementType;
  if (element.isInteger(4))
    return op.emitError() << "node '" << bitwright::getNodeName(loc)
                          << "': 'qnn.gather_nd' on i4 cannot be compiled";
  int64_t bytes = bytesOf(p, op.getInput()), code = p.nodes.errorCode(op, BW_ERR_INDEX);
  bool isSingle = inner.is(1);
  using Arg = KernelArg;
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    Value error = v[3], inner = v[4], number = v[5];
    ValueRange sizes = v.drop_front(6);
    iterations.forEach([&](Value iv) {
      Value place = k.divS(iv, number), valid = k.integer(k.i1(), 1);
      for (int64_t i = 0; i < length; ++i) {
        Value at = k.add(k.mul(iv, k.idx(length)), k.idx(i));
        Value index = k.extend(k.load(indexType, v[1], at), k.i64(), false);
        index = k.select(k.compare(IPred::slt, index, k.idx(0)), k.add(index, sizes[i]), index);
        valid = k.bitAnd(valid, k.compare(IPred::ult, index, sizes[i]));
        place = k.add(k.mul(place, sizes[i]), index);
      }
      // A tuple out of range reads nothing: the input may be empty.
      k.ifElse(
          valid,
          [&] {
            if (isSingle) {
              Type bits = k.builder().getIntegerType(8 * bytes);
              return k.store(k.load(bits, v[0], place), v[2], iv);
            }
            Value size = k.mul(inner, k.idx(bytes));
            k.memcpyBytes(k.gepBytes(v[2], k.mul(iv, size)), k.gepBytes(v[0], k.mul(place, size)),
                          size);
          },
          [&] { k.storeAt(k.integer(k.i32(), code), error); });
    });
  };
  SmallVector<Arg> args(4, Arg::Pointer);
  args.append(2 + length, Arg::Size);
  Kernel kernel = p.kernels.get("gather_nd", args, loc, body);
  SmallVector<Value> values = {p.pointer(op.getInput(), loc),  p.pointer(op.getIndices(), loc),
                               p.pointer(op.getResult(), loc), p.host.errorWord(),
                               p.host.value(inner, loc),       p.host.value(number, loc)};
  for (Dim size : ArrayRef(dims).slice(batch, length))
    values.push_back(p.host.value(size, loc));
  p.host.launch(kernel, values, p.sizes.product(ArrayRef(indexDims).drop_back()),
                inner.isStatic() ? inner.size + 8 * length : 64, loc);
  return success();
}

static LogicalResult emitRange(Program &p, qnn::RangeOp op) {
  Location loc = op.getLoc();
  Type type = p.info(op.getResult()).elementType;
  if (!type.isInteger())
    return op.emitError() << "node '" << bitwright::getNodeName(loc)
                          << "': a range of floats cannot be compiled";
  using Arg = KernelArg;
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    iterations.forEach(
        [&](Value iv) { k.store(k.truncate(k.add(v[1], k.mul(iv, v[2])), type), v[0], iv); });
  };
  Kernel kernel = p.kernels.get("range", {Arg::Pointer, Arg::Size, Arg::Size}, loc, body);
  auto scalar = [&](Value tensor) { return p.host.value((*p.info(tensor).elements)[0], loc); };
  p.host.launch(kernel,
                {p.pointer(op.getResult(), loc), scalar(op.getStart()), scalar(op.getDelta())},
                p.numElements(op.getResult()), 1, loc);
  return success();
}

Emitted bitwright::codegen::emitMovement(Program &p, Operation *op) {
  return llvm::TypeSwitch<Operation *, Emitted>(op)
      .Case([&](qnn::TransposeOp o) { return emitTranspose(p, o), success(); })
      .Case([&](qnn::SliceOp o) { return emitSlice(p, o), success(); })
      .Case([&](qnn::ConcatOp o) { return emitConcat(p, o), success(); })
      .Case([&](qnn::ExpandOp o) { return emitExpand(p, o), success(); })
      .Case([&](qnn::TileOp o) { return emitTile(p, o), success(); })
      .Case([&](qnn::GatherOp o) { return emitGather(p, o), success(); })
      .Case([&](qnn::GatherNDOp o) { return emitGatherND(p, o); })
      .Case([&](qnn::RangeOp o) { return emitRange(p, o); })
      .Case([&](qnn::ResizeOp) { return emitResize(p, op); })
      .Case([&](qnn::PadOp o) {
        if (o.getMode() == qnn::PadMode::Constant)
          emitConstantPad(p, o);
        else
          emitIndexedPad(p, o);
        return success();
      })
      .Default([](Operation *) { return std::nullopt; });
}
