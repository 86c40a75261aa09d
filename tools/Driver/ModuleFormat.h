// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The container of `.mlirbc` files and the weights files of `.mlir` files.

#ifndef BITWRIGHT_TOOLS_DRIVER_MODULEFORMAT_H
#define BITWRIGHT_TOOLS_DRIVER_MODULEFORMAT_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

namespace bitwright {

class OutputGroup;
struct LoadOptions;

/// What a file holds, by its first bytes.
enum class ContentKind { Text, Packed, Bytecode };
ContentKind classify(llvm::StringRef contents);

/// The parts of a packed module; `weights` is a safetensors file.
struct PackedModule {
  llvm::StringRef text;
  llvm::StringRef weights;
};
llvm::Expected<PackedModule> unpackModule(llvm::StringRef contents, llvm::StringRef path);

/// Writes a module, whose text without weights is `text`, with all its weights.
llvm::Error packModule(mlir::ModuleOp module, llvm::StringRef text, llvm::raw_ostream &stream);

/// Name of the module attribute that points to the weights of a text file.
constexpr llvm::StringLiteral weightsFileAttr = "qnn.weights_file";

/// Puts the weights of the file that `module` names, beside `path`, into the
/// WeightStore, and removes the attribute.
llvm::Error loadWeightsFile(mlir::ModuleOp module, llvm::StringRef path,
                            const LoadOptions &options);

/// Puts the weights of `module` that the safetensors file in `buffer` holds into the WeightStore.
llvm::Error loadWeights(mlir::ModuleOp module, const std::shared_ptr<llvm::MemoryBuffer> &buffer,
                        llvm::StringRef path, bool checkContent);

/// Writes the weights that `module` uses.
llvm::Error writeWeights(mlir::ModuleOp module, llvm::raw_ostream &stream);
/// Writes the weights that `module` uses to `path`, beside its text at `modulePath`.
llvm::Error writeWeightsFile(mlir::ModuleOp module, llvm::StringRef path,
                             llvm::StringRef modulePath, OutputGroup &group);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_MODULEFORMAT_H
