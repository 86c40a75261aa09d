// RUN: quant-opt %s --qnn-fuse-qdq --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-fuse-qdq --split-input-file | quant-opt --split-input-file | FileCheck %s

// A linear op with bias and relu: bias 2 / (0.5 * 0.25) = 16, multiplier 0.5 * 0.25 / 0.125 = 1, relu clamps at the zero point.
// CHECK-LABEL: func.func @linear_relu
// CHECK-SAME: (%[[X:.+]]: tensor<?x4xi8>)
// CHECK-DAG: %[[W:.+]] = qnn.constant {{.*}} : tensor<2x4xi8>
// CHECK-DAG: %[[B:.+]] = qnn.constant dense<[16, -4]> : tensor<2xi32>
// CHECK-DAG: %[[M:.+]] = qnn.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: %[[Q:.+]] = qnn.qlinear %[[X]], %[[W]] bias %[[B]] zero_point %{{.+}} requantize %[[M]], %{{.+}} clamp 3 to 255 {unsigned_input, unsigned_output}
// CHECK-NEXT: return %[[Q]]
func.func @linear_relu(%xq: tensor<?x4xi8>) -> tensor<?x2xi8> {
  %sx = qnn.constant dense<0.5> : tensor<f32>
  %zx = qnn.constant dense<7> : tensor<i8>
  %wq = qnn.constant dense<[[1, 2, 3, 4], [-1, -2, -3, -4]]> : tensor<2x4xi8>
  %sw = qnn.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %zw = qnn.constant dense<0> : tensor<2xi8>
  %b = qnn.constant dense<[2.0, -1.0]> : tensor<2xf32>
  %sy = qnn.constant dense<0.125> : tensor<f32>
  %zy = qnn.constant dense<3> : tensor<i8>
  %x = qnn.dequantize %xq, %sx, %zx {is_unsigned} : tensor<?x4xi8>, tensor<f32>, tensor<i8> -> tensor<?x4xf32>
  %w = qnn.dequantize %wq, %sw, %zw : tensor<2x4xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x4xf32>
  %y = qnn.linear %x, %w, %b : tensor<?x4xf32>, tensor<2x4xf32>, tensor<2xf32> -> tensor<?x2xf32>
  %r = qnn.relu %y : tensor<?x2xf32> -> tensor<?x2xf32>
  %q = qnn.quantize %r, %sy, %zy {is_unsigned} : tensor<?x2xf32>, tensor<f32>, tensor<i8> -> tensor<?x2xi8>
  return %q : tensor<?x2xi8>
}

// -----

// A convolution with residual add and clip: 0 is stored as 10, 6 / 0.25 + 10 = 34.
// CHECK-LABEL: func.func @conv_residual_clip
// CHECK: %[[Q:.+]] = qnn.qconv2d %{{.+}}, %{{.+}} zero_point %{{.+}} requantize %{{.+}}, %{{.+}} residual %{{.+}}, %{{.+}}, %{{.+}} strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1 clamp 10 to 34 {unsigned_input, unsigned_output, unsigned_residual}
// CHECK-NEXT: return %[[Q]]
func.func @conv_residual_clip(%xq: tensor<1x4x4x1xi8>, %rq: tensor<1x4x4x1xi8>) -> tensor<1x4x4x1xi8> {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %z = qnn.constant dense<10> : tensor<i8>
  %wq = qnn.constant dense<1> : tensor<1x3x3x1xi8>
  %sw = qnn.constant dense<0.5> : tensor<1xf32>
  %zw = qnn.constant dense<0> : tensor<1xi8>
  %x = qnn.dequantize %xq, %s, %z {is_unsigned} : tensor<1x4x4x1xi8>, tensor<f32>, tensor<i8> -> tensor<1x4x4x1xf32>
  %r = qnn.dequantize %rq, %s, %z {is_unsigned} : tensor<1x4x4x1xi8>, tensor<f32>, tensor<i8> -> tensor<1x4x4x1xf32>
  %w = qnn.dequantize %wq, %sw, %zw : tensor<1x3x3x1xi8>, tensor<1xf32>, tensor<1xi8> -> tensor<1x3x3x1xf32>
  %y = qnn.conv2d %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1
    : tensor<1x4x4x1xf32>, tensor<1x3x3x1xf32> -> tensor<1x4x4x1xf32>
  %a = qnn.add %r, %y : tensor<1x4x4x1xf32>, tensor<1x4x4x1xf32> -> tensor<1x4x4x1xf32>
  %c = qnn.clip %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<1x4x4x1xf32> -> tensor<1x4x4x1xf32>
  %q = qnn.quantize %c, %s, %z {is_unsigned} : tensor<1x4x4x1xf32>, tensor<f32>, tensor<i8> -> tensor<1x4x4x1xi8>
  return %q : tensor<1x4x4x1xi8>
}

