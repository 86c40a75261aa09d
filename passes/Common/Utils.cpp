// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Shared helpers of the passes that rewrite networks.

#include "passes/Common/Utils.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"

#include "mlir/IR/Iterators.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>

using namespace mlir;
using namespace bitwright;

/// Reading a constant to see whether all of its elements agree is worth it for small ones only.
static constexpr int64_t maxSplatElements = 64;

static bool isSmallConstant(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.hasStaticShape() && type.getNumElements() > 0 &&
         type.getNumElements() <= maxSplatElements && isConstantValue(value);
}

std::optional<double> bitwright::getSplatFloat(Value value) {
  if (!isSmallConstant(value) || !isa<FloatType>(getTensorType(value).getElementType()))
    return std::nullopt;
  auto floats = getFloats(value);
  if (!floats || floats->empty() || !llvm::all_equal(*floats))
    return std::nullopt;
  return floats->front();
}

std::optional<int64_t> bitwright::getSplatInteger(Value value) {
  if (!isSmallConstant(value) || !isa<IntegerType>(getTensorType(value).getElementType()))
    return std::nullopt;
  auto integers = getIntegers(value);
  if (!integers || integers->empty() || !llvm::all_equal(*integers))
    return std::nullopt;
  return integers->front();
}

bool bitwright::isSplatNear(Value value, double expected) {
  auto splat = getSplatFloat(value);
  return splat && std::abs(*splat - expected) <= 1e-4 * std::abs(expected);
}

std::optional<SmallVector<float>> bitwright::getPerChannel(Value constant, int64_t rank,
                                                           int64_t axis, int64_t channels) {
  auto type = dyn_cast<RankedTensorType>(constant.getType());
  if (!type || !type.hasStaticShape() || type.getRank() > rank || !isConstantValue(constant) ||
      !isa<FloatType>(type.getElementType()))
    return std::nullopt;
  int64_t elements = type.getNumElements();
  int64_t place = axis - (rank - type.getRank()); // of the channel in the constant
  bool perChannel = place >= 0 && type.getDimSize(place) == channels && elements == channels;
  if (elements != 1 && !perChannel)
    return std::nullopt;
  auto floats = getFloats(constant);
  if (!floats)
    return std::nullopt;
  if (elements == 1)
    return SmallVector<float>(channels, floats->front());
  return SmallVector<float>(floats->begin(), floats->end());
}

Location bitwright::fuseLocations(ArrayRef<Operation *> ops) {
  SmallVector<Location> locations;
  for (Operation *op : ops)
    locations.push_back(op->getLoc());
  return FusedLoc::get(ops.front()->getContext(), locations);
}

bool bitwright::matchEither(Value a, Value b, function_ref<bool(Value, Value)> match) {
  return match(a, b) || match(b, a);
}

int64_t bitwright::estimateElements(RankedTensorType type) {
  int64_t elements = 1;
  for (int64_t size : type.getShape()) {
    if (llvm::MulOverflow(elements, ShapedType::isDynamic(size) ? assumedDynamicSize : size,
                          elements))
      return std::numeric_limits<int64_t>::max();
  }
  return elements;
}

Operation *bitwright::cloneWith(OpBuilder &builder, Operation *op, ValueRange operands,
                                TypeRange results) {
  OperationState state(op->getLoc(), op->getName(), operands, results);
  if (op->getPropertiesStorageSize() == 0) {
    state.addAttributes(op->getAttrs()); // the op keeps all it has there, as one of a plug-in may
  } else {
    state.attributes.append(op->getDiscardableAttrs().begin(), op->getDiscardableAttrs().end());
    state.propertiesAttr = op->getPropertiesAsAttribute();
  }
  return builder.create(state);
}

void bitwright::eraseUnused(Operation *root) {
  root->walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
}

namespace {
struct ReplacementCounter final : RewriterBase::Listener {
  void notifyOperationReplaced(Operation *, ValueRange) override { ++count; }
  int64_t count = 0;
};
} // namespace

FailureOr<int64_t> bitwright::applyPatterns(Operation *root, RewritePatternSet &&patterns) {
  ReplacementCounter replaced;
  GreedyRewriteConfig config;
  config.setListener(&replaced);
  config.setMaxIterations(GreedyRewriteConfig::kNoLimit);
  if (failed(applyPatternsGreedily(root, std::move(patterns), config)))
    return root->emitError("rewriting did not come to an end");
  return replaced.count;
}
