// RUN: quant-opt %s --qnn-fold-constants --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s --check-prefix=FOLD
// RUN: quant-opt %s --qnn-propagate-layout --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s --check-prefix=LAYOUT
// RUN: quant-opt %s --qnn-simplify-algebra --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s --check-prefix=ALGEBRA
// RUN: quant-opt %s --qnn-raise-activations --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s --check-prefix=RAISE
// RUN: quant-opt %s --qnn-fold-batch-norm --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s --check-prefix=NORM

// Each pass counts what it did: one sum of constants, two transposes, one sum with zero, one x * sigmoid(x); no norm.
// FOLD: qnn-fold-constants
// FOLD-NEXT: (S) 1 ops-folded - Ops replaced
// LAYOUT: (S) 2 transposes-removed
// ALGEBRA: (S) 1 ops-replaced
// RAISE: (S) 1 ops-raised
// NORM: (S) 0 ops-folded
func.func @main(%x: tensor<?x4xf32>, %y: tensor<?x2x3x4xf32>) -> (tensor<?x4xf32>, tensor<?x2x3x4xf32>) {
  %a = qnn.constant dense<1.0> : tensor<4xf32>
  %b = qnn.constant dense<-1.0> : tensor<4xf32>
  %zero = qnn.constant dense<0.0> : tensor<4xf32>
  %sum = qnn.add %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %0 = qnn.mul %x, %sum : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %1 = qnn.add %0, %zero : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %2 = qnn.sigmoid %1 : tensor<?x4xf32> -> tensor<?x4xf32>
  %3 = qnn.mul %1, %2 : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %4 = qnn.transpose %y perm [0, 3, 1, 2] : tensor<?x2x3x4xf32> -> tensor<?x4x2x3xf32>
  %5 = qnn.relu %4 : tensor<?x4x2x3xf32> -> tensor<?x4x2x3xf32>
  %6 = qnn.transpose %5 perm [0, 2, 3, 1] : tensor<?x4x2x3xf32> -> tensor<?x2x3x4xf32>
  return %3, %6 : tensor<?x4xf32>, tensor<?x2x3x4xf32>
}
