// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The ops of the qnn dialect.

#ifndef BITWRIGHT_DIALECTS_QNN_QNNOPS_H
#define BITWRIGHT_DIALECTS_QNN_QNNOPS_H

#include "dialects/QNN/QNNAttrs.h"
#include "dialects/QNN/QNNDialect.h"
#include "dialects/QNN/QNNInterfaces.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#define GET_OP_CLASSES
#include "dialects/QNN/QNNOps.h.inc"

#endif // BITWRIGHT_DIALECTS_QNN_QNNOPS_H
