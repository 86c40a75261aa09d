// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The kernel dialect: the plan of a model, between qnn and a target's code.

#ifndef BITWRIGHT_DIALECTS_KERNEL_KERNELDIALECT_H
#define BITWRIGHT_DIALECTS_KERNEL_KERNELDIALECT_H

#include "dialects/QNN/QNNDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Dialect.h"

#include "dialects/Kernel/KernelDialect.h.inc"
#include "dialects/Kernel/KernelEnums.h.inc"

#endif // BITWRIGHT_DIALECTS_KERNEL_KERNELDIALECT_H
