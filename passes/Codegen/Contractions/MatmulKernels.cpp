// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Products of two computed f32 tensors, as in attention. The right operand is
/// read as it lies in memory, row-major K x N; columns that do not fill a
/// register are read under a mask.

#include "passes/Codegen/Contractions/Contraction.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

static constexpr int64_t tileRowFactor = 4;

namespace {
/// Sizes a matmul kernel receives after its pointers.
enum Size { M, N, K, RowTiles, FirstBatch };

struct Matmul {
  Program &p;
  qnn::MatmulOp op;
  Epilogue epilogue;
  size_t batchRank;

  int64_t lanes() const { return p.getTarget().getLanes(); }
  MicroKernel micro(ValueRange pointers, ValueRange sizes, Value batchRow, Value columnsLeft) const;
  void emit(KernelBuilder &k, ValueRange pointers, ValueRange sizes, Value begin, Value end) const;
};
} // namespace

/// Lanes [0, left) set.
static Value tailMask(KernelBuilder &k, Value left, int64_t lanes) {
  SmallVector<int64_t> counts;
  for (int64_t i = 0; i < lanes; ++i)
    counts.push_back(i);
  auto type = k.vec(k.i64(), lanes);
  Value iota = arith::ConstantOp::create(k.builder(), k.location(), type,
                                         DenseElementsAttr::get(type, ArrayRef<int64_t>(counts)));
  return k.compare(arith::CmpIPredicate::slt, iota, k.splat(left, type));
}

MicroKernel Matmul::micro(ValueRange pointers, ValueRange sizes, Value batchRow,
                          Value columnsLeft) const {
  int64_t width = lanes();
  bool hasFma = p.getTarget().hasFma();
  Value n = sizes[N];
  MicroKernel micro;
  micro.tileRows = p.getTarget().getFloatTileRows();
  micro.init = [=](KernelBuilder &k, Value) { return k.number(k.vec(k.f32(), width), 0); };
  micro.weights = [=](KernelBuilder &k, Value panel, Value step, int64_t index, int64_t) -> Value {
    Type type = k.vec(k.f32(), width);
    Value at = k.add(k.mul(step, n), k.idx(index * width));
    if (!columnsLeft)
      return k.load(type, panel, at);
    return LLVM::MaskedLoadOp::create(k.builder(), k.location(), type, k.gep(panel, k.f32(), at),
                                      tailMask(k, columnsLeft, width), k.number(type, 0), 4u);
  };
  micro.activation = [](KernelBuilder &k, Value row, Value step) {
    return k.load(k.f32(), row, step);
  };
  micro.multiply = [=](KernelBuilder &k, Value acc, Value activation, Value weights) {
    return k.fma(k.splat(activation, acc.getType()), weights, acc, hasFma);
  };
  SmallVector<Value> results(pointers.begin() + 2, pointers.end());
  micro.finish = [this, results, n, batchRow, columnsLeft, width](KernelBuilder &k, Value acc,
                                                                  Value row, Value column) {
    Value offset = k.add(k.mul(k.add(batchRow, row), n), column);
    if (!columnsLeft)
      return epilogue.store(k, acc, offset, column, results);
    Value spill = k.stack(4 * width);
    k.storeAt(acc, spill);
    k.loop(columnsLeft, [&](Value i) {
      epilogue.store(k, k.load(k.f32(), spill, i), k.add(offset, i), k.add(column, i), results);
    });
  };
  return micro;
}