// -----

// The float result of a contraction has a second use: both stay float.
// CHECK-LABEL: func.func @second_use
// CHECK: qnn.linear
// CHECK: qnn.quantize
// CHECK-NOT: qnn.qlinear
func.func @second_use(%xq: tensor<?x4xi8>) -> (tensor<?x2xi8>, tensor<?x2xf32>) {
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<7> : tensor<i8>
  %wq = qnn.constant dense<1> : tensor<2x4xi8>
  %sw = qnn.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %zw = qnn.constant dense<0> : tensor<2xi8>
  %x = qnn.dequantize %xq, %s, %z {is_unsigned} : tensor<?x4xi8>, tensor<f32>, tensor<i8> -> tensor<?x4xf32>
  %w = qnn.dequantize %wq, %sw, %zw : tensor<2x4xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x4xf32>
  %y = qnn.linear %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  %q = qnn.quantize %y, %s, %z {is_unsigned} : tensor<?x2xf32>, tensor<f32>, tensor<i8> -> tensor<?x2xi8>
  return %q, %y : tensor<?x2xi8>, tensor<?x2xf32>
}

// -----

// A bias that does not fit int32 is not cut off: the op stays float.
// CHECK-LABEL: func.func @large_bias
// CHECK: qnn.linear
// CHECK-NOT: qnn.qlinear
func.func @large_bias(%xq: tensor<?x4xi8>) -> tensor<?x1xi8> {
  %s = qnn.constant dense<1.0e-3> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  %wq = qnn.constant dense<1> : tensor<1x4xi8>
  %sw = qnn.constant dense<1.0e-6> : tensor<1xf32>
  %zw = qnn.constant dense<0> : tensor<1xi8>
  %b = qnn.constant dense<4.0> : tensor<1xf32>
  %x = qnn.dequantize %xq, %s, %z {is_unsigned} : tensor<?x4xi8>, tensor<f32>, tensor<i8> -> tensor<?x4xf32>
  %w = qnn.dequantize %wq, %sw, %zw : tensor<1x4xi8>, tensor<1xf32>, tensor<1xi8> -> tensor<1x4xf32>
  %y = qnn.linear %x, %w, %b : tensor<?x4xf32>, tensor<1x4xf32>, tensor<1xf32> -> tensor<?x1xf32>
  %q = qnn.quantize %y, %s, %z {is_unsigned} : tensor<?x1xf32>, tensor<f32>, tensor<i8> -> tensor<?x1xi8>
  return %q : tensor<?x1xi8>
}

// -----

// Unsigned weights with zero point 128 are the signed ones.
// CHECK-LABEL: func.func @unsigned_weights
// CHECK: qnn.constant dense<{{\[\[}}-128, -1, 0, 127]]> : tensor<1x4xi8>
// CHECK: qnn.qlinear
func.func @unsigned_weights(%xq: tensor<?x4xi8>) -> tensor<?x1xi8> {
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  %wq = qnn.constant dense<[[0, 127, -128, -1]]> : tensor<1x4xi8>
  %zw = qnn.constant dense<-128> : tensor<i8>
  %x = qnn.dequantize %xq, %s, %z {is_unsigned} : tensor<?x4xi8>, tensor<f32>, tensor<i8> -> tensor<?x4xf32>
  %w = qnn.dequantize %wq, %s, %zw {is_unsigned} : tensor<1x4xi8>, tensor<f32>, tensor<i8> -> tensor<1x4xf32>
  %y = qnn.linear %x, %w : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x1xf32>
  %q = qnn.quantize %y, %s, %z {is_unsigned} : tensor<?x1xf32>, tensor<f32>, tensor<i8> -> tensor<?x1xi8>
  return %q : tensor<?x1xi8>
}

