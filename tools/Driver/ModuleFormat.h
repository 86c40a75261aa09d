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
enum class ContentKind { Text, Bytecode, BareBytecode };
ContentKind classify(llvm::StringRef contents);

/// The MLIR bytecode inside a checksummed file, aligned as its reader wants it.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> unwrapBytecode(llvm::StringRef contents,
                                                                   llvm::StringRef path);

/// Bytecode of a module with all its weights, behind the checksummed header.
llvm::Error writeBytecode(mlir::ModuleOp module, llvm::raw_ostream &stream);

/// Name of the module attribute that points to the weights of a text file.
constexpr llvm::StringLiteral weightsFileAttr = "qnn.weights_file";

/// Puts the weights of the file that `module` names, beside `path`, into the
/// WeightStore, and removes the attribute.
llvm::Error loadWeightsFile(mlir::ModuleOp module, llvm::StringRef path,
                            const LoadOptions &options);

/// Writes the weights that `module` uses to `path`, beside its text at `modulePath`.
llvm::Error writeWeightsFile(mlir::ModuleOp module, llvm::StringRef path,
                             llvm::StringRef modulePath, OutputGroup &group);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_MODULEFORMAT_H
