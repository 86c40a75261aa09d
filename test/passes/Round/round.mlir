// RUN: quant-opt --qnn-assign="weights=int4 group=4 symmetric=false activations=float" --qnn-round --split-input-file %s | FileCheck %s
// RUN: quant-opt --qnn-assign="weights=int8 activations=float" --qnn-round --split-input-file %s | FileCheck %s --check-prefix=INT8
// RUN: quant-opt --qnn-assign="weights=int4 group=4 symmetric=false activations=float keep=^fc$" --qnn-round --split-input-file %s | FileCheck %s --check-prefix=KEEP
// RUN: not quant-opt --qnn-assign="activations=float rounder=magic" --qnn-round --split-input-file %s 2>&1 | FileCheck %s --check-prefix=ROUNDER

// ROUNDER: error: unknown rounder 'magic', expects one of awq-clip, gptq, gptq-refined, rtn

// Rows in blocks of 4 with a short last one: [-5, 10] maps to 0..15 with zero point 5, [0, 30] with scale 2.
// CHECK-LABEL: func.func @blocks
// CHECK-SAME: %[[X:.*]]: tensor<?x6xf32>
// CHECK-DAG: %[[B:.*]] = qnn.constant dense<1.000000e+00> : tensor<1xf32>
// CHECK-DAG: %[[W:.*]] = qnn.constant dense<{{\[\[}}0, -1, 5, 6, 0, -1]]> : tensor<1x6xi4>
// CHECK-DAG: %[[S:.*]] = qnn.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00]]> : tensor<1x2xf32>
// CHECK-DAG: %[[Z:.*]] = qnn.constant dense<{{\[\[}}5, 0]]> : tensor<1x2xi4>
// CHECK: %[[D:.*]] = qnn.dequantize %[[W]], %[[S]], %[[Z]] {axis = 1 : i64, block_size = 4 : i64, is_unsigned}
// CHECK: qnn.linear %[[X]], %[[D]], %[[B]]
// INT8-LABEL: func.func @blocks
// INT8-DAG: qnn.constant dense<{{\[\[}}-21, 42, 0, 4, 0, 127]]> : tensor<1x6xi8>
// INT8-DAG: qnn.constant dense<0.236220479> : tensor<1x1xf32>
// INT8-DAG: qnn.constant dense<0> : tensor<1x1xi8>
// INT8: qnn.dequantize {{.*}} {axis = 1 : i64, block_size = 6 : i64}
// KEEP-LABEL: func.func @blocks
// KEEP-NOT: i4
// KEEP: return
func.func @blocks(%x: tensor<?x6xf32>) -> tensor<?x1xf32> {
  %w = qnn.constant dense<[[-5.0, 10.0, 0.0, 1.0, 0.0, 30.0]]> : tensor<1x6xf32>
  %b = qnn.constant dense<1.0> : tensor<1xf32>
  %y = qnn.linear %x, %w, %b : tensor<?x6xf32>, tensor<1x6xf32>, tensor<1xf32> -> tensor<?x1xf32> loc("fc")
  return %y : tensor<?x1xf32>
}

// -----

// Weights that are computed, or not finite, and convolutions stay as they are.
// CHECK-LABEL: func.func @kept
// CHECK-NOT: qnn.dequantize
// CHECK: return
func.func @kept(%x: tensor<1x2xf32>, %v: tensor<1x2xf32>, %i: tensor<1x2x2x1xf32>)
    -> (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x2x2x1xf32>) {
  %0 = qnn.linear %x, %v : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x1xf32>
  %w = qnn.constant dense<[[0x7FC00000, 1.0]]> : tensor<1x2xf32>
  %1 = qnn.linear %x, %w : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x1xf32>
  %k = qnn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %2 = qnn.conv2d %i, %k strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x2x2x1xf32>
  return %0, %1, %2 : tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x2x2x1xf32>
}
