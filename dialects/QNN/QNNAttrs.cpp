// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// `#qnn.weight<"hash"> : tensor<...>`: its syntax and what makes it valid.

#include "dialects/QNN/QNNAttrs.h"

#include "dialects/QNN/QNNDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace bitwright::qnn;

#include "dialects/QNN/QNNEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/QNN/QNNAttrs.cpp.inc"

void QNNDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/QNN/QNNAttrs.cpp.inc"
      >();
}

/// Reads `<"hash">` with a trailing `: type`, or `<"hash", type>`.
Attribute WeightAttr::parse(AsmParser &parser, Type type) {
  SMLoc loc = parser.getCurrentLocation();
  std::string hash;
  if (parser.parseLess() || parser.parseString(&hash))
    return {};
  if (succeeded(parser.parseOptionalComma()) && parser.parseType(type))
    return {};
  if (parser.parseGreater())
    return {};
  auto shaped = dyn_cast_or_null<RankedTensorType>(type);
  if (!shaped) {
    parser.emitError(loc, "expects a ranked tensor type for a weight");
    return {};
  }
  return parser.getChecked<WeightAttr>(loc, parser.getContext(), StringRef(hash), shaped);
}

void WeightAttr::print(AsmPrinter &printer) const { printer << "<\"" << getHash() << "\">"; }

LogicalResult WeightAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef hash,
                                 ShapedType type) {
  bool isHex =
      llvm::all_of(hash, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (hash.size() != 64 || !isHex)
    return emitError() << "expects a weight hash of 64 lower-case hex digits, but got \"" << hash
                       << "\"";
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return emitError() << "expects a weight of static shape, but got " << type;
  if (!tensor.getElementType().isIntOrFloat())
    return emitError() << "expects integer or float elements of a weight, but got " << type;
  return success();
}
