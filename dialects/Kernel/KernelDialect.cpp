// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The kernel dialect: registration.

#include "dialects/Kernel/KernelDialect.h"
#include "dialects/Kernel/KernelOps.h"

#include "dialects/Kernel/KernelDialect.cpp.inc"
#include "dialects/Kernel/KernelEnums.cpp.inc"

void bitwright::kernel::KernelDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Kernel/KernelOps.cpp.inc"
      >();
}
