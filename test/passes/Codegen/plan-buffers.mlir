// Where tensors lie, and when.
// RUN: quant-opt %s -split-input-file --qnn-plan-kernels | FileCheck %s

// Buffers share memory where their lives do not meet; the first 64 bytes are the error word's.
// CHECK-LABEL: qnn.model_name = "share"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<8x8xf32>) -> tensor<8x8xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [8, 8] : tensor<8x8xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 256 live [0, 1] [8, 8] : tensor<8x8xf32>
// CHECK-NEXT: %[[B1:[a-z0-9_]+]] = kernel.buffer at 320 bytes 256 live [1, 2] [8, 8] : tensor<8x8xf32>
// CHECK-NEXT: %[[B2:[a-z0-9_]+]] = kernel.buffer at 64 bytes 256 live [2, 3] [8, 8] : tensor<8x8xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [8, 8] : tensor<8x8xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[B0]] : tensor<8x8xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.softmax %[[IN0]] {axis = 1 : i64} : tensor<8x8xf32> -> tensor<8x8xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<8x8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch into(%[[B1]] : tensor<8x8xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.softmax %[[Y0]] {axis = 1 : i64} : tensor<8x8xf32> -> tensor<8x8xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<8x8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y2:[a-z0-9_]+]] = kernel.launch into(%[[B2]] : tensor<8x8xf32>) {
// CHECK-NEXT: %[[R2:[a-z0-9_]+]] = qnn.softmax %[[Y1]] {axis = 1 : i64} : tensor<8x8xf32> -> tensor<8x8xf32>
// CHECK-NEXT: kernel.yield %[[R2]] : tensor<8x8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y3:[a-z0-9_]+]] = kernel.launch into(%[[OUT0]] : tensor<8x8xf32>) {
// CHECK-NEXT: %[[R3:[a-z0-9_]+]] = qnn.softmax %[[Y2]] {axis = 1 : i64} : tensor<8x8xf32> -> tensor<8x8xf32>
// CHECK-NEXT: kernel.yield %[[R3]] : tensor<8x8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y3]] : tensor<8x8xf32> arena 576
module attributes {qnn.model_name = "share"} {
  func.func @main(%x: tensor<8x8xf32>) -> tensor<8x8xf32> {
    %0 = qnn.softmax %x {axis = 1 : i64} : tensor<8x8xf32> -> tensor<8x8xf32>
    %1 = qnn.softmax %0 {axis = 1 : i64} : tensor<8x8xf32> -> tensor<8x8xf32>
    %2 = qnn.softmax %1 {axis = 1 : i64} : tensor<8x8xf32> -> tensor<8x8xf32>
    %3 = qnn.softmax %2 {axis = 1 : i64} : tensor<8x8xf32> -> tensor<8x8xf32>
    return %3 : tensor<8x8xf32>
  }
}

// -----

