// RUN: quant-opt %s --qnn-raise-norms --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-raise-norms --split-input-file | quant-opt --split-input-file | FileCheck %s

// x * (1 / sqrt(mean(x * x) + eps)) * w, as Llama-style models have it.
// CHECK-LABEL: func.func @rms_norm
// CHECK-SAME: (%[[X:.+]]: tensor<?x?x4xf32>)
// CHECK: %[[W:.+]] = qnn.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]>
// CHECK: %[[R:.+]] = qnn.rms_norm %[[X]], %[[W]] {epsilon = 9.9999997473787516E-6 : f64}
// CHECK-NEXT: return %[[R]]
func.func @rms_norm(%x: tensor<?x?x4xf32>) -> tensor<?x?x4xf32> {
  %eps = qnn.constant dense<1.0e-5> : tensor<f32>
  %one = qnn.constant dense<1.0> : tensor<f32>
  %w = qnn.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %0 = qnn.mul %x, %x : tensor<?x?x4xf32>, tensor<?x?x4xf32> -> tensor<?x?x4xf32>
  %1 = qnn.reduce_mean %0 axes [2] {keep_dims} : tensor<?x?x4xf32> -> tensor<?x?x1xf32>
  %2 = qnn.add %1, %eps : tensor<?x?x1xf32>, tensor<f32> -> tensor<?x?x1xf32>
  %3 = qnn.sqrt %2 : tensor<?x?x1xf32> -> tensor<?x?x1xf32>
  %4 = qnn.div %one, %3 : tensor<f32>, tensor<?x?x1xf32> -> tensor<?x?x1xf32>
  %5 = qnn.mul %x, %4 : tensor<?x?x4xf32>, tensor<?x?x1xf32> -> tensor<?x?x4xf32>
  %6 = qnn.mul %5, %w : tensor<?x?x4xf32>, tensor<4xf32> -> tensor<?x?x4xf32>
  return %6 : tensor<?x?x4xf32>
}

// -----

// The mean square of another tensor is no norm of this one.
// CHECK-LABEL: func.func @other_tensor
// CHECK-NOT: qnn.rms_norm
func.func @other_tensor(%x: tensor<2x4xf32>, %y: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %eps = qnn.constant dense<1.0e-5> : tensor<f32>
  %0 = qnn.mul %y, %y : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %1 = qnn.reduce_mean %0 axes [1] {keep_dims} : tensor<2x4xf32> -> tensor<2x1xf32>
  %2 = qnn.add %1, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %3 = qnn.sqrt %2 : tensor<2x1xf32> -> tensor<2x1xf32>
  %4 = qnn.div %x, %3 : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  return %4 : tensor<2x4xf32>
}

// -----

// (x - mean) / sqrt(mean((x - mean)^2) + eps) * w + b.
// CHECK-LABEL: func.func @layer_norm
// CHECK-SAME: (%[[X:.+]]: tensor<?x4xf32>)
// CHECK: %[[R:.+]] = qnn.layer_norm %[[X]], %{{.+}}, %{{.+}} {axis = 1 : i64, epsilon = {{.+}} : f64}
// CHECK-NEXT: return %[[R]]
func.func @layer_norm(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %eps = qnn.constant dense<1.0e-5> : tensor<f32>
  %two = qnn.constant dense<2.0> : tensor<f32>
  %w = qnn.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %b = qnn.constant dense<[[4.0, 3.0, 2.0, 1.0]]> : tensor<1x4xf32>
  %0 = qnn.reduce_mean %x axes [1] {keep_dims} : tensor<?x4xf32> -> tensor<?x1xf32>
  %1 = qnn.sub %x, %0 : tensor<?x4xf32>, tensor<?x1xf32> -> tensor<?x4xf32>
  %2 = qnn.pow %1, %two : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %3 = qnn.reduce_mean %2 axes [1] {keep_dims} : tensor<?x4xf32> -> tensor<?x1xf32>
  %4 = qnn.add %3, %eps : tensor<?x1xf32>, tensor<f32> -> tensor<?x1xf32>
  %5 = qnn.sqrt %4 : tensor<?x1xf32> -> tensor<?x1xf32>
  %6 = qnn.div %1, %5 : tensor<?x4xf32>, tensor<?x1xf32> -> tensor<?x4xf32>
  %7 = qnn.mul %6, %w : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %8 = qnn.add %7, %b : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  return %8 : tensor<?x4xf32>
}

