// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Calibration: runs an instrumented model on samples and writes what its
/// observers saw into the IR.

#ifndef BITWRIGHT_PASSES_CALIBRATION_CALIBRATION_H
#define BITWRIGHT_PASSES_CALIBRATION_CALIBRATION_H

#include "mlir/IR/BuiltinOps.h"
#include "passes/Calibration/Passes.h"
#include "passes/Calibration/SampleSource.h"
#include "passes/Calibration/Statistics.h"
#include <functional>

namespace bitwright {

/// Receives each tensor that an observer sees: the observer's place in a walk of
/// the module, the elements, the dimensions.
using ObserveCallback =
    std::function<void(int64_t id, llvm::ArrayRef<float> data, llvm::ArrayRef<int64_t> dims)>;

/// Something that can run an instrumented model.
class CalibrationExecutor {
public:
  virtual ~CalibrationExecutor() = default;
  virtual llvm::Error run(Sample inputs, const ObserveCallback &observe) = 0;
};

using ExecutorFactory =
    std::function<llvm::Expected<std::unique_ptr<CalibrationExecutor>>(mlir::ModuleOp)>;

/// Runs `module` with the reference interpreter.
llvm::Expected<std::unique_ptr<CalibrationExecutor>> makeInterpreterExecutor(mlir::ModuleOp module);

struct CalibrationOptions {
  /// Stop after this many samples; 0 takes all.
  int64_t maxSamples = 0;
  CalibratorOptions calibrator;
  /// Rows kept of each input of a linear op.
  int64_t sampleRows = 512;
  /// Names of statistics to gather of all tensors, beside those that always are and those that the
  /// precision of the tensor's readers asks for.
  llvm::SmallVector<std::string> statistics;
  /// Called after each sample, and once more with `finished`, if set.
  std::function<void(int64_t done, bool finished)> progress;
};

/// What the tool around the passes offers and wants: the state
/// `qnn::getContextState<CalibrationSetup>(context)`.
struct CalibrationSetup {
  /// Runs models; a tool that can compile puts something faster here.
  ExecutorFactory executor = makeInterpreterExecutor;
  /// Reads .pb files; empty: they are refused.
  TensorFileReader tensorFileReader;
  /// Make it an error to quantize without measurements where a scheme needs them.
  bool requireCalibration = false;
  /// What the user named to calibrate with: `qnn-ensure-calibration` measures by it.
  std::optional<CalibratePassOptions> request;
  /// The names of the statistics that what a precision names (its rounder) uses; a tool that has
  /// algorithms answers. Empty: only statistics that are named otherwise are gathered.
  std::function<llvm::SmallVector<llvm::StringRef>(qnn::PrecisionAttr)> listNeeds;
  /// Called as that of `CalibrationOptions` by `qnn-calibrate`, if set.
  std::function<void(int64_t done, bool finished)> progress;
};

/// True where some observer of `module` holds a measurement.
bool hasMeasurements(mlir::ModuleOp module);

/// The names of the statistics that the precision of `op` uses; none where it has no precision.
llvm::SmallVector<llvm::StringRef> listNeeds(mlir::Operation *op);

/// Runs `executor` on the samples and records the results in the observers of
/// `module`. Returns the number of samples taken; none at all is an error, and so is an
/// observer's tensor that holds no finite number.
llvm::Expected<int64_t> calibrate(mlir::ModuleOp module, CalibrationExecutor &executor,
                                  SampleSource &samples, const CalibrationOptions &options);

/// Everything in one call: inserts observers, makes an executor, calibrates.
llvm::Expected<int64_t> calibrateModule(mlir::ModuleOp module, const ExecutorFactory &factory,
                                        SampleSource &samples, const CalibrationOptions &options);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_CALIBRATION_CALIBRATION_H
