// RUN: quant-opt %s --qnn-propagate-layout --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-propagate-layout --split-input-file | quant-opt --split-input-file --qnn-propagate-layout | FileCheck %s

// Between two convolutions nothing needs NCHW; the border stays.
// CHECK-LABEL: func.func @between_convolutions
// CHECK: qnn.transpose %{{.+}} perm [0, 2, 3, 1]
// CHECK: %[[C:.+]] = qnn.conv2d
// CHECK-NEXT: %[[R:.+]] = qnn.relu %[[C]]
// CHECK-NEXT: %[[D:.+]] = qnn.conv2d %[[R]]
// CHECK-NEXT: %[[A:.+]] = qnn.add %[[D]], %[[R]]
// CHECK-NEXT: %[[P:.+]] = qnn.transpose %[[A]] perm [0, 3, 1, 2]
// CHECK-NEXT: return %[[P]]
func.func @between_convolutions(%x: tensor<?x4x8x8xf32>, %w: tensor<4x3x3x4xf32>) -> tensor<?x4x8x8xf32> {
  %0 = qnn.transpose %x perm [0, 2, 3, 1] : tensor<?x4x8x8xf32> -> tensor<?x8x8x4xf32>
  %1 = qnn.conv2d %0, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1
    : tensor<?x8x8x4xf32>, tensor<4x3x3x4xf32> -> tensor<?x8x8x4xf32>
  %2 = qnn.transpose %1 perm [0, 3, 1, 2] : tensor<?x8x8x4xf32> -> tensor<?x4x8x8xf32>
  %3 = qnn.relu %2 : tensor<?x4x8x8xf32> -> tensor<?x4x8x8xf32>
  %4 = qnn.transpose %3 perm [0, 2, 3, 1] : tensor<?x4x8x8xf32> -> tensor<?x8x8x4xf32>
  %5 = qnn.conv2d %4, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1
    : tensor<?x8x8x4xf32>, tensor<4x3x3x4xf32> -> tensor<?x8x8x4xf32>
  %6 = qnn.transpose %5 perm [0, 3, 1, 2] : tensor<?x8x8x4xf32> -> tensor<?x4x8x8xf32>
  %7 = qnn.add %6, %3 : tensor<?x4x8x8xf32>, tensor<?x4x8x8xf32> -> tensor<?x4x8x8xf32>
  return %7 : tensor<?x4x8x8xf32>
}

// -----

// Axes are renamed; a reduction that drops height and width ends the layout.
// CHECK-LABEL: func.func @axes
// CHECK: %[[P:.+]] = qnn.constant dense<[0, 1, 2, 0, 0, 3, 4, 0]> : tensor<8xi64>
// CHECK: %[[C:.+]] = qnn.concat %{{.+}}, %{{.+}} {axis = 3 : i64}
// CHECK: %[[S:.+]] = qnn.slice %[[C]], %{{.+}} axes [3, 1]
// CHECK: %[[D:.+]] = qnn.pad %[[S]], %[[P]]
// CHECK: %[[M:.+]] = qnn.softmax %[[D]] {axis = 3 : i64}
// CHECK: qnn.reduce_mean %[[M]] axes [1, 2]
// CHECK-NOT: qnn.transpose
func.func @axes(%a: tensor<1x8x8x4xf32>, %b: tensor<1x8x8x4xf32>) -> tensor<1x5xf32> {
  %starts = qnn.constant dense<[0, 1]> : tensor<2xi64>
  %ends = qnn.constant dense<[5, 8]> : tensor<2xi64>
  %steps = qnn.constant dense<1> : tensor<2xi64>
  %pads = qnn.constant dense<[0, 0, 1, 2, 0, 0, 3, 4]> : tensor<8xi64>
  %zero = qnn.constant dense<0.0> : tensor<f32>
  %0 = qnn.transpose %a perm [0, 3, 1, 2] : tensor<1x8x8x4xf32> -> tensor<1x4x8x8xf32>
  %1 = qnn.transpose %b perm [0, 3, 1, 2] : tensor<1x8x8x4xf32> -> tensor<1x4x8x8xf32>
  %2 = qnn.concat %0, %1 {axis = 1 : i64} : tensor<1x4x8x8xf32>, tensor<1x4x8x8xf32> -> tensor<1x8x8x8xf32>
  %3 = qnn.slice %2, %starts, %ends, %steps axes [1, 2]
    : tensor<1x8x8x8xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64> -> tensor<1x5x7x8xf32>
  %4 = qnn.pad %3, %pads, %zero constant : tensor<1x5x7x8xf32>, tensor<8xi64>, tensor<f32> -> tensor<1x5x11x14xf32>
  %5 = qnn.softmax %4 {axis = 1 : i64} : tensor<1x5x11x14xf32> -> tensor<1x5x11x14xf32>
  %6 = qnn.reduce_mean %5 axes [2, 3] : tensor<1x5x11x14xf32> -> tensor<1x5xf32>
  return %6 : tensor<1x5xf32>
}

