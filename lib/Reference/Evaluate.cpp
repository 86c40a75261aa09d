// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// Errors, allocation and element movement for all evaluators, and the checks
/// around each op: operands fit its operand types, results its result types.

#include "Evaluate.h"

#include "bitwright/Numerics/Packing.h"
#include "dialects/QNN/Constants.h"
#include "llvm/Support/raw_ostream.h"
#include <limits>

using namespace bitwright;
using namespace bitwright::reference;

//===--- errors and memory ------------------------------------------------===//

llvm::Error reference::makeError(mlir::Operation *op, const llvm::Twine &message) {
  std::string name = getNodeName(op->getLoc());
  return llvm::createStringError("node '" + name + "' (" + op->getName().getStringRef().str() +
                                 "): " + message.str());
}

std::string reference::formatDims(ArrayRef<int64_t> dims) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleave(
      dims, stream,
      [&](int64_t dim) {
        if (mlir::ShapedType::isDynamic(dim))
          stream << '?';
        else
          stream << dim;
      },
      "x");
  return dims.empty() ? "scalar" : text;
}

static constexpr int64_t defaultBudget = int64_t(8) << 30;
static thread_local int64_t budget = defaultBudget;

MemoryBudget::MemoryBudget(int64_t bytes) : previous(budget) { budget = bytes; }
MemoryBudget::~MemoryBudget() { budget = previous; }
void MemoryBudget::set(int64_t bytes) { budget = bytes; }

llvm::Error reference::checkSize(mlir::Operation *op, mlir::Type elementType,
                                 ArrayRef<int64_t> dims) {
  int64_t bytes = tensorBytes(elementType, dims), count = countElements(dims);
  // Evaluators widen elements to 8 bytes, and keep a table entry for every index
  // of a dimension even where another dimension is 0.
  bool fits = bytes >= 0 && bytes <= budget && count <= budget / 8;
  for (int64_t dim : dims)
    fits &= count > 0 || dim <= (int64_t(1) << 24);
  if (fits)
    return llvm::Error::success();
  return makeError(op, "a tensor of " + formatDims(dims) +
                           " elements exceeds the interpreter's memory limit");
}

Expected<Tensor> reference::allocate(mlir::Operation *op, mlir::Type elementType,
                                     ArrayRef<int64_t> dims) {
  if (llvm::Error error = checkSize(op, elementType, dims))
    return error;
  return makeTensor(elementType, dims);
}

llvm::Error reference::checkAxis(mlir::Operation *op, int64_t axis, int64_t rank) {
  if (axis >= 0 && axis < rank)
    return llvm::Error::success();
  return makeError(op,
                   "expects an axis below " + llvm::Twine(rank) + ", but got " + llvm::Twine(axis));
}

//===--- moving elements --------------------------------------------------===//

