// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Integer vectors computed from dimensions, element by element.

#include "passes/Simplify/ShapeValues.h"
#include "passes/Common/Utils.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/SliceRule.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright;

/// Longer vectors are data, not shapes.
static constexpr int64_t maxElements = 64;

std::optional<ShapeVector> ShapeValues::getElements(Value tensor) {
  auto found = elements.find(tensor);
  if (found != elements.end())
    return found->second;
  RankedTensorType type = getTensorType(tensor);
  std::optional<ShapeVector> result;
  if (type.getRank() <= 1 && type.getElementType().isSignlessInteger() && type.hasStaticShape() &&
      type.getNumElements() <= maxElements) {
    result = computeElements(tensor, type.getNumElements());
    result->resize(type.getNumElements());
  }
  elements[tensor] = result;
  return result;
}

/// a op b for the arithmetic that shapes go through.
static ShapeValue combine(Operation *op, const ShapeValue &a, const ShapeValue &b) {
  bool constants = a.isConstant() && b.isConstant();
  int64_t result = 0;
  if (isa<qnn::AddOp>(op)) {
    if (a.isConstant(0) || b.isConstant(0))
      return a.isConstant(0) ? b : a;
    if (constants && !llvm::AddOverflow(a.value, b.value, result))
      return ShapeValue::constant(result);
  } else if (isa<qnn::SubOp>(op)) {
    if (b.isConstant(0))
      return a;
    if (constants && !llvm::SubOverflow(a.value, b.value, result))
      return ShapeValue::constant(result);
  } else if (isa<qnn::MulOp>(op)) {
    if (a.isConstant(1) || b.isConstant(1))
      return a.isConstant(1) ? b : a;
    if (constants && !llvm::MulOverflow(a.value, b.value, result))
      return ShapeValue::constant(result);
  } else if (isa<qnn::DivOp>(op)) {
    if (b.isConstant(1))
      return a;
    if (constants && b.value != 0 && b.value != -1)
      return ShapeValue::constant(a.value / b.value);
  } else if (isa<qnn::EqualOp>(op)) {
    if (constants || a.equals(b))
      return ShapeValue::constant(a.value == b.value);
    // A symbol is a dimension, and those are never negative.
    if ((a.isSymbol() && b.isConstant() && b.value < 0) ||
        (b.isSymbol() && a.isConstant() && a.value < 0))
      return ShapeValue::constant(0);
  } else if (constants && isa<qnn::MaxOp>(op)) {
    return ShapeValue::constant(std::max(a.value, b.value));
  } else if (constants && isa<qnn::MinOp>(op)) {
    return ShapeValue::constant(std::min(a.value, b.value));
  }
  return {};
}

static const ShapeValue &at(const ShapeVector &values, int64_t i) {
  return values.size() == 1 ? values.front() : values[i];
}

/// Which elements slice takes, by the rules of ONNX; empty where it is not known.
static SmallVector<int64_t> getSliced(qnn::SliceOp slice, int64_t size) {
  auto starts = getIntegers(slice.getStarts()), ends = getIntegers(slice.getEnds()),
       steps = getIntegers(slice.getSteps());
  SmallVector<int64_t> result;
  if (!starts || !ends || !steps || starts->size() != 1 || ends->size() != 1 ||
      steps->size() != 1 || steps->front() == 0)
    return result;
  SliceExtent<int64_t> extent = resolveSlice(size, starts->front(), ends->front(), steps->front());
  for (int64_t i = 0; i < extent.count; ++i)
    result.push_back(extent.start + i * steps->front());
  return result;
}

static ShapeVector pick(const std::optional<ShapeVector> &input, ArrayRef<int64_t> indices) {
  ShapeVector result;
  for (int64_t index : indices) {
    if (!input || index < -int64_t(input->size()) || index >= int64_t(input->size()))
      return {};
    result.push_back((*input)[index < 0 ? index + input->size() : index]);
  }
  return result;
}

ShapeVector ShapeValues::computeElements(Value tensor, int64_t count) {
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return {};
  return llvm::TypeSwitch<Operation *, ShapeVector>(op)
      .Case<qnn::ConstantOp>([&](auto) {
        ShapeVector result;
        auto integers = getIntegers(tensor);
        if (!integers)
          return result;
        bool isBool = getTensorType(tensor).getElementType().isInteger(1);
        for (int64_t value : *integers) // an i1 may read as 0 and -1
          result.push_back(ShapeValue::constant(isBool ? value != 0 : value));
        return result;
      })
      .Case<qnn::ShapeOp>([&](qnn::ShapeOp shape) {
        ShapeVector dims = getDims(shape.getInput());
        int64_t rank = dims.size(), start = shape.getStart();
        start = std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank);
        if (start + count > rank)
          return ShapeVector();
        return ShapeVector(dims.begin() + start, dims.begin() + start + count);
      })
      .Case<qnn::GatherOp>([&](qnn::GatherOp gather) {
        auto indices = getIntegers(gather.getIndices());
        if (!indices || getTensorType(gather.getInput()).getRank() != 1)
          return ShapeVector();
        return pick(getElements(gather.getInput()), *indices);
      })
      .Case<qnn::SliceOp>([&](qnn::SliceOp slice) {
        auto input = getElements(slice.getInput());
        return input ? pick(input, getSliced(slice, input->size())) : ShapeVector();
      })
      .Case<qnn::ConcatOp>([&](qnn::ConcatOp concat) {
        ShapeVector result;
        for (Value input : concat.getInputs()) {
          auto part = getElements(input);
          if (!part)
            return ShapeVector();
          result.append(*part);
        }
        return result;
      })
      .Case<qnn::SqueezeOp, qnn::UnsqueezeOp, qnn::ReshapeOp, qnn::CastOp>([&](Operation *same) {
        Value input = same->getOperand(0);
        bool widens = getTensorType(input).getElementTypeBitWidth() <= 64 &&
                      getTensorType(tensor).getElementTypeBitWidth() >= 32;
        auto values = getElements(input);
        return values && widens ? *values : ShapeVector();
      })
      .Case<qnn::AddOp, qnn::SubOp, qnn::MulOp, qnn::DivOp, qnn::EqualOp, qnn::MaxOp, qnn::MinOp>(
          [&](Operation *binary) {
            auto a = getElements(binary->getOperand(0)), b = getElements(binary->getOperand(1));
            ShapeVector result;
            for (int64_t i = 0; a && b && !a->empty() && !b->empty() && i < count; ++i)
              result.push_back(combine(binary, at(*a, i), at(*b, i)));
            return result;
          })
      .Case<qnn::WhereOp>([&](qnn::WhereOp where) {
        auto condition = getElements(where.getCondition()), a = getElements(where.getLhs()),
             b = getElements(where.getRhs());
        ShapeVector result;
        for (int64_t i = 0; condition && a && b && count > 0 && i < count; ++i) {
          ShapeValue holds = at(*condition, i);
          result.push_back(holds.isConstant(0)   ? at(*b, i)
                           : holds.isConstant(1) ? at(*a, i)
                                                 : ShapeValue());
        }
        return result;
      })
      .Default([](Operation *) { return ShapeVector(); });
}
