// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The header of a .npy stream, shared by the plain and the archive readers.

#ifndef BITWRIGHT_LIB_SUPPORT_NUMPYHEADER_H
#define BITWRIGHT_LIB_SUPPORT_NUMPYHEADER_H

#include "bitwright/Support/Numpy.h"

namespace bitwright::detail {

struct NpyHeader {
  bw_dtype dtype = BW_F32;
  llvm::SmallVector<int64_t> dims;
  bool fortranOrder = false;
  int64_t dataOffset = 0; // where the elements start in the stream
  int64_t dataBytes = 0;  // what the elements take, checked for overflow
};

/// Bytes before the header's length is known.
constexpr int64_t npyPreludeBytes = 12;

/// Where the elements start, from the first 12 bytes of a stream.
llvm::Expected<int64_t> getNpyDataOffset(llvm::StringRef prelude, llvm::StringRef label);

/// Parses everything before the elements.
llvm::Expected<NpyHeader> parseNpyHeader(llvm::StringRef bytes, llvm::StringRef label);

/// Reorders elements from column-major to row-major.
std::vector<char> fortranToC(llvm::ArrayRef<char> bytes, llvm::ArrayRef<int64_t> dims,
                             int64_t elementSize);

/// Opens a member of an archive (Npz.cpp).
llvm::Expected<std::unique_ptr<ArrayReader>> openNpz(llvm::StringRef path, llvm::StringRef member);
llvm::Expected<std::vector<std::string>> listNpz(llvm::StringRef path);

} // namespace bitwright::detail

#endif // BITWRIGHT_LIB_SUPPORT_NUMPYHEADER_H
