// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Products of two computed f32 tensors, as in attention. The right operand is
/// read as it lies in memory, row-major K x N; columns that do not fill a
/// register are read under a mask.

#include "passes/Codegen/Contractions/Contraction.h"
#include "passes/Codegen/Contractions/Epilogue.h"
#include "passes/Codegen/Contractions/Tiles.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;
using namespace bitwright::codegen;
namespace qnn = bitwright::qnn;

namespace {
/// Sizes a matmul kernel receives after its pointers.
enum Size { M, N, K, RowTiles, FirstBatch };

struct Matmul {
  Program &p;
  FusedEpilogue epilogue;
  ContractionSpec spec;
  const TileKernel &tile;
  size_t batchRank;

  void emit(KernelBuilder &k, ValueRange pointers, ValueRange sizes, Iterations &iterations) const;
};

/// One tile of rows of one batch.
struct BatchTile {
  Value left, right; ///< The matrices of the batch.
  Value firstRow;    ///< Rows of the result before the batch.
  Value rowBegin, rowEnd;
};
} // namespace

/// The batch of iteration `iv` and its tile of rows. Batch dimensions: extent,
/// stride of lhs, stride of rhs, repeats of rhs.
static BatchTile getBatchTile(KernelBuilder &k, const Matmul &m, Value iv, ValueRange pointers,
                              ValueRange sizes) {
  Value tileRows = k.idx(m.tile.rowsOfTile(m.spec));
  Value batch = k.divS(iv, sizes[RowTiles]);
  Value rowBegin = k.mul(k.remS(iv, sizes[RowTiles]), tileRows);
  Value rowEnd = k.minimum(k.add(rowBegin, tileRows), sizes[M]);
  Value rest = batch, left = pointers[0], right = pointers[1];
  for (int64_t d = m.batchRank - 1; d >= 0; --d) {
    ValueRange dim = sizes.slice(FirstBatch + 4 * d, 4);
    Value index = k.remS(rest, dim[0]);
    rest = k.divS(rest, dim[0]);
    left = k.gep(left, k.f32(), k.mul(index, dim[1]));
    right = k.gep(right, k.f32(), k.mul(k.divS(index, dim[3]), dim[2]));
  }
  return {left, right, k.mul(batch, sizes[M]), rowBegin, rowEnd};
}

void Matmul::emit(KernelBuilder &k, ValueRange pointers, ValueRange sizes,
                  Iterations &iterations) const {
  int64_t wide = tile.tile().columns, narrow = tile.granule();
  Value rowBytes = k.mul(sizes[K], k.idx(4)), n = sizes[N];
  SmallVector<Value> results(pointers.begin() + 2, pointers.end());
  iterations.forEach([&](Value iv) {
    BatchTile batch = getBatchTile(k, *this, iv, pointers, sizes);
    auto finish = [&](Value sums, Value row, Value column) {
      Value offset = k.add(k.mul(k.add(batch.firstRow, row), n), column);
      epilogue.store(k, sums, offset, column, results);
    };
    auto columns = [&](Value column, int64_t width, Value left) {
      TilePanel panel;
      panel.rhs = k.gep(batch.right, k.f32(), column);
      panel.column = column;
      panel.columns = panel.valid = width;
      panel.rhsStride = n;
      panel.left = left;
      forEachRowTile(k, tile.rowTails(), batch.rowBegin, batch.rowEnd,
                     [&](Value row, int64_t count) {
                       TileRows rows{k.gepBytes(batch.left, k.mul(row, rowBytes)), rowBytes, row,
                                     k.sub(row, batch.rowBegin), sizes[K]};
                       tile.emit(k, spec, panel, rows, count, Value(), finish);
                     });
    };
    Value wideEnd = k.sub(n, k.remS(n, k.idx(wide)));
    k.loop(k.idx(0), wideEnd, k.idx(wide), [&](Value at) { columns(at, wide, Value()); });
    Value narrowEnd = k.sub(n, k.remS(n, k.idx(narrow)));
    k.loop(wideEnd, narrowEnd, k.idx(narrow), [&](Value at) { columns(at, narrow, Value()); });
    k.ifThen(k.compare(arith::CmpIPredicate::slt, narrowEnd, n),
             [&] { columns(narrowEnd, narrow, k.sub(n, narrowEnd)); });
  });
}

