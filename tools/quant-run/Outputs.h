// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Where quant-run --output puts what a model computes.

#ifndef BITWRIGHT_TOOLS_QUANT_RUN_OUTPUTS_H
#define BITWRIGHT_TOOLS_QUANT_RUN_OUTPUTS_H

#include "bitwright/Support/InputFiles.h"
#include "tools/Driver/Measure.h"

namespace bitwright {

/// Writes `values`, the outputs of `runner`, to `place`: a file that ends in .npy, for a model with
/// one output, or a folder, as output_0.npy, ... and outputs.json, which lists them. Files of a
/// folder are replaced only where its outputs.json says that they were written this way; all of
/// them appear, or none. Returns {"outputs": [{"name", "file", "shape"}]}.
llvm::Expected<llvm::json::Object> writeOutputs(const ModelRunner &runner,
                                                llvm::ArrayRef<NdArray> values,
                                                llvm::StringRef place, const InputFiles &inputs);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_QUANT_RUN_OUTPUTS_H