// -----

// One transposed and one plain operand: moving would not save a transpose, so nothing moves.
// CHECK-LABEL: func.func @no_gain
// CHECK: %[[T:.+]] = qnn.transpose
// CHECK-NEXT: %[[A:.+]] = qnn.add %[[T]], %{{.+}}
// CHECK-NEXT: return %[[A]]
func.func @no_gain(%a: tensor<2x8x8x4xf32>, %b: tensor<2x4x8x8xf32>) -> tensor<2x4x8x8xf32> {
  %0 = qnn.transpose %a perm [0, 3, 1, 2] : tensor<2x8x8x4xf32> -> tensor<2x4x8x8xf32>
  %1 = qnn.add %0, %b : tensor<2x4x8x8xf32>, tensor<2x4x8x8xf32> -> tensor<2x4x8x8xf32>
  return %1 : tensor<2x4x8x8xf32>
}

// -----

// Only dimensions of size one move: a reshape.
// CHECK-LABEL: func.func @one_channel
// CHECK-NOT: qnn.transpose
// CHECK: qnn.reshape %{{.+}} : tensor<?x1x28x28xf32>, tensor<4xi64> -> tensor<?x28x28x1xf32>
func.func @one_channel(%x: tensor<?x1x28x28xf32>) -> tensor<?x28x28x1xf32> {
  %0 = qnn.transpose %x perm [0, 2, 3, 1] : tensor<?x1x28x28xf32> -> tensor<?x28x28x1xf32>
  return %0 : tensor<?x28x28x1xf32>
}

// -----

// Two dynamic dimensions cannot be named by one -1: squeeze and unsqueeze.
// CHECK-LABEL: func.func @one_channel_dynamic
// CHECK: qnn.squeeze %{{.+}} axes [1] : tensor<?x1x?x28xf32> -> tensor<?x?x28xf32>
// CHECK: qnn.unsqueeze %{{.+}} axes [3] : tensor<?x?x28xf32> -> tensor<?x?x28x1xf32>
func.func @one_channel_dynamic(%x: tensor<?x1x?x28xf32>) -> tensor<?x?x28x1xf32> {
  %0 = qnn.transpose %x perm [0, 2, 3, 1] : tensor<?x1x?x28xf32> -> tensor<?x?x28x1xf32>
  return %0 : tensor<?x?x28x1xf32>
}

// -----

// A reduction whose remaining dimensions would come out in another order stays.
// CHECK-LABEL: func.func @order_matters
// CHECK: qnn.transpose
// CHECK: qnn.reduce_mean %{{.+}} axes [3]
func.func @order_matters(%a: tensor<2x8x8x4xf32>) -> tensor<2x4x8xf32> {
  %0 = qnn.transpose %a perm [0, 3, 1, 2] : tensor<2x8x8x4xf32> -> tensor<2x4x8x8xf32>
  %1 = qnn.reduce_mean %0 axes [3] : tensor<2x4x8x8xf32> -> tensor<2x4x8xf32>
  return %1 : tensor<2x4x8xf32>
}
