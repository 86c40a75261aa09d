// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Helpers of the quantization passes.

#include "passes/Quantization/Common.h"

#include "passes/Quantization/BlockWeights.h"
#include "passes/Quantization/ScaleFolding.h"
#include <cmath>

using namespace bitwright;
using namespace mlir;

LogicalResult KeepFilter::parse(StringRef pattern, Operation *where) {
  if (pattern.empty())
    return success();
  regex = std::make_shared<llvm::Regex>(pattern);
  std::string error;
  if (regex->isValid(error))
    return success();
  return where->emitError() << "option 'keep': '" << pattern
                            << "' is no regular expression: " << error;
}

bool KeepFilter::matches(Operation *op) const {
  return regex && regex->match(getNodeName(op->getLoc()));
}

DecisionRecorder::DecisionRecorder(MLIRContext *context, StringRef pass)
    : log(qnn::getDecisionLog(context)), pass(pass) {}

void DecisionRecorder::applied(Operation *op, const Twine &choice, const Twine &reason) {
  log.add({pass, getNodeName(op->getLoc()), op->getName().getStringRef().str(), choice.str(),
           reason.str(), /*applied=*/true});
}

void DecisionRecorder::missed(Operation *op, const Twine &choice, const Twine &reason) {
  log.add({pass, getNodeName(op->getLoc()), op->getName().getStringRef().str(), choice.str(),
           reason.str(), /*applied=*/false});
}

std::optional<SmallVector<float>> bitwright::getFiniteFloats(Value value) {
  if (!getElementTypeOrSelf(value).isF32())
    return std::nullopt;
  auto values = getFloats(value);
  if (!values || !llvm::all_of(*values, [](float v) { return std::isfinite(v); }))
    return std::nullopt;
  return values;
}

qnn::ObserveOp bitwright::findObserver(Value value) {
  auto countStatistics = [](qnn::ObserveOp observe) {
    return observe.getStatistics() ? observe.getStatistics()->size() : 0;
  };
  qnn::ObserveOp best;
  SmallVector<Value> worklist{skipObservers(value)};
  while (!worklist.empty())
    for (Operation *user : worklist.pop_back_val().getUsers()) {
      auto observe = dyn_cast<qnn::ObserveOp>(user);
      if (!observe)
        continue;
      worklist.push_back(observe.getResult());
      if (observe.getCount() && (!best || countStatistics(best) < countStatistics(observe)))
        best = observe;
    }
  return best;
}

Value bitwright::createStorage(OpBuilder &builder, Location loc, unsigned bits,
                               ArrayRef<int64_t> shape, ArrayRef<int8_t> values) {
  auto type = RankedTensorType::get(shape, builder.getIntegerType(bits));
  return createConstant(builder, loc, type,
                        packValues(values, shape.empty() ? 1 : shape.back(), bits));
}

void bitwright::eraseDeadConstants(Operation *root) {
  root->walk([](qnn::ConstantOp constant) {
    if (constant.use_empty())
      constant.erase();
  });
}
