// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Looks through shape arithmetic for the sizes that are known at compile
/// time, so that `concat(shape(x)[0], 12, 64)` still makes a reshape as static
/// as it can be.

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "dialects/QNN/ShapeInference.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace bitwright::qnn {

namespace {

constexpr int64_t unknown = ShapedType::kDynamic;
constexpr int64_t maxElements = 64;

/// One look-up. It visits a bounded number of ops, since a shared operand is
/// visited once for each use.
class Tracer {
public:
  std::optional<Dims> trace(Value value);

private:
  std::optional<Dims> traceOp(Operation *op);
  std::optional<Dims> traceBinary(Operation *op);
  std::optional<Dims> traceGather(GatherOp op);
  std::optional<Dims> traceSlice(SliceOp op);
  std::optional<Dims> traceConcat(ConcatOp op);
  std::optional<Dims> traceShape(ShapeOp op);

  unsigned visits = 0;
  unsigned depth = 0;
};

/// The value of one element, unknown where it overflows.
int64_t evaluate(Operation *op, int64_t lhs, int64_t rhs) {
  int64_t result = 0;
  bool overflow = true;
  if (lhs == unknown || rhs == unknown)
    return unknown;
  if (isa<AddOp>(op))
    overflow = llvm::AddOverflow(lhs, rhs, result);
  else if (isa<SubOp>(op))
    overflow = llvm::SubOverflow(lhs, rhs, result);
  else if (isa<MulOp>(op))
    overflow = llvm::MulOverflow(lhs, rhs, result);
  else if (isa<DivOp>(op) && rhs > 0) {
    result = lhs / rhs;
    overflow = false;
  }
  return overflow ? unknown : result;
}

/// Elementwise arithmetic; a single element broadcasts.
std::optional<Dims> Tracer::traceBinary(Operation *op) {
  std::optional<Dims> lhs = trace(op->getOperand(0)), rhs = trace(op->getOperand(1));
  if (!lhs || !rhs || (lhs->size() != rhs->size() && lhs->size() != 1 && rhs->size() != 1))
    return std::nullopt;
  Dims result(lhs->size() == 1 ? rhs->size() : lhs->size());
  for (size_t i = 0; i < result.size(); ++i)
    result[i] = evaluate(op, (*lhs)[lhs->size() == 1 ? 0 : i], (*rhs)[rhs->size() == 1 ? 0 : i]);
  return result;
}

std::optional<Dims> Tracer::traceGather(GatherOp op) {
  if (dimsOf(op.getInput()).size() != 1)
    return std::nullopt;
  std::optional<Dims> data = trace(op.getInput()), indices = trace(op.getIndices());
  if (!data || !indices)
    return std::nullopt;
  Dims result;
  for (int64_t index : *indices) {
    int64_t size = data->size(), place = index < 0 && index != unknown ? index + size : index;
    if (index != unknown && (place < 0 || place >= size))
      return std::nullopt;
    result.push_back(index == unknown ? unknown : (*data)[place]);
  }
  return result;
}

std::optional<Dims> Tracer::traceSlice(SliceOp op) {
  if (dimsOf(op.getInput()).size() != 1)
    return std::nullopt;
  std::optional<Dims> data = trace(op.getInput()), start = trace(op.getStarts()),
                      end = trace(op.getEnds()), step = trace(op.getSteps());
  auto isOne = [](const std::optional<Dims> &list) {
    return list && list->size() == 1 && list->front() != unknown;
  };
  if (!data || !isOne(start) || !isOne(end) || !isOne(step) || step->front() != 1)
    return std::nullopt;
  int64_t size = data->size();
  auto clamp = [&](int64_t place) {
    return std::min(std::max<int64_t>(place < 0 ? place + size : place, 0), size);
  };
  int64_t first = clamp(start->front()), last = std::max(first, clamp(end->front()));
  return Dims(llvm::ArrayRef<int64_t>(*data).slice(first, last - first));
}

std::optional<Dims> Tracer::traceConcat(ConcatOp op) {
  Dims result;
  for (Value input : op.getInputs()) {
    std::optional<Dims> piece = dimsOf(input).size() == 1 ? trace(input) : std::nullopt;
    if (!piece)
      return std::nullopt;
    result.append(*piece);
  }
  return result;
}

std::optional<Dims> Tracer::traceShape(ShapeOp op) {
  ArrayRef<int64_t> dims = dimsOf(op.getInput());
  int64_t start = op.getStart(), end = op.getEnd();
  if (start < 0 || start > end || end > int64_t(dims.size()))
    return std::nullopt;
  return Dims(dims.slice(start, end - start));
}

std::optional<Dims> Tracer::traceOp(Operation *op) {
  if (isa<ConstantOp>(op)) {
    std::optional<SmallVector<int64_t>> integers = getIntegers(op->getResult(0));
    return integers ? std::optional<Dims>(Dims(*integers)) : std::nullopt;
  }
  if (auto shape = dyn_cast<ShapeOp>(op))
    return traceShape(shape);
  if (auto concat = dyn_cast<ConcatOp>(op))
    return traceConcat(concat);
  if (auto gather = dyn_cast<GatherOp>(op))
    return traceGather(gather);
  if (auto slice = dyn_cast<SliceOp>(op))
    return traceSlice(slice);
  if (isa<AddOp, SubOp, MulOp, DivOp>(op))
    return traceBinary(op);
  bool widens = isa<CastOp>(op) && elementOf(op->getOperand(0)).isInteger() &&
                elementOf(op->getResult(0)).isInteger(64) && !cast<CastOp>(op).getUnsignedInput();
  if (isa<SqueezeOp, UnsqueezeOp, ReshapeOp>(op) || widens)
    return trace(op->getOperand(0));
  return std::nullopt;
}

std::optional<Dims> Tracer::trace(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isInteger() || !type.hasStaticShape() ||
      type.getNumElements() > maxElements)
    return std::nullopt;
  Dims none(type.getNumElements(), unknown);
  Operation *op = value.getDefiningOp();
  if (!op || depth > 32 || ++visits > 256)
    return none;
  ++depth;
  std::optional<Dims> result = traceOp(op);
  --depth;
  return result && result->size() == none.size() ? *result : none;
}

} // namespace

std::optional<Dims> getKnownIntegers(Value value) { return Tracer().trace(value); }

} // namespace bitwright::qnn
