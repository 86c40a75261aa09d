// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Generated definitions of the op interfaces.

#include "dialects/QNN/QNNInterfaces.h"

#include "dialects/QNN/QNNInterfaces.cpp.inc"
