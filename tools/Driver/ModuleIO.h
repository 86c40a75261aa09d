// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reads and writes modules for all tools.
///
///   .mlir     text; weights of up to 1 MiB inside it, more of them in a
///             .safetensors file beside it (module attribute qnn.weights_file)
///   .mlirbc   packed: "BWBC" header with a SHA-256, then text and all weights
///   .onnx     read only
///   -         standard streams; text with all weights, or what the content is

#ifndef BITWRIGHT_TOOLS_DRIVER_MODULEIO_H
#define BITWRIGHT_TOOLS_DRIVER_MODULEIO_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>

namespace llvm {
class SourceMgr;
} // namespace llvm

namespace bitwright {

class InputFiles;
class OutputGroup;

struct LoadOptions {
  llvm::StringMap<int64_t> dims; ///< Sizes for names of dynamic dimensions (.onnx).
  std::string modelName;         ///< Name of an imported model; "" takes the file's.
  bool verify = true;            ///< Verify the module after reading it.
  bool checkWeights = true;      ///< Compare mapped weights with their hashes.
  InputFiles *inputs = nullptr;  ///< Learns of each file that is read, where it is given.
};

struct WriteOptions {
  bool packed = false;        ///< Packed, whatever the ending of the path.
  bool inlineWeights = false; ///< Keep all weights in a text file.
  int64_t inlineLimit = 1 << 20;
  OutputGroup *group = nullptr;       ///< Files wait for its commit, where it is given;
  const InputFiles *inputs = nullptr; ///< else no file of these is replaced.
};

/// Reads a module. Returns null after emitting one error to the context.
mlir::OwningOpRef<mlir::ModuleOp> loadModule(llvm::StringRef path, const LoadOptions &options,
                                             mlir::MLIRContext *context);
mlir::OwningOpRef<mlir::ModuleOp> loadModule(llvm::StringRef path, mlir::MLIRContext *context);

/// The bytes of a file or, for "-", of standard input.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readFile(llvm::StringRef path);

/// Reads a module whose bytes (text or packed) are at hand. The
/// text's positions refer to the last buffer of `sources`; a weights file is
/// looked for beside `path`.
mlir::OwningOpRef<mlir::ModuleOp> parseModule(const std::shared_ptr<llvm::SourceMgr> &sources,
                                              llvm::StringRef path, const LoadOptions &options,
                                              mlir::MLIRContext *context);

/// Writes a module in the format that the ending of `path` asks for. The old
/// file is replaced as a whole or, after an error, not at all.
llvm::Error writeModule(mlir::ModuleOp module, llvm::StringRef path,
                        const WriteOptions &options = {});

/// An error where `path` is standard output, that is a terminal, and `bytes` of text are more than
/// a person can read there.
llvm::Error checkTerminal(llvm::StringRef path, uint64_t bytes);

/// Prints a module as text with all its weights.
llvm::Error printModule(mlir::ModuleOp module, llvm::raw_ostream &stream);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_MODULEIO_H