// -----

// Means as sums times 1/n without kept dimensions, variance as mean(x^2) - mean^2 kept from going negative.
// CHECK-LABEL: func.func @sums
// CHECK-SAME: (%[[X:.+]]: tensor<?x4xf32>)
// CHECK: %[[R:.+]] = qnn.layer_norm %[[X]], %{{.+}} {axis = 1 : i64
// CHECK-NEXT: return %[[R]]
func.func @sums(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %eps = qnn.constant dense<1.0e-6> : tensor<f32>
  %quarter = qnn.constant dense<0.25> : tensor<f32>
  %w = qnn.constant dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
  %sum = qnn.reduce_sum %x axes [1] : tensor<?x4xf32> -> tensor<?xf32>
  %mean = qnn.mul %sum, %quarter : tensor<?xf32>, tensor<f32> -> tensor<?xf32>
  %square = qnn.mul %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %sum2 = qnn.reduce_sum %square axes [1] : tensor<?x4xf32> -> tensor<?xf32>
  %mean2 = qnn.mul %sum2, %quarter : tensor<?xf32>, tensor<f32> -> tensor<?xf32>
  %meansq = qnn.mul %mean, %mean : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %var = qnn.sub %mean2, %meansq : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
  %pos = qnn.relu %var : tensor<?xf32> -> tensor<?xf32>
  %pos1 = qnn.unsqueeze %pos axes [1] : tensor<?xf32> -> tensor<?x1xf32>
  %s = qnn.add %pos1, %eps : tensor<?x1xf32>, tensor<f32> -> tensor<?x1xf32>
  %root = qnn.sqrt %s : tensor<?x1xf32> -> tensor<?x1xf32>
  %inv = qnn.reciprocal %root : tensor<?x1xf32> -> tensor<?x1xf32>
  %mean1 = qnn.unsqueeze %mean axes [1] : tensor<?xf32> -> tensor<?x1xf32>
  %centered = qnn.sub %x, %mean1 : tensor<?x4xf32>, tensor<?x1xf32> -> tensor<?x4xf32>
  %iw = qnn.mul %inv, %w : tensor<?x1xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  %r = qnn.mul %centered, %iw : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

// Over another dimension than the last there is no rms_norm.
// CHECK-LABEL: func.func @first_dim
// CHECK-NOT: qnn.rms_norm
func.func @first_dim(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %eps = qnn.constant dense<1.0e-5> : tensor<f32>
  %0 = qnn.mul %x, %x : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %1 = qnn.reduce_mean %0 axes [0] {keep_dims} : tensor<2x4xf32> -> tensor<1x4xf32>
  %2 = qnn.add %1, %eps : tensor<1x4xf32>, tensor<f32> -> tensor<1x4xf32>
  %3 = qnn.sqrt %2 : tensor<1x4xf32> -> tensor<1x4xf32>
  %4 = qnn.div %x, %3 : tensor<2x4xf32>, tensor<1x4xf32> -> tensor<2x4xf32>
  return %4 : tensor<2x4xf32>
}

// -----

// A mean whose dimension is gone is broadcast along the columns of a square matrix: no norm.
// CHECK-LABEL: func.func @mean_without_its_dimension
// CHECK-NOT: qnn.layer_norm
func.func @mean_without_its_dimension(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %eps = qnn.constant dense<1.0e-5> : tensor<f32>
  %0 = qnn.reduce_mean %x axes [1] : tensor<4x4xf32> -> tensor<4xf32>
  %1 = qnn.sub %x, %0 : tensor<4x4xf32>, tensor<4xf32> -> tensor<4x4xf32>
  %2 = qnn.mul %1, %1 : tensor<4x4xf32>, tensor<4x4xf32> -> tensor<4x4xf32>
  %3 = qnn.reduce_mean %2 axes [1] {keep_dims} : tensor<4x4xf32> -> tensor<4x1xf32>
  %4 = qnn.add %3, %eps : tensor<4x1xf32>, tensor<f32> -> tensor<4x1xf32>
  %5 = qnn.sqrt %4 : tensor<4x1xf32> -> tensor<4x1xf32>
  %6 = qnn.div %1, %5 : tensor<4x4xf32>, tensor<4x1xf32> -> tensor<4x4xf32>
  return %6 : tensor<4x4xf32>
}

// -----

// The root of an rms_norm that comes back in front divides columns.
// CHECK-LABEL: func.func @root_back_in_front
// CHECK-NOT: qnn.rms_norm
func.func @root_back_in_front(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %eps = qnn.constant dense<1.0e-5> : tensor<f32>
  %0 = qnn.mul %x, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = qnn.reduce_mean %0 axes [1] : tensor<?x4xf32> -> tensor<?xf32>
  %2 = qnn.add %1, %eps : tensor<?xf32>, tensor<f32> -> tensor<?xf32>
  %3 = qnn.sqrt %2 : tensor<?xf32> -> tensor<?xf32>
  %4 = qnn.unsqueeze %3 axes [0] : tensor<?xf32> -> tensor<1x?xf32>
  %5 = qnn.div %x, %4 : tensor<?x4xf32>, tensor<1x?xf32> -> tensor<?x4xf32>
  return %5 : tensor<?x4xf32>
}

// -----

// Two unknown dimensions may change places in a reshape.
// CHECK-LABEL: func.func @reshape_of_two_unknown_sizes
// CHECK-NOT: qnn.rms_norm
func.func @reshape_of_two_unknown_sizes(%x: tensor<?x?x4xf32>, %shape: tensor<3xi64>) -> tensor<?x?x4xf32> {
  %eps = qnn.constant dense<1.0e-5> : tensor<f32>
  %0 = qnn.mul %x, %x : tensor<?x?x4xf32>, tensor<?x?x4xf32> -> tensor<?x?x4xf32>
  %1 = qnn.reduce_mean %0 axes [2] : tensor<?x?x4xf32> -> tensor<?x?xf32>
  %2 = qnn.add %1, %eps : tensor<?x?xf32>, tensor<f32> -> tensor<?x?xf32>
  %3 = qnn.sqrt %2 : tensor<?x?xf32> -> tensor<?x?xf32>
  %4 = qnn.reshape %3, %shape : tensor<?x?xf32>, tensor<3xi64> -> tensor<?x?x1xf32>
  %5 = qnn.div %x, %4 : tensor<?x?x4xf32>, tensor<?x?x1xf32> -> tensor<?x?x4xf32>
  return %5 : tensor<?x?x4xf32>
}

// -----

// An epsilon below zero is refused by the norm ops.
// CHECK-LABEL: func.func @negative_epsilon
// CHECK-NOT: qnn.rms_norm
func.func @negative_epsilon(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %eps = qnn.constant dense<-1.0e-5> : tensor<f32>
  %0 = qnn.mul %x, %x : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %1 = qnn.reduce_mean %0 axes [1] {keep_dims} : tensor<2x4xf32> -> tensor<2x1xf32>
  %2 = qnn.add %1, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %3 = qnn.sqrt %2 : tensor<2x1xf32> -> tensor<2x1xf32>
  %4 = qnn.div %x, %3 : tensor<2x4xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  return %4 : tensor<2x4xf32>
}
