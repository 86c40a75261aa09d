// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What the kernels of one depthwise convolution are built from.

#ifndef BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_DEPTHWISEKERNELS_H
#define BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_DEPTHWISEKERNELS_H

#include "passes/Codegen/Build/Windows.h"
#include "passes/Codegen/Contractions/Contraction.h"

namespace bitwright::codegen {

/// A convolution of each channel on its own, on f32 or on bytes.
struct Depthwise {
  /// The pointers of the kernel in order; leaves of the epilogue follow.
  enum Argument { Input, Weights, Bias, DotWeights, DotStart, Multiplier, Residual, Result };

  Program &p;
  mlir::Operation *op;
  Epilogue epilogue;
  Window window;
  int64_t channels;
  bool hasBias;
  // Bytes only.
  bool unsignedInput = false;
  int64_t zeroPoint = 0;
  std::optional<Requantize> requantize = std::nullopt;

  bool isInteger() const { return requantize.has_value(); }
  /// Finishes the accumulators of channels from `channel` of one output pixel.
  void finish(KernelBuilder &k, Value acc, Value pixel, Value channel, ValueRange pointers) const;
};

/// The cut of channels into blocks of the dot-product form: `width` channels of
/// each block are interleaved so that a lane of a register holds `group` taps of
/// one channel. The last block may overlap the one before it.
struct DotBlock {
  int64_t channel, width;
};
llvm::SmallVector<DotBlock> getDotBlocks(const TargetInfo &target, int64_t channels);

/// Weights in the order that emitDotColumns reads them, and the accumulators'
/// start bias - zeroPoint * sum(w) for each channel.
std::vector<char> packDotWeights(const TargetInfo &target, const Window &window, int64_t channels,
                                 const char *weights);
std::vector<char> packDotStart(const TargetInfo &target, const Depthwise &conv, const char *weights,
                               llvm::ArrayRef<int64_t> bias);

/// Emits the output columns [lower, upper) of a row, none of which reads padding.
void emitDotColumns(KernelBuilder &k, const Depthwise &conv, const OutputRow &row,
                    const ImageSizes &sizes, Value lower, Value upper, ValueRange pointers);

} // namespace bitwright::codegen

#endif // BITWRIGHT_PASSES_CODEGEN_CONTRACTIONS_DEPTHWISEKERNELS_H
