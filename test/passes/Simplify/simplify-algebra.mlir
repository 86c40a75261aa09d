// RUN: quant-opt %s --qnn-simplify-algebra --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-simplify-algebra --split-input-file | quant-opt --split-input-file --qnn-simplify-algebra | FileCheck %s

// CHECK-LABEL: func.func @neutral
// CHECK-SAME: (%[[X:.+]]: tensor<?x4xf32>)
// CHECK-NEXT: return %[[X]]
func.func @neutral(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = qnn.constant dense<0.0> : tensor<f32>
  %one = qnn.constant dense<1.0> : tensor<4xf32>
  %0 = qnn.cast %x : tensor<?x4xf32> -> tensor<?x4xf32>
  %1 = qnn.add %zero, %0 : tensor<f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %2 = qnn.mul %1, %one : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %3 = qnn.div %2, %one : tensor<?x4xf32>, tensor<4xf32> -> tensor<?x4xf32>
  %4 = qnn.sub %3, %zero : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %5 = qnn.sigmoid %4 : tensor<?x4xf32> -> tensor<?x4xf32>
  return %4 : tensor<?x4xf32>
}

// -----

// A neutral constant that widens the shape, and 1 / x, are not neutral.
// CHECK-LABEL: func.func @widening
// CHECK: qnn.add
// CHECK: qnn.div
func.func @widening(%x: tensor<1x4xf32>) -> (tensor<3x4xf32>, tensor<1x4xf32>) {
  %zero = qnn.constant dense<0.0> : tensor<3x4xf32>
  %one = qnn.constant dense<1.0> : tensor<f32>
  %0 = qnn.add %x, %zero : tensor<1x4xf32>, tensor<3x4xf32> -> tensor<3x4xf32>
  %1 = qnn.div %one, %x : tensor<f32>, tensor<1x4xf32> -> tensor<1x4xf32>
  return %0, %1 : tensor<3x4xf32>, tensor<1x4xf32>
}

// -----

