// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A transform as a word of `--quantize=`: the pass that does it, and the options it takes. It acts
/// on ops whose `#qnn.precision` lists its name. A new one is its pass and a line in Transform.cpp.

#ifndef BITWRIGHT_PASSES_TRANSFORM_TRANSFORM_H
#define BITWRIGHT_PASSES_TRANSFORM_TRANSFORM_H

#include "bitwright/Support/Registry.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Common/Words.h"

namespace bitwright {

class Transform {
public:
  virtual ~Transform() = default;

  virtual llvm::StringRef getName() const = 0;
  virtual llvm::StringRef getSummary() const = 0;
  virtual std::vector<WordOption> getOptions() const { return {}; }
  /// True where it can do nothing without measurements.
  virtual bool needsMeasurements() const { return false; }
  /// The rounder that goes with it, where the user names none; "" leaves the scheme's.
  virtual llvm::StringRef getRounder(const Words &) const { return ""; }
  virtual llvm::Error addPasses(const Words &words, mlir::OpPassManager &pm) const = 0;
};

/// The transforms that `--quantize=` knows.
struct TransformRegistry : Registry<Transform> {
  /// Holds those of this folder.
  TransformRegistry();
};

} // namespace bitwright

#endif // BITWRIGHT_PASSES_TRANSFORM_TRANSFORM_H
