// Which ops run as one kernel, and how each tensor that they read from memory is read.
// RUN: quant-opt %s -split-input-file --qnn-plan-kernels | FileCheck %s

// Elementwise ops of one shape are one launch.
// CHECK-LABEL: qnn.model_name = "chain"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<2x4xf32>) -> tensor<2x4xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [2, 4] : tensor<2x4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [2, 4] : tensor<2x4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] full : tensor<2x4xf32>) into(%[[OUT0]] : tensor<2x4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.relu %[[IN0]] : tensor<2x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.sqrt %[[R0]] : tensor<2x4xf32> -> tensor<2x4xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<2x4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<2x4xf32> arena 64
module attributes {qnn.model_name = "chain"} {
  func.func @main(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
    %0 = qnn.relu %x : tensor<2x4xf32> -> tensor<2x4xf32>
    %1 = qnn.sqrt %0 : tensor<2x4xf32> -> tensor<2x4xf32>
    return %1 : tensor<2x4xf32>
  }
}

// -----

// What follows a contraction runs in its registers: a residual is read at the place of the result.
// CHECK-LABEL: qnn.model_name = "residual"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<3x4xf32>, %[[ARG1:[a-z0-9]+]]: tensor<3x2xf32>) -> tensor<3x2xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [3, 2] : tensor<3x2xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [3, 2] : tensor<3x2xf32>
// CHECK-NEXT: %[[C0:[a-z0-9_]+]] = qnn.constant dense<5.000000e-01> : tensor<2x4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN1]] full : tensor<3x2xf32>) into(%[[OUT0]] : tensor<3x2xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.linear %[[IN0]], %[[C0]] : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.add %[[R0]], %[[IN1]] : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT: %[[R2:[a-z0-9_]+]] = qnn.relu %[[R1]] : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT: kernel.yield %[[R2]] : tensor<3x2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<3x2xf32> arena 64
module attributes {qnn.model_name = "residual"} {
  func.func @main(%x: tensor<3x4xf32>, %r: tensor<3x2xf32>) -> tensor<3x2xf32> {
    %w = qnn.constant dense<0.5> : tensor<2x4xf32>
    %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
    %1 = qnn.add %0, %r : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<3x2xf32>
    %2 = qnn.relu %1 : tensor<3x2xf32> -> tensor<3x2xf32>
    return %2 : tensor<3x2xf32>
  }
}

// -----

// Vectors are read by column, single elements once.
// CHECK-LABEL: qnn.model_name = "vectors"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<3x4xf32>, %[[ARG1:[a-z0-9]+]]: tensor<2xf32>) -> tensor<3x2xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [2] : tensor<2xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [3, 2] : tensor<3x2xf32>
// CHECK-NEXT: %[[C0:[a-z0-9_]+]] = qnn.constant dense<5.000000e-01> : tensor<2x4xf32>
// CHECK-NEXT: %[[C1:[a-z0-9_]+]] = qnn.constant dense<3.000000e+00> : tensor<f32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN1]] column : tensor<2xf32>, %[[C1]] scalar : tensor<f32>) into(%[[OUT0]] : tensor<3x2xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.linear %[[IN0]], %[[C0]] : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.mul %[[R0]], %[[IN1]] : tensor<3x2xf32>, tensor<2xf32> -> tensor<3x2xf32>
// CHECK-NEXT: %[[R2:[a-z0-9_]+]] = qnn.sub %[[R1]], %[[C1]] : tensor<3x2xf32>, tensor<f32> -> tensor<3x2xf32>
// CHECK-NEXT: kernel.yield %[[R2]] : tensor<3x2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<3x2xf32> arena 64
module attributes {qnn.model_name = "vectors"} {
  func.func @main(%x: tensor<3x4xf32>, %s: tensor<2xf32>) -> tensor<3x2xf32> {
    %w = qnn.constant dense<0.5> : tensor<2x4xf32>
    %c = qnn.constant dense<3.0> : tensor<f32>
    %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
    %1 = qnn.mul %0, %s : tensor<3x2xf32>, tensor<2xf32> -> tensor<3x2xf32>
    %2 = qnn.sub %1, %c : tensor<3x2xf32>, tensor<f32> -> tensor<3x2xf32>
    return %2 : tensor<3x2xf32>
  }
}

// -----

