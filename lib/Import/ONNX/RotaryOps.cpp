// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Rotary position embeddings.

#include "Attention.h"
#include "OpTable.h"
#include "Rotary.h"
#include "dialects/QNN/QNNOps.h"

using namespace mlir;

namespace bitwright::onnximport {

Value rotate(Node &n, Value x, const RotaryTables &tables, bool isInterleaved) {
  if (n.failed() || !tables.cosine || !tables.sine)
    return {};
  int64_t rank = rankOf(n, x), axis = rank - 1;
  Size width = sizeOf(n, x, axis), half = sizeOf(n, tables.cosine, -1);
  if (!n.expect(width.isKnown() && half.isKnown() && 2 * half.known <= width.known,
                "the size of a head and the width of cos_cache must be static, and twice the "
                "latter fit the former"))
    return {};
  int64_t rotated = 2 * half.known;
  auto part = [&](int64_t start, int64_t end, int64_t step) {
    return sliceAxis(n, x, axis, start, end, step);
  };
  Value real = isInterleaved ? part(0, rotated, 2) : part(0, half.known, 1);
  Value imaginary = isInterleaved ? part(1, rotated, 2) : part(half.known, rotated, 1);
  Value newReal = sub(n, mul(n, tables.cosine, real), mul(n, tables.sine, imaginary));
  Value newImaginary = add(n, mul(n, tables.sine, real), mul(n, tables.cosine, imaginary));
  Value result;
  if (isInterleaved) {
    result = concat(n, {n.unsqueeze(newReal, {rank}), n.unsqueeze(newImaginary, {rank})}, rank);
    SmallVector<Size> sizes;
    for (int64_t i = 0; i < axis; ++i)
      sizes.push_back(sizeOf(n, x, i));
    sizes.push_back(rotated);
    result = reshapeTo(n, result, sizes);
  } else {
    result = concat(n, {newReal, newImaginary}, axis);
  }
  if (rotated == width.known)
    return result;
  return concat(n, {result, part(rotated, width.known, 1)}, axis);
}

/// Rows of a table for B x S positions, or the table itself; a dimension of heads goes in at
/// `axis`.
static Value lookUp(Node &n, Value table, Value positions, int64_t axis, StringRef what) {
  if (positions)
    table = gather(n, table, positions, 0);
  if (!n.expect(rankOf(n, table) == 3, "expects " + what +
                                           " of rank 2 with positions, of rank 3 "
                                           "without"))
    return {};
  return n.unsqueeze(table, {axis});
}

RotaryTables lookUpRotary(Node &n, Value cosine, Value sine, Value positions, int64_t headAxis) {
  return {lookUp(n, cosine, positions, headAxis, "cos_cache"),
          lookUp(n, sine, positions, headAxis, "sin_cache")};
}

namespace {

/// The table cut to half of `width`, where the attribute says less than the table holds.
void expectWidth(Node &n, Value table, int64_t width) {
  Size half = sizeOf(n, table, -1);
  n.expect(width == 0 || !half.isKnown() || 2 * half.known == width,
           "attribute 'rotary_embedding_dim' must be twice the width of cos_cache");
}

/// Input 0 is B x H x S x D, or B x S x (H * D) with `heads`.
void buildRotation(Node &n, Value cosine, Value sine, Value positions, int64_t heads) {
  int64_t rank = n.getRank(0);
  bool isInterleaved = n.getBool("interleaved", false);
  expectWidth(n, cosine, n.getInt("rotary_embedding_dim", 0));
  if (n.failed() || !n.expect(rank == 3 || rank == 4, "expects an input of rank 3 or 4"))
    return;
  Value x = n.getInput(0);
  if (rank == 4) {
    RotaryTables tables = lookUpRotary(n, cosine, sine, positions, 1);
    return n.setResult(rotate(n, x, tables, isInterleaved));
  }
  Size width = sizeOf(n, x, 2);
  if (!n.expect(width.isKnown() && heads > 0 && width.known % heads == 0,
                "attribute 'num_heads' must divide a static hidden size"))
    return;
  Value split = reshapeTo(n, x, {sizeOf(n, x, 0), sizeOf(n, x, 1), heads, width.known / heads});
  RotaryTables tables = lookUpRotary(n, cosine, sine, positions, 2);
  Value result = rotate(n, split, tables, isInterleaved);
  n.setResult(n.create<qnn::ReshapeOp>({result, n.shapeOf(x)}));
}

void buildRotaryEmbedding(Node &n) {
  Value positions = n.hasInput(3) ? n.getInput(3) : Value();
  buildRotation(n, n.getInput(1), n.getInput(2), positions, n.getInt("num_heads", 0));
}

/// com.microsoft: positions come second, and are one offset or B x S; without num_heads the width
/// of the tables tells the size of a head.
void buildMicrosoftRotaryEmbedding(Node &n) {
  n.getFloat("scale", 1); // of training, not read by ONNX Runtime
  n.expect(!n.getBool("is_packed_batching", false),
           "attribute 'is_packed_batching' is not supported");
  Value cosine = n.getInput(2), sine = n.getInput(3), positions = n.getIndexInput(1);
  int64_t heads = n.getInt("num_heads", 0), rank = n.getRank(0);
  if (n.failed())
    return;
  Size half = sizeOf(n, cosine, -1);
  if (heads == 0 && rank == 3) {
    Size width = sizeOf(n, n.getInput(0), 2);
    if (!n.expect(half.isKnown() && width.isKnown() && half.known > 0,
                  "the width of cos_cache and the hidden size must be static"))
      return;
    heads = width.known / (2 * half.known);
  }
  if (rankOf(n, positions) == 1) {
    Size steps = sizeOf(n, n.getInput(0), rank == 4 ? 2 : 1);
    positions = add(n, n.reshape(positions, {1, 1}), n.unsqueeze(rangeTo(n, steps), {0}));
  }
  buildRotation(n, cosine, sine, positions, heads);
}

} // namespace

ArrayRef<OpEntry> getRotaryOps() {
  static const OpEntry entries[] = {
      {"RotaryEmbedding", 3, 4, buildRotaryEmbedding, 23},
      {"RotaryEmbedding", 4, 4, buildMicrosoftRotaryEmbedding, 1, 1, "com.microsoft"},
  };
  return entries;
}

} // namespace bitwright::onnximport
