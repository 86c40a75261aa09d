// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The machine that code is generated for, as a set of features. Generation is
/// keyed on features, never on a CPU's name, and every feature that generated
/// code may use is one that the runtime checks before it runs the code.

#ifndef BITWRIGHT_TARGET_TARGET_H
#define BITWRIGHT_TARGET_TARGET_H

#include "dialects/QNN/QNNAttrs.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <string>

namespace bitwright {

/// What object files of a target say about it.
struct ElfFormat {
  bool is64Bit = true;
  uint16_t machine = 0;      ///< e_machine
  uint32_t flags = 0;        ///< e_flags
  uint64_t largeFlag = 0;    ///< Of sections beyond the reach of 32-bit addresses; 0: none needed.
  llvm::StringRef emulation; ///< The linker's -m.
};

struct TargetSpec {
  std::string triple;   ///< Normalized, e.g. "x86_64-unknown-linux-gnu".
  std::string cpu;      ///< The LLVM CPU whose features are the baseline.
  std::string tuneCpu;  ///< The LLVM CPU whose costs decide between equal code; adds no feature.
  std::string features; ///< On top of `cpu`: "+f16c,+avx2,+fma", in a fixed order.
  uint32_t arch = 0;    ///< bw_arch
  uint64_t cpuBits = 0; ///< The features as BW_<arch>_* bits, baseline included.
  bool isHost = false;  ///< Asked for as "native": the machine that compiles.

  std::string dataLayout; ///< LLVM's: pointer width, alignments.
  ElfFormat elf;
};

/// Reads what `--target=`, `--mcpu=` and `--mattr=` say.
///
/// \param triple  "" is the x86-64 Linux target.
/// \param cpu     "" and "x86-64-v2" are the baseline, "native" is the CPU that
///                this process runs on, any other LLVM name stands for its features.
/// \param attrs   "+avx2,+fma,-avx512f": added to or taken from the CPU's.
///                A feature brings those it builds on, and takes with it those
///                that build on it.
llvm::Expected<TargetSpec> parseTarget(llvm::StringRef triple, llvm::StringRef cpu,
                                       llvm::StringRef attrs);

/// "x86_64-unknown-linux-gnu x86-64-v2,+avx2,+fma (native)", for people.
std::string describeTarget(const TargetSpec &target);

/// The features that `attrs` may name: "sse4.2, f16c, avx2, ...".
std::string listTargetFeatures();

/// The attribute `qnn.target` of a module that holds code for `target`, or will.
qnn::TargetAttr makeTargetAttr(mlir::MLIRContext *context, const TargetSpec &target);

/// What the module's `qnn.target` says; without one, the x86-64 baseline.
llvm::Expected<TargetSpec> getTarget(mlir::ModuleOp module);

} // namespace bitwright

#endif // BITWRIGHT_TARGET_TARGET_H
