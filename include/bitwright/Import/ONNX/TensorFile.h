// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reads a file that holds one ONNX tensor, as the test data of ONNX models do
/// (test_data_set_0/input_0.pb).

#ifndef BITWRIGHT_IMPORT_ONNX_TENSORFILE_H
#define BITWRIGHT_IMPORT_ONNX_TENSORFILE_H

#include "bitwright/Support/Numpy.h"

namespace bitwright {

/// The tensor in the file at `path`. Errors name the file. Element types that arrays do not have
/// (strings, 4-bit integers) are refused.
llvm::Expected<NdArray> readOnnxTensor(llvm::StringRef path);

} // namespace bitwright

#endif // BITWRIGHT_IMPORT_ONNX_TENSORFILE_H
