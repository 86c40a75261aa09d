// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Looks through shape arithmetic for the sizes that are known at compile
/// time, so that `concat(shape(x)[0], 12, 64)` still makes a reshape as static
/// as it can be.

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"
#include "dialects/QNN/SliceRule.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace bitwright::qnn {

namespace {

constexpr int64_t maxElements = 64;

/// One look-up. It visits a bounded number of ops, since a shared operand is
/// visited once for each use.
class Tracer {
public:
  std::optional<KnownIntegers> trace(Value value);

private:
  std::optional<KnownIntegers> traceOp(Operation *op);
  std::optional<KnownIntegers> traceBinary(Operation *op);
  std::optional<KnownIntegers> traceGather(GatherOp op);
  std::optional<KnownIntegers> traceSlice(SliceOp op);
  std::optional<KnownIntegers> traceConcat(ConcatOp op);
  std::optional<KnownIntegers> traceShape(ShapeOp op);

  unsigned visits = 0;
  unsigned depth = 0;
};

/// The value of one element, unknown where it overflows.
KnownInteger evaluate(Operation *op, KnownInteger lhs, KnownInteger rhs) {
  int64_t result = 0;
  bool overflow = true;
  if (!lhs || !rhs)
    return std::nullopt;
  if (isa<AddOp>(op))
    overflow = llvm::AddOverflow(*lhs, *rhs, result);
  else if (isa<SubOp>(op))
    overflow = llvm::SubOverflow(*lhs, *rhs, result);
  else if (isa<MulOp>(op))
    overflow = llvm::MulOverflow(*lhs, *rhs, result);
  else if (isa<DivOp>(op) && *rhs > 0) {
    result = *lhs / *rhs;
    overflow = false;
  } else if (auto mod = dyn_cast<ModOp>(op); mod && *rhs > 0) {
    result = *lhs % *rhs;
    if (result < 0 && !mod.getFmod())
      result += *rhs;
    overflow = false;
  }
  return overflow ? std::nullopt : KnownInteger(result);
}

/// Elementwise arithmetic; a single element broadcasts.
std::optional<KnownIntegers> Tracer::traceBinary(Operation *op) {
  std::optional<KnownIntegers> lhs = trace(op->getOperand(0)), rhs = trace(op->getOperand(1));
  if (!lhs || !rhs || (lhs->size() != rhs->size() && lhs->size() != 1 && rhs->size() != 1))
    return std::nullopt;
  KnownIntegers result(lhs->size() == 1 ? rhs->size() : lhs->size());
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = evaluate(op, (*lhs)[lhs->size() == 1 ? 0 : i], (*rhs)[rhs->size() == 1 ? 0 : i]);
  return result;
}

std::optional<KnownIntegers> Tracer::traceGather(GatherOp op) {
  if (dimsOf(op.getInput()).size() != 1)
    return std::nullopt;
  std::optional<KnownIntegers> data = trace(op.getInput()), indices = trace(op.getIndices());
  if (!data || !indices)
    return std::nullopt;
  KnownIntegers result;
  int64_t size = data->size();
  for (KnownInteger index : *indices) {
    if (index && (*index < -size || *index >= size))
      return std::nullopt;
    result.push_back(index ? (*data)[*index < 0 ? *index + size : *index] : std::nullopt);
  }
  return result;
}

std::optional<KnownIntegers> Tracer::traceSlice(SliceOp op) {
  if (dimsOf(op.getInput()).size() != 1)
    return std::nullopt;
  std::optional<KnownIntegers> data = trace(op.getInput()), start = trace(op.getStarts()),
                               end = trace(op.getEnds()), step = trace(op.getSteps());
  auto getOne = [](const std::optional<KnownIntegers> &list) {
    return list && list->size() == 1 ? list->front() : std::nullopt;
  };
  KnownInteger first = getOne(start), last = getOne(end), stride = getOne(step);
  if (!data || !first || !last || stride.value_or(0) == 0)
    return std::nullopt;
  SliceExtent<int64_t> extent = resolveSlice(data->size(), *first, *last, *stride);
  KnownIntegers result;
  for (int64_t i = 0; i < extent.count; ++i)
    result.push_back((*data)[extent.start + i * *stride]);
  return result;
}

std::optional<KnownIntegers> Tracer::traceConcat(ConcatOp op) {
  KnownIntegers result;
  for (Value input : op.getInputs()) {
    std::optional<KnownIntegers> piece = dimsOf(input).size() == 1 ? trace(input) : std::nullopt;
    if (!piece)
      return std::nullopt;
    result.append(*piece);
  }
  return result;
}

std::optional<KnownIntegers> Tracer::traceShape(ShapeOp op) {
  ArrayRef<int64_t> dims = dimsOf(op.getInput());
  int64_t start = op.getStart(), end = op.getEnd();
  if (start < 0 || start > end || end > int64_t(dims.size()))
    return std::nullopt;
  return llvm::map_to_vector(dims.slice(start, end - start), [](int64_t size) {
    return isDynamic(size) ? std::nullopt : KnownInteger(size);
  });
}

std::optional<KnownIntegers> Tracer::traceOp(Operation *op) {
  if (isa<ConstantOp>(op)) {
    std::optional<SmallVector<int64_t>> integers = getIntegers(op->getResult(0));
    if (!integers)
      return std::nullopt;
    return KnownIntegers(integers->begin(), integers->end());
  }
  if (auto shape = dyn_cast<ShapeOp>(op))
    return traceShape(shape);
  if (auto concat = dyn_cast<ConcatOp>(op))
    return traceConcat(concat);
  if (auto gather = dyn_cast<GatherOp>(op))
    return traceGather(gather);
  if (auto slice = dyn_cast<SliceOp>(op))
    return traceSlice(slice);
  if (isa<AddOp, SubOp, MulOp, DivOp, ModOp>(op))
    return traceBinary(op);
  bool widens = isa<CastOp>(op) && elementOf(op->getOperand(0)).isInteger() &&
                elementOf(op->getResult(0)).isInteger(64) && !cast<CastOp>(op).getUnsignedInput();
  if (isa<SqueezeOp, UnsqueezeOp, ReshapeOp>(op) || widens)
    return trace(op->getOperand(0));
  return std::nullopt;
}

std::optional<KnownIntegers> Tracer::trace(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isInteger() || !type.hasStaticShape() ||
      type.getNumElements() > maxElements)
    return std::nullopt;
  KnownIntegers none(type.getNumElements());
  Operation *op = value.getDefiningOp();
  if (!op || depth > 32 || ++visits > 256)
    return none;
  ++depth;
  std::optional<KnownIntegers> result = traceOp(op);
  --depth;
  return result && result->size() == none.size() ? *result : none;
}

} // namespace

std::optional<KnownIntegers> getKnownIntegers(Value value) { return Tracer().trace(value); }

} // namespace bitwright::qnn
