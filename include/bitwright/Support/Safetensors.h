// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The safetensors file format: a JSON header that names tensors, then their
/// bytes. Files that are read are hostile: every size and offset is checked.

#ifndef BITWRIGHT_SUPPORT_SAFETENSORS_H
#define BITWRIGHT_SUPPORT_SAFETENSORS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace bitwright {

/// A tensor of a file: `offset` counts from the start of the file and lies,
/// with `size`, inside it; `size` is what `dtype` and `shape` ask for.
struct SafetensorEntry {
  std::string name;
  std::string dtype;
  llvm::SmallVector<int64_t> shape;
  uint64_t offset = 0;
  uint64_t size = 0;
};

/// A tensor to write; `bytes` has the size that `dtype` and `shape` ask for.
struct SafetensorSource {
  std::string name;
  std::string dtype;
  llvm::SmallVector<int64_t> shape;
  llvm::ArrayRef<char> bytes;
};

/// Reads the header of the file whose bytes are `contents`. Errors name `path`.
llvm::Expected<std::vector<SafetensorEntry>> readSafetensors(llvm::StringRef contents,
                                                             llvm::StringRef path);

/// Writes a file in which each tensor starts at a multiple of 64 bytes. The
/// format allows no gaps, so tensors named "pad.<n>" fill them.
void writeSafetensors(llvm::raw_ostream &stream, llvm::ArrayRef<SafetensorSource> tensors);

} // namespace bitwright

#endif // BITWRIGHT_SUPPORT_SAFETENSORS_H
