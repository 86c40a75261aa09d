// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reading QDQ form: parameters of activations, weights, and what stands
/// between a dequantize and a quantize.

#ifndef BITWRIGHT_PASSES_FUSION_QDQ_H
#define BITWRIGHT_PASSES_FUSION_QDQ_H

#include "bitwright/Numerics/Quantize.h"
#include "dialects/QNN/QNNOps.h"
#include "mlir/IR/PatternMatch.h"
#include "passes/Common/IntegerForms.h"
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

/// Parameters of a tensor quantized as a whole to 8 bits.
struct TensorParams {
  mlir::Value scale, zeroPoint; // rank-0 constants
  float scaleValue = 1.0f;
  int64_t zeroPointValue = 0; // in storage terms: 0..255 where unsigned
  bool isUnsigned = false;

  IntegerRange range() const { return integerRange(8, isUnsigned); }
  bool operator==(const TensorParams &other) const {
    return scaleValue == other.scaleValue && zeroPointValue == other.zeroPointValue &&
           isUnsigned == other.isUnsigned;
  }
  bool operator!=(const TensorParams &other) const { return !(*this == other); }
};
std::optional<TensorParams> getTensorParams(qnn::QuantizeOp op);
std::optional<TensorParams> getTensorParams(qnn::DequantizeOp op);

/// A quantized activation: `data` dequantized with `params` gives the value asked about.
struct QuantizedValue {
  mlir::Value data;
  TensorParams params;
};
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

/// The storage values that a relu or clip after an op keeps; `op` null: all of them.
IntegerRange getClamp(mlir::Operation *activation, const TensorParams &output);

/// A scalar f32 constant; the multiplier is computed in double and rounded once.
mlir::Value createMultiplier(mlir::OpBuilder &builder, mlir::Location loc, double value);

/// Looks from the operand of a quantize through a relu or clip that nothing else uses.
struct ClampedValue {
  mlir::Value value;
  mlir::Operation *clamp = nullptr;
};
ClampedValue skipClamp(mlir::Value value);

/// Records what was fused in the decision log.
void recordFused(mlir::Operation *op, const llvm::Twine &intoWhat);

/// Why the contraction does not become an integer op; a match where it does.
struct ContractionMatch {
  mlir::Operation *contraction = nullptr;
  QuantizedValue input;
  QuantizedWeights weights;
  llvm::SmallVector<int32_t> bias; // empty where there is none
  std::optional<QuantizedValue> residual;
  mlir::Operation *add = nullptr, *clamp = nullptr;
  TensorParams output;
};
MatchOr<ContractionMatch> matchContraction(qnn::QuantizeOp op);

/// The patterns of qnn-fuse-qdq.
void populateContractionPatterns(mlir::RewritePatternSet &patterns);
void populateElementwisePatterns(mlir::RewritePatternSet &patterns);
void populateLookupPatterns(mlir::RewritePatternSet &patterns);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_FUSION_QDQ_H