void Matmul::emit(KernelBuilder &k, ValueRange pointers, ValueRange sizes, Value begin,
                  Value end) const {
  int64_t width = lanes(), tileRows = tileRowFactor * p.getTarget().getFloatTileRows()[0];
  Value rowBytes = k.mul(sizes[K], k.idx(4));
  k.loop(begin, end, k.idx(1), [&](Value iv) {
    Value batch = k.divS(iv, sizes[RowTiles]);
    Value rowBegin = k.mul(k.remS(iv, sizes[RowTiles]), k.idx(tileRows));
    Value rowEnd = k.minimum(k.add(rowBegin, k.idx(tileRows)), sizes[M]);
    // Batch dimensions: extent, stride of lhs, stride of rhs, repeats of rhs.
    Value rest = batch, left = pointers[0], right = pointers[1];
    for (int64_t d = batchRank - 1; d >= 0; --d) {
      ValueRange dim = sizes.slice(FirstBatch + 4 * d, 4);
      Value index = k.remS(rest, dim[0]);
      rest = k.divS(rest, dim[0]);
      left = k.gep(left, k.f32(), k.mul(index, dim[1]));
      right = k.gep(right, k.f32(), k.mul(k.divS(index, dim[3]), dim[2]));
    }
    Value batchRow = k.mul(batch, sizes[M]);
    auto columns = [&](Value column, int64_t registers, Value columnsLeft) {
      MicroKernel kernel = micro(pointers, sizes, batchRow, columnsLeft);
      Value panel = k.gep(right, k.f32(), column);
      forEachRowTile(k, kernel.tileRows, rowBegin, rowEnd, [&](Value row, int64_t rows) {
        Value base = k.gepBytes(left, k.mul(row, rowBytes));
        emitMicro(k, kernel, width, rows, registers, registers * width, base, rowBytes, row,
                  sizes[K], panel, column);
      });
    };
    Value wholeEnd = k.sub(sizes[N], k.remS(sizes[N], k.idx(2 * width)));
    k.loop(k.idx(0), wholeEnd, k.idx(2 * width),
           [&](Value column) { columns(column, 2, Value()); });
    Value singleEnd = k.sub(sizes[N], k.remS(sizes[N], k.idx(width)));
    k.loop(wholeEnd, singleEnd, k.idx(width), [&](Value column) { columns(column, 1, Value()); });
    k.ifThen(k.compare(arith::CmpIPredicate::slt, singleEnd, sizes[N]),
             [&] { columns(singleEnd, 1, k.sub(sizes[N], singleEnd)); });
  });
}

LogicalResult bitwright::codegen::emitMatmul(Program &p, Operation *op, const Group &group) {
  Location loc = op->getLoc();
  auto matmul = cast<qnn::MatmulOp>(op);
  for (Value operand : op->getOperands())
    if (Type type = p.info(operand).elementType; !type.isF32())
      return refuseType(op, type);
  const Dims x = p.info(matmul.getLhs()).dims, z = p.info(op->getResult(0)).dims;
  size_t batchRank = z.size() - 2;
  Matmul m{p, matmul, Epilogue{p, op, group, z.back()}, batchRank};

  SmallVector<Dim> sizes = {z[z.size() - 2], z.back(), x.back()};
  Dim rowTiles = p.ceilDiv(sizes[M], tileRowFactor * p.getTarget().getFloatTileRows()[0]);
  sizes.push_back(rowTiles);
  auto strides = [&](Value operand) {
    const TensorInfo info = p.info(operand);
    const Dims dims = info.dims;
    Dims all = contiguousStrides(p, info.heldDims()), batch;
    size_t missing = z.size() - dims.size();
    for (size_t d = 0; d < batchRank; ++d) {
      if (d < missing)
        batch.push_back(0);
      else
        batch.push_back(p.select(p.equal(dims[d - missing], 1), 0, all[d - missing]));
    }
    return batch;
  };
  Dims left = strides(matmul.getLhs()), right = strides(matmul.getRhs());
  const std::optional<Repeat> repeat = p.info(matmul.getRhs()).repeat;
  size_t missing = z.size() - p.info(matmul.getRhs()).dims.size();
  for (size_t d = 0; d < batchRank; ++d)
    sizes.append({z[d], left[d], right[d],
                  repeat && repeat->dimension + missing == d ? repeat->times : int64_t(1)});

  SmallVector<Value> leaves = m.epilogue.leaves();
  SmallVector<Program::Arg> args(3 + leaves.size(), Program::Arg::Pointer);
  args.append(sizes.size(), Program::Arg::Size);
  auto body = [&](KernelBuilder &k, ValueRange v, Value begin, Value end) {
    m.emit(k, v.take_front(3 + leaves.size()), v.drop_front(3 + leaves.size()), begin, end);
  };
  Kernel kernel =
      p.getKernel("matmul_f32", std::to_string(batchRank) + m.epilogue.key(), args, loc, body);
  SmallVector<Value> values = {p.pointer(matmul.getLhs(), loc), p.pointer(matmul.getRhs(), loc),
                               p.pointer(m.epilogue.result(), loc)};
  for (Value leaf : leaves)
    values.push_back(p.pointer(leaf, loc));
  for (Dim size : sizes)
    values.push_back(p.hostValue(size, loc));
  Dim batches = p.product(ArrayRef(z).drop_back(2));
  p.launch(kernel, values, p.mul(batches, rowTiles), 1 << 14, loc);
  return success();
}