Dims reference::stridesOf(ArrayRef<int64_t> dims) {
  Dims strides(dims.size(), 1);
  for (int64_t i = int64_t(dims.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<int64_t>(dims[i + 1], 1);
  return strides;
}

/// An i4 tensor as i8, one element a byte; other tensors are not touched.
static Tensor unpack(const Tensor &tensor, mlir::Type byteType) {
  Tensor result;
  result.elementType = byteType;
  result.dims = tensor.dims;
  std::vector<int8_t> values =
      unpackNibbles(tensor.data, tensor.dims.empty() ? 1 : tensor.dims.back(), true);
  result.data.assign(values.begin(), values.end());
  return result;
}

static Tensor pack(const Tensor &tensor, mlir::Type nibbleType) {
  Tensor result = makeTensor(nibbleType, tensor.dims);
  result.data = packNibbles(tensor.as<int8_t>(), tensor.dims.empty() ? 1 : tensor.dims.back());
  return result;
}

namespace {
/// The loop of moveElements over bytes of a fixed element size.
struct Mover {
  const char *source;
  char *target;
  const OffsetTable &offsets;
  const char *fill;
  int64_t size;

  void run(size_t dim, int64_t base) {
    if (dim == offsets.size())
      return copy(base);
    if (dim + 1 == offsets.size() && base >= 0)
      return runInnermost(base);
    for (int64_t offset : offsets[dim])
      run(dim + 1, base < 0 || offset < 0 ? -1 : base + offset);
  }

  void runInnermost(int64_t base) {
    const std::vector<int64_t> &row = offsets.back();
    size_t count = row.size();
    bool consecutive = count > 0 && row[0] >= 0;
    for (size_t i = 1; i < count && consecutive; ++i)
      consecutive = row[i] == row[i - 1] + 1;
    if (!consecutive) {
      for (int64_t offset : row)
        copy(offset < 0 ? -1 : base + offset);
      return;
    }
    std::memcpy(target, source + (base + row[0]) * size, count * size);
    target += count * size;
  }

  void copy(int64_t offset) {
    if (offset >= 0 || fill)
      std::memcpy(target, offset < 0 ? fill : source + offset * size, size);
    target += size;
  }
};
} // namespace

Expected<Tensor> reference::moveElements(mlir::Operation *op, const Tensor &source,
                                         const OffsetTable &offsets, const Tensor *fill) {
  Dims dims;
  for (const std::vector<int64_t> &table : offsets)
    dims.push_back(int64_t(table.size()));
  if (source.elementType.isInteger(4)) {
    mlir::Type byteType = mlir::IntegerType::get(source.elementType.getContext(), 8);
    Tensor wide = unpack(source, byteType);
    Tensor wideFill = fill ? unpack(*fill, byteType) : Tensor();
    Expected<Tensor> moved = moveElements(op, wide, offsets, fill ? &wideFill : nullptr);
    if (!moved)
      return moved.takeError();
    return pack(*moved, source.elementType);
  }
  Expected<Tensor> result = allocate(op, source.elementType, dims);
  if (!result || result->data.empty())
    return result;
  int64_t size = int64_t(result->data.size()) / countElements(dims);
  Mover mover = {source.data.data(), result->data.data(), offsets,
                 fill ? fill->data.data() : nullptr, size};
  mover.run(0, 0);
  return result;
}

Tensor reference::reshape(const Tensor &source, ArrayRef<int64_t> dims) {
  if (source.elementType.isInteger(4)) {
    mlir::Type byteType = mlir::IntegerType::get(source.elementType.getContext(), 8);
    Tensor wide = unpack(source, byteType);
    wide.dims.assign(dims.begin(), dims.end());
    return pack(wide, source.elementType);
  }
  Tensor result = source;
  result.dims.assign(dims.begin(), dims.end());
  return result;
}

Expected<Tensor> reference::expandTo(mlir::Operation *op, const Tensor &source,
                                     ArrayRef<int64_t> dims) {
  if (ArrayRef<int64_t>(source.dims) == dims)
    return source;
  int64_t extra = int64_t(dims.size()) - source.rank();
  Dims strides = stridesOf(source.dims);
  // Refused before the tables are built: they are as long as the dimensions.
  if (llvm::Error error = checkSize(op, source.elementType, dims))
    return error;
  OffsetTable offsets;
  for (int64_t i = 0; i < int64_t(dims.size()); ++i) {
    int64_t size = i < extra ? 1 : source.dims[i - extra];
    if (extra < 0 || (size != dims[i] && size != 1))
      return makeError(op,
                       "cannot broadcast " + formatDims(source.dims) + " to " + formatDims(dims));
    std::vector<int64_t> table(dims[i], 0);
    for (int64_t c = 0; c < dims[i] && size != 1; ++c)
      table[c] = c * strides[i - extra];
    offsets.push_back(std::move(table));
  }
  return moveElements(op, source, offsets);
}

Expected<Dims> reference::broadcastDims(mlir::Operation *op, ArrayRef<int64_t> lhs,
                                        ArrayRef<int64_t> rhs) {
  size_t rank = std::max(lhs.size(), rhs.size());
  Dims result(rank, 1);
  for (size_t i = 0; i < rank; ++i) {
    int64_t a = i + lhs.size() < rank ? 1 : lhs[i + lhs.size() - rank];
    int64_t b = i + rhs.size() < rank ? 1 : rhs[i + rhs.size() - rank];
    if (a != b && a != 1 && b != 1)
      return makeError(op, "shapes " + formatDims(lhs) + " and " + formatDims(rhs) +
                               " do not broadcast");
    result[i] = a == 1 ? b : a;
  }
  return result;
}

//===--- one op -----------------------------------------------------------===//

static Registry makeRegistry() {
  Registry registry;
  registerUnary(registry);
  registerBinary(registry);
  registerContractions(registry);
  registerNormalizations(registry);
  registerReductions(registry);
  registerPooling(registry);
  registerShape(registry);
  registerSlicing(registry);
  registerResize(registry);
  registerQuantization(registry);
  registerIntegerElementwise(registry);
  registerIntegerContractions(registry);
  return registry;
}

/// `tensor` is a value of `type`.
static llvm::Error checkValue(mlir::Operation *op, const llvm::Twine &what, const Tensor &tensor,
                              mlir::Type type) {
  auto expected = llvm::dyn_cast<mlir::RankedTensorType>(type);
  bool fits = expected && expected.getElementType() == tensor.elementType &&
              expected.getRank() == tensor.rank() &&
              tensorBytes(tensor.elementType, tensor.dims) == int64_t(tensor.data.size());
  for (int64_t i = 0; fits && i < tensor.rank(); ++i)
    fits = expected.isDynamicDim(i) || expected.getDimSize(i) == tensor.dims[i];
  if (fits)
    return llvm::Error::success();
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "expects " << what << " of type " << type << ", but got " << formatDims(tensor.dims)
         << " of " << tensor.elementType;
  return makeError(op, text);
}

Expected<SmallVector<Tensor>> reference::evaluateChecked(mlir::Operation *op, Operands operands) {
  static const Registry registry = makeRegistry();
  const Registry::Evaluator *evaluator = registry.lookup(op);
  if (!evaluator)
    return makeError(op, "the reference interpreter does not know this op");
  if (operands.size() != op->getNumOperands())
    return makeError(op, "expects " + llvm::Twine(op->getNumOperands()) + " operands, but got " +
                             llvm::Twine(operands.size()));
  for (size_t i = 0; i < operands.size(); ++i)
    if (llvm::Error error =
            checkValue(op, "operand " + llvm::Twine(i), *operands[i], op->getOperand(i).getType()))
      return error;
  Expected<SmallVector<Tensor>> results = (*evaluator)(op, operands);
  if (!results)
    return results;
  for (size_t i = 0; i < results->size(); ++i)
    if (llvm::Error error = checkValue(op, "a result", (*results)[i], op->getResult(i).getType()))
      return error;
  return results;
}
