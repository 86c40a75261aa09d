// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// Flattening of products.

#include "passes/Simplify/Product.h"
#include "passes/Common/Utils.h"

#include "dialects/QNN/QNNOps.h"

#include <cmath>

using namespace mlir;
using namespace bitwright;

/// More factors than any known function has.
static constexpr size_t maxFactors = 8;

static void collect(Value value, Product &product, int depth) {
  if (auto constant = getSplatFloat(value)) {
    product.constant *= *constant;
    return;
  }
  auto mul = value.getDefiningOp<qnn::MulOp>();
  auto div = value.getDefiningOp<qnn::DivOp>();
  if (depth > 0 && product.factors.size() < maxFactors && mul) {
    collect(mul.getLhs(), product, depth - 1);
    collect(mul.getRhs(), product, depth - 1);
    return;
  }
  auto divisor = div ? getSplatFloat(div.getRhs()) : std::nullopt;
  if (depth > 0 && divisor && *divisor != 0.0) {
    product.constant /= *divisor;
    collect(div.getLhs(), product, depth - 1);
    return;
  }
  product.factors.push_back(value);
}

Product bitwright::flattenProduct(Value value) {
  Product product;
  collect(value, product, /*depth=*/5);
  return product;
}

bool bitwright::isNear(double value, double expected) {
  return std::abs(value - expected) <= 1e-4 * std::abs(expected);
}
