// Regions that run or do not.
// RUN: quant-opt %s -split-input-file --qnn-plan-kernels | FileCheck %s

// What a region yields is copied into the buffer of the result; what it computes is alive only inside.
// CHECK-LABEL: qnn.model_name = "branch"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<i1>, %[[ARG1:[a-z0-9]+]]: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [] : tensor<i1>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [4] : tensor<4xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 128 bytes 64 live [1, 5] [4] : tensor<4xf32>
// CHECK-NEXT: %[[B1:[a-z0-9_]+]] = kernel.buffer at 192 bytes 64 live [2, 5] [4] : tensor<4xf32>
// CHECK-NEXT: %[[B2:[a-z0-9_]+]] = kernel.buffer at 64 bytes 64 live [0, 6] [4] : tensor<4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [4] : tensor<4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.if %[[IN0]] : tensor<i1> into(%[[B2]] : tensor<4xf32>) {
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch reads(%[[IN1]] full : tensor<4xf32>) into(%[[B0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.exp %[[IN1]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y2:[a-z0-9_]+]] = kernel.launch into(%[[B1]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.softmax %[[Y1]] {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.yield %[[Y2]] : tensor<4xf32>
// CHECK-NEXT: } else {
// CHECK-NEXT: kernel.yield %[[IN1]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y3:[a-z0-9_]+]] = kernel.launch reads(%[[Y0]] full : tensor<4xf32>) into(%[[OUT0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R2:[a-z0-9_]+]] = qnn.sqrt %[[Y0]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R2]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y3]] : tensor<4xf32> arena 256
module attributes {qnn.model_name = "branch"} {
  func.func @main(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
    %0 = qnn.if %c : (tensor<i1>) -> tensor<4xf32> {
      %1 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
      %2 = qnn.softmax %1 {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
      qnn.yield %2 : tensor<4xf32>
    } else {
      qnn.yield %x : tensor<4xf32>
    }
    %3 = qnn.sqrt %0 : tensor<4xf32> -> tensor<4xf32>
    return %3 : tensor<4xf32>
  }
}

// -----

// What a region needs of the sizes is required where it begins, not of the whole model.
// CHECK-LABEL: qnn.model_name = "required"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<i1>, %[[ARG1:[a-z0-9]+]]: tensor<?x4xf32>, %[[ARG2:[a-z0-9]+]]: tensor<?x4xf32>) -> tensor<?x4xf32> {
// CHECK-NEXT: %[[N0:[a-z0-9_]+]] = kernel.dim %[[ARG1]], 0 : tensor<?x4xf32>
// CHECK-NEXT: %[[S0:[a-z0-9_]+]] = kernel.size less -1, %[[N0]]
// CHECK-NEXT: %[[S1:[a-z0-9_]+]] = kernel.size less %[[N0]], 2147483648
// CHECK-NEXT: %[[S2:[a-z0-9_]+]] = kernel.size mul %[[S0]], %[[S1]]
// CHECK-NEXT: kernel.require %[[S2]], "a dimension is out of range"
// CHECK-NEXT: %[[N1:[a-z0-9_]+]] = kernel.dim %[[ARG2]], 0 : tensor<?x4xf32>
// CHECK-NEXT: %[[S3:[a-z0-9_]+]] = kernel.size less -1, %[[N1]]
// CHECK-NEXT: %[[S4:[a-z0-9_]+]] = kernel.size less %[[N1]], 2147483648
// CHECK-NEXT: %[[S5:[a-z0-9_]+]] = kernel.size mul %[[S3]], %[[S4]]
// CHECK-NEXT: kernel.require %[[S5]], "a dimension is out of range"
// CHECK-NEXT: %[[S6:[a-z0-9_]+]] = kernel.size equal 4, %[[N1]]
// CHECK-NEXT: %[[S7:[a-z0-9_]+]] = kernel.size less 16383, %[[N0]]
// CHECK-NEXT: %[[S8:[a-z0-9_]+]] = kernel.size mul 16, %[[N0]]
// CHECK-NEXT: %[[S9:[a-z0-9_]+]] = kernel.size less %[[S8]], 70368744177664
// CHECK-NEXT: %[[S10:[a-z0-9_]+]] = kernel.size mul %[[S2]], %[[S9]]
// CHECK-NEXT: kernel.require %[[S10]], "a tensor would be larger than 64 TiB"
// CHECK-NEXT: %[[S11:[a-z0-9_]+]] = kernel.size mul 4, %[[N0]]
// CHECK-NEXT: %[[S12:[a-z0-9_]+]] = kernel.size mul 4, %[[S11]]
// CHECK-NEXT: %[[S13:[a-z0-9_]+]] = kernel.size add 64, %[[S12]]
// CHECK-NEXT: %[[S14:[a-z0-9_]+]] = kernel.size sub %[[S13]], 1
// CHECK-NEXT: %[[S15:[a-z0-9_]+]] = kernel.size div %[[S14]], 64
// CHECK-NEXT: %[[S16:[a-z0-9_]+]] = kernel.size less %[[S14]], 0
// CHECK-NEXT: %[[S17:[a-z0-9_]+]] = kernel.size rem %[[S14]], 64
// CHECK-NEXT: %[[S18:[a-z0-9_]+]] = kernel.size equal 0, %[[S17]]
// CHECK-NEXT: %[[S19:[a-z0-9_]+]] = kernel.size sub 1, %[[S18]]
// CHECK-NEXT: %[[S20:[a-z0-9_]+]] = kernel.size mul %[[S16]], %[[S19]]
// CHECK-NEXT: %[[S21:[a-z0-9_]+]] = kernel.size sub %[[S15]], %[[S20]]
// CHECK-NEXT: %[[S22:[a-z0-9_]+]] = kernel.size mul 64, %[[S21]]
// CHECK-NEXT: %[[S23:[a-z0-9_]+]] = kernel.size add 64, %[[S22]]
// CHECK-NEXT: %[[S24:[a-z0-9_]+]] = kernel.size less -1, %[[S23]]
// CHECK-NEXT: %[[S25:[a-z0-9_]+]] = kernel.size less %[[S23]], 70368744177664
// CHECK-NEXT: %[[S26:[a-z0-9_]+]] = kernel.size mul %[[S24]], %[[S25]]
// CHECK-NEXT: kernel.require %[[S26]], "the arena would be larger than 64 TiB"
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [] : tensor<i1>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [%[[N0]], 4] : tensor<?x4xf32>
// CHECK-NEXT: %[[IN2:[a-z0-9_]+]] = kernel.input %[[ARG2]] [%[[N1]], 4] : tensor<?x4xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes %[[S22]] live [1, 4] [%[[N0]], 4] : tensor<?x4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [%[[N0]], 4] : tensor<?x4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.if %[[IN0]] : tensor<i1> into(%[[OUT0]] : tensor<?x4xf32>) {
// CHECK-NEXT: kernel.require %[[S6]], "inner dimensions differ"
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch into(%[[B0]] : tensor<?x4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.matmul %[[IN1]], %[[IN2]] : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<?x4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.yield %[[Y1]] : tensor<?x4xf32>
// CHECK-NEXT: } else {
// CHECK-NEXT: kernel.yield %[[IN1]] : tensor<?x4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<?x4xf32> arena %[[S23]]
module attributes {qnn.model_name = "required"} {
  func.func @main(%c: tensor<i1>, %x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
    %0 = qnn.if %c : (tensor<i1>) -> tensor<?x4xf32> {
      %1 = qnn.matmul %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
      qnn.yield %1 : tensor<?x4xf32>
    } else {
      qnn.yield %x : tensor<?x4xf32>
    }
    return %0 : tensor<?x4xf32>
  }
}

// -----

// A result that nothing reads is not yielded, and has no buffer.
// CHECK-LABEL: qnn.model_name = "unread"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<i1>, %[[ARG1:[a-z0-9]+]]: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [] : tensor<i1>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [4] : tensor<4xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 64 live [2, 4] [4] : tensor<4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [4] : tensor<4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.if %[[IN0]] : tensor<i1> into(%[[OUT0]] : tensor<4xf32>) {
// CHECK-NEXT: kernel.yield %[[IN1]] : tensor<4xf32>
// CHECK-NEXT: } else {
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.launch reads(%[[IN1]] full : tensor<4xf32>) into(%[[B0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.exp %[[IN1]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.yield %[[Y1]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<4xf32> arena 128
module attributes {qnn.model_name = "unread"} {
  func.func @main(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
    %0, %1 = qnn.if %c : (tensor<i1>) -> (tensor<4xf32>, tensor<4xf32>) {
      qnn.yield %x, %x : tensor<4xf32>, tensor<4xf32>
    } else {
      %2 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
      qnn.yield %x, %2 : tensor<4xf32>, tensor<4xf32>
    }
    return %1 : tensor<4xf32>
  }
}

// -----

// A value from outside is alive until the end of the branch that reads it.
// CHECK-LABEL: qnn.model_name = "outside"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<i1>, %[[ARG1:[a-z0-9]+]]: tensor<4xf32>) -> tensor<4xf32> {
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [] : tensor<i1>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [4] : tensor<4xf32>
// CHECK-NEXT: %[[B0:[a-z0-9_]+]] = kernel.buffer at 64 bytes 64 live [0, 5] [4] : tensor<4xf32>
// CHECK-NEXT: %[[B1:[a-z0-9_]+]] = kernel.buffer at 128 bytes 64 live [2, 5] [4] : tensor<4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [4] : tensor<4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN1]] full : tensor<4xf32>) into(%[[B0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.exp %[[IN1]] : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[Y1:[a-z0-9_]+]] = kernel.if %[[IN0]] : tensor<i1> into(%[[OUT0]] : tensor<4xf32>) {
// CHECK-NEXT: %[[Y2:[a-z0-9_]+]] = kernel.launch into(%[[B1]] : tensor<4xf32>) {
// CHECK-NEXT: %[[R1:[a-z0-9_]+]] = qnn.softmax %[[Y0]] {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
// CHECK-NEXT: kernel.yield %[[R1]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.yield %[[Y2]] : tensor<4xf32>
// CHECK-NEXT: } else {
// CHECK-NEXT: kernel.yield %[[IN1]] : tensor<4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y1]] : tensor<4xf32> arena 192
module attributes {qnn.model_name = "outside"} {
  func.func @main(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
    %0 = qnn.exp %x : tensor<4xf32> -> tensor<4xf32>
    %1 = qnn.if %c : (tensor<i1>) -> tensor<4xf32> {
      %2 = qnn.softmax %0 {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
      qnn.yield %2 : tensor<4xf32>
    } else {
      qnn.yield %x : tensor<4xf32>
    }
    return %1 : tensor<4xf32>
  }
}