// A tensor that repeats along rows has no place in an epilogue: the op is a launch of its own.
// CHECK-LABEL: qnn.model_name = "rows"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<3x4xf32>, %[[ARG1:[a-z0-9]+]]: tensor<3x1xf32>) -> tensor<3x2xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [3, 1] : tensor<3x1xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 64 live [0, 1] [3, 2] : tensor<3x2xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [3, 2] : tensor<3x2xf32>
// CHECK-NEXT: %[[C0:[a-z0-9_]+]] = qnn.constant dense<5.000000e-01> : tensor<2x4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[B0]] : tensor<3x2xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.linear %[[IN0]], %[[C0]] : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<3x2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch reads(%[[Y0]] full : tensor<3x2xf32>, %[[IN1]] broadcast : tensor<3x1xf32>) into(%[[OUT0]] : tensor<3x2xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.mul %[[Y0]], %[[IN1]] : tensor<3x2xf32>, tensor<3x1xf32> -> tensor<3x2xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<3x2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y1]] : tensor<3x2xf32> arena 128
module attributes {qnn.model_name = "rows"} {
  func.func @main(%x: tensor<3x4xf32>, %s: tensor<3x1xf32>) -> tensor<3x2xf32> {
    %w = qnn.constant dense<0.5> : tensor<2x4xf32>
    %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
    %1 = qnn.mul %0, %s : tensor<3x2xf32>, tensor<3x1xf32> -> tensor<3x2xf32>
    return %1 : tensor<3x2xf32>
  }
}

// -----

// A result with two readers must be in memory; the epilogue ends there.
// CHECK-LABEL: qnn.model_name = "readers"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<3x4xf32>) -> tensor<3x2xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 64 live [0, 1] [3, 2] : tensor<3x2xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [3, 2] : tensor<3x2xf32>
// CHECK-NEXT: %[[C0:[a-z0-9_]+]] = qnn.constant dense<5.000000e-01> : tensor<2x4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[B0]] : tensor<3x2xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.linear %[[IN0]], %[[C0]] : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<3x2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch reads(%[[Y0]] full : tensor<3x2xf32>) into(%[[OUT0]] : tensor<3x2xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.sigmoid %[[Y0]] : tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT: %[[R2:[a-z0-9_]+]] = qnn.mul %[[Y0]], %[[R1]] : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<3x2xf32>
// CHECK-NEXT: kernel.yield %[[R2]] : tensor<3x2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y1]] : tensor<3x2xf32> arena 128
module attributes {qnn.model_name = "readers"} {
  func.func @main(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
    %w = qnn.constant dense<0.5> : tensor<2x4xf32>
    %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
    %1 = qnn.sigmoid %0 : tensor<3x2xf32> -> tensor<3x2xf32>
    %2 = qnn.mul %0, %1 : tensor<3x2xf32>, tensor<3x2xf32> -> tensor<3x2xf32>
    return %2 : tensor<3x2xf32>
  }
}

// -----

// A softmax takes no epilogue.
// CHECK-LABEL: qnn.model_name = "softmax"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<3x4xf32>) -> tensor<3x4xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 64 live [0, 1] [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[B0]] : tensor<3x4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.softmax %[[IN0]] {axis = 1 : i64} : tensor<3x4xf32> -> tensor<3x4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<3x4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch reads(%[[Y0]] full : tensor<3x4xf32>) into(%[[OUT0]] : tensor<3x4xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.sqrt %[[Y0]] : tensor<3x4xf32> -> tensor<3x4xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<3x4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y1]] : tensor<3x4xf32> arena 128
module attributes {qnn.model_name = "softmax"} {
  func.func @main(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
    %0 = qnn.softmax %x {axis = 1 : i64} : tensor<3x4xf32> -> tensor<3x4xf32>
    %1 = qnn.sqrt %0 : tensor<3x4xf32> -> tensor<3x4xf32>
    return %1 : tensor<3x4xf32>
  }
}

// -----

// A producer that only the group reads is part of it, however often it is read.
// CHECK-LABEL: qnn.model_name = "diamond"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [4] : tensor<4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [4] : tensor<4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] full : tensor<4xf32>) into(%[[OUT0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.exp %[[IN0]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.sqrt %[[R0]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: %[[R2:[a-z0-9_]+]] = qnn.neg %[[R0]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: %[[R3:[a-z0-9_]+]] = qnn.mul %[[R1]], %[[R2]] : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R3]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<4xf32> arena 64
module attributes {qnn.model_name = "diamond"} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    %1 = qnn.sqrt %0 : tensor<4xf32> -> tensor<4xf32>
    %2 = qnn.neg %0 : tensor<4xf32> -> tensor<4xf32>
    %3 = qnn.mul %1, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
    return %3 : tensor<4xf32>
  }
}

// -----

