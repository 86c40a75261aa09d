// RUN: quant-opt %s --qnn-measure-weights | FileCheck %s

// 8 bytes of weights and 8 of multipliers; the bias is another constant, scalars are not counted.
// CHECK: module attributes {qnn.weight_sizes = array<i64: 8, 16, 2, 8>}
func.func @main(%x: tensor<1x4xi8>) -> tensor<1x2xi8> {
  %w = qnn.constant dense<1> : tensor<2x4xi8>
  %b = qnn.constant dense<3> : tensor<2xi32>
  %m = qnn.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %z = qnn.constant dense<7> : tensor<i8>
  %q = qnn.qlinear %x, %w bias %b zero_point %z requantize %m, %z clamp 0 to 255 {unsigned_input, unsigned_output}
    : (tensor<1x4xi8>, tensor<2x4xi8>, tensor<2xi32>, tensor<i8>, tensor<2xf32>, tensor<i8>) -> tensor<1x2xi8>
  return %q : tensor<1x2xi8>
}
