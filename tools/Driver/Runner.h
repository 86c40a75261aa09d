// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Running a model from a tool, compiled or interpreted, behind one interface.

#ifndef BITWRIGHT_TOOLS_DRIVER_RUNNER_H
#define BITWRIGHT_TOOLS_DRIVER_RUNNER_H

#include "bitwright/Support/Numpy.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/JSON.h"
#include <functional>

namespace bitwright {

/// An input or output of a model. A dimension of -1 is dynamic; its name may be
/// empty.
struct ValueSpec {
  std::string name;
  bw_dtype dtype = BW_F32;
  llvm::SmallVector<int64_t> dims;
  llvm::SmallVector<std::string> dimNames;
};

class ModelRunner {
public:
  virtual ~ModelRunner() = default;

  llvm::ArrayRef<ValueSpec> getInputs() const { return inputs; }
  llvm::ArrayRef<ValueSpec> getOutputs() const { return outputs; }
  /// The path, for messages.
  llvm::StringRef getLabel() const { return label; }
  /// The index of the input or output of this name; -1 where there is none.
  int findInput(llvm::StringRef name) const;
  int findOutput(llvm::StringRef name) const;

  /// Checks and copies the inputs and gets everything ready for invoke.
  virtual llvm::Error prepare(llvm::ArrayRef<NdArray> values) = 0;
  /// Runs the model on the inputs of the last prepare.
  virtual llvm::Error invoke() = 0;
  /// A copy of an output of the last invoke.
  virtual NdArray getOutput(size_t index) const = 0;

  /// What else is known of the model: "target", "scheme", "weights_bytes", ...
  virtual llvm::json::Object getFacts() const = 0;

  /// Prepares, invokes and copies the outputs.
  llvm::Expected<std::vector<NdArray>> run(llvm::ArrayRef<NdArray> values);

protected:
  llvm::SmallVector<ValueSpec> inputs, outputs;
  std::string label;
};

/// Receives a tensor that a model marks for calibration, by the observer's id.
using RunObserver = std::function<void(int64_t id, const void *data, llvm::ArrayRef<int64_t> dims)>;

struct RunnerOptions {
  int64_t threads = 1;
  std::string weights;  ///< For --weights=file; "" looks beside the library.
  std::string label;    ///< Name for messages; "" is the path.
  RunObserver observer; ///< May be empty.
};

/// Loads a shared library that quant-compile wrote.
llvm::Expected<std::unique_ptr<ModelRunner>> openLibrary(llvm::StringRef path,
                                                         const RunnerOptions &options);

/// Runs `@main` of a module with the reference interpreter.
llvm::Expected<std::unique_ptr<ModelRunner>>
makeInterpretedRunner(mlir::OwningOpRef<mlir::ModuleOp> module, llvm::StringRef label);

/// Compiles `module`, which is simplified, for the CPU of this process to a temporary library,
/// loads it and removes the file. `module` is consumed. Null where a pass has emitted an error to
/// the context.
llvm::Expected<std::unique_ptr<ModelRunner>>
compileAndOpen(mlir::ModuleOp module, llvm::StringRef label, const RunnerOptions &options);

/// Converts elements to another type where no value can be lost (integers that
/// fit, f32 to f64, ...); an error that names `what` otherwise.
llvm::Expected<NdArray> convertArray(const NdArray &array, bw_dtype dtype, llvm::StringRef what);

/// Elements as doubles, whatever their type.
std::vector<double> toDoubles(const NdArray &array);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_RUNNER_H
