// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The road from a model to an artifact in a few calls, for every tool that
/// takes it. A model is simplified once, when it has been read; what comes after
/// leaves it simple (docs/rationale/structure.md).

#ifndef BITWRIGHT_TOOLS_DRIVER_COMPILE_H
#define BITWRIGHT_TOOLS_DRIVER_COMPILE_H

#include "bitwright/Target/Emit.h"
#include "bitwright/Target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"

namespace mlir {
class OpPassManager;
class PassManager;
} // namespace mlir

namespace bitwright {

/// Whether weights that a module has lost go between passes. They stay where the context holds
/// other IR, which may name them.
enum class LostWeights { Keep, Free };

/// Runs the pipeline that `build` makes. Emits the error itself.
mlir::LogicalResult runPipeline(mlir::ModuleOp module,
                                llvm::function_ref<llvm::Error(mlir::OpPassManager &)> build,
                                LostWeights lost = LostWeights::Keep);

/// Makes `manager` free the weights that a pass has left without a name, after each pass on a whole
/// module, which is then all the IR of its context.
void freeLostWeights(mlir::PassManager &manager);

/// Makes a model that has just been read fit for all else.
mlir::LogicalResult simplifyModel(mlir::ModuleOp module, LostWeights lost = LostWeights::Keep);

/// Fuses a simplified model and generates code: the module is in the LLVM dialect
/// afterwards. One that already is stays as it is.
mlir::LogicalResult lowerModel(mlir::ModuleOp module, const TargetSpec &target,
                               LostWeights lost = LostWeights::Keep);

/// lowerModel, then emitArtifact.
mlir::LogicalResult compileModel(mlir::ModuleOp module, const TargetSpec &target, ArtifactKind kind,
                                 llvm::StringRef path, const EmitOptions &options = {});

/// Names the model, always as sanitizeModelName does: by `name`, or the stem of the `output` file,
/// or what the module says, or the stem of the `input`. "" and "-" name nothing. A module that is
/// code already keeps the name of its functions, where it can be kept.
void nameModel(mlir::ModuleOp module, llvm::StringRef name, llvm::StringRef output,
               llvm::StringRef input);

} // namespace bitwright

#endif // BITWRIGHT_TOOLS_DRIVER_COMPILE_H
