// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// How a matrix of weights becomes codes. A rounder sees plain arrays, no IR: the pass `qnn-round`
/// poses the problems and writes the results. A new rounder is one file in this folder and its
/// line in Rounder.cpp.

#ifndef BITWRIGHT_PASSES_ROUND_ROUNDER_H
#define BITWRIGHT_PASSES_ROUND_ROUNDER_H

#include "bitwright/Numerics/BlockWeights.h"
#include "bitwright/Support/Registry.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include <memory>
#include <string>
#include <vector>

namespace bitwright {

struct RoundingProblem {
  /// `rows` x `columns`, row-major and finite; a row makes an output channel.
  llvm::ArrayRef<float> weights;
  int64_t rows = 0, columns = 0;
  BlockFormat format;
  /// Below these no scale of a row may lie (what it adds to must fit beside it). Empty: any may.
  llvm::ArrayRef<float> leastScales;
  /// What is known of the tensor that the columns multiply, by the names of Calibration, with as
  /// many channels as columns. Only what `needs` asks for, and only what was measured.
  llvm::StringMap<llvm::SmallVector<float>> statistics;
  /// The op makes queries or keys: its results are compared with each other.
  bool makesAttentionScores = false;
};

struct RoundedWeights {
  BlockWeights weights;
  /// Why the rounder did less than it can ("it makes queries or keys ..."); empty where it did all.
  std::string shortfall;
  /// What else the report shall say of what it did; may be empty.
  std::string detail = "";
};

class Rounder {
public:
  virtual ~Rounder() = default;

  /// What `#qnn.precision` and `--quantize=` say: "rtn".
  virtual llvm::StringRef getName() const = 0;
  virtual llvm::StringRef getSummary() const = 0;
  /// Names of the statistics without which it can only round to nearest. Where one is missing, the
  /// pass does that and says so.
  virtual llvm::SmallVector<llvm::StringRef> needs() const { return {}; }
  virtual RoundedWeights round(const RoundingProblem &problem) const = 0;
};

/// The rounders of a context.
struct RounderRegistry : Registry<Rounder> {
  /// Holds those of this folder.
  RounderRegistry();
};

// The rounders of this folder.
std::unique_ptr<Rounder> makeNearestRounder();
std::unique_ptr<Rounder> makeClipRounder();
std::unique_ptr<Rounder> makeGptqRounder(bool refines = false);

/// For each block the factor, 1, 0.95 ... 0.5, that makes sum((q(w) - w) x)^2 over
/// the samples (rows of `columns` elements) least.
ClipFactors searchClipping(llvm::ArrayRef<float> weights, int64_t rows, int64_t columns,
                           llvm::ArrayRef<float> samples, const BlockFormat &format);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_ROUND_ROUNDER_H
