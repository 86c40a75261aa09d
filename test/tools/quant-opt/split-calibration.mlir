// RUN: quant-opt %s --split-input-file --quantize=int4-awq:group=4 2>/dev/null | FileCheck %s
// RUN: quant-opt %s --split-input-file --pass-pipeline="builtin.module(qnn-insert-observers, qnn-ensure-calibration, qnn-assign{weights=int4 group=4 activations=float}, qnn-round)" 2>/dev/null | FileCheck %s

// Calibration links a library inside this process, and the linker reads a command line of its own. Passes and their options are
// those of the user's nevertheless, in each part.
// CHECK-LABEL: func.func @main
// CHECK: qnn.dequantize {{.*}} {axis = 1 : i64, block_size = 4 : i64
// CHECK-LABEL: func.func @main
// CHECK: qnn.dequantize {{.*}} {axis = 1 : i64, block_size = 4 : i64
// CHECK-LABEL: func.func @main
// CHECK: qnn.dequantize {{.*}} {axis = 1 : i64, block_size = 4 : i64
func.func @main(%x: tensor<2x8xf32> {qnn.name = "x"}) -> (tensor<2x3xf32> {qnn.name = "y"}) {
  %w = qnn.constant dense<0.5> : tensor<3x8xf32>
  %y = qnn.linear %x, %w : tensor<2x8xf32>, tensor<3x8xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

func.func @main(%x: tensor<2x8xf32> {qnn.name = "x"}) -> (tensor<2x4xf32> {qnn.name = "y"}) {
  %w = qnn.constant dense<0.25> : tensor<4x8xf32>
  %y = qnn.linear %x, %w : tensor<2x8xf32>, tensor<4x8xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

func.func @main(%x: tensor<2x8xf32> {qnn.name = "x"}) -> (tensor<2x5xf32> {qnn.name = "y"}) {
  %w = qnn.constant dense<0.125> : tensor<5x8xf32>
  %y = qnn.linear %x, %w : tensor<2x8xf32>, tensor<5x8xf32> -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}
