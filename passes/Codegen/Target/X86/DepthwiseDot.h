// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The dot-product form of depthwise convolutions on bytes. For one column of
/// the image, the rows under the window are interleaved so that each 32-bit lane
/// holds `group` vertical taps of one channel; an output pixel is then one dot
/// product for each horizontal tap, and neighbouring pixels share columns.

#ifndef BITWRIGHT_PASSES_CODEGEN_TARGET_X86_DEPTHWISEDOT_H
#define BITWRIGHT_PASSES_CODEGEN_TARGET_X86_DEPTHWISEDOT_H

#include "passes/Codegen/Target/Target.h"
#include "passes/Codegen/Target/X86/ByteDot.h"

namespace bitwright::codegen::x86 {

/// Channels [channel, channel + width) are interleaved together.
struct DotBlock {
  int64_t channel, width;
};

class DepthwiseDot final : public DepthwiseKernel {
public:
  explicit DepthwiseDot(Isa isa) : dot(isa) {}

  bool supports(const DepthwiseSpec &spec) const override;
  PackedRhs packWeights(const DepthwiseSpec &spec, llvm::ArrayRef<char> weights) const override;
  PackedRhs packStart(const DepthwiseSpec &spec, llvm::ArrayRef<char> weights,
                      llvm::ArrayRef<int64_t> bias) const override;
  void emit(KernelBuilder &k, const DepthwiseSpec &spec, const OutputRow &row,
            const ImageSizes &sizes, Value lower, Value upper, Value input, Value weights,
            Value start, TileFinish finish) const override;

  //===--- pieces, for one block -------------------------------------------===//

  /// Registers of lanes() i32 hold a block of the most channels; the narrowest
  /// registers are of 16 bytes.
  int64_t widest() const { return dot.group() * dot.lanes(); }
  int64_t narrowest() const { return 16 / dot.activationBytes(); }
  int64_t rowGroups(const SlidingWindow &window) const {
    return (window.kernel[0] + dot.group() - 1) / dot.group();
  }
  /// Lanes of i32 of a register of a block of `width` channels.
  int64_t lanes(int64_t width) const { return width / dot.group(); }
  /// The cut of channels into blocks; the last may overlap the one before it.
  llvm::SmallVector<DotBlock> getBlocks(int64_t channels) const;
  /// channels[r][lane]: the channel, relative to the block, of each accumulator.
  llvm::SmallVector<llvm::SmallVector<int64_t>> laneChannels(int64_t width) const;

  ByteDot dot;
};

} // namespace bitwright::codegen::x86

#endif // BITWRIGHT_PASSES_CODEGEN_TARGET_X86_DEPTHWISEDOT_H
