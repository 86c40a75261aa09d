// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reading QDQ form: parameters of activations, weights, and what stands
/// between a dequantize and a quantize.

#ifndef BITWRIGHT_PASSES_FUSION_QDQ_H
#define BITWRIGHT_PASSES_FUSION_QDQ_H

#include "dialects/QNN/QNNOps.h"
#include "mlir/IR/PatternMatch.h"
#include "passes/Common/FusedGroup.h"
#include <optional>
#include <string>

namespace bitwright {

/// A match or the reason why there is none: a clause for the report.
template <typename T> struct MatchOr {
  MatchOr(T value) : value(std::move(value)) {}
  MatchOr(const char *reason) : reason(reason) {}
  MatchOr(std::string reason) : reason(std::move(reason)) {}
  explicit operator bool() const { return value.has_value(); }
  T *operator->() { return &*value; }
  T &operator*() { return *value; }

  std::optional<T> value;
  std::string reason;
};

/// The parameters of a tensor that is quantized as a whole to 8 bits; nullopt for any other.
std::optional<TensorParams> getTensorParams(qnn::QuantizeOp op);
std::optional<TensorParams> getTensorParams(qnn::DequantizeOp op);

/// The quantized activation that `value` is read back from.
std::optional<QuantizedValue> getQuantized(mlir::Value value);

/// Constant weights of 8 bits with output channel 0: symmetric signed bytes and a
/// scale for each channel.
struct QuantizedWeights {
  mlir::Value data; ///< the constant itself where it is in that form already
  llvm::SmallVector<int8_t> bytes;
  llvm::SmallVector<float> scales; ///< one for each channel
  bool isRounded = false;          ///< some differ from what was stored: see fitSignedByte
};
MatchOr<QuantizedWeights> getQuantizedWeights(mlir::Value weight);

/// The storage values that a clamp keeps; null: all of them.
IntegerRange getClamp(mlir::Operation *clamp, const TensorParams &output);

/// The float ops that the integer op in front of the quantize would be made of.
FusedGroup findGroup(qnn::QuantizeOp op);

/// Records what was fused in the decision log.
void recordFused(mlir::Operation *op, const llvm::Twine &intoWhat);

/// Why the contraction does not become an integer op; a match where it does.
struct ContractionMatch {
  FusedGroup group;
  QuantizedValue input;
  QuantizedWeights weights;
  llvm::SmallVector<int32_t> bias; // empty where there is none
  std::optional<QuantizedValue> residual;
  TensorParams output;

  qnn::ContractionInterface getContraction() const {
    return mlir::cast<qnn::ContractionInterface>(group.head);
  }
};
MatchOr<ContractionMatch> matchContraction(qnn::QuantizeOp op);

/// The patterns of qnn-fuse-qdq.
void populateContractionPatterns(mlir::RewritePatternSet &patterns);
void populateElementwisePatterns(mlir::RewritePatternSet &patterns);
void populateLookupPatterns(mlir::RewritePatternSet &patterns);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_FUSION_QDQ_H
