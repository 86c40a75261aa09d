// RUN: quant-opt %s --qnn-fold-constants --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-fold-constants --split-input-file | quant-opt --split-input-file --qnn-fold-constants | FileCheck %s
// RUN: quant-opt %s --qnn-fold-constants=max-bytes=40000 --split-input-file | FileCheck %s --check-prefix=BUDGET

// The batch is copied with 0, the rest is known: the reshape becomes static but for it.
// CHECK-LABEL: func.func @reshape_to_shape
// CHECK-SAME: -> tensor<?x32xf32>
func.func @reshape_to_shape(%x: tensor<?x4x8xf32>) -> tensor<?x?xf32> {
  %c32 = qnn.constant dense<32> : tensor<1xi64>
  %s = qnn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x4x8xf32> -> tensor<1xi64>
  %t = qnn.concat %s, %c32 {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
  // CHECK: %[[SHAPE:.+]] = qnn.constant dense<[0, 32]> : tensor<2xi64>
  // CHECK-NOT: qnn.shape
  // CHECK: qnn.reshape %{{.+}}, %[[SHAPE]] : tensor<?x4x8xf32>, tensor<2xi64> -> tensor<?x32xf32>
  %r = qnn.reshape %x, %t : tensor<?x4x8xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

// -----

// Dimensions of the same name are one symbol, so one of two unknown sizes is still a copy.
// CHECK-LABEL: func.func @named_dims
func.func @named_dims(%ids: tensor<?x?xi64> {qnn.dim_names = ["batch", "sequence"]},
                      %x: tensor<?x?x64xf32> {qnn.dim_names = ["batch", "sequence", ""]}) -> tensor<?x?x8x8xf32> {
  %c8 = qnn.constant dense<8> : tensor<2xi64>
  %s = qnn.shape %ids {start = 0 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<2xi64>
  %t = qnn.concat %s, %c8 {axis = 0 : i64} : tensor<2xi64>, tensor<2xi64> -> tensor<4xi64>
  // CHECK: qnn.constant dense<[0, 0, 8, 8]> : tensor<4xi64>
  %r = qnn.reshape %x, %t : tensor<?x?x64xf32>, tensor<4xi64> -> tensor<?x?x8x8xf32>
  return %r : tensor<?x?x8x8xf32>
}

// -----

// Two sizes that nothing names keep the computed shape.
// CHECK-LABEL: func.func @unknown_dims
func.func @unknown_dims(%ids: tensor<?x?xi64>, %x: tensor<?xf32>) -> tensor<?x?xf32> {
  %s = qnn.shape %ids {start = 0 : i64, end = 2 : i64} : tensor<?x?xi64> -> tensor<2xi64>
  // CHECK: %[[SHAPE:.+]] = qnn.shape
  // CHECK: qnn.reshape %{{.+}}, %[[SHAPE]]
  %r = qnn.reshape %x, %s : tensor<?xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

// -----

// A dimension known through gather, cast, arithmetic and unsqueeze.
// CHECK-LABEL: func.func @half_of_last_dim
func.func @half_of_last_dim(%x: tensor<?x32xf32>) -> tensor<1xi64> {
  %one = qnn.constant dense<1> : tensor<i64>
  %two = qnn.constant dense<2> : tensor<i64>
  %s = qnn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x32xf32> -> tensor<2xi64>
  %g = qnn.gather %s, %one {axis = 0 : i64} : tensor<2xi64>, tensor<i64> -> tensor<i64>
  %d = qnn.div %g, %two : tensor<i64>, tensor<i64> -> tensor<i64>
  %c = qnn.cast %d : tensor<i64> -> tensor<i64>
  %u = qnn.unsqueeze %c axes [0] : tensor<i64> -> tensor<1xi64>
  // CHECK-NEXT: %[[R:.+]] = qnn.constant dense<16> : tensor<1xi64>
  // CHECK-NEXT: return %[[R]]
  return %u : tensor<1xi64>
}

// -----

// Ops on constants are evaluated, dequantize excepted: QDQ form is made of it.
// CHECK-LABEL: func.func @evaluate
func.func @evaluate() -> (tensor<2xf32>, tensor<2xf32>) {
  %a = qnn.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %q = qnn.constant dense<[4, -4]> : tensor<2xi8>
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  // CHECK-DAG: qnn.constant dense<[2.000000e+00, 4.000000e+00]> : tensor<2xf32>
  // CHECK-NOT: qnn.add
  %b = qnn.add %a, %a : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  // CHECK: qnn.dequantize
  %d = qnn.dequantize %q, %s, %z : tensor<2xi8>, tensor<f32>, tensor<i8> -> tensor<2xf32>
  return %b, %d : tensor<2xf32>, tensor<2xf32>
}

// -----

// A small constant does not grow into a large one.
// CHECK-LABEL: func.func @no_growth
func.func @no_growth() -> tensor<1000x1000xf32> {
  %a = qnn.constant dense<1.0> : tensor<1x1xf32>
  %s = qnn.constant dense<[1000, 1000]> : tensor<2xi64>
  // CHECK: qnn.expand
  %b = qnn.expand %a, %s : tensor<1x1xf32>, tensor<2xi64> -> tensor<1000x1000xf32>
  return %b : tensor<1000x1000xf32>
}

// -----

// An if on a constant is the region it takes.
// CHECK-LABEL: func.func @constant_if
func.func @constant_if(%x: tensor<4xf32>) -> tensor<?xf32> {
  %c = qnn.constant dense<true> : tensor<1xi1>
  // CHECK-NOT: qnn.if
  // CHECK: qnn.relu %{{.+}} : tensor<4xf32> -> tensor<4xf32>
  // CHECK-NOT: qnn.neg
  %r = qnn.if %c : (tensor<1xi1>) -> tensor<?xf32> {
    %a = qnn.relu %x : tensor<4xf32> -> tensor<?xf32>
    qnn.yield %a : tensor<?xf32>
  } else {
    %b = qnn.neg %x : tensor<4xf32> -> tensor<?xf32>
    qnn.yield %b : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// -----

// A result dimension that becomes static loses its name.
// CHECK-LABEL: func.func @result_names
// CHECK-SAME: -> (tensor<?x4xf32> {qnn.dim_names = ["n", ""], qnn.name = "y"})
func.func @result_names(%x: tensor<?x4xf32> {qnn.dim_names = ["n", ""]})
    -> (tensor<?x?xf32> {qnn.dim_names = ["n", "m"], qnn.name = "y"}) {
  %r = qnn.relu %x : tensor<?x4xf32> -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

// -----

// A reduction over no axes is the identity: its dimensions are the input's.
// CHECK-LABEL: func.func @reduce_nothing
// CHECK: qnn.reduce_sum %{{.+}} axes [] {keep_dims} : tensor<?x4xf32> -> tensor<?x4xf32>
func.func @reduce_nothing(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %r = qnn.reduce_sum %x axes [] {keep_dims} : tensor<?x4xf32> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

// Ops of other dialects are left alone.
// CHECK-LABEL: func.func @foreign
// CHECK: arith.constant 1 : i32
func.func @foreign() -> i32 {
  %r = arith.constant 1 : i32
  return %r : i32
}

// -----

// A bias of int32 that float holds exactly is a float constant; one that float would round keeps its dequantize.
// CHECK-LABEL: func.func @dequantized_bias
// CHECK: %[[B:.+]] = qnn.constant dense<[8388607.5, -3.500000e+00]> : tensor<2xf32>
// CHECK: %[[L:.+]] = qnn.dequantize %{{.+}} : tensor<2xi32>, tensor<f32>, tensor<i32> -> tensor<2xf32>
// CHECK: return %[[B]], %[[L]]
func.func @dequantized_bias() -> (tensor<2xf32>, tensor<2xf32>) {
  %b = qnn.constant dense<[16777215, -7]> : tensor<2xi32>
  %l = qnn.constant dense<[16777216, -7]> : tensor<2xi32>
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i32>
  %0 = qnn.dequantize %b, %s, %z : tensor<2xi32>, tensor<f32>, tensor<i32> -> tensor<2xf32>
  %1 = qnn.dequantize %l, %s, %z : tensor<2xi32>, tensor<f32>, tensor<i32> -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}

// -----

// A move of dequantized weights is a move of what is stored, with the scales on the dimension that goes with them.
// CHECK-LABEL: func.func @moved_weights
// CHECK: %[[W:.+]] = qnn.constant dense<{{\[\[}}1, 3, 5], [2, 4, 6]]> : tensor<2x3xi8>
// CHECK: %[[D:.+]] = qnn.dequantize %[[W]], %{{.+}}, %{{.+}} : tensor<2x3xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x3xf32>
// CHECK: qnn.linear %{{.+}}, %[[D]]
func.func @moved_weights(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %q = qnn.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %s = qnn.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %z = qnn.constant dense<0> : tensor<2xi8>
  %d = qnn.dequantize %q, %s, %z {axis = 1 : i64} : tensor<3x2xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<3x2xf32>
  %w = qnn.transpose %d perm [1, 0] : tensor<3x2xf32> -> tensor<2x3xf32>
  %y = qnn.linear %x, %w : tensor<1x3xf32>, tensor<2x3xf32> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// Arithmetic on dequantized weights is done in float.
// CHECK-LABEL: func.func @computed_weights
// CHECK: %[[W:.+]] = qnn.constant dense<{{\[\[}}1.000000e+00, 2.000000e+00], [3.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
// CHECK-NOT: qnn.dequantize
// CHECK: qnn.linear %{{.+}}, %[[W]]
func.func @computed_weights(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %q = qnn.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  %two = qnn.constant dense<2.0> : tensor<f32>
  %d = qnn.dequantize %q, %s, %z : tensor<2x2xi8>, tensor<f32>, tensor<i8> -> tensor<2x2xf32>
  %w = qnn.mul %d, %two : tensor<2x2xf32>, tensor<f32> -> tensor<2x2xf32>
  %y = qnn.linear %x, %w : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// -----

// Products that leave their table where it is are paid for: 40000 bytes and the table's 32768 are two.
// CHECK-LABEL: func.func @readers_of_a_table
// CHECK-NOT: qnn.mul
// BUDGET-LABEL: func.func @readers_of_a_table
// BUDGET-COUNT-2: qnn.mul
// BUDGET-NOT: qnn.mul
func.func @readers_of_a_table()
    -> (tensor<8192xf32>, tensor<8192xf32>, tensor<8192xf32>, tensor<8192xf32>) {
  %table = qnn.constant dense<3.0> : tensor<8192xf32>
  %s0 = qnn.constant dense<0.5> : tensor<f32>
  %s1 = qnn.constant dense<1.5> : tensor<f32>
  %s2 = qnn.constant dense<2.5> : tensor<f32>
  %s3 = qnn.constant dense<3.5> : tensor<f32>
  %0 = qnn.mul %table, %s0 : tensor<8192xf32>, tensor<f32> -> tensor<8192xf32>
  %1 = qnn.mul %table, %s1 : tensor<8192xf32>, tensor<f32> -> tensor<8192xf32>
  %2 = qnn.mul %table, %s2 : tensor<8192xf32>, tensor<f32> -> tensor<8192xf32>
  %3 = qnn.mul %table, %s3 : tensor<8192xf32>, tensor<f32> -> tensor<8192xf32>
  return %0, %1, %2, %3
    : tensor<8192xf32>, tensor<8192xf32>, tensor<8192xf32>, tensor<8192xf32>
}

// -----

// Weights that layers share are transposed and the like once for each: the same bytes are free.
// BUDGET-LABEL: func.func @same_result
// BUDGET-NOT: qnn.neg
func.func @same_result(%x: tensor<8192xf32>) -> (tensor<8192xf32>, tensor<8192xf32>, tensor<8192xf32>, tensor<8192xf32>) {
  %table = qnn.constant dense<3.0> : tensor<8192xf32>
  %0 = qnn.neg %table : tensor<8192xf32> -> tensor<8192xf32>
  %1 = qnn.neg %table : tensor<8192xf32> -> tensor<8192xf32>
  %2 = qnn.neg %table : tensor<8192xf32> -> tensor<8192xf32>
  %3 = qnn.neg %table : tensor<8192xf32> -> tensor<8192xf32>
  return %0, %1, %2, %3
    : tensor<8192xf32>, tensor<8192xf32>, tensor<8192xf32>, tensor<8192xf32>
}

// -----

// What takes the place of its operand is no growth, nor is a cast to something wider.
// BUDGET-LABEL: func.func @chain
// BUDGET-NOT: qnn.neg
// BUDGET: return
func.func @chain() -> tensor<8192xf32> {
  %table = qnn.constant dense<3> : tensor<8192xi8>
  %0 = qnn.cast %table : tensor<8192xi8> -> tensor<8192xf32>
  %1 = qnn.neg %0 : tensor<8192xf32> -> tensor<8192xf32>
  %2 = qnn.exp %1 : tensor<8192xf32> -> tensor<8192xf32>
  %3 = qnn.neg %2 : tensor<8192xf32> -> tensor<8192xf32>
  return %3 : tensor<8192xf32>
}