// Sizes that are not constant: a slot as large as the largest of its buffers, one behind the other.
// CHECK-LABEL: qnn.model_name = "symbolic"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<?x8xf32>) -> tensor<?x8xf32> {
// CHECK-NEXT: %[[N0:[a-z0-9_]+]] = kernel.dim %[[ARG0]], 0 : tensor<?x8xf32>
// CHECK-NEXT: %[[S0:[a-z0-9_]+]] = kernel.size less -1, %[[N0]]
// CHECK-NEXT: %[[S1:[a-z0-9_]+]] = kernel.size less %[[N0]], 2147483648
// CHECK-NEXT: %[[S2:[a-z0-9_]+]] = kernel.size mul %[[S0]], %[[S1]]
// CHECK-NEXT: kernel.require %[[S2]], "a dimension is out of range"
// CHECK-NEXT: %[[S3:[a-z0-9_]+]] = kernel.size less 16383, %[[N0]]
// CHECK-NEXT: %[[S4:[a-z0-9_]+]] = kernel.size mul 32, %[[N0]]
// CHECK-NEXT: %[[S5:[a-z0-9_]+]] = kernel.size less %[[S4]], 70368744177664
// CHECK-NEXT: %[[S6:[a-z0-9_]+]] = kernel.size mul %[[S2]], %[[S5]]
// CHECK-NEXT: kernel.require %[[S6]], "a tensor would be larger than 64 TiB"
// CHECK-NEXT: %[[S7:[a-z0-9_]+]] = kernel.size mul 8, %[[N0]]
// CHECK-NEXT: %[[S8:[a-z0-9_]+]] = kernel.size mul 4, %[[S7]]
// CHECK-NEXT: %[[S9:[a-z0-9_]+]] = kernel.size add 64, %[[S8]]
// CHECK-NEXT: %[[S10:[a-z0-9_]+]] = kernel.size sub %[[S9]], 1
// CHECK-NEXT: %[[S11:[a-z0-9_]+]] = kernel.size div %[[S10]], 64
// CHECK-NEXT: %[[S12:[a-z0-9_]+]] = kernel.size less %[[S10]], 0
// CHECK-NEXT: %[[S13:[a-z0-9_]+]] = kernel.size rem %[[S10]], 64
// CHECK-NEXT: %[[S14:[a-z0-9_]+]] = kernel.size equal 0, %[[S13]]
// CHECK-NEXT: %[[S15:[a-z0-9_]+]] = kernel.size sub 1, %[[S14]]
// CHECK-NEXT: %[[S16:[a-z0-9_]+]] = kernel.size mul %[[S12]], %[[S15]]
// CHECK-NEXT: %[[S17:[a-z0-9_]+]] = kernel.size sub %[[S11]], %[[S16]]
// CHECK-NEXT: %[[S18:[a-z0-9_]+]] = kernel.size mul 64, %[[S17]]
// CHECK-NEXT: %[[S19:[a-z0-9_]+]] = kernel.size add 64, %[[S18]]
// CHECK-NEXT: %[[S20:[a-z0-9_]+]] = kernel.size add %[[S18]], %[[S19]]
// CHECK-NEXT: %[[S21:[a-z0-9_]+]] = kernel.size less -1, %[[S20]]
// CHECK-NEXT: %[[S22:[a-z0-9_]+]] = kernel.size less %[[S20]], 70368744177664
// CHECK-NEXT: %[[S23:[a-z0-9_]+]] = kernel.size mul %[[S21]], %[[S22]]
// CHECK-NEXT: kernel.require %[[S23]], "the arena would be larger than 64 TiB"
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [%[[N0]], 8] : tensor<?x8xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes %[[S18]] live [0, 1] [%[[N0]], 8] : tensor<?x8xf32>
// CHECK-NEXT: %[[B1:[a-z0-9_]+]] = kernel.buffer at %[[S19]] bytes %[[S18]] live [1, 2] [%[[N0]], 8] : tensor<?x8xf32>
// CHECK-NEXT: %[[B2:[a-z0-9_]+]] = kernel.buffer at 64 bytes %[[S18]] live [2, 3] [%[[N0]], 8] : tensor<?x8xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [%[[N0]], 8] : tensor<?x8xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[B0]] : tensor<?x8xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.softmax %[[IN0]] {axis = 1 : i64} : tensor<?x8xf32> -> tensor<?x8xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<?x8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch into(%[[B1]] : tensor<?x8xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.softmax %[[Y0]] {axis = 1 : i64} : tensor<?x8xf32> -> tensor<?x8xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<?x8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y2:[a-z0-9_]+]] = kernel.launch into(%[[B2]] : tensor<?x8xf32>) {
// CHECK-NEXT: %[[R2:[a-z0-9_]+]] = qnn.softmax %[[Y1]] {axis = 1 : i64} : tensor<?x8xf32> -> tensor<?x8xf32>
// CHECK-NEXT: kernel.yield %[[R2]] : tensor<?x8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y3:[a-z0-9_]+]] = kernel.launch into(%[[OUT0]] : tensor<?x8xf32>) {
// CHECK-NEXT: %[[R3:[a-z0-9_]+]] = qnn.softmax %[[Y2]] {axis = 1 : i64} : tensor<?x8xf32> -> tensor<?x8xf32>
// CHECK-NEXT: kernel.yield %[[R3]] : tensor<?x8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y3]] : tensor<?x8xf32> arena %[[S20]]
module attributes {qnn.model_name = "symbolic"} {
  func.func @main(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
    %0 = qnn.softmax %x {axis = 1 : i64} : tensor<?x8xf32> -> tensor<?x8xf32>
    %1 = qnn.softmax %0 {axis = 1 : i64} : tensor<?x8xf32> -> tensor<?x8xf32>
    %2 = qnn.softmax %1 {axis = 1 : i64} : tensor<?x8xf32> -> tensor<?x8xf32>
    %3 = qnn.softmax %2 {axis = 1 : i64} : tensor<?x8xf32> -> tensor<?x8xf32>
    return %3 : tensor<?x8xf32>
  }
}