// -----

// CHECK-LABEL: func.func @elementwise
// CHECK-DAG: %[[HALF:.+]] = qnn.constant dense<5.000000e-01> : tensor<f32>
// CHECK-DAG: %[[MINUS:.+]] = qnn.constant dense<-5.000000e-01> : tensor<f32>
// CHECK: qnn.qadd %{{.+}}, %{{.+}}, %[[HALF]] and %{{.+}}, %{{.+}}, %[[HALF]] zero_point %{{.+}} clamp 0 to 255
// CHECK: qnn.qadd %{{.+}}, %{{.+}}, %[[HALF]] and %{{.+}}, %{{.+}}, %[[MINUS]] zero_point
// CHECK: qnn.qmul
func.func @elementwise(%aq: tensor<4xi8>, %bq: tensor<4xi8>) -> (tensor<4xi8>, tensor<4xi8>, tensor<4xi8>) {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %sy = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  %a = qnn.dequantize %aq, %s, %z {is_unsigned} : tensor<4xi8>, tensor<f32>, tensor<i8> -> tensor<4xf32>
  %b = qnn.dequantize %bq, %s, %z {is_unsigned} : tensor<4xi8>, tensor<f32>, tensor<i8> -> tensor<4xf32>
  %0 = qnn.add %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %1 = qnn.relu %0 : tensor<4xf32> -> tensor<4xf32>
  %2 = qnn.quantize %1, %sy, %z {is_unsigned} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  %3 = qnn.sub %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = qnn.quantize %3, %sy, %z {is_unsigned} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  %5 = qnn.mul %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %6 = qnn.quantize %5, %sy, %z {is_unsigned} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return %2, %4, %6 : tensor<4xi8>, tensor<4xi8>, tensor<4xi8>
}

// -----

// Means keep kernel and axes; from scale 0.25 to 0.125 each is multiplied by 2, a quantize with another sign requantizes.
// CHECK-LABEL: func.func @means
// CHECK-SAME: %[[A:.+]]: tensor<1x4x4x2xi8>)
// CHECK: %[[Z:.+]] = qnn.constant dense<9> : tensor<i8>
// CHECK: %[[M:.+]] = qnn.constant dense<2.000000e+00> : tensor<f32>
// CHECK: %[[P:.+]] = qnn.qavg_pool2d %[[A]] zero_point %[[Z]] requantize %[[M]], %[[Z]] kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] {unsigned_input, unsigned_output}
// CHECK: %[[R:.+]] = qnn.qreduce_mean %[[A]] zero_point %[[Z]] requantize %[[M]], %[[Z]] axes [1, 2] {unsigned_input, unsigned_output}
// CHECK: %[[S:.+]] = qnn.requantize %[[A]] zero_point %[[Z]] requantize %[[M]], %[[Z]] clamp -128 to 127 {unsigned_input}
// CHECK: return %[[P]], %[[R]], %[[S]]
func.func @means(%aq: tensor<1x4x4x2xi8>) -> (tensor<1x2x2x2xi8>, tensor<1x2xi8>, tensor<1x4x4x2xi8>) {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %sy = qnn.constant dense<0.125> : tensor<f32>
  %z = qnn.constant dense<9> : tensor<i8>
  %a = qnn.dequantize %aq, %s, %z {is_unsigned} : tensor<1x4x4x2xi8>, tensor<f32>, tensor<i8> -> tensor<1x4x4x2xf32>
  %0 = qnn.avg_pool2d %a kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] : tensor<1x4x4x2xf32> -> tensor<1x2x2x2xf32>
  %1 = qnn.quantize %0, %sy, %z {is_unsigned} : tensor<1x2x2x2xf32>, tensor<f32>, tensor<i8> -> tensor<1x2x2x2xi8>
  %2 = qnn.reduce_mean %a axes [1, 2] : tensor<1x4x4x2xf32> -> tensor<1x2xf32>
  %3 = qnn.quantize %2, %sy, %z {is_unsigned} : tensor<1x2xf32>, tensor<f32>, tensor<i8> -> tensor<1x2xi8>
  %4 = qnn.quantize %a, %sy, %z : tensor<1x4x4x2xf32>, tensor<f32>, tensor<i8> -> tensor<1x4x4x2xi8>
  return %1, %3, %4 : tensor<1x2x2x2xi8>, tensor<1x2xi8>, tensor<1x4x4x2xi8>
}

