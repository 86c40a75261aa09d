// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Calibration as tools offer it: `--calibrate=SAMPLES` and what goes with it.

#ifndef BITWRIGHT_TOOLS_DRIVER_CALIBRATION_H
#define BITWRIGHT_TOOLS_DRIVER_CALIBRATION_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Calibration/Statistic.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>
#include <vector>

namespace llvm::cl {
class OptionCategory;
} // namespace llvm::cl

namespace bitwright {

struct Algorithms;

/// What a user asked for.
struct CalibrationRequest {
  /// An .npz, .npy or folder; empty: do not calibrate.
  std::string samples;
  /// Take at most this many samples; 0 takes all.
  int64_t maxSamples = 0;
  /// "minmax", "moving-average[:momentum]", "percentile[:percent]".
  std::string calibrator = "minmax";
  /// "compiled" or "interpreter".
  std::string executor = "compiled";
  /// Rows kept of the input of each linear op.
  int64_t sampleRows = 512;
  /// Further statistics to gather, by name.
  std::vector<std::string> statistics;
  /// Make it an error to quantize without measurements where a scheme needs them.
  bool require = false;
  /// Say how far it is, where standard error is a terminal.
  bool progress = true;
};

/// Adds --calibrate, --samples, --calibrator, --calibrate-with, --sample-rows, --statistics and
/// --require-calibration to the command line of this tool. The help names `statistics`.
void registerCalibrationOptions(const StatisticRegistry &statistics);
/// Their heading in --help.
llvm::cl::OptionCategory &getCalibrationCategory();
/// What the command line says, after it was parsed.
CalibrationRequest getCalibrationOptions();

/// In the contexts of `registry` calibration compiles the model instead of interpreting it, and
/// reads ONNX's tensor files.
void setUpCalibration(mlir::DialectRegistry &registry);
/// What `request` asks of the passes of `context` that calibrate by themselves.
void applyCalibrationOptions(mlir::MLIRContext *context, const CalibrationRequest &request);

/// Before `pipeline`, which `module` goes through next: simplifies `module`, which is all the IR of
/// its context, runs it on the samples, and leaves observers that hold the results. Where the
/// pipeline measures by itself (it quantizes), all of that is left to it. Does nothing where no
/// samples are named. Emits errors itself.
mlir::LogicalResult calibrateModel(mlir::ModuleOp module, const CalibrationRequest &request,
                                   mlir::OpPassManager &pipeline);

/// Calibrates a simplified model and quantizes it by `scheme` of `algorithms`, as
/// "int4-awq:group=32"; "" leaves the model as it is. The result is in QDQ form. `module` is all
/// the IR of its context. Emits errors itself.
mlir::LogicalResult quantizeModel(mlir::ModuleOp module, llvm::StringRef scheme,
                                  const Algorithms &algorithms, const CalibrationRequest &request);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_CALIBRATION_H
