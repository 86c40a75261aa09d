// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Sizes from the module, choices from the decision log.

#include "passes/Fusion/Report.h"

#include "bitwright/Support/AtomicFile.h"
#include "bitwright/Support/DecisionLog.h"
#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "passes/Fusion/Passes.h"
#include "passes/Simplify/Utils.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"

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

/// The scales and zero points that a contraction reads its weights with.
static void addParameters(Operation *op, WeightSizes &sizes, DenseSet<Value> &seen) {
  auto add = [&](Value value) {
    if (value && isConstantValue(value) && seen.insert(value).second)
      sizes.weightBytes += getConstantBytes(value);
  };
  if (auto block = dyn_cast<qnn::BlockLinearOp>(op)) {
    add(block.getWeightScale());
    add(block.getWeightZeroPoint());
  } else if (auto dynamic = dyn_cast<qnn::DynamicQLinearOp>(op)) {
    add(dynamic.getWeightScale());
  } else if (auto conv = dyn_cast<qnn::QConv2dOp>(op)) {
    add(conv.getMultiplier());
  } else if (auto linear = dyn_cast<qnn::QLinearOp>(op)) {
    add(linear.getMultiplier());
  }
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
    addParameters(op, sizes, seen);
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

/// The attribute that qnn-measure-weights leaves.
static constexpr StringLiteral sizesAttr = "qnn.weight_sizes";

namespace {

struct MeasureWeightsPass final : bitwright::impl::MeasureWeightsPassBase<MeasureWeightsPass> {
  void runOnOperation() override {
    markAllAnalysesPreserved();
    WeightSizes sizes = measureWeights(getOperation());
    getOperation()->setAttr(
        sizesAttr, DenseI64ArrayAttr::get(&getContext(), {sizes.weights, sizes.weightBytes,
                                                          sizes.otherElements, sizes.otherBytes}));
  }
};

} // namespace

static WeightSizes getWeightSizes(ModuleOp module) {
  auto attribute = module->getAttrOfType<DenseI64ArrayAttr>(sizesAttr);
  if (!attribute || attribute.size() != 4)
    return measureWeights(module);
  return {attribute[0], attribute[1], attribute[2], attribute[3]};
}

static void writeText(const WeightSizes &sizes, const DecisionLog &log, raw_ostream &os) {
  os << "weights: " << sizes.weights << " in contractions, " << sizes.weightBytes
     << " bytes with scales, " << llvm::format("%.3f", sizes.bitsPerWeight())
     << " bits each; other constants: " << sizes.otherElements << " in " << sizes.otherBytes
     << " bytes; all: " << sizes.weightBytes + sizes.otherBytes << " bytes, as float "
     << sizes.floatBytes() << "\n";
  log.printText(os);
}

static void writeJson(const WeightSizes &sizes, const DecisionLog &log, raw_ostream &os) {
  llvm::json::OStream json(os, /*IndentSize=*/2);
  json.object([&] {
    json.attributeObject("weights", [&] {
      json.attribute("count", sizes.weights);
      json.attribute("bytes", sizes.weightBytes);
      json.attribute("bits_per_weight", sizes.bitsPerWeight());
      json.attribute("other_count", sizes.otherElements);
      json.attribute("other_bytes", sizes.otherBytes);
      json.attribute("float_bytes", sizes.floatBytes());
    });
    log.printDecisions(json);
  });
  os << "\n";
}

llvm::Error bitwright::writeReport(ModuleOp module, StringRef path, OutputGroup *group) {
  WeightSizes sizes = getWeightSizes(module);
  const DecisionLog &log = qnn::getDecisionLog(module.getContext());
  auto write = [&](raw_ostream &os) {
    if (path.ends_with(".json"))
      writeJson(sizes, log, os);
    else
      writeText(sizes, log, os);
    return llvm::Error::success();
  };
  return writeFileAtomically(path, write, group);
}
