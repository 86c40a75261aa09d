// RUN: quant-opt %s --qnn-assign="weights=int4 group=2 activations=float" --qnn-round --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s

// Two weights are rounded; the third is an argument, and stays float.
// CHECK: qnn-round
// CHECK-NEXT: (S) 1 weights-float
// CHECK-NEXT: (S) 2 weights-rounded
func.func @main(%x: tensor<?x2xf32>, %v: tensor<2x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = qnn.constant dense<[[-1.0, 1.0], [2.0, 4.0]]> : tensor<2x2xf32>
  %0 = qnn.linear %x, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32> loc("fc1")
  %1 = qnn.linear %0, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32> loc("fc2")
  %2 = qnn.linear %x, %v : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32> loc("fc3")
  return %1, %2 : tensor<?x2xf32>, tensor<?x2xf32>
}
