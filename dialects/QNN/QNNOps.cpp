// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Generated definitions of the ops.

#include "dialects/QNN/QNNOps.h"

#include "dialects/QNN/ShapeInference.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace bitwright::qnn;

void QNNDialect::registerOps() {
  addOperations<
#define GET_OP_LIST
#include "dialects/QNN/QNNOps.cpp.inc"
      >();
}

#define GET_OP_CLASSES
#include "dialects/QNN/QNNOps.cpp.inc"
