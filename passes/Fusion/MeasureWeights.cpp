// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// What weights take, from the module; and the pass that writes it down before they are packed.

#include "passes/Fusion/WeightSizes.h"

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "passes/Common/Utils.h"
#include "passes/Fusion/Passes.h"

#include "llvm/ADT/DenseSet.h"

namespace bitwright {
#define GEN_PASS_DEF_MEASUREWEIGHTSPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace bitwright

using namespace mlir;
using namespace bitwright;

/// Smaller constants are shapes, axes and scalars.
static constexpr int64_t minElements = 2;

static int64_t getConstantBytes(Value value) {
  return std::max<int64_t>(getByteSize(getTensorType(value)), 0);
}

WeightSizes bitwright::measureWeights(ModuleOp module) {
  WeightSizes sizes;
  DenseSet<Value> seen;
  module.walk([&](qnn::ContractionInterface op) {
    Value weight = op.getWeightOperand().get();
    if (auto dequantize = weight.getDefiningOp<qnn::DequantizeOp>())
      weight = dequantize.getInput();
    if (!isConstantValue(weight) || !seen.insert(weight).second)
      return;
    sizes.weights += getTensorType(weight).getNumElements();
    sizes.weightBytes += getConstantBytes(weight);
    for (Value parameter : op.getWeightParameters())
      if (isConstantValue(parameter) && seen.insert(parameter).second)
        sizes.weightBytes += getConstantBytes(parameter);
  });
  module.walk([&](qnn::ConstantOp op) {
    RankedTensorType type = getTensorType(op.getResult());
    if (!seen.insert(op.getResult()).second || type.getNumElements() < minElements ||
        type.getElementType().isInteger(64))
      return;
    sizes.otherElements += type.getNumElements();
    sizes.otherBytes += getConstantBytes(op.getResult());
  });
  return sizes;
}

namespace {

struct MeasureWeightsPass final : bitwright::impl::MeasureWeightsPassBase<MeasureWeightsPass> {
  void runOnOperation() override {
    markAllAnalysesPreserved();
    WeightSizes sizes = measureWeights(getOperation());
    getOperation()->setAttr(
        weightSizesAttr,
        DenseI64ArrayAttr::get(&getContext(), {sizes.weights, sizes.weightBytes,
                                               sizes.otherElements, sizes.otherBytes}));
  }
};

} // namespace
