// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The op interfaces that passes are written against.

#ifndef BITWRIGHT_DIALECTS_QNN_QNNINTERFACES_H
#define BITWRIGHT_DIALECTS_QNN_QNNINTERFACES_H

#include "dialects/QNN/IntegerForm.h"
#include "dialects/QNN/Layout.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/TypeUtilities.h"

#include "dialects/QNN/QNNInterfaces.h.inc"

namespace bitwright::qnn {

/// Verifies what type inference requires, once and with one diagnostic.
template <typename ConcreteType>
class InferenceRules : public mlir::OpTrait::TraitBase<ConcreteType, InferenceRules> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) {
    llvm::SmallVector<mlir::Type> types;
    return ConcreteType::inferReturnTypes(op->getContext(), op->getLoc(), op->getOperands(),
                                          op->getDiscardableAttrDictionary(),
                                          op->getPropertiesStorage(), op->getRegions(), types);
  }
};

/// An elementwise op that takes many instructions: an exponential, logarithm or the like.
template <typename ConcreteType>
class Transcendental : public mlir::OpTrait::TraitBase<ConcreteType, Transcendental> {};

} // namespace bitwright::qnn

#endif // BITWRIGHT_DIALECTS_QNN_QNNINTERFACES_H
