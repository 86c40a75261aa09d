// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The headers that nearly every file needs, precompiled where BITWRIGHT_PCH is on.

#ifndef BITWRIGHT_CMAKE_PRELUDE_H
#define BITWRIGHT_CMAKE_PRELUDE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/StringExtras.h"

#endif // BITWRIGHT_CMAKE_PRELUDE_H
