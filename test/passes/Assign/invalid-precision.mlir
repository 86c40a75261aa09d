// RUN: quant-opt --qnn-quantize-static --split-input-file --verify-diagnostics %s

// What no registry holds is named before anything is done.
func.func @unknown(%x: tensor<1x8xf32>) -> tensor<1x4xf32> {
  %w = qnn.constant dense<1.0> : tensor<4x8xf32>
  // expected-error @below {{unknown number format 'int99', expects one of int2, int3, int4, int5, int6, int7, int8}}
  %0 = qnn.linear %x, %w {qnn.precision = #qnn.precision<weights = "int99", group = 0, symmetric = true, activations = float, rounder = "rtn">} : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}

// -----

// Parts that do not go together.
func.func @mismatch(%x: tensor<1x8xf32>) -> tensor<1x4xf32> {
  %w = qnn.constant dense<1.0> : tensor<4x8xf32>
  // expected-error @below {{static activations expect symmetric int8 weights for each channel}}
  %0 = qnn.linear %x, %w {qnn.precision = #qnn.precision<weights = "int4", group = 32, symmetric = true, activations = static, rounder = "rtn">} : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32>
  return %0 : tensor<1x4xf32>
}
