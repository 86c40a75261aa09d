// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Scaled dot-product attention, as the attention ops of all domains share it.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_ATTENTION_H
#define BITWRIGHT_LIB_IMPORT_ONNX_ATTENTION_H

#include "Compose.h"

namespace bitwright::onnximport {

/// B x S x (heads * D) as B x heads x S x D, and back.
mlir::Value splitHeads(Node &n, mlir::Value x, int64_t heads);
mlir::Value joinHeads(Node &n, mlir::Value x);

/// Which keys a query may read: bool tensors that broadcast to B x H x S x T, joined by "and".
class Visibility {
public:
  /// For S queries, the first of them `offset` keys after the first key, and T keys. `offset` is an
  /// i64 scalar, or B x 1 x 1 x 1.
  Visibility(Node &n, Size queries, Size keys, mlir::Value offset);

  /// Keys up to the query's own place plus `ahead`.
  void limitAhead(int64_t ahead);
  /// Keys from the query's own place minus `behind` on.
  void limitBehind(int64_t behind);
  /// The first `count` keys, B x 1 x 1 x 1.
  void limitCount(mlir::Value count);
  void limit(mlir::Value allowed);

  /// 0 where a key may be read and `hidden` where not, of the type of `like`; null where all may.
  mlir::Value getBias(mlir::Value like, double hidden) const;

private:
  Node &n;
  mlir::Value place, key; // S x 1 (or B x 1 x S x 1) and T
  mlir::Value allowed;
};

/// B as B x 1 x 1 x 1, of i64.
mlir::Value perBatch(Node &n, mlir::Value vector, int32_t elementType);

struct AttentionSpec {
  /// B x H x S x D, B x G x T x D and B x G x T x E; G heads are shared by H / G queries each.
  mlir::Value query, key, value;
  mlir::Value bias; // added to the scores; may be null
  /// Whether the bias may hide all keys of a query, whose result is 0 then.
  bool mayHideAll = false;
  double scale = 1;
  double softcap = 0;
  int32_t elementType = Float;
  int32_t softmaxType = Float;
};

struct AttentionResult {
  mlir::Value output; // B x H x S x E
  /// B x H x S x T: scaled products, after the soft cap, with the bias, after softmax.
  mlir::Value scores, capped, biased, probabilities;
};

AttentionResult attend(Node &n, const AttentionSpec &spec);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_ATTENTION_H
