// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Attributes and enumerations of the qnn dialect.

#ifndef BITWRIGHT_DIALECTS_QNN_QNNATTRS_H
#define BITWRIGHT_DIALECTS_QNN_QNNATTRS_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/BuiltinAttributeInterfaces.h"
#include "mlir/IR/BuiltinTypeInterfaces.h"
#include "mlir/IR/DialectImplementation.h"

#include "dialects/QNN/QNNEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/QNN/QNNAttrs.h.inc"

#endif // BITWRIGHT_DIALECTS_QNN_QNNATTRS_H
