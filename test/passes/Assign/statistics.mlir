// RUN: quant-opt %s --qnn-assign="weights=int4 group=2 activations=float keep=fc2" --qnn-clear-assignment --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s

// One op gets the precision and two do not; those stayed float in the end.
// CHECK: qnn-assign
// CHECK-NEXT: (S) 1 ops-assigned
// CHECK-NEXT: (S) 2 ops-kept
// CHECK-NEXT: qnn-clear-assignment
// CHECK-NEXT: (S) 2 ops-float
func.func @main(%x: tensor<?x2xf32>, %image: tensor<1x2x2x1xf32>) -> (tensor<?x2xf32>, tensor<1x2x2x1xf32>) {
  %w = qnn.constant dense<[[-1.0, 1.0], [2.0, 4.0]]> : tensor<2x2xf32>
  %k = qnn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %0 = qnn.linear %x, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32> loc("fc1")
  %1 = qnn.linear %0, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32> loc("fc2")
  %2 = qnn.conv2d %image, %k strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x2x2x1xf32>
  return %1, %2 : tensor<?x2xf32>, tensor<1x2x2x1xf32>
}
