// RUN: quant-opt --qnn-assign=activations=dynamic --qnn-round --qnn-quantize-dynamic --split-input-file %s | FileCheck %s
// RUN: quant-opt --qnn-assign="activations=dynamic keep=fc1" --qnn-round --qnn-quantize-dynamic --split-input-file %s | FileCheck %s --check-prefix=KEEP

// RUN: quant-opt --qnn-assign="weights=int4 group=4 symmetric=false activations=int8" --qnn-round --qnn-quantize-dynamic --split-input-file %s | FileCheck %s --check-prefix=BLOCK

// Linear ops that read one tensor share its quantization; scales are max|w| / 127 for each row.
// CHECK-LABEL: func.func @shared
// CHECK-SAME: %[[X:.*]]: tensor<?x2xf32>
// CHECK: %[[Q:.*]], %[[S:.*]], %[[Z:.*]] = qnn.dynamic_quantize %[[X]]
// CHECK-DAG: %[[W:.*]] = qnn.constant dense<{{\[\[}}-127, 1], [127, 127]]> : tensor<2x2xi8>
// CHECK-DAG: %[[WS:.*]] = qnn.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: qnn.dynamic_qlinear %[[Q]], %[[W]] scales %[[S]], %[[WS]] zero_point %[[Z]]
// CHECK-NOT: qnn.dynamic_quantize
// CHECK: qnn.dynamic_qlinear %[[Q]], {{.*}} bias
// CHECK-NOT: qnn.linear
// BLOCK-LABEL: func.func @shared
// BLOCK-NOT: qnn.dequantize
// BLOCK: qnn.block_linear %{{.*}} scales %{{.*}} zero_points %{{.*}} block 2 activations int8 {is_unsigned}
// BLOCK: qnn.block_linear {{.*}} bias
// KEEP-LABEL: func.func @shared
// KEEP: qnn.linear
// KEEP: qnn.dynamic_qlinear
func.func @shared(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = qnn.constant dense<[[-127.0, 1.0], [254.0, 254.0]]> : tensor<2x2xf32>
  %b = qnn.constant dense<1.0> : tensor<2xf32>
  %0 = qnn.linear %x, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32> loc("fc1")
  %1 = qnn.linear %x, %w, %b : tensor<?x2xf32>, tensor<2x2xf32>, tensor<2xf32> -> tensor<?x2xf32> loc("fc2")
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// Convolutions and products of two computed tensors stay float.
// CHECK-LABEL: func.func @kept
// CHECK-NOT: qnn.dynamic
// CHECK: return
func.func @kept(%x: tensor<2x2xf32>, %v: tensor<2x2xf32>, %i: tensor<1x2x2x1xf32>) -> (tensor<2x2xf32>, tensor<1x2x2x1xf32>) {
  %0 = qnn.linear %x, %v : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
  %k = qnn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %1 = qnn.conv2d %i, %k strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x2x2x1xf32>
  return %0, %1 : tensor<2x2xf32>, tensor<1x2x2x1xf32>
}