/// The sizes of the kernel: see Size and getBatchTile().
static Dims getSizes(Program &p, qnn::MatmulOp op, int64_t tileRows) {
  const Dims x = p.info(op.getLhs()).dims, z = p.info(op.getResult()).dims;
  size_t batchRank = z.size() - 2;
  Dims sizes = {z[batchRank], z.back(), x.back()};
  sizes.push_back(p.sizes.ceilDiv(sizes[M], tileRows));
  auto strides = [&](Value operand) {
    const TensorInfo info = p.info(operand);
    Dims all = p.sizes.contiguousStrides(info.heldDims()), batch;
    size_t missing = z.size() - info.dims.size();
    for (size_t d = 0; d < batchRank; ++d) {
      if (d < missing)
        batch.push_back(0);
      else
        batch.push_back(
            p.sizes.select(p.sizes.equal(info.dims[d - missing], 1), 0, all[d - missing]));
    }
    return batch;
  };
  Dims left = strides(op.getLhs()), right = strides(op.getRhs());
  const TensorInfo rhs = p.info(op.getRhs());
  size_t missing = z.size() - rhs.dims.size();
  for (size_t d = 0; d < batchRank; ++d)
    sizes.append(
        {z[d], left[d], right[d],
         rhs.repeat && rhs.repeat->dimension + missing == d ? rhs.repeat->times : int64_t(1)});
  return sizes;
}

LogicalResult bitwright::codegen::emitMatmul(Program &p, kernel::LaunchOp unit) {
  auto op = cast<qnn::MatmulOp>(unit.getAnchor());
  Location loc = op.getLoc();
  auto fail = [&](const Twine &message) {
    return op.emitError() << "node '" << bitwright::getNodeName(loc) << "': " << message;
  };
  for (Value operand : op->getOperands())
    if (Type type = p.info(operand).elementType; !type.isF32())
      return refuseType(op, type);
  ContractionSpec spec{ElementKind::F32, ElementKind::F32};
  spec.rhsInPlace = true;
  const TileKernel *tile = p.getTarget().select(spec);
  if (!tile)
    return fail("the target has no kernel for a matmul of f32");
  const Dims z = p.info(op.getResult()).dims;
  Matmul m{p, FusedEpilogue{p, unit, z.back()}, spec, *tile, z.size() - 2};
  Dims sizes = getSizes(p, op, tile->rowsOfTile(spec));

  ValueRange leaves = m.epilogue.leaves();
  size_t pointers = 3 + leaves.size();
  SmallVector<KernelArg> args(pointers, KernelArg::Pointer);
  args.append(sizes.size(), KernelArg::Size);
  auto body = [&](KernelBuilder &k, ValueRange v, Iterations &iterations) {
    m.emit(k, v.take_front(pointers), v.drop_front(pointers), iterations);
  };
  std::string name = ("matmul_" + getName(spec) + "_" + tile->name()).str();
  Kernel kernel = p.kernels.get(name, args, loc, body);
  SmallVector<Value> values = {p.pointer(op.getLhs(), loc), p.pointer(op.getRhs(), loc),
                               p.pointer(m.epilogue.result(), loc)};
  for (Value leaf : leaves)
    values.push_back(p.pointer(leaf, loc));
  for (Dim size : sizes)
    values.push_back(p.host.value(size, loc));
  Dim batches = p.sizes.product(ArrayRef(z).drop_back(2));
  p.host.launch(kernel, values, p.sizes.mul(batches, sizes[RowTiles]), 1 << 14, loc);
  return success();
}