// -----

// A reshape is a view; its readers keep the buffer alive.
// CHECK-LABEL: qnn.model_name = "view"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<4x6xf32>) -> tensor<8x3xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [4, 6] : tensor<4x6xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 128 live [0, 1] [4, 6] : tensor<4x6xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [8, 3] : tensor<8x3xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[B0]] : tensor<4x6xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.softmax %[[IN0]] {axis = 1 : i64} : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<4x6xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[VIEW0:[a-z0-9_]+]] = kernel.view %[[Y0]] [8, 3] : tensor<4x6xf32> -> tensor<8x3xf32>
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch into(%[[OUT0]] : tensor<8x3xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.softmax %[[VIEW0]] {axis = 1 : i64} : tensor<8x3xf32> -> tensor<8x3xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<8x3xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y1]] : tensor<8x3xf32> arena 192
module attributes {qnn.model_name = "view"} {
  func.func @main(%x: tensor<4x6xf32>) -> tensor<8x3xf32> {
    %shape = qnn.constant dense<[8, 3]> : tensor<2xi64>
    %0 = qnn.softmax %x {axis = 1 : i64} : tensor<4x6xf32> -> tensor<4x6xf32>
    %1 = qnn.reshape %0, %shape : tensor<4x6xf32>, tensor<2xi64> -> tensor<8x3xf32>
    %2 = qnn.softmax %1 {axis = 1 : i64} : tensor<8x3xf32> -> tensor<8x3xf32>
    return %2 : tensor<8x3xf32>
  }
}

// -----

// A view that is returned lies in the caller's buffer, under the shape that it was computed in.
// CHECK-LABEL: qnn.model_name = "returned"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<4x6xf32>) -> tensor<24xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [4, 6] : tensor<4x6xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [4, 6] : tensor<4x6xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[OUT0]] : tensor<4x6xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.softmax %[[IN0]] {axis = 1 : i64} : tensor<4x6xf32> -> tensor<4x6xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<4x6xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[VIEW0:[a-z0-9_]+]] = kernel.view %[[Y0]] [24] : tensor<4x6xf32> -> tensor<24xf32>
// CHECK-NEXT: kernel.return %[[VIEW0]] : tensor<24xf32> arena 64
module attributes {qnn.model_name = "returned"} {
  func.func @main(%x: tensor<4x6xf32>) -> tensor<24xf32> {
    %shape = qnn.constant dense<[24]> : tensor<1xi64>
    %0 = qnn.softmax %x {axis = 1 : i64} : tensor<4x6xf32> -> tensor<4x6xf32>
    %1 = qnn.reshape %0, %shape : tensor<4x6xf32>, tensor<1xi64> -> tensor<24xf32>
    return %1 : tensor<24xf32>
  }
}

// -----

// What is returned twice, or not computed, is copied: only the first has a place of the caller's.
// CHECK-LABEL: qnn.model_name = "copies"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [4] : tensor<4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [4] : tensor<4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] full : tensor<4xf32>) into(%[[OUT0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.exp %[[IN0]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]], %[[Y0]], %[[IN0]] : tensor<4xf32>, tensor<4xf32>, tensor<4xf32> arena 64
module attributes {qnn.model_name = "copies"} {
  func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    return %0, %0, %x : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
  }
}

// -----

// A view of a constant lies among the weights.
// CHECK-LABEL: qnn.model_name = "constant"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<2x2xf32>) -> tensor<2x2xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [2, 2] : tensor<2x2xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [2, 2] : tensor<2x2xf32>
// CHECK-NEXT: %[[C0:[a-z0-9_]+]] = qnn.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]> : tensor<4xf32>
// CHECK-NEXT: %[[VIEW0:[a-z0-9_]+]] = kernel.view %[[C0]] [2, 2] : tensor<4xf32> -> tensor<2x2xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] full : tensor<2x2xf32>, %[[VIEW0]] full : tensor<2x2xf32>) into(%[[OUT0]] : tensor<2x2xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.add %[[IN0]], %[[VIEW0]] : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<2x2xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<2x2xf32> arena 64
module attributes {qnn.model_name = "constant"} {
  func.func @main(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
    %shape = qnn.constant dense<[2, 2]> : tensor<2xi64>
    %c = qnn.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
    %0 = qnn.reshape %c, %shape : tensor<4xf32>, tensor<2xi64> -> tensor<2x2xf32>
    %1 = qnn.add %x, %0 : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x2xf32>
    return %1 : tensor<2x2xf32>
  }
}

