// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Precision and constants of weights.

#include "passes/Common/Precision.h"

#include "bitwright/Numerics/BlockWeights.h"
#include "dialects/QNN/ContextState.h"
#include "mlir/IR/TypeUtilities.h"
#include <algorithm>
#include <cmath>

using namespace bitwright;
using namespace mlir;

BlockFormat bitwright::getBlockFormat(qnn::PrecisionAttr precision, int64_t columns) {
  auto &formats = qnn::getContextState<FormatRegistry>(precision.getContext());
  int64_t group = precision.getGroup();
  return {formats.lookup(precision.getWeights()),
          group <= 0 ? std::max<int64_t>(columns, 1)
                     : std::min(group, std::max<int64_t>(columns, 1)),
          precision.getSymmetric()};
}

std::string bitwright::explainInvalid(qnn::PrecisionAttr precision) {
  auto &formats = qnn::getContextState<FormatRegistry>(precision.getContext());
  std::string name = precision.getWeights().str();
  const NumberFormat *format = formats.lookup(name);
  if (!format)
    return "unknown number format '" + name + "', expects one of " + formats.listNames();
  if (format->getStorageBits() == 0)
    return "weights in " + name + " have no storage yet; those in int4 and int8 have";
  if (precision.getGroup() < -1)
    return "a group expects -1 or more weights, but got " + std::to_string(precision.getGroup());
  if (!precision.getSymmetric() && !format->hasZeroPoints())
    return "weights in " + name + " have no zero points: they are symmetric";
  qnn::ActivationForm form = precision.getActivations();
  bool isStatic = form == qnn::ActivationForm::Static;
  if (isStatic || form == qnn::ActivationForm::Dynamic) {
    if (name != "int8" || !precision.getSymmetric() || precision.getGroup() > 0)
      return qnn::stringifyActivationForm(form).str() +
             " activations expect symmetric int8 weights for each channel";
  }
  if (precision.getGroup() == -1 && !isStatic)
    return "one scale for a whole tensor expects static activations";
  return "";
}

LogicalResult bitwright::verifyPrecisions(Operation *root) {
  WalkResult result = root->walk([](Operation *op) {
    qnn::PrecisionAttr precision = qnn::getPrecision(op);
    std::string problem = precision ? explainInvalid(precision) : "";
    if (problem.empty())
      return WalkResult::advance();
    op->emitError() << "precision of '" << getNodeName(op->getLoc()) << "': " << problem;
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

bool bitwright::hasTransform(qnn::PrecisionAttr precision, StringRef transform) {
  return precision && precision.getTransforms() &&
         llvm::any_of(precision.getTransforms(), [&](Attribute name) {
           auto text = dyn_cast<StringAttr>(name);
           return text && text.getValue() == transform;
         });
}

std::optional<SmallVector<float>> bitwright::getFiniteFloats(Value value) {
  if (!getElementTypeOrSelf(value).isF32())
    return std::nullopt;
  auto values = getFloats(value);
  if (!values || !llvm::all_of(*values, [](float v) { return std::isfinite(v); }))
    return std::nullopt;
  return values;
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
