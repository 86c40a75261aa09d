// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Finds where a scale of channels can be moved: multiplying the columns of all
/// weights that read a tensor by s leaves the network as it is when the tensor's
/// producer can be divided by s exactly. Scale migration for 8-bit
/// activations and activation-aware weight scaling share this analysis.

#ifndef BITWRIGHT_PASSES_TRANSFORM_SCALEFOLDING_H
#define BITWRIGHT_PASSES_TRANSFORM_SCALEFOLDING_H

#include "dialects/QNN/QNNOps.h"
#include <string>

namespace bitwright {

/// A tensor that linear ops read, with what is needed to rescale its channels.
struct ScaleFold {
  /// The tensor, in front of its observers.
  mlir::Value tensor;
  llvm::SmallVector<qnn::LinearOp> consumers;
  /// What is divided: an rms_norm or layer_norm (its scale and bias), or a linear
  /// op (the rows of its weight and its bias). Null where there is nothing.
  mlir::Operation *producer = nullptr;
  /// For each channel of the tensor the channel of the producer that feeds it.
  llvm::SmallVector<int64_t> channels;
  /// Why there is no producer.
  std::string reason;

  int64_t countChannels() const { return int64_t(channels.size()); }
  explicit operator bool() const { return producer; }
};

/// All tensors of `root` that linear ops with constant f32 weights read, in program order.
llvm::SmallVector<ScaleFold> findScaleFolds(mlir::Operation *root);

/// Multiplies the columns of the consumers' weights by `scales` (one for each channel of the
/// tensor; equal where `channels` are equal), divides the producer, and brings the
/// observers on the way up to date.
void applyScales(const ScaleFold &fold, llvm::ArrayRef<float> scales);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_TRANSFORM_SCALEFOLDING_H
