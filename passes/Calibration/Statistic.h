// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What can be known about a tensor beside its range. A statistic says which tensors it is
/// gathered of, how, and what becomes of it when channels are rescaled. `qnn.observe` carries the
/// results by name, so that a new statistic is one file in Statistics/ and its line in
/// Statistic.cpp.

#ifndef BITWRIGHT_PASSES_CALIBRATION_STATISTIC_H
#define BITWRIGHT_PASSES_CALIBRATION_STATISTIC_H

#include "bitwright/Support/Registry.h"
#include "dialects/QNN/QNNOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace bitwright {

struct StatisticOptions {
  /// `samples`: rows kept.
  int64_t sampleRows = 512;
  /// Of random choices; differs from tensor to tensor.
  uint64_t seed = 0;
};

/// A statistic as the IR holds it: row-major.
struct StatisticValue {
  llvm::SmallVector<int64_t> dims;
  std::vector<float> values;
};

/// What is kept of one tensor while its samples stream by, always in the same order. Memory does
/// not grow with the number of samples.
class StatisticSums {
public:
  virtual ~StatisticSums() = default;
  /// Whole rows of `channels` elements, at least one; `channels` is the same each time and at
  /// least 1. Elements may be NaN or infinite.
  virtual void add(llvm::ArrayRef<float> rows, int64_t channels) = 0;
  virtual StatisticValue finish(int64_t channels) const = 0;
};

class Statistic {
public:
  virtual ~Statistic() = default;

  /// The key in `qnn.observe`'s dictionary.
  virtual llvm::StringRef getName() const = 0;
  /// A line for `--help`.
  virtual llvm::StringRef getSummary() const = 0;
  /// False for what is gathered only when it is asked for by name.
  virtual bool isDefault() const { return true; }
  /// True where some algorithm may want to know this of the observed tensor.
  virtual bool isWanted(qnn::ObserveOp observe) const = 0;
  virtual std::unique_ptr<StatisticSums> start(const StatisticOptions &options) const = 0;
  /// The dimensions for a tensor of `channels`; kDynamic where any number will do.
  virtual llvm::SmallVector<int64_t> getShape(int64_t channels) const { return {channels}; }
  /// The inverse: the channels of the tensor whose statistic has `dims`, which may be anything.
  virtual int64_t countChannels(llvm::ArrayRef<int64_t> dims) const {
    return dims.empty() ? 1 : dims.back();
  }
  /// Makes `values` those of the tensor after channel c was divided by factors[c] > 0. All
  /// statistics of the builtin registry follow exactly, up to rounding.
  virtual void rescale(llvm::MutableArrayRef<float> values,
                       llvm::ArrayRef<float> factors) const = 0;
};

/// `rescale` of a statistic that is rows of numbers in the units of the tensor, one for each
/// channel: divides the number of channel c by factors[c].
void divideByChannel(llvm::MutableArrayRef<float> rows, llvm::ArrayRef<float> factors);

/// The statistics of a context: `qnn::getContextState<StatisticRegistry>(context)`.
struct StatisticRegistry : Registry<Statistic> {
  /// Holds those of this folder.
  StatisticRegistry();
};

/// Uses of the observed tensor as the activations of a contraction.
bool feedsContraction(qnn::ObserveOp observe);
/// The same for linear ops alone: contractions of a matrix of weights.
bool feedsLinear(qnn::ObserveOp observe);

// The statistics of this folder.
std::unique_ptr<Statistic> makeMeanAbs();
std::unique_ptr<Statistic> makeMaxAbs();
std::unique_ptr<Statistic> makeChannelRange();
std::unique_ptr<Statistic> makeSamples();
std::unique_ptr<Statistic> makeSecondMoment();

//===--- in the IR --------------------------------------------------------===//

/// The values of a statistic, empty where the observer (which may be null) has none.
llvm::SmallVector<float> getStatistic(qnn::ObserveOp observe, llvm::StringRef name);
/// Adds a statistic or replaces it.
void setStatistic(qnn::ObserveOp observe, llvm::StringRef name, const StatisticValue &value);

/// Emits an error and returns failure where an observer under `root` holds a registered statistic
/// of another shape than its registration says. Passes that read statistics start with this.
mlir::LogicalResult verifyStatistics(mlir::Operation *root);

/// Channel c of the observed tensor is divided by factors[c]: statistics follow, those that are
/// not registered are dropped, and so is the range where it cannot be told.
void rescaleObserver(qnn::ObserveOp observe, llvm::ArrayRef<float> factors);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_CALIBRATION_STATISTIC_H