// What is computed on fewer elements is computed once, before.
// CHECK-LABEL: qnn.model_name = "smaller"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<3x4xf32>, %[[ARG1:[a-z0-9]+]]: tensor<3x1xf32>) -> tensor<3x4xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [3, 1] : tensor<3x1xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 64 live [0, 1] [3, 1] : tensor<3x1xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN1]] full : tensor<3x1xf32>) into(%[[B0]] : tensor<3x1xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.exp %[[IN1]] : tensor<3x1xf32> -> tensor<3x1xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<3x1xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] full : tensor<3x4xf32>, %[[Y0]] broadcast : tensor<3x1xf32>) into(%[[OUT0]] : tensor<3x4xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.mul %[[IN0]], %[[Y0]] : tensor<3x4xf32>, tensor<3x1xf32> -> tensor<3x4xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<3x4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y1]] : tensor<3x4xf32> arena 128
module attributes {qnn.model_name = "smaller"} {
  func.func @main(%x: tensor<3x4xf32>, %y: tensor<3x1xf32>) -> tensor<3x4xf32> {
    %0 = qnn.exp %y : tensor<3x1xf32> -> tensor<3x1xf32>
    %1 = qnn.mul %x, %0 : tensor<3x4xf32>, tensor<3x1xf32> -> tensor<3x4xf32>
    return %1 : tensor<3x4xf32>
  }
}

// -----

// Parameters of channels that are not the last are placed on their axis.
// CHECK-LABEL: qnn.model_name = "channels"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<3x4xf32>) -> tensor<3x4xi8> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [3, 4] : tensor<3x4xi8>
// CHECK-NEXT: %[[C0:[a-z0-9_]+]] = qnn.constant dense<[1.000000e-01, 2.000000e-01, 3.000000e-01]> : tensor<3xf32>
// CHECK-NEXT: %[[C1:[a-z0-9_]+]] = qnn.constant dense<0> : tensor<3xi8>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] full : tensor<3x4xf32>, %[[C0]] broadcast : tensor<3xf32>, %[[C1]] broadcast : tensor<3xi8>) into(%[[OUT0]] : tensor<3x4xi8>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.quantize %[[IN0]], %[[C0]], %[[C1]] : tensor<3x4xf32>, tensor<3xf32>, tensor<3xi8> -> tensor<3x4xi8>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<3x4xi8>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<3x4xi8> arena 64
module attributes {qnn.model_name = "channels"} {
  func.func @main(%x: tensor<3x4xf32>) -> tensor<3x4xi8> {
    %s = qnn.constant dense<[0.1, 0.2, 0.3]> : tensor<3xf32>
    %z = qnn.constant dense<0> : tensor<3xi8>
    %0 = qnn.quantize %x, %s, %z {axis = 0 : i64} : tensor<3x4xf32>, tensor<3xf32>, tensor<3xi8> -> tensor<3x4xi8>
    return %0 : tensor<3x4xi8>
  }
}

// -----

// An op with several results writes each into a buffer.
// CHECK-LABEL: qnn.model_name = "several"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<3x4xf32>) -> (tensor<3x4xi8>, tensor<3x1xf32>) {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [3, 4] : tensor<3x4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [3, 4] : tensor<3x4xi8>
// CHECK-NEXT: %[[OUT1:[a-z0-9_]+]] = kernel.output 1 [3, 1] : tensor<3x1xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 64 live [0, 0] [3, 1] : tensor<3x1xi8>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]]:3 = kernel.launch into(%[[OUT0]], %[[OUT1]], %[[B0]] : tensor<3x4xi8>, tensor<3x1xf32>, tensor<3x1xi8>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]], %[[R1:[a-z0-9_]+]], %[[R2:[a-z0-9_]+]] = qnn.dynamic_quantize %[[IN0]] : tensor<3x4xf32> -> tensor<3x4xi8>, tensor<3x1xf32>, tensor<3x1xi8>
// CHECK-NEXT: kernel.yield %[[R0]], %[[R1]], %[[R2]] : tensor<3x4xi8>, tensor<3x1xf32>, tensor<3x1xi8>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]]#0, %[[Y0]]#1 : tensor<3x4xi8>, tensor<3x1xf32> arena 128
module attributes {qnn.model_name = "several"} {
  func.func @main(%x: tensor<3x4xf32>) -> (tensor<3x4xi8>, tensor<3x1xf32>) {
    %q, %s, %z = qnn.dynamic_quantize %x : tensor<3x4xf32> -> tensor<3x4xi8>, tensor<3x1xf32>, tensor<3x1xi8>
    return %q, %s : tensor<3x4xi8>, tensor<3x1xf32>
  }
}

// -----

// What nothing reads does not run.
// CHECK-LABEL: qnn.model_name = "dead"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [4] : tensor<4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [4] : tensor<4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] full : tensor<4xf32>) into(%[[OUT0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.sqrt %[[IN0]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<4xf32> arena 64
module attributes {qnn.model_name = "dead"} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    %1 = qnn.sqrt %x : tensor<4xf32> -> tensor<4xf32>
    return %1 : tensor<4xf32>
  }
}
