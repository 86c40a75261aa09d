// RUN: quant-opt %s --qnn-fold-float-weights --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-fold-float-weights --split-input-file | quant-opt --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @constant
// CHECK: %[[W:.+]] = qnn.constant dense<{{\[\[}}5.000000e-01, 1.000000e+00], [1.000000e+00, 2.000000e+00]]> : tensor<2x2xf32>
// CHECK: qnn.linear %{{.+}}, %[[W]]
func.func @constant(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %wq = qnn.constant dense<[[1, 2], [1, 2]]> : tensor<2x2xi8>
  %s = qnn.constant dense<[0.5, 1.0]> : tensor<2xf32>
  %z = qnn.constant dense<0> : tensor<2xi8>
  %w = qnn.dequantize %wq, %s, %z : tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x2xf32>
  %y = qnn.linear %x, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// An activation is not.
// CHECK-LABEL: func.func @activation
// CHECK: qnn.dequantize
func.func @activation(%xq: tensor<2xi8>) -> tensor<2xf32> {
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  %x = qnn.dequantize %xq, %s, %z : tensor<2xi8>, tensor<f32>, tensor<i8> -> tensor<2xf32>
  return %x : tensor<2xf32>
}
