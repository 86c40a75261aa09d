// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Marks tensors by the interfaces of the ops around them, so that a new op is
/// observed without a word here.

#include "dialects/QNN/Constants.h"
#include "dialects/QNN/QNNOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Calibration/Passes.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringMap.h"

namespace bitwright {
#define GEN_PASS_DEF_INSERTOBSERVERSPASS
#include "passes/Calibration/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

static bool mayBeObserved(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.getElementType().isF32() || value.use_empty())
    return false;
  if (value.getDefiningOp<qnn::ConstantOp>() || value.getDefiningOp<qnn::ObserveOp>())
    return false;
  return llvm::none_of(value.getUsers(), llvm::IsaPred<qnn::ObserveOp>);
}

static std::string getLabel(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()))
      if (auto name = func.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "qnn.name"))
        return name.str();
    return "input" + std::to_string(argument.getArgNumber());
  }
  std::string name = getNodeName(value.getLoc());
  return name.empty() ? value.getDefiningOp()->getName().getStringRef().str() : name;
}

namespace {

struct InsertObserversPass final : bitwright::impl::InsertObserversPassBase<InsertObserversPass> {
  void runOnOperation() override {
    llvm::SetVector<Value> values;
    llvm::StringMap<int> labels;
    getOperation().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (auto observe = dyn_cast<qnn::ObserveOp>(op))
        ++labels[observe.getLabel()];
      if (!isa<qnn::QuantizableInterface>(op))
        return;
      for (Value value : op->getOperands())
        if (mayBeObserved(value))
          values.insert(value);
      for (Value value : op->getResults())
        if (mayBeObserved(value))
          values.insert(value);
    });

    OpBuilder builder(&getContext());
    for (Value value : values) {
      std::string label = getLabel(value);
      int count = ++labels[label];
      if (count > 1)
        label += "~" + std::to_string(count);
      builder.setInsertionPointAfterValue(value);
      auto observe = qnn::ObserveOp::create(builder, value.getLoc(), value.getType(), value,
                                            builder.getStringAttr(label), /*range=*/nullptr,
                                            /*count=*/nullptr, /*statistics=*/nullptr);
      value.replaceAllUsesExcept(observe.getResult(), observe);
    }
  }
};

} // namespace
