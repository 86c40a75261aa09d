// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The uniform assignment: one precision for all ops that can have it.

#include "bitwright/Numerics/Quantize.h"
#include "mlir/IR/TypeUtilities.h"
#include "passes/Assign/Passes.h"
#include "passes/Common/Decisions.h"
#include "passes/Common/Precision.h"

namespace bitwright {
#define GEN_PASS_DEF_ASSIGNPASS
#include "passes/Assign/Passes.h.inc"
} // namespace bitwright

using namespace bitwright;
using namespace mlir;

/// Ops that static quantization follows through, beside contractions.
static bool mayFollow(Operation *op) {
  return isa<qnn::QuantizableInterface>(op) && !isa<qnn::ContractionInterface>(op) &&
         op->getNumResults() == 1 && getElementTypeOrSelf(op->getResult(0)).isF32();
}

/// Why the sum of products could leave int32, or "".
static std::string refuseSum(const BlockFormat &blocks, int64_t columns,
                             qnn::ActivationForm activations) {
  IntegerRange codes = blocks.number->getRange(blocks.symmetric);
  IntegerRange rows = activations == qnn::ActivationForm::Dynamic
                          ? integerRange(8, /*isUnsigned=*/true)
                          : narrowRange(8);
  int64_t sum = activations == qnn::ActivationForm::Dynamic ? columns : blocks.blockSize;
  if (sum <= countSafeProducts(codes, rows))
    return "";
  return "a sum of " + std::to_string(sum) + " products may overflow int32";
}

/// Why `op` cannot have `precision`, or "". Static ops are judged when ranges are known.
static std::string refuse(Operation *op, qnn::PrecisionAttr precision) {
  qnn::ActivationForm activations = precision.getActivations();
  if (activations == qnn::ActivationForm::Static)
    return qnn::explainFloat(op);
  auto linear = dyn_cast<qnn::LinearOp>(op);
  if (!linear)
    return activations == qnn::ActivationForm::Dynamic
               ? "dynamic quantization applies to linear ops; int8 quantizes convolutions"
               : "weight-only quantization applies to linear ops";
  int64_t columns = cast<RankedTensorType>(linear.getWeight().getType()).getDimSize(1);
  if (activations == qnn::ActivationForm::Float || ShapedType::isDynamic(columns))
    return "";
  return refuseSum(getBlockFormat(precision, columns), columns, activations);
}

namespace {

struct AssignPass final : bitwright::impl::AssignPassBase<AssignPass> {
  using AssignPassBase::AssignPassBase;

  void runOnOperation() override {
    auto precision = makePrecision();
    if (failed(precision) || failed(kept.parse("keep", keep, getOperation())) ||
        failed(wanted.parse("only", only, getOperation())))
      return signalPassFailure();
    getOperation().walk([&](Operation *op) {
      auto contraction = dyn_cast<qnn::ContractionInterface>(op);
      if (contraction && contraction.hasFloatWeights())
        assign(op, *precision);
      else if (precision->getActivations() == qnn::ActivationForm::Static && kept.matches(op) &&
               mayFollow(op))
        keepFloat(op, "its name matches 'keep'");
    });
  }

  FailureOr<qnn::PrecisionAttr> makePrecision();

  void keepFloat(Operation *op, const Twine &reason) {
    ++numKept;
    if (!qnn::getPrecision(op))
      op->setAttr(qnn::kKeptFloat, StringAttr::get(&getContext(), reason));
  }

  void assign(Operation *op, qnn::PrecisionAttr precision) {
    if (wanted && !wanted.matches(op))
      return op->hasAttr(qnn::kKeptFloat) ? void() : keepFloat(op, "its name matches no 'only'");
    if (kept.matches(op))
      return keepFloat(op, "its name matches 'keep'");
    if (std::string reason = refuse(op, precision); !reason.empty())
      return keepFloat(op, reason);
    op->removeAttr(qnn::kKeptFloat);
    op->setAttr(qnn::kPrecision, precision);
    ++numAssigned;
  }

  NameFilter kept, wanted;
};

} // namespace

FailureOr<qnn::PrecisionAttr> AssignPass::makePrecision() {
  ModuleOp module = getOperation();
  std::optional<qnn::ActivationForm> form = qnn::symbolizeActivationForm(activations);
  if (!form)
    return module.emitError() << "option 'activations' expects float, static, dynamic or int8, "
                              << "but got '" << activations.getValue() << "'";
  SmallVector<Attribute> names;
  for (const std::string &name : transforms)
    names.push_back(StringAttr::get(&getContext(), name));
  auto precision =
      qnn::PrecisionAttr::get(&getContext(), weights, group, symmetric, *form, rounder,
                              names.empty() ? nullptr : ArrayAttr::get(&getContext(), names));
  if (std::string problem = explainInvalid(precision); !problem.empty())
    return module.emitError() << problem;
  return precision;
}