// CHECK-LABEL: func.func @clips
// CHECK: qnn.clip %{{.+}} {max = 4.000000e+00 : f64, min = 0.000000e+00 : f64}
// CHECK-NEXT: return
func.func @clips(%x: tensor<4xf32>) -> tensor<4xf32> {
  %six = qnn.constant dense<6.0> : tensor<f32>
  %low = qnn.constant dense<0xFF800000> : tensor<f32>
  %0 = qnn.max %x, %low : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = qnn.min %six, %0 : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %2 = qnn.clip %1 {min = -1.0 : f64, max = 4.0 : f64} : tensor<4xf32> -> tensor<4xf32>
  %3 = qnn.relu %2 : tensor<4xf32> -> tensor<4xf32>
  %4 = qnn.relu %3 : tensor<4xf32> -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @clip_is_relu
// CHECK: qnn.relu
func.func @clip_is_relu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = qnn.clip %x {min = 0.0 : f64, max = 3.5e+38 : f64} : tensor<4xf32> -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

// Squeeze, reshape, flatten in a row are one reshape, or none.
// CHECK-LABEL: func.func @reshapes
// CHECK-SAME: (%[[X:.+]]: tensor<?x1x4x4xf32>)
// CHECK: %[[S:.+]] = qnn.constant dense<[-1, 16]> : tensor<2xi64>
// CHECK: %[[R:.+]] = qnn.reshape %[[X]], %[[S]]
// CHECK-NEXT: return %[[R]], %[[X]]
func.func @reshapes(%x: tensor<?x1x4x4xf32>) -> (tensor<?x16xf32>, tensor<?x1x4x4xf32>) {
  %shape = qnn.constant dense<[0, 2, 8]> : tensor<3xi64>
  %0 = qnn.squeeze %x axes [1] : tensor<?x1x4x4xf32> -> tensor<?x4x4xf32>
  %1 = qnn.reshape %0, %shape : tensor<?x4x4xf32>, tensor<3xi64> -> tensor<?x2x8xf32>
  %2 = qnn.flatten %1 {axis = 1 : i64} : tensor<?x2x8xf32> -> tensor<?x16xf32>
  %3 = qnn.unsqueeze %0 axes [1] : tensor<?x4x4xf32> -> tensor<?x1x4x4xf32>
  return %2, %3 : tensor<?x16xf32>, tensor<?x1x4x4xf32>
}

// -----

// Two dynamic dimensions may trade places: such a chain is kept.
// CHECK-LABEL: func.func @two_dynamic
// CHECK: qnn.reshape
// CHECK: qnn.reshape
func.func @two_dynamic(%x: tensor<?x?xf32>, %s: tensor<3xi64>, %t: tensor<2xi64>) -> tensor<?x?xf32> {
  %0 = qnn.reshape %x, %s : tensor<?x?xf32>, tensor<3xi64> -> tensor<?x?x?xf32>
  %1 = qnn.reshape %0, %t : tensor<?x?x?xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return %1 : tensor<?x?xf32>
}

// -----

// CHECK-LABEL: func.func @bias
// CHECK: %[[B:.+]] = qnn.constant dense<[1.100000e+01, 2.200000e+01]> : tensor<2xf32>
// CHECK: %[[Y:.+]] = qnn.linear %{{.+}}, %{{.+}}, %[[B]]
// CHECK-NEXT: return %[[Y]]
func.func @bias(%x: tensor<?x4xf32>, %w: tensor<2x4xf32>) -> tensor<?x2xf32> {
  %b = qnn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %c = qnn.constant dense<[[10.0, 20.0]]> : tensor<1x2xf32>
  %y = qnn.linear %x, %w, %b : tensor<?x4xf32>, tensor<2x4xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %z = qnn.add %c, %y : tensor<1x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %z : tensor<?x2xf32>
}

// -----

// A constant for each row is no bias.
// CHECK-LABEL: func.func @no_bias
// CHECK: qnn.linear
// CHECK: qnn.add
func.func @no_bias(%x: tensor<2x4xf32>, %w: tensor<2x4xf32>) -> tensor<2x2xf32> {
  %c = qnn.constant dense<[[10.0], [20.0]]> : tensor<2x1xf32>
  %y = qnn.linear %x, %w : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x2xf32>
  %z = qnn.add %y, %c : tensor<2x2xf32>, tensor<2x1xf32> -> tensor<2x2xf32>
  return %z : tensor<2x2xf32>
}

// -----

// CHECK-LABEL: func.func @whole
// CHECK-SAME: (%[[X:.+]]: tensor<?x4xf32>)
// CHECK-NEXT: return %[[X]]
func.func @whole(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = qnn.constant dense<0> : tensor<2xi64>
  %end = qnn.constant dense<[9223372036854775807, 4]> : tensor<2xi64>
  %one = qnn.constant dense<1> : tensor<2xi64>
  %pads = qnn.constant dense<0> : tensor<4xi64>
  %value = qnn.constant dense<0.0> : tensor<f32>
  %0 = qnn.slice %x, %zero, %end, %one axes [0, 1] : tensor<?x4xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64> -> tensor<?x4xf32>
  %1 = qnn.pad %0, %pads, %value constant : tensor<?x4xf32>, tensor<4xi64>, tensor<f32> -> tensor<?x4xf32>
  %2 = qnn.concat %1 {axis = 0 : i64} : tensor<?x4xf32> -> tensor<?x4xf32>
  %3 = qnn.expand %2, %one : tensor<?x4xf32>, tensor<2xi64> -> tensor<?x4xf32>
  %4 = qnn.transpose %3 perm [1, 0] : tensor<?x4xf32> -> tensor<4x?xf32>
  %5 = qnn.transpose %4 perm [1, 0] : tensor<4x?xf32> -> tensor<?x4xf32>
  return %5 : tensor<?x4xf32>
}
