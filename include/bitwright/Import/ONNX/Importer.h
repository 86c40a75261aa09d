// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reads an ONNX model into the qnn dialect. Everything in the file is hostile:
/// sizes, depth and references are checked before they are used, and what the
/// importer does not know stops it with one diagnostic that names file and node.

#ifndef BITWRIGHT_IMPORT_ONNX_IMPORTER_H
#define BITWRIGHT_IMPORT_ONNX_IMPORTER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <functional>
#include <string>

namespace bitwright {

struct OnnxImportOptions {
  /// Sizes for symbolic dimensions, by name; each is pinned wherever it appears in an input.
  llvm::StringMap<int64_t> dims;
  /// Name of the model; the file's stem where it is empty.
  std::string modelName;
  /// Learns of each file with weights that the model names, by its path; may be empty.
  std::function<void(llvm::StringRef path)> onExternalFile;
};

/// Imports the model at `path` ("-" reads standard input). Emits one error through `context` and
/// returns null where the file cannot be read or holds something the importer does not support.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path, const OnnxImportOptions &options,
                                             mlir::MLIRContext *context);

} // namespace bitwright

#endif // BITWRIGHT_IMPORT_ONNX_IMPORTER_H
