// RUN: quant-opt %s --qnn-fuse-block-linear --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-fuse-block-linear --split-input-file | quant-opt --split-input-file | FileCheck %s

// Blocks along the row, with bias.
// CHECK-LABEL: func.func @blocks
// CHECK: qnn.block_linear %{{.+}}, %{{.+}} scales %{{.+}} zero_points %{{.+}} bias %{{.+}} block 2 activations float {is_unsigned}
// CHECK-NOT: qnn.dequantize
func.func @blocks(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %wq = qnn.constant dense<[[1, 2, 3, 4], [5, 6, 7, -8]]> : tensor<2x4xi4>
  %s = qnn.constant dense<0.5> : tensor<2x2xf32>
  %z = qnn.constant dense<-8> : tensor<2x2xi4>
  %b = qnn.constant dense<1.0> : tensor<2xf32>
  %w = qnn.dequantize %wq, %s, %z {axis = 1 : i64, block_size = 2 : i64, is_unsigned} : tensor<2x4xi4>, tensor<2x2xf32>, tensor<2x2xi4> -> tensor<2x4xf32>
  %y = qnn.linear %x, %w, %b : tensor<?x4xf32>, tensor<2x4xf32>, tensor<2xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// One scale for each row is one block.
// CHECK-LABEL: func.func @rows
// CHECK-DAG: qnn.constant dense<{{\[\[}}5.000000e-01], [2.500000e-01]]> : tensor<2x1xf32>
// CHECK: qnn.block_linear %{{.+}} block 4 activations float :
func.func @rows(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %wq = qnn.constant dense<1> : tensor<2x4xi8>
  %s = qnn.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %z = qnn.constant dense<0> : tensor<2xi8>
  %w = qnn.dequantize %wq, %s, %z : tensor<2x4xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x4xf32>
  %y = qnn.linear %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

// Scales along the output of another axis are no blocks of a row.
// CHECK-LABEL: func.func @columns
// CHECK: qnn.dequantize
// CHECK: qnn.linear
func.func @columns(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %wq = qnn.constant dense<1> : tensor<2x4xi8>
  %s = qnn.constant dense<0.5> : tensor<4xf32>
  %z = qnn.constant dense<0> : tensor<4xi8>
  %w = qnn.dequantize %wq, %s, %z {axis = 1 : i64} : tensor<2x4xi8>, tensor<4xf32>, tensor<4xi8> -> tensor<2x4xf32>
  %y = qnn.linear %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
