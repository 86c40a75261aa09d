// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What a generated module says about itself, and the C structure made of it.

#ifndef BITWRIGHT_LIB_TARGET_DESCRIPTOR_H
#define BITWRIGHT_LIB_TARGET_DESCRIPTOR_H

#include "bitwright/Target/Target.h"
#include "dialects/QNN/Constants.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"

namespace bitwright {
class OutputGroup;
} // namespace bitwright

namespace bitwright::detail {

/// One input or output of a model (bw_value_desc).
struct ValueInfo {
  std::string name;
  int32_t dtype = 0;
  llvm::SmallVector<int64_t> dims;
  llvm::SmallVector<std::string> dimNames; // one for each dimension, "" where unnamed
};

/// The attributes of a generated module, checked.
struct ModelInfo {
  std::string name;   // a C identifier
  std::string scheme; // how it was quantized, "" for a float model
  llvm::SmallVector<ValueInfo> inputs, outputs;
  std::vector<std::string> nodeNames, observerNames;
  TargetSpec target; // that code is emitted for
  int64_t frameBytes = 0;
  ConstantData weights; // empty where the model has none

  std::string getSymbol(llvm::StringRef suffix) const {
    return ("bw_" + name + "_" + suffix).str();
  }
};

/// Reads a module that is emitted for `target`; an error where it is generated for another.
llvm::Expected<ModelInfo> readModelInfo(mlir::ModuleOp module, const TargetSpec &target);

/// Adds the global `bw_<model>_desc` to `module`, which must define the plan
/// and invoke functions. The weights are an external symbol if `embedWeights`.
llvm::Error addDescriptor(llvm::Module &module, const ModelInfo &info, bool embedWeights);

/// The C header of a model. Its first line names `owner`, the artifact that it comes with; "" where
/// it stands alone.
std::string makeHeader(const ModelInfo &info, const TargetSpec &target, bool embedWeights,
                       llvm::StringRef owner);

/// Whether the header `old` was written with the artifact that `made` comes with, or says the same.
bool mayReplaceHeader(llvm::StringRef old, llvm::StringRef made);

/// An ELF object that holds the weights in a section of their own; a placeholder has a section of
/// their size in place of them, for linkObjects.
llvm::Expected<std::string> makeWeightObject(const ModelInfo &info, bool isPlaceholder);

/// Optimizes and generates code. `asText` gives assembly; `limitFrames` refuses functions that
/// need more than 16 KiB of stack.
llvm::Expected<llvm::SmallVector<char, 0>>
generateCode(llvm::Module &module, const TargetSpec &target, bool asText, bool limitFrames);
/// The part of generateCode before code: for printing LLVM IR.
llvm::Error optimizeModule(llvm::Module &module, const TargetSpec &target);

/// An error if `object` needs symbols other than memcpy, memmove, memset, bw_* and `offered`.
llvm::Error checkUndefinedSymbols(llvm::StringRef object, const llvm::StringSet<> &offered);

/// What takes the place of a placeholder, whose symbol is `symbol`; no bytes: there is none.
struct Filling {
  std::string symbol;
  llvm::ArrayRef<char> bytes;
};

/// Links objects (path-free contents) into a shared library or one object.
llvm::Error linkObjects(const TargetSpec &target, llvm::ArrayRef<llvm::StringRef> objects,
                        const Filling &filling, bool isShared, llvm::StringRef path,
                        OutputGroup &group);
llvm::Error archiveObjects(llvm::StringRef modelName, llvm::ArrayRef<llvm::StringRef> objects,
                           llvm::StringRef path, OutputGroup &group);

} // namespace bitwright::detail

#endif // BITWRIGHT_LIB_TARGET_DESCRIPTOR_H
