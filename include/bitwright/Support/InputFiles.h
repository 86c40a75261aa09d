// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The files that a run of a tool reads. What it writes must not replace one of
/// them: a user who names an input twice by mistake keeps it.

#ifndef BITWRIGHT_SUPPORT_INPUTFILES_H
#define BITWRIGHT_SUPPORT_INPUTFILES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace bitwright {

class InputFiles {
public:
  /// Adds a file; "", "-" and what does not exist are left out.
  void add(llvm::StringRef path);

  /// Adds a file of samples or, of a folder, the arrays and tensors in it and in its
  /// test_data_set_*.
  void addSamples(llvm::StringRef path);

  /// Fails where `path` leads to a file of this list, through links of either kind, too.
  llvm::Error check(llvm::StringRef path) const;

  /// The same for all outputs of a run ("" stands for none), and fails where two of them are one
  /// file: what a tool asks before it starts to work.
  llvm::Error checkOutputs(llvm::ArrayRef<std::string> paths) const;

private:
  std::vector<std::string> paths;
};

/// `path` with its folder, and itself where it is a link, spelled without links, so that two
/// spellings of one file are equal.
std::string getRealPath(llvm::StringRef path);

} // namespace bitwright

#endif // BITWRIGHT_SUPPORT_INPUTFILES_H