// -----

// Heads that a product repeats are held once: the expand is no launch, its readers repeat.
// CHECK-LABEL: qnn.model_name = "heads"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<2x6x3x5xf32>, %[[ARG1:[a-z0-9]+]]: tensor<2x3x7x5xf32>) -> tensor<2x6x3x7xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [2, 6, 3, 5] : tensor<2x6x3x5xf32>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [2, 3, 7, 5] : tensor<2x3x7x5xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 1728 live [0, 1] [2, 3, 5, 7] repeat [1, 2] : tensor<2x6x5x7xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [2, 6, 3, 7] : tensor<2x6x3x7xf32>
// CHECK-NEXT: %[[VIEW0:[a-z0-9_]+]] = kernel.view %[[IN1]] [2, 3, 1, 7, 5] : tensor<2x3x7x5xf32> -> tensor<2x3x1x7x5xf32>
// CHECK-NEXT: %[[VIEW1:[a-z0-9_]+]] = kernel.view %[[VIEW0]] [2, 3, 7, 5] repeat [1, 2] : tensor<2x3x1x7x5xf32> -> tensor<2x6x7x5xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[B0]] : tensor<2x6x5x7xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.transpose %[[VIEW1]] perm [0, 1, 3, 2] : tensor<2x6x7x5xf32> -> tensor<2x6x5x7xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<2x6x5x7xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch into(%[[OUT0]] : tensor<2x6x3x7xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.matmul %[[IN0]], %[[Y0]] : tensor<2x6x3x5xf32>, tensor<2x6x5x7xf32> -> tensor<2x6x3x7xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<2x6x3x7xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y1]] : tensor<2x6x3x7xf32> arena 1792
module attributes {qnn.model_name = "heads"} {
  func.func @main(%q: tensor<2x6x3x5xf32>, %k: tensor<2x3x7x5xf32>) -> tensor<2x6x3x7xf32> {
    %times = qnn.constant dense<[1, 1, 2, 1, 1]> : tensor<5xi64>
    %heads = qnn.constant dense<[2, 6, 7, 5]> : tensor<4xi64>
    %0 = qnn.unsqueeze %k axes [2] : tensor<2x3x7x5xf32> -> tensor<2x3x1x7x5xf32>
    %1 = qnn.expand %0, %times : tensor<2x3x1x7x5xf32>, tensor<5xi64> -> tensor<2x3x2x7x5xf32>
    %2 = qnn.reshape %1, %heads : tensor<2x3x2x7x5xf32>, tensor<4xi64> -> tensor<2x6x7x5xf32>
    %3 = qnn.transpose %2 perm [0, 1, 3, 2] : tensor<2x6x7x5xf32> -> tensor<2x6x5x7xf32>
    %4 = qnn.matmul %q, %3 : tensor<2x6x3x5xf32>, tensor<2x6x5x7xf32> -> tensor<2x6x3x7xf32>
    return %4 : tensor<2x6x3x7xf32>
  }
}

// -----

// An observer reads its tensor where it lies.
// CHECK-LABEL: qnn.model_name = "observed"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [4] : tensor<4xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 64 live [0, 2] [4] : tensor<4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [4] : tensor<4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] full : tensor<4xf32>) into(%[[B0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.exp %[[IN0]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.observe %[[Y0]] "exp" : tensor<4xf32>
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch reads(%[[R1]] full : tensor<4xf32>) into(%[[OUT0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R2:[a-z0-9_]+]] = qnn.sqrt %[[R1]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R2]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y1]] : tensor<4xf32> arena 128
module attributes {qnn.model_name = "observed"} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    %1 = qnn.observe %0 "exp" : tensor<4xf32>
    %2 = qnn.sqrt %1 : tensor<4xf32> -> tensor<4xf32>
    return %2 : tensor<4xf32>
  }
}
