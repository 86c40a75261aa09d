// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// A tree of multiplications as a constant and a list of factors, so that
/// matching does not depend on how an exporter ordered them.

#ifndef BITWRIGHT_PASSES_SIMPLIFY_PRODUCT_H
#define BITWRIGHT_PASSES_SIMPLIFY_PRODUCT_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/SmallVector.h"

namespace bitwright {

struct Product {
  double constant = 1.0;
  llvm::SmallVector<mlir::Value, 4> factors;
};

/// Looks through float mul, and div by a scalar constant. Factors have the type of `value`
/// or broadcast to it.
Product flattenProduct(mlir::Value value);

/// Equal within 1e-4 of `expected`: exporters write constants in single precision or with few
/// digits.
bool isNear(double value, double expected);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_SIMPLIFY_PRODUCT_H
