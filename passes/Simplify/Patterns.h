// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

/// \file
/// The patterns that the passes of this family use to clean up after each other.

#ifndef BITWRIGHT_PASSES_SIMPLIFY_PATTERNS_H
#define BITWRIGHT_PASSES_SIMPLIFY_PATTERNS_H

#include "passes/Common/Utils.h"

namespace bitwright {

void populateAlgebraPatterns(mlir::RewritePatternSet &patterns);
void populateShapePatterns(mlir::RewritePatternSet &patterns);
void populateTransposePatterns(mlir::RewritePatternSet &patterns);
/// Transposes move to the side of squeeze and unsqueeze with fewer dimensions.
void populateUnitTransposePatterns(mlir::RewritePatternSet &patterns);
/// Only once layouts are settled: a reshape does not cancel against a transpose.
void populateTransposeToReshapePatterns(mlir::RewritePatternSet &patterns);

} // namespace bitwright

#endif // BITWRIGHT_PASSES_SIMPLIFY_PATTERNS_H
