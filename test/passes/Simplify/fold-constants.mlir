// RUN: quant-opt %s --qnn-fold-constants --split-input-file | FileCheck %s

// The batch is copied with 0, the rest is known: the reshape becomes static but for it.
// CHECK-LABEL: func.func @reshape_to_shape
// CHECK-SAME: -> tensor<?x32xf32>
func.func @reshape_to_shape(%x: tensor<?x4x8xf32>) -> tensor<?x?xf32> {
  %c32 = qnn.constant dense<32> : tensor<1xi64>
  %s = qnn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x4x8xf32> -> tensor<1xi64>
  %t = qnn.concat %s, %c32 {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  // CHECK: %[[SHAPE:.+]] = qnn.constant dense<[0, 32]> : tensor<2xi64>
  // CHECK-NOT: qnn.shape
  // CHECK: qnn.reshape %{{.+}}, %[[SHAPE]] : tensor<?x4x8xf32>, tensor<2xi64> -> tensor<?x32xf32>
  %r = qnn.reshape %x, %t : tensor<?x4x8xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}
