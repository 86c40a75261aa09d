// RUN: quant-opt --qnn-round --split-input-file %s | FileCheck %s

// A rounder without the statistics that it needs rounds to nearest.
// CHECK-LABEL: func.func @unmeasured
// CHECK: qnn.constant dense<{{\[\[}}7, -7]]> : tensor<1x2xi4>
func.func @unmeasured(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = qnn.constant dense<[[7.0, -7.0]]> : tensor<1x2xf32>
  %0 = qnn.linear %x, %w {qnn.precision = #qnn.precision<weights = "int4", group = 0, symmetric = true, activations = float, rounder = "awq-clip">}
    : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x1xf32> loc("unmeasured")
  return %0 : tensor<1x1xf32>
}

// -----

// Static weights wait until their input is quantized; with it, each channel has a scale, no less than its bias
// asks for: 1.0 at 1e-5 * 1e-7 would be 1e12.
// CHECK-LABEL: func.func @static
// CHECK: qnn.linear %arg0, %{{.*}} {qnn.precision
// CHECK: %[[W:.*]] = qnn.constant dense<0> : tensor<1x16xi8>
// CHECK: %[[S:.*]] = qnn.constant dense<{{4.[0-9]+E-5|4.[0-9]+e-05}}> : tensor<1xf32>
// CHECK: qnn.dequantize %[[W]], %[[S]], %{{.*}} : tensor<1x16xi8>, tensor<1xf32>, tensor<1xi8> -> tensor<1x16xf32>
func.func @static(%x: tensor<1x16xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>) {
  %w = qnn.constant dense<0.0000127> : tensor<1x16xf32>
  %b = qnn.constant dense<1.0> : tensor<1xf32>
  %s = qnn.constant dense<1.0e-5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  %0 = qnn.linear %x, %w, %b {qnn.precision = #qnn.precision<weights = "int8", group = 0, symmetric = true, activations = static, rounder = "rtn">}
    : tensor<1x16xf32>, tensor<1x16xf32>, tensor<1xf32> -> tensor<1x1xf32>
  %q = qnn.quantize %x, %s, %z {is_unsigned} : tensor<1x16xf32>, tensor<f32>, tensor<i8> -> tensor<1x16xi8>
  %d = qnn.dequantize %q, %s, %z {is_unsigned} : tensor<1x16xi8>, tensor<f32>, tensor<i8> -> tensor<1x16xf32>
  %1 = qnn.linear %d, %w, %b {qnn.precision = #qnn.precision<weights = "int8", group = 0, symmetric = true, activations = static, rounder = "rtn">}
    : tensor<1x16xf32>, tensor<1x16xf32>, tensor<1xf32> -> tensor<1x1xf32>
  return %0, %1 : tensor<1x1xf32>, tensor<1x1xf32>
}