// -----

// A chain of functions of one tensor is one table; what depends on a second tensor is not.
// CHECK-LABEL: func.func @lookups
// CHECK: %[[L:.+]] = qnn.lookup %{{.+}}, %{{.+}} : tensor<4xi8>, tensor<256xi8> -> tensor<4xi8>
// CHECK: %[[D:.+]] = qnn.max
// CHECK: %[[Q:.+]] = qnn.quantize %[[D]]
// CHECK: return %[[L]], %[[Q]]
func.func @lookups(%aq: tensor<4xi8>, %bq: tensor<4xi8>) -> (tensor<4xi8>, tensor<4xi8>) {
  %s = qnn.constant dense<0.25> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  %two = qnn.constant dense<2.0> : tensor<f32>
  %a = qnn.dequantize %aq, %s, %z {is_unsigned} : tensor<4xi8>, tensor<f32>, tensor<i8> -> tensor<4xf32>
  %b = qnn.dequantize %bq, %s, %z {is_unsigned} : tensor<4xi8>, tensor<f32>, tensor<i8> -> tensor<4xf32>
  %0 = qnn.mul %a, %two : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %1 = qnn.sigmoid %0 : tensor<4xf32> -> tensor<4xf32>
  %2 = qnn.mul %1, %a : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %3 = qnn.quantize %2, %s, %z {is_unsigned} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  %4 = qnn.max %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %5 = qnn.quantize %4, %s, %z {is_unsigned} : tensor<4xf32>, tensor<f32>, tensor<i8> -> tensor<4xi8>
  return %3, %5 : tensor<4xi8>, tensor<4xi8>
}

// -----

// An int32 bias with a dequantize of its own, too large for a float, is taken as it is. Unsigned weights minus their
// zero point: -3 and 95 are bytes; -200 and 0 are on a scale that is 200 / 128 as large.
// CHECK-LABEL: func.func @unsigned_weights
// CHECK-DAG: qnn.constant dense<{{\[\[}}-3, 95], [-128, 0]]> : tensor<2x2xi8>
// CHECK-DAG: %[[B:.+]] = qnn.constant dense<[16777217, 64]> : tensor<2xi32>
// CHECK-DAG: %[[M:.+]] = qnn.constant dense<[1.000000e+00, 1.562500e+00]> : tensor<2xf32>
// CHECK: qnn.qlinear %{{.+}}, %{{.+}} bias %[[B]] zero_point %{{.+}} requantize %[[M]]
func.func @unsigned_weights(%xq: tensor<1x2xi8>) -> tensor<1x2xi8> {
  %sx = qnn.constant dense<0.5> : tensor<f32>
  %zx = qnn.constant dense<7> : tensor<i8>
  %wq = qnn.constant dense<[[2, 100], [0, -56]]> : tensor<2x2xi8>
  %sw = qnn.constant dense<0.25> : tensor<2xf32>
  %zw = qnn.constant dense<[5, -56]> : tensor<2xi8>
  %bq = qnn.constant dense<[16777217, 100]> : tensor<2xi32>
  %sb = qnn.constant dense<0.125> : tensor<f32>
  %zb = qnn.constant dense<0> : tensor<i32>
  %sy = qnn.constant dense<0.125> : tensor<f32>
  %zy = qnn.constant dense<3> : tensor<i8>
  %x = qnn.dequantize %xq, %sx, %zx {is_unsigned} : tensor<1x2xi8>, tensor<f32>, tensor<i8> -> tensor<1x2xf32>
  %w = qnn.dequantize %wq, %sw, %zw {is_unsigned} : tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x2xf32>
  %b = qnn.dequantize %bq, %sb, %zb : tensor<2xi32>, tensor<f32>, tensor<i32> -> tensor<2xf32>
  %y = qnn.linear %x, %w, %b : tensor<1x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<1x2xf32>
  %q = qnn.quantize %y, %sy, %zy {is_unsigned} : tensor<1x2xf32>, tensor<f32>, tensor<i8> -> tensor<1x2xi8>
  return %q : tensor<1x2xi8>
}
