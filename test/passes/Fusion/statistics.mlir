// RUN: quant-opt %s --fuse --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s

// What each pass did: a linear op on 4-bit blocks is fused, a table of bytes that nothing takes is dequantized.
// CHECK: qnn-fold-float-weights
// CHECK-NEXT: (S) 1 constants-folded
// CHECK-NEXT: qnn-fuse-block-linear
// CHECK-NEXT: (S) 1 ops-fused
// CHECK-NEXT: qnn-fuse-qdq
// CHECK-NEXT: (S) 0 ops-fused
// CHECK: qnn-report-remaining
// CHECK-NEXT: (S) 0 remaining
func.func @main(%x: tensor<?x4xf32>) -> (tensor<?x2xf32>, tensor<?x4xf32>) {
  %wq = qnn.constant dense<[[1, 2, 3, 4], [5, 6, 7, -8]]> : tensor<2x4xi4>
  %s = qnn.constant dense<0.5> : tensor<2x2xf32>
  %z = qnn.constant dense<-8> : tensor<2x2xi4>
  %w = qnn.dequantize %wq, %s, %z {axis = 1 : i64, block_size = 2 : i64, is_unsigned} : tensor<2x4xi4>, tensor<2x2xf32>, tensor<2x2xi4> -> tensor<2x4xf32>
  %y = qnn.linear %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %tq = qnn.constant dense<[[1, 2, 3, 4]]> : tensor<1x4xi8>
  %ts = qnn.constant dense<0.5> : tensor<f32>
  %tz = qnn.constant dense<0> : tensor<i8>
  %t = qnn.dequantize %tq, %ts, %tz : tensor<1x4xi8>, tensor<f32>, tensor<i8> -> tensor<1x4xf32>
  %r = qnn.mul %x, %t : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  return %y, %r : tensor<?x2xf32>, tensor<?x4xf32>
}
