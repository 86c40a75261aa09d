// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a common scale costs the tensors that concat, pad, where, min and max join:
/// the analysis that keeps a narrow part from drowning in the steps of a wide one.

#ifndef BITWRIGHT_PASSES_QUANTIZATION_JOINEDPARTS_H
#define BITWRIGHT_PASSES_QUANTIZATION_JOINEDPARTS_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <string>
#include <utility>

namespace bitwright {

/// The observed interval of each tensor.
using RangeMap = llvm::DenseMap<mlir::Value, std::pair<double, double>>;

/// How an error message names a tensor: the node that makes it, or the number of the input.
std::string getTensorName(mlir::Value value);

class JoinedParts {
public:
  /// Follows the parts through `root`, in one walk.
  JoinedParts(mlir::Operation *root, const RangeMap &ranges);

  /// Why the parts that `value` was joined of cannot share one 8-bit scale over `range`;
  /// empty where they can, or where nothing was joined.
  std::string explainLoss(mlir::Value value, std::pair<double, double> range) const;

private:
  /// A tensor, and the factor that it was multiplied with on its way.
  struct Part {
    mlir::Value origin;
    double factor = 1;
  };
  /// What a tensor was joined of. Of measured parts the narrowest decides.
  struct Parts {
    Part narrowest;
    llvm::SmallVector<Part, 1> constants;
    bool isJoined = false;
  };

  Parts getParts(mlir::Value value) const;
  Parts findParts(mlir::Operation *op) const;
  void add(Parts &parts, const Parts &more) const;
  double getWidth(const Part &part) const;
  bool survives(const Part &part, std::pair<double, double> range) const;

  const RangeMap &ranges;
  /// Results that are not simply a part of their own.
  llvm::DenseMap<mlir::Value, Parts> known;
};

} // namespace bitwright

#endif // BITWRIGHT_PASSES_QUANTIZATION_JOINEDPARTS_H
