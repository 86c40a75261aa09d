// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Generated code whose instructions are replaced by functions in plain C, their
/// twins, so that it runs on a machine that lacks them.

#ifndef BITWRIGHT_TEST_TWINS_TWINS_H
#define BITWRIGHT_TEST_TWINS_TWINS_H

#include "bitwright/Target/Emit.h"
#include "llvm/ADT/StringMap.h"

namespace bitwright {

/// An archive of twins; what it defines is the table of twins. The twin of the
/// intrinsic `llvm.<a.b>` is the function
///
///   void bw_twin_<a_b>(void *result, const void *operand0, ...);
///
/// whose arguments are the addresses of the operands' values in memory; `result`
/// is null where there is none. Vectors, masks (as bits), structures and
/// pointers alike travel so, whatever the machine's calling convention makes of
/// them. Other symbols (fmaf) are what LLVM calls for operations of its own that
/// the machine has no instruction for.
class TwinLibrary {
public:
  /// Reads an archive or an object.
  static llvm::Expected<TwinLibrary> open(llvm::StringRef path);

  /// The names that it defines, sorted.
  std::vector<std::string> getSymbols() const;

  /// Replaces each intrinsic of a processor in `module` by its twin, and counts
  /// the calls in `replaced`, by intrinsic. An error names all that have none.
  llvm::Error replaceIntrinsics(llvm::Module &module, llvm::StringMap<unsigned> &replaced) const;

  /// The library as emitArtifact takes it; it must outlive the result, as must `replaced`.
  CodeReplacement getReplacement(llvm::StringMap<unsigned> &replaced) const;

private:
  std::string path, bytes;
  llvm::StringSet<> symbols;
};

} // namespace bitwright

#endif // BITWRIGHT_TEST_TWINS_TWINS_H
