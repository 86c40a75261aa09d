// RUN: quant-opt %s --qnn-fold-batch-norm --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-fold-batch-norm --split-input-file | quant-opt --split-input-file | FileCheck %s

// scale 2 / sqrt(3 + 1) = 1, 6 / sqrt(8 + 1) = 2; shifts 1 - 1 * 1, 0 - 2 * 2.
// CHECK-LABEL: func.func @after_conv
func.func @after_conv(%x: tensor<?x2x2x1xf32>) -> tensor<?x2x2x2xf32> {
  %w = qnn.constant dense<[[[[3.0]]], [[[5.0]]]]> : tensor<2x1x1x1xf32>
  %g = qnn.constant dense<[2.0, 6.0]> : tensor<2xf32>
  %b = qnn.constant dense<[1.0, 0.0]> : tensor<2xf32>
  %m = qnn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %v = qnn.constant dense<[3.0, 8.0]> : tensor<2xf32>
  // CHECK-DAG: %[[W:.+]] = qnn.constant dense<{{.*}}3.000000e+00{{.*}}1.000000e+01{{.*}}> : tensor<2x1x1x1xf32>
  // CHECK-DAG: %[[B:.+]] = qnn.constant dense<[0.000000e+00, -4.000000e+00]> : tensor<2xf32>
  // CHECK: %[[Y:.+]] = qnn.conv2d %{{.+}}, %[[W]], %[[B]]
  // CHECK: return %[[Y]]
  %y = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<?x2x2x1xf32>, tensor<2x1x1x1xf32> -> tensor<?x2x2x2xf32>
  %z = qnn.batch_norm %y, %g, %b, %m, %v {axis = 3 : i64, epsilon = 1.0 : f64}
    : tensor<?x2x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32> -> tensor<?x2x2x2xf32>
  return %z : tensor<?x2x2x2xf32>
}

// -----

// The transpose back to NCHW does not hide the convolution.
// CHECK-LABEL: func.func @through_transpose
func.func @through_transpose(%x: tensor<?x2x2x1xf32>) -> tensor<?x2x2x2xf32> {
  %w = qnn.constant dense<[[[[3.0]]], [[[5.0]]]]> : tensor<2x1x1x1xf32>
  %one = qnn.constant dense<1.0> : tensor<2xf32>
  %zero = qnn.constant dense<0.0> : tensor<2xf32>
  // CHECK: qnn.conv2d
  // CHECK: qnn.transpose
  // CHECK-NOT: qnn.batch_norm
  %y = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<?x2x2x1xf32>, tensor<2x1x1x1xf32> -> tensor<?x2x2x2xf32>
  %t = qnn.transpose %y perm [0, 3, 1, 2] : tensor<?x2x2x2xf32> -> tensor<?x2x2x2xf32>
  %z = qnn.batch_norm %t, %one, %zero, %zero, %one {axis = 1 : i64, epsilon = 1.0e-5 : f64}
    : tensor<?x2x2x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32> -> tensor<?x2x2x2xf32>
  return %z : tensor<?x2x2x2xf32>
}

// -----

// A second use of the convolution must see it unscaled: mul and add instead.
// CHECK-LABEL: func.func @two_uses
func.func @two_uses(%x: tensor<?x4xf32>, %w: tensor<2x4xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %g = qnn.constant dense<[2.0, 6.0]> : tensor<2xf32>
  %zero = qnn.constant dense<0.0> : tensor<2xf32>
  %v = qnn.constant dense<[3.0, 8.0]> : tensor<2xf32>
  // CHECK: %[[S:.+]] = qnn.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
  // CHECK: %[[Y:.+]] = qnn.linear
  // CHECK: qnn.mul %[[Y]], %[[S]]
  // CHECK: qnn.add
  %y = qnn.linear %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %z = qnn.batch_norm %y, %g, %zero, %zero, %v {axis = 1 : i64, epsilon = 1.0 : f64}
    : tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32> -> tensor<?x2xf32>
  return %y, %z : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// A product and a sum with constants for each channel after a convolution.
// CHECK-LABEL: func.func @scale_and_shift
func.func @scale_and_shift(%x: tensor<?x2x2x1xf32>) -> tensor<?x2x2x2xf32> {
  %w = qnn.constant dense<[[[[3.0]]], [[[5.0]]]]> : tensor<2x1x1x1xf32>
  %b = qnn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %s = qnn.constant dense<2.0> : tensor<1xf32>
  %t = qnn.constant dense<[10.0, 20.0]> : tensor<2xf32>
  // CHECK-DAG: %[[W:.+]] = qnn.constant dense<{{.*}}6.000000e+00{{.*}}1.000000e+01{{.*}}> : tensor<2x1x1x1xf32>
  // CHECK-DAG: %[[B:.+]] = qnn.constant dense<[1.200000e+01, 2.400000e+01]> : tensor<2xf32>
  // CHECK: %[[Y:.+]] = qnn.conv2d %{{.+}}, %[[W]], %[[B]]
  // CHECK-NEXT: return %[[Y]]
  %y = qnn.conv2d %x, %w, %b strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<?x2x2x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32> -> tensor<?x2x2x2xf32>
  %1 = qnn.mul %s, %y : tensor<1xf32>, tensor<?x2x2x2xf32> -> tensor<?x2x2x2xf32>
  %2 = qnn.add %1, %t : tensor<?x2x2x2xf32>, tensor<2xf32> -> tensor<?x2x2x2xf32>
  return %2 : tensor<?x2x2x2xf32>
}

// -----

// The scale of attention stays with the activation.
// CHECK-LABEL: func.func @linear_scale_stays
func.func @linear_scale_stays(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %w = qnn.constant dense<1.0> : tensor<2x4xf32>
  %s = qnn.constant dense<0.25> : tensor<f32>
  // CHECK: qnn.mul
  %y = qnn.linear %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %z = qnn.mul %y, %s : tensor<?x2xf32>, tensor<f32> -> tensor<?x2xf32>
  return %z : tensor<?x2xf32>
}
