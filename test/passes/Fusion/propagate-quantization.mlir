// RUN: quant-opt %s --qnn-propagate-quantization --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-propagate-quantization --split-input-file | quant-opt --split-input-file | FileCheck %s

// Between dequantize and quantize with one scale the op works on bytes.
// CHECK-LABEL: func.func @pool_and_reshape
// CHECK-SAME: (%[[X:.+]]: tensor<1x4x4x2xi8>)
// CHECK: %[[P:.+]] = qnn.max_pool2d %[[X]] {{.*}} {unsigned_storage} : tensor<1x4x4x2xi8> -> tensor<1x2x2x2xi8>
// CHECK: %[[R:.+]] = qnn.flatten %[[P]]
// CHECK-NEXT: return %[[R]]
func.func @pool_and_reshape(%x: tensor<1x4x4x2xi8>) -> tensor<1x8xi8> {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %z = qnn.constant dense<10> : tensor<i8>
  %0 = qnn.dequantize %x, %s, %z {is_unsigned} : tensor<1x4x4x2xi8>, tensor<f32>, tensor<i8> -> tensor<1x4x4x2xf32>
  %1 = qnn.max_pool2d %0 kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] : tensor<1x4x4x2xf32> -> tensor<1x2x2x2xf32>
  %2 = qnn.flatten %1 {axis = 1 : i64} : tensor<1x2x2x2xf32> -> tensor<1x8xf32>
  %3 = qnn.quantize %2, %s, %z {is_unsigned} : tensor<1x8xf32>, tensor<f32>, tensor<i8> -> tensor<1x8xi8>
  return %3 : tensor<1x8xi8>
}

// -----

// Quantize goes up past a reshape of a float value: bytes are moved instead of floats.
// CHECK-LABEL: func.func @float_source
// CHECK: %[[Q:.+]] = qnn.quantize %{{.+}} : tensor<2x8xf32>
// CHECK: qnn.transpose %[[Q]] perm [1, 0] : tensor<2x8xi8> -> tensor<8x2xi8>
func.func @float_source(%x: tensor<2x8xf32>) -> tensor<8x2xi8> {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %z = qnn.constant dense<10> : tensor<i8>
  %0 = qnn.transpose %x perm [1, 0] : tensor<2x8xf32> -> tensor<8x2xf32>
  %1 = qnn.quantize %0, %s, %z {is_unsigned} : tensor<8x2xf32>, tensor<f32>, tensor<i8> -> tensor<8x2xi8>
  return %1 : tensor<8x2xi8>
}

// -----

// But not past a gather: it would quantize the whole table.
// CHECK-LABEL: func.func @gather_stays
// CHECK: qnn.gather %{{.+}} : tensor<100x8xf32>
// CHECK: qnn.quantize
func.func @gather_stays(%table: tensor<100x8xf32>, %i: tensor<2xi64>) -> tensor<2x8xi8> {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %z = qnn.constant dense<10> : tensor<i8>
  %0 = qnn.gather %table, %i {axis = 0 : i64} : tensor<100x8xf32>, tensor<2xi64> -> tensor<2x8xf32>
  %1 = qnn.quantize %0, %s, %z {is_unsigned} : tensor<2x8xf32>, tensor<f32>, tensor<i8> -> tensor<2x8xi8>
  return %1 : tensor<2x8xi8>
}

// -----

// A concat of two scales: the operand whose scale differs is quantized again.
// CHECK-LABEL: func.func @concat
// CHECK-SAME: (%[[A:.+]]: tensor<2xi8>, %[[B:.+]]: tensor<2xi8>)
// CHECK: %[[D:.+]] = qnn.dequantize %[[B]]
// CHECK: %[[Q:.+]] = qnn.quantize %[[D]]
// CHECK: qnn.concat %[[A]], %[[Q]] {axis = 0 : i64} : tensor<2xi8>, tensor<2xi8> -> tensor<4xi8>
func.func @concat(%aq: tensor<2xi8>, %bq: tensor<2xi8>) -> tensor<4xi8> {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %t = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<10> : tensor<i8>
  %a = qnn.dequantize %aq, %s, %z {is_unsigned} : tensor<2xi8>, tensor<f32>, tensor<i8> -> tensor<2xf32>
  %b = qnn.dequantize %bq, %t, %z {is_unsigned} : tensor<2xi8>, tensor<f32>, tensor<i8> -> tensor<2xf32>
  %c = qnn.concat %a, %b {axis = 0 : i64} : tensor<2xf32>, tensor<2xf32> -> tensor<4xf32>
  %q = qnn.quantize %c, %s, %z {is_unsigned} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// Zero padding becomes padding with the zero point.
// CHECK-LABEL: func.func @pad
// CHECK-DAG: %[[V:.+]] = qnn.constant dense<10> : tensor<i8>
// CHECK: qnn.pad %{{.+}}, %{{.+}}, %[[V]] constant : tensor<2xi8>, tensor<2xi64>, tensor<i8> -> tensor<4xi8>
func.func @pad(%aq: tensor<2xi8>) -> tensor<4xi8> {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %z = qnn.constant dense<10> : tensor<i8>
  %pads = qnn.constant dense<1> : tensor<2xi64>
  %zero = qnn.constant dense<0.0> : tensor<f32>
  %a = qnn.dequantize %aq, %s, %z {is_unsigned} : tensor<2xi8>, tensor<f32>, tensor<i8> -> tensor<2xf32>
  %p = qnn.pad %a, %pads, %zero constant : tensor<2xf32>, tensor<2xi64>, tensor<f32> -> tensor<4xf32>
  %q = qnn.quantize %p, %s, %z {is_unsigned} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return %q : tensor<4xi8>
}

// -----

// A pad value between two steps is kept exact: dequantize does not move below it.
// CHECK-LABEL: func.func @inexact_pad
// CHECK: qnn.dequantize
// CHECK: qnn.pad %{{.+}} : tensor<2xf32>
func.func @inexact_pad(%aq: tensor<2xi8>) -> tensor<4xf32> {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %z = qnn.constant dense<10> : tensor<i8>
  %pads = qnn.constant dense<1> : tensor<2xi64>
  %value = qnn.constant dense<0.1> : tensor<f32>
  %a = qnn.dequantize %aq, %s, %z {is_unsigned} : tensor<2xi8>, tensor<f32>, tensor<i8> -> tensor<2xf32>
  %p = qnn.pad %a, %pads, %value constant : tensor<2xf32>, tensor<2xi64>, tensor<f32> -> tensor<4xf32>
  return %p : tensor<4xf32>
}

// -----

// Scales for each channel stay where they are.
// CHECK-LABEL: func.func @per_channel
// CHECK: qnn.dequantize
// CHECK: qnn.transpose %{{.+}} : tensor<2x4xf32>
func.func @per_channel(%aq: tensor<2x4xi8>) -> tensor<4x2xf32> {
  %s = qnn.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %z = qnn.constant dense<0> : tensor<2xi8>
  %a = qnn.dequantize %aq, %s, %z : tensor<2x4xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x4xf32>
  %t = qnn.transpose %a perm [1, 0] : tensor<2x4xf32> -> tensor<4x2xf32>
  return %t : tensor<4x2xf32>
}
