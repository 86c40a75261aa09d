// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Reads and makes constant tensors, whichever way they are stored.

#ifndef BITWRIGHT_DIALECTS_QNN_CONSTANTS_H
#define BITWRIGHT_DIALECTS_QNN_CONSTANTS_H

#include "bitwright_rt/abi.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bitwright {

/// Tensors of more elements than this are `#qnn.weight`, others `dense`.
constexpr int64_t maxDenseElements = 64;

/// A constant tensor: row-major, little-endian; i1 takes a byte, i4 is packed
/// by rows as documented at `#qnn.weight`.
struct ConstantData {
  mlir::RankedTensorType type;
  llvm::ArrayRef<char> bytes; ///< Points into the WeightStore or into `storage`.
  std::shared_ptr<std::vector<char>> storage;
};

/// True for a value that a qnn.constant defines.
bool isConstantValue(mlir::Value value);
/// A constant of one element, of any rank.
bool isScalarConstant(mlir::Value value);

/// The constant behind `value`; nullopt if it is not a `qnn.constant` or its
/// weight is not in the store.
std::optional<ConstantData> getConstant(mlir::Value value);

/// The bytes of a `dense` or `#qnn.weight` attribute of ranked tensor type.
/// `bytes` is empty where the weight is not in the store (verified IR has none).
ConstantData getConstantData(mlir::TypedAttr attr);

/// Makes a `dense` attribute (up to 64 elements) or a `#qnn.weight`. `bytes`
/// must hold getByteSize(type) bytes.
mlir::TypedAttr makeConstantAttr(mlir::RankedTensorType type, llvm::ArrayRef<char> bytes);

mlir::Value createConstant(mlir::OpBuilder &builder, mlir::Location loc,
                           mlir::RankedTensorType type, llvm::ArrayRef<char> bytes);

/// The elements of a constant of any integer type, sign-extended; i1 is 0 or 1.
std::optional<llvm::SmallVector<int64_t>> getIntegers(mlir::Value value);
std::optional<llvm::SmallVector<int64_t>> getIntegers(const ConstantData &data);

/// The elements of an f32, f16, bf16 or f64 constant, rounded to float.
std::optional<llvm::SmallVector<float>> getFloats(mlir::Value value);
std::optional<llvm::SmallVector<float>> getFloats(const ConstantData &data);

/// An f32 constant.
mlir::Value createFloats(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> values);

/// A constant of an integer type; values are truncated to its width.
mlir::Value createIntegers(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type elementType,
                           llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> values);

/// Bytes of a tensor of static shape: i4 packed two to a byte by rows, i1 a
/// byte. -1 where the element type has no storage or the size overflows.
int64_t getByteSize(mlir::RankedTensorType type);

/// The runtime's number for an element type; nullopt for one that no array file and no interface of
/// a compiled model has (i4).
std::optional<bw_dtype> getDType(mlir::Type elementType, bool isUnsigned);

/// The user's name of the node behind `loc`: names of a fused location are
/// joined by '+'; a file location gives "file:line"; "" where there is none.
std::string getNodeName(mlir::Location loc);

} // namespace bitwright

#endif // BITWRIGHT_DIALECTS_QNN_CONSTANTS_H
