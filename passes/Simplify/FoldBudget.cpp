// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The accounts of FoldBudget.h.

#include "FoldBudget.h"

#include "passes/Common/Utils.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace bitwright;

namespace {

/// What a result may be larger than its operands: small tables always fold.
constexpr uint64_t maxGrowth = 8;
constexpr uint64_t alwaysFoldBytes = 4096;
/// A byte of weights is touched by a chain of casts, transposes and scales, each up to eight
/// times its size.
constexpr uint64_t workPerWeightByte = 32;
constexpr uint64_t workPerFreeByte = 4;
/// The interpreter multiplies and adds about as many times while it moves one byte.
constexpr uint64_t macsPerByte = 16;
constexpr uint64_t unlimited = std::numeric_limits<uint64_t>::max();

/// Bytes of all of them; `unlimited` where that is not known.
uint64_t getBytes(TypeRange types) {
  uint64_t bytes = 0;
  for (Type type : types) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    int64_t size = tensor && tensor.hasStaticShape() ? getByteSize(tensor) : -1;
    bytes = size < 0 ? unlimited : llvm::SaturatingAdd(bytes, uint64_t(size));
  }
  return bytes;
}

/// Multiplications for each byte of the result.
uint64_t getMacsPerByte(Operation *op) {
  int64_t macs = 0;
  if (auto contraction = dyn_cast<qnn::ContractionInterface>(op))
    macs = contraction.getMacsPerElement();
  else if (auto matmul = dyn_cast<qnn::MatmulOp>(op))
    macs = getTensorType(matmul.getLhs()).getShape().back();
  return std::max<int64_t>(macs, 0);
}

uint64_t getWork(Operation *op, uint64_t operandBytes, uint64_t bytes) {
  uint64_t macs = llvm::SaturatingMultiply(bytes, getMacsPerByte(op)) / macsPerByte;
  return llvm::SaturatingAdd(operandBytes, bytes, macs);
}

} // namespace

FoldBudget::FoldBudget(func::FuncOp func, int64_t maxBytes)
    : maxBytes(std::max<int64_t>(maxBytes, 0)) {
  uint64_t weights = 0;
  func.walk([&](qnn::ConstantOp constant) {
    if (known.insert(constant.getValue()).second)
      weights = llvm::SaturatingAdd(weights, getBytes(constant->getResultTypes()));
  });
  growth = llvm::SaturatingAdd(this->maxBytes, weights);
  work = llvm::SaturatingAdd(llvm::SaturatingMultiply(this->maxBytes, workPerFreeByte),
                             llvm::SaturatingMultiply(weights, workPerWeightByte));
}

/// Bytes of the operands that nothing else uses.
uint64_t FoldBudget::countReplaced(Operation *op) const {
  llvm::SmallDenseSet<Value> operands(op->operand_begin(), op->operand_end());
  uint64_t bytes = 0;
  for (Value operand : operands)
    if (llvm::all_of(operand.getUsers(),
                     [&](Operation *user) { return user == op || folded.contains(user); }))
      bytes = llvm::SaturatingAdd(bytes, getBytes(operand.getType()));
  return bytes;
}

/// A result that takes the place of its operands is no growth, even where it is wider; nor is a
/// small one.
uint64_t FoldBudget::countGrowth(Operation *op, uint64_t bytes) const {
  if (bytes <= alwaysFoldBytes)
    return 0;
  uint64_t replaced = llvm::SaturatingMultiply(countReplaced(op), maxGrowth);
  return bytes > replaced ? bytes - replaced : 0;
}

bool FoldBudget::affords(Operation *op) const {
  uint64_t bytes = getBytes(op->getResultTypes()), operandBytes = getBytes(op->getOperandTypes());
  uint64_t cost = getWork(op, operandBytes, bytes);
  if (bytes > maxBytes)
    return false;
  if (cost <= alwaysFoldBytes)
    return true;
  if (!isa<qnn::CastOp>(op) && bytes > alwaysFoldBytes && bytes / maxGrowth > operandBytes)
    return false;
  return cost <= work && countGrowth(op, bytes) <= growth;
}

bool FoldBudget::affordsOnStored(Operation *op) const {
  return getBytes(op->getResultTypes()) <= getBytes(op->getOperandTypes()) || affords(op);
}

void FoldBudget::pay(Operation *op) {
  uint64_t bytes = getBytes(op->getResultTypes()), operandBytes = getBytes(op->getOperandTypes());
  uint64_t cost = getWork(op, operandBytes, bytes);
  if (cost <= alwaysFoldBytes)
    return;
  work -= std::min(work, cost);
  growth -= std::min(growth, countGrowth(op, bytes));
}

void FoldBudget::record(Operation *op, ArrayRef<TypedAttr> values) {
  uint64_t bytes = getBytes(op->getResultTypes());
  bool isNew = false;
  for (TypedAttr value : values)
    isNew |= known.insert(value).second;
  if (!isNew)
    growth = llvm::SaturatingAdd(growth, countGrowth(op, bytes));
  folded.insert(op);
}
