// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Where calibration takes its samples from: an .npz, a folder, or nowhere
/// (synthetic). Samples are read one at a time and never held together.

#ifndef BITWRIGHT_PASSES_CALIBRATION_SAMPLESOURCE_H
#define BITWRIGHT_PASSES_CALIBRATION_SAMPLESOURCE_H

#include "bitwright/Support/Numpy.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <memory>
#include <optional>

namespace bitwright {

/// What a model takes: the name and type of an argument of @main.
struct ModelInput {
  std::string name;
  mlir::RankedTensorType type;
  bool isUnsigned = false;
};
/// One for each argument; an error where an argument is no tensor that an array file can hold.
llvm::Expected<llvm::SmallVector<ModelInput>> getModelInputs(mlir::func::FuncOp main);

/// One run's inputs, an array for each, of the inputs' types.
using Sample = std::vector<NdArray>;

/// Reads a file of one ONNX tensor (.pb). The importer knows how, and comes after the passes.
using TensorFileReader = std::function<llvm::Expected<NdArray>(llvm::StringRef)>;

class SampleSource {
public:
  virtual ~SampleSource() = default;
  /// The next sample; nullopt after the last.
  virtual llvm::Expected<std::optional<Sample>> next() = 0;
};

/// Samples in `path`:
///   x.npz        an array for each input, by name;
///   a folder     test_data_set_*/ with input_I.npy or .pb for each input, one sample to a folder;
///   or
///                NAME.npy, input_I.npy or input_I.pb for each input; or, for a model with one
///                input, any .npy files, in the order of their names;
///   x.npy        for a model with one input.
/// An array has the input's dimensions, and is cut along its first axis into samples as long
/// as the input's first dimension (1 where that is dynamic); or it has one axis more, which
/// counts samples. An array that fits a wholly static input as it is serves every sample.
/// Without `readTensorFile`, .pb files are refused.
llvm::Expected<std::unique_ptr<SampleSource>>
openSamples(llvm::StringRef path, llvm::ArrayRef<ModelInput> inputs,
            const TensorFileReader &readTensorFile = nullptr);

/// `count` made-up samples: the same in every run.
std::unique_ptr<SampleSource> makeSyntheticSamples(llvm::ArrayRef<ModelInput> inputs,
                                                   int64_t count);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_CALIBRATION_SAMPLESOURCE_H
