// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reading and writing arrays in NumPy's formats. Files are not trusted: every
/// size is checked against the file before memory is asked for, and a large
/// array can be read a few rows at a time.

#ifndef BITWRIGHT_SUPPORT_NUMPY_H
#define BITWRIGHT_SUPPORT_NUMPY_H

#include "bitwright_rt/abi.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace bitwright {

/// Bytes of one element; 0 for a number that is no type.
int64_t getDTypeSize(int32_t dtype);
/// "f32", "i64", ...; "?" for a number that is no type.
llvm::StringRef getDTypeName(int32_t dtype);

/// A dense row-major array of little-endian elements.
struct NdArray {
  bw_dtype dtype = BW_F32;
  llvm::SmallVector<int64_t> dims;
  std::vector<char> bytes;

  int64_t getNumElements() const;
  /// The elements as `T`, which must have the size of `dtype`.
  template <typename T> llvm::ArrayRef<T> getElements() const {
    return {reinterpret_cast<const T *>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

/// "f32[2x3]".
std::string describe(bw_dtype dtype, llvm::ArrayRef<int64_t> dims);

/// An array in a file, read by rows (slices of the first axis). Rows are best
/// read in order: a compressed member is inflated from its start again when an
/// earlier row is asked for.
class ArrayReader {
public:
  virtual ~ArrayReader() = default;

  bw_dtype getDType() const { return dtype; }
  llvm::ArrayRef<int64_t> getDims() const { return dims; }
  /// Name for messages: the path, and the member in an archive.
  llvm::StringRef getLabel() const { return label; }
  /// Size of the first axis; 1 for a scalar.
  int64_t getNumRows() const { return dims.empty() ? 1 : dims.front(); }
  int64_t getRowBytes() const;

  /// Rows [first, first + count); the result keeps the rank.
  llvm::Expected<NdArray> readRows(int64_t first, int64_t count);
  llvm::Expected<NdArray> readAll() { return readRows(0, getNumRows()); }

protected:
  /// Reads `size` bytes at `offset` of the elements.
  virtual llvm::Error readBytes(int64_t offset, char *data, int64_t size) = 0;

  bw_dtype dtype = BW_F32;
  llvm::SmallVector<int64_t> dims;
  std::string label;
};

/// Opens x.npy, or one member of x.npz by its name without ".npy". An empty
/// member name means the only one. C order is streamed; Fortran order is
/// converted on opening. Refused: object, structured and big-endian types,
/// sizes beyond the file, archives that are encrypted, list a name twice, hold
/// a path, or inflate to more than a thousand times their size.
llvm::Expected<std::unique_ptr<ArrayReader>> openArray(llvm::StringRef path,
                                                       llvm::StringRef member = "");

/// Names of the arrays in x.npz, in the order of the file; {""} for x.npy.
llvm::Expected<std::vector<std::string>> listArrays(llvm::StringRef path);

llvm::Expected<NdArray> readNpy(llvm::StringRef path);

/// Writes version 1.0 in C order. bf16 is widened to f32, as NumPy has no such type.
void printNpy(const NdArray &array, llvm::raw_ostream &stream);

/// The same to a file, atomically.
llvm::Error writeNpy(llvm::StringRef path, const NdArray &array);

} // namespace bitwright

#endif // BITWRIGHT_SUPPORT_NUMPY_H
