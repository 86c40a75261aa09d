// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// From a module in the LLVM dialect to files that a program can use.

#ifndef BITWRIGHT_TARGET_EMIT_H
#define BITWRIGHT_TARGET_EMIT_H

#include "bitwright/Target/Target.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <string>

namespace llvm {
class Module;
} // namespace llvm

namespace bitwright {

class OutputGroup;

enum class ArtifactKind { SharedLibrary, Archive, Object, Assembly, LLVMIR, Header };

/// Where the packed weights go.
enum class WeightPlacement {
  Embed, ///< Into the artifact, page-aligned.
  File   ///< Into a file of their own; the program maps it with bw_model_set_weights.
};

/// Code of another origin that takes the place of generated code: how tests run
/// kernels whose instructions the machine lacks (docs/tutorials/add-a-target.md).
struct CodeReplacement {
  /// Changes the translated module before it is optimized.
  std::function<llvm::Error(llvm::Module &)> rewrite;
  /// The contents of an object or an archive, linked in.
  std::string object;
  /// What generated code may call of it, besides what the runtime offers.
  llvm::StringSet<> symbols;
};

struct EmitOptions {
  WeightPlacement weights = WeightPlacement::Embed;
  /// The weights file; "" is the artifact's path with the ending ".weights".
  std::string weightsPath;
  /// For a header whose name comes from this artifact's, not from the user: it replaces only a
  /// header that was written with it. "" where the user named the header.
  std::string headerOwner;
  /// Files wait for its commit, where it is given.
  OutputGroup *group = nullptr;
  /// For shared libraries; the compiler's own tools give none.
  const CodeReplacement *replacement = nullptr;
};

/// Translates the output of `qnn-codegen` (docs/architecture.md lists its
/// attributes), adds the descriptor `bw_<model>_desc`, optimizes, and writes
/// the artifact, and the weights file where it needs one: both or neither. The
/// bytes depend on the arguments only.
///
/// A shared library exports the descriptor and nothing else. Assembly and LLVM
/// IR are for reading: they name the weights but do not hold them.
///
/// \param module is translated in place and must not be used for another target.
llvm::Error emitArtifact(mlir::ModuleOp module, const TargetSpec &target, ArtifactKind kind,
                         llvm::StringRef path, const EmitOptions &options = {});

/// The path that `options` and an artifact's path give for the weights.
std::string getWeightsPath(llvm::StringRef artifactPath, const EmitOptions &options);

/// `name` as the part of identifiers that tells a model's symbols and macros from all others: runs
/// of other characters become one '_'; what begins with a digit, is a word of C or C++, or belongs
/// to the runtime ("model") gets "net_" before it; nothing at all becomes "net". Its own result
/// stays as it is.
std::string sanitizeModelName(llvm::StringRef name);

} // namespace bitwright

#endif // BITWRIGHT_TARGET_EMIT_H
