// RUN: rm -rf %t && mkdir %t
// RUN: quant-compile %s -o %t/out.so --report=%t/report.txt
// RUN: FileCheck %s --input-file=%t/report.txt
// RUN: quant-opt %s --qnn-check-fused=min-macs=1 | FileCheck %s --check-prefix=IR

// A linear op of 4 inputs and 2 outputs alone between conversions: 8 multiply-accumulates for 6 elements.
// CHECK: qnn-check-fused: 0 applied, 1 not applied
// CHECK-NEXT: - fc (qnn.qlinear): may be slower than float: it stands alone between quantize and dequantize with 1 multiply-accumulates for each converted element
// IR: qnn.qlinear
func.func @main(%arg0: tensor<1x4xf32> {qnn.name = "x"}) -> (tensor<1x2xf32> {qnn.name = "y"}) {
  %s = qnn.constant dense<0.5> : tensor<f32>
  %w = qnn.constant dense<1> : tensor<2x4xi8>
  %m = qnn.constant dense<0.25> : tensor<f32>
  %z = qnn.constant dense<7> : tensor<i8>
  %x = qnn.quantize %arg0, %s, %z {is_unsigned} : tensor<1x4xf32>, tensor<f32>, tensor<i8> -> tensor<1x4xi8>
  %q = qnn.qlinear %x, %w zero_point %z requantize %m, %z clamp 0 to 255 {unsigned_input, unsigned_output}
    : (tensor<1x4xi8>, tensor<2x4xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<1x2xi8> loc("fc")
  %d = qnn.dequantize %q, %s, %z {is_unsigned} : tensor<1x2xi8>, tensor<f32>, tensor<i8> -> tensor<1x2xf32>
  return %d : tensor<1x2xf32>
}
