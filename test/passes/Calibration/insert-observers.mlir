// RUN: quant-opt --qnn-insert-observers --split-input-file %s | FileCheck %s
// RUN: quant-opt --qnn-insert-observers --qnn-insert-observers --split-input-file %s | FileCheck %s

// Each computed f32 tensor around an op that may be quantized gets one observer; all users read it.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<?x4xf32>
func.func @main(%x: tensor<?x4xf32> {qnn.name = "x"}) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  // CHECK: %[[OX:.*]] = qnn.observe %[[X]] "x" : tensor<?x4xf32>
  // CHECK-NOT: qnn.observe
  %w = qnn.constant dense<1.0> : tensor<2x4xf32>
  // CHECK: %[[A:.*]] = qnn.linear %[[OX]],
  // CHECK: %[[OA:.*]] = qnn.observe %[[A]] "fc1"
  %a = qnn.linear %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32> loc("fc1")
  // CHECK: %[[B:.*]] = qnn.linear %[[OX]],
  // CHECK: qnn.observe %[[B]] "fc2"
  %b = qnn.linear %x, %w : tensor<?x4xf32>, tensor<2x4xf32> -> tensor<?x2xf32> loc("fc2")
  // CHECK: %[[R:.*]] = qnn.relu %[[OA]]
  // CHECK: qnn.observe %[[R]] "act"
  %r = qnn.relu %a : tensor<?x2xf32> -> tensor<?x2xf32> loc("act")
  return %r, %b : tensor<?x2xf32>, tensor<?x2xf32>
}

// -----

// Two nodes of one name get labels of their own.
// CHECK-LABEL: func.func @main
func.func @main(%x: tensor<4xf32> {qnn.name = "x"}) -> tensor<4xf32> {
  // CHECK: qnn.observe %{{.*}} "same"
  // CHECK: qnn.observe %{{.*}} "same~2"
  %a = qnn.relu %x : tensor<4xf32> -> tensor<4xf32> loc("same")
  %b = qnn.sigmoid %a : tensor<4xf32> -> tensor<4xf32> loc("same")
  return %b : tensor<4xf32>
}

// -----

// Integers, constants, and tensors that only a norm reads are left alone.
// CHECK-LABEL: func.func @main
// CHECK-NOT: qnn.observe
func.func @main(%x: tensor<4xf32> {qnn.name = "x"}, %i: tensor<4xi64> {qnn.name = "i"})
    -> (tensor<4xf32>, tensor<4xi64>) {
  %w = qnn.constant dense<1.0> : tensor<4xf32>
  %a = qnn.rms_norm %x, %w {epsilon = 1.0e-5} : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %j = qnn.add %i, %i : tensor<4xi64>, tensor<4xi64> -> tensor<4xi64>
  return %a, %j : tensor<4xf32>, tensor<4xi64>
}
