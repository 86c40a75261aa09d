// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Tensors whose bytes are known while a model is read: initializers, Constant
/// nodes and what is derived from them. They become a qnn.constant only where
/// an op uses them, so that a rearranged weight leaves nothing behind.

#ifndef BITWRIGHT_LIB_IMPORT_ONNX_CONSTANTS_H
#define BITWRIGHT_LIB_IMPORT_ONNX_CONSTANTS_H

#include "ElementTypes.h"
#include "ExternalData.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <vector>

namespace onnx {
class TensorProto;
} // namespace onnx

namespace bitwright::onnximport {

/// No tensor may have more elements or a higher rank than this.
constexpr int64_t maxElements = int64_t(1) << 36;
constexpr int64_t maxRank = 8;

struct Constant {
  mlir::RankedTensorType type;
  int32_t elementType = Undefined;
  /// Laid out as #qnn.weight; owned by `storage`, by `file` or by the model.
  llvm::ArrayRef<char> bytes;
  std::shared_ptr<std::vector<char>> storage;
  /// Set where `bytes` lie unchanged in a mapped file.
  std::shared_ptr<llvm::MemoryBuffer> file;
  std::string name;
  /// The qnn.constant, once there is one.
  mlir::Value value;
};
using ConstantPtr = std::shared_ptr<Constant>;

/// Reads an initializer or a tensor attribute. `tensor` must outlive the result.
llvm::Expected<ConstantPtr> readTensor(const onnx::TensorProto &tensor, ExternalFiles &files,
                                       mlir::MLIRContext *context);

ConstantPtr makeConstant(mlir::MLIRContext *context, int32_t elementType,
                         llvm::ArrayRef<int64_t> shape, std::vector<char> bytes);
ConstantPtr makeIntegers(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> shape,
                         llvm::ArrayRef<int64_t> values);
ConstantPtr makeFloats(mlir::MLIRContext *context, llvm::ArrayRef<int64_t> shape,
                       llvm::ArrayRef<float> values);

/// The elements of an integer or bool tensor, extended by signedness.
std::optional<llvm::SmallVector<int64_t>> readIntegers(const Constant &constant);
/// The elements of a float tensor.
std::optional<std::vector<double>> readFloats(const Constant &constant);

ConstantPtr transposed(const Constant &constant, llvm::ArrayRef<int64_t> perm);
/// The same bytes under another shape of as many elements; null for packed types.
ConstantPtr reshaped(const Constant &constant, llvm::ArrayRef<int64_t> shape);
/// from, from + 1, ... up to and without `to`.
llvm::SmallVector<int64_t> axesBetween(int64_t from, int64_t to);

/// A float16 or bfloat16 constant as float.
ConstantPtr widenedToFloat(const Constant &constant);

} // namespace bitwright::onnximport

#endif // BITWRIGHT_LIB_IMPORT_ONNX_CONSTANTS_H
