// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// The value that the reference interpreter computes with: a type, a shape and
/// bytes laid out as at `#qnn.weight` (row-major, little-endian, i1 one byte,
/// i4 packed by rows).

#ifndef BITWRIGHT_REFERENCE_TENSOR_H
#define BITWRIGHT_REFERENCE_TENSOR_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cassert>
#include <cstdint>
#include <cstring>
#include <vector>

namespace bitwright {

struct Tensor {
  mlir::Type elementType;
  llvm::SmallVector<int64_t> dims;
  std::vector<char> data;

  int64_t rank() const { return int64_t(dims.size()); }
  int64_t numElements() const;
  mlir::RankedTensorType type() const { return mlir::RankedTensorType::get(dims, elementType); }

  /// The elements as C++ values of the storage's size; not for i4.
  template <typename T> llvm::ArrayRef<T> as() const {
    return {reinterpret_cast<const T *>(data.data()), data.size() / sizeof(T)};
  }
  template <typename T> llvm::MutableArrayRef<T> as() {
    return {reinterpret_cast<T *>(data.data()), data.size() / sizeof(T)};
  }
};

/// Product of dimensions; -1 where it overflows or a dimension is negative.
int64_t countElements(llvm::ArrayRef<int64_t> dims);

/// Bytes of a tensor (i4 packed by rows); -1 where that overflows.
int64_t tensorBytes(mlir::Type elementType, llvm::ArrayRef<int64_t> dims);

/// A tensor of zeros; the size must have been checked with tensorBytes.
Tensor makeTensor(mlir::Type elementType, llvm::ArrayRef<int64_t> dims);

/// A tensor holding `values`, whose C++ type has the element type's storage size.
template <typename T>
Tensor makeTensor(mlir::Type elementType, llvm::ArrayRef<int64_t> dims, llvm::ArrayRef<T> values) {
  Tensor result = makeTensor(elementType, dims);
  assert(result.data.size() == values.size() * sizeof(T) && "values do not fit the shape");
  if (!values.empty())
    std::memcpy(result.data.data(), values.data(), result.data.size());
  return result;
}

/// Elements read as doubles (every element type; integers as their signed or
/// unsigned value, i1 as 0 or 1), and written back rounded once to the element type.
std::vector<double> toDoubles(const Tensor &tensor, bool isUnsigned = false);
Tensor fromDoubles(mlir::Type elementType, llvm::ArrayRef<int64_t> dims,
                   llvm::ArrayRef<double> values);

/// Elements of any integer type, sign- or zero-extended, and back (wrapping).
std::vector<int64_t> toIntegers(const Tensor &tensor, bool isUnsigned = false);
Tensor fromIntegers(mlir::Type elementType, llvm::ArrayRef<int64_t> dims,
                    llvm::ArrayRef<int64_t> values);

} // namespace bitwright

#endif // BITWRIGHT_REFERENCE_TENSOR_H
