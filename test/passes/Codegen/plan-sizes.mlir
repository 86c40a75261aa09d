// The sizes that are computed when a model runs, and what they must fulfil.
// RUN: quant-opt %s -split-input-file --qnn-plan-kernels | FileCheck %s

// A dimension is checked where it enters. Dimensions of one name are one size.
// CHECK-LABEL: qnn.model_name = "named"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<?x4xf32> {qnn.dim_names = ["n", ""]}, %[[ARG1:[a-z0-9]+]]: tensor<?x4xf32> {qnn.dim_names = ["n", ""]}) -> tensor<?x4xf32> {
// CHECK-NEXT: %[[N0:[a-z0-9_]+]] = kernel.dim %[[ARG0]], 0 : tensor<?x4xf32>
// CHECK-NEXT: %[[S0:[a-z0-9_]+]] = kernel.size less -1, %[[N0]]
// CHECK-NEXT: %[[S1:[a-z0-9_]+]] = kernel.size less %[[N0]], 2147483648
// CHECK-NEXT: %[[S2:[a-z0-9_]+]] = kernel.size mul %[[S0]], %[[S1]]
// CHECK-NEXT: kernel.require %[[S2]], "a dimension is out of range"
// CHECK-NEXT: %[[S3:[a-z0-9_]+]] = kernel.size less 16383, %[[N0]]
// CHECK-NEXT: %[[S4:[a-z0-9_]+]] = kernel.size mul 16, %[[N0]]
// CHECK-NEXT: %[[S5:[a-z0-9_]+]] = kernel.size less %[[S4]], 70368744177664
// CHECK-NEXT: %[[S6:[a-z0-9_]+]] = kernel.size mul %[[S2]], %[[S5]]
// CHECK-NEXT: kernel.require %[[S6]], "a tensor would be larger than 64 TiB"
// CHECK-NEXT: %[[S7:[a-z0-9_]+]] = kernel.size mul 4, %[[N0]]
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
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [%[[N0]], 4] : tensor<?x4xf32>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [%[[N0]], 4] : tensor<?x4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [%[[N0]], 4] : tensor<?x4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] full : tensor<?x4xf32>, %[[IN1]] full : tensor<?x4xf32>) into(%[[OUT0]] : tensor<?x4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.add %[[IN0]], %[[IN1]] : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<?x4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<?x4xf32> arena 64
module attributes {qnn.model_name = "named"} {
  func.func @main(%x: tensor<?x4xf32> {qnn.dim_names = ["n", ""]}, %y: tensor<?x4xf32> {qnn.dim_names = ["n", ""]}) -> tensor<?x4xf32> {
    %0 = qnn.add %x, %y : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
    return %0 : tensor<?x4xf32>
  }
}

// -----

// Without names they may differ: each is 1 or the size of the result.
// CHECK-LABEL: qnn.model_name = "unnamed"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<?xf32>, %[[ARG1:[a-z0-9]+]]: tensor<?xf32>) -> tensor<?xf32> {
// CHECK-NEXT: %[[N0:[a-z0-9_]+]] = kernel.dim %[[ARG0]], 0 : tensor<?xf32>
// CHECK-NEXT: %[[S0:[a-z0-9_]+]] = kernel.size less -1, %[[N0]]
// CHECK-NEXT: %[[S1:[a-z0-9_]+]] = kernel.size less %[[N0]], 2147483648
// CHECK-NEXT: %[[S2:[a-z0-9_]+]] = kernel.size mul %[[S0]], %[[S1]]
// CHECK-NEXT: kernel.require %[[S2]], "a dimension is out of range"
// CHECK-NEXT: %[[N1:[a-z0-9_]+]] = kernel.dim %[[ARG1]], 0 : tensor<?xf32>
// CHECK-NEXT: %[[S3:[a-z0-9_]+]] = kernel.size less -1, %[[N1]]
// CHECK-NEXT: %[[S4:[a-z0-9_]+]] = kernel.size less %[[N1]], 2147483648
// CHECK-NEXT: %[[S5:[a-z0-9_]+]] = kernel.size mul %[[S3]], %[[S4]]
// CHECK-NEXT: kernel.require %[[S5]], "a dimension is out of range"
// CHECK-NEXT: %[[S6:[a-z0-9_]+]] = kernel.size equal 1, %[[N0]]
// CHECK-NEXT: %[[S7:[a-z0-9_]+]] = kernel.size sub %[[N1]], %[[N0]]
// CHECK-NEXT: %[[S8:[a-z0-9_]+]] = kernel.size mul %[[S6]], %[[S7]]
// CHECK-NEXT: %[[S9:[a-z0-9_]+]] = kernel.size add %[[N0]], %[[S8]]
// CHECK-NEXT: %[[S10:[a-z0-9_]+]] = kernel.size equal %[[N0]], %[[S9]]
// CHECK-NEXT: %[[S11:[a-z0-9_]+]] = kernel.size max %[[S6]], %[[S10]]
// CHECK-NEXT: kernel.require %[[S11]], "operands do not broadcast"
// CHECK-NEXT: %[[S12:[a-z0-9_]+]] = kernel.size equal 1, %[[N1]]
// CHECK-NEXT: %[[S13:[a-z0-9_]+]] = kernel.size equal %[[N1]], %[[S9]]
// CHECK-NEXT: %[[S14:[a-z0-9_]+]] = kernel.size max %[[S12]], %[[S13]]
// CHECK-NEXT: kernel.require %[[S14]], "operands do not broadcast"
// CHECK-NEXT: %[[S15:[a-z0-9_]+]] = kernel.size less -1, %[[S9]]
// CHECK-NEXT: %[[S16:[a-z0-9_]+]] = kernel.size less %[[S9]], 2147483648
// CHECK-NEXT: %[[S17:[a-z0-9_]+]] = kernel.size mul %[[S15]], %[[S16]]
// CHECK-NEXT: %[[S18:[a-z0-9_]+]] = kernel.size less 16383, %[[S9]]
// CHECK-NEXT: %[[S19:[a-z0-9_]+]] = kernel.size mul 4, %[[S9]]
// CHECK-NEXT: %[[S20:[a-z0-9_]+]] = kernel.size less %[[S19]], 70368744177664
// CHECK-NEXT: %[[S21:[a-z0-9_]+]] = kernel.size mul %[[S17]], %[[S20]]
// CHECK-NEXT: kernel.require %[[S21]], "a tensor would be larger than 64 TiB"
// CHECK-NEXT: %[[S22:[a-z0-9_]+]] = kernel.size add 64, %[[S19]]
// CHECK-NEXT: %[[S23:[a-z0-9_]+]] = kernel.size sub %[[S22]], 1
// CHECK-NEXT: %[[S24:[a-z0-9_]+]] = kernel.size div %[[S23]], 64
// CHECK-NEXT: %[[S25:[a-z0-9_]+]] = kernel.size less %[[S23]], 0
// CHECK-NEXT: %[[S26:[a-z0-9_]+]] = kernel.size rem %[[S23]], 64
// CHECK-NEXT: %[[S27:[a-z0-9_]+]] = kernel.size equal 0, %[[S26]]
// CHECK-NEXT: %[[S28:[a-z0-9_]+]] = kernel.size sub 1, %[[S27]]
// CHECK-NEXT: %[[S29:[a-z0-9_]+]] = kernel.size mul %[[S25]], %[[S28]]
// CHECK-NEXT: %[[S30:[a-z0-9_]+]] = kernel.size sub %[[S24]], %[[S29]]
// CHECK-NEXT: %[[S31:[a-z0-9_]+]] = kernel.size mul 64, %[[S30]]
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [%[[N0]]] : tensor<?xf32>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [%[[N1]]] : tensor<?xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [%[[S9]]] : tensor<?xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch reads(%[[IN0]] broadcast : tensor<?xf32>, %[[IN1]] broadcast : tensor<?xf32>) into(%[[OUT0]] : tensor<?xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.add %[[IN0]], %[[IN1]] : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<?xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<?xf32> arena 64
module attributes {qnn.model_name = "unnamed"} {
  func.func @main(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
    %0 = qnn.add %x, %y : tensor<?xf32>, tensor<?xf32> -> tensor<?xf32>
    return %0 : tensor<?xf32>
  }
}

// -----

// The windows of a convolution.
// CHECK-LABEL: qnn.model_name = "windows"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<1x?x8x3xf32>) -> tensor<1x?x4x8xf32> {
// CHECK-NEXT: %[[N0:[a-z0-9_]+]] = kernel.dim %[[ARG0]], 1 : tensor<1x?x8x3xf32>
// CHECK-NEXT: %[[S0:[a-z0-9_]+]] = kernel.size less -1, %[[N0]]
// CHECK-NEXT: %[[S1:[a-z0-9_]+]] = kernel.size less %[[N0]], 2147483648
// CHECK-NEXT: %[[S2:[a-z0-9_]+]] = kernel.size mul %[[S0]], %[[S1]]
// CHECK-NEXT: kernel.require %[[S2]], "a dimension is out of range"
// CHECK-NEXT: %[[S3:[a-z0-9_]+]] = kernel.size add 2, %[[N0]]
// CHECK-NEXT: %[[S4:[a-z0-9_]+]] = kernel.size sub %[[S3]], 3
// CHECK-NEXT: %[[S5:[a-z0-9_]+]] = kernel.size div %[[S4]], 2
// CHECK-NEXT: %[[S6:[a-z0-9_]+]] = kernel.size less %[[S4]], 0
// CHECK-NEXT: %[[S7:[a-z0-9_]+]] = kernel.size rem %[[S4]], 2
// CHECK-NEXT: %[[S8:[a-z0-9_]+]] = kernel.size equal 0, %[[S7]]
// CHECK-NEXT: %[[S9:[a-z0-9_]+]] = kernel.size sub 1, %[[S8]]
// CHECK-NEXT: %[[S10:[a-z0-9_]+]] = kernel.size mul %[[S6]], %[[S9]]
// CHECK-NEXT: %[[S11:[a-z0-9_]+]] = kernel.size sub %[[S5]], %[[S10]]
// CHECK-NEXT: %[[S12:[a-z0-9_]+]] = kernel.size add 1, %[[S11]]
// CHECK-NEXT: %[[S13:[a-z0-9_]+]] = kernel.size max 0, %[[S12]]
// CHECK-NEXT: %[[S14:[a-z0-9_]+]] = kernel.size less -1, %[[S13]]
// CHECK-NEXT: %[[S15:[a-z0-9_]+]] = kernel.size less %[[S13]], 2147483648
// CHECK-NEXT: %[[S16:[a-z0-9_]+]] = kernel.size mul %[[S14]], %[[S15]]
// CHECK-NEXT: %[[S17:[a-z0-9_]+]] = kernel.size less 16383, %[[S13]]
// CHECK-NEXT: %[[S18:[a-z0-9_]+]] = kernel.size mul 128, %[[S13]]
// CHECK-NEXT: %[[S19:[a-z0-9_]+]] = kernel.size less %[[S18]], 70368744177664
// CHECK-NEXT: %[[S20:[a-z0-9_]+]] = kernel.size mul %[[S16]], %[[S19]]
// CHECK-NEXT: kernel.require %[[S20]], "a tensor would be larger than 64 TiB"
// CHECK-NEXT: %[[S21:[a-z0-9_]+]] = kernel.size mul 4, %[[S13]]
// CHECK-NEXT: %[[S22:[a-z0-9_]+]] = kernel.size mul 8, %[[S21]]
// CHECK-NEXT: %[[S23:[a-z0-9_]+]] = kernel.size mul 4, %[[S22]]
// CHECK-NEXT: %[[S24:[a-z0-9_]+]] = kernel.size add 64, %[[S23]]
// CHECK-NEXT: %[[S25:[a-z0-9_]+]] = kernel.size sub %[[S24]], 1
// CHECK-NEXT: %[[S26:[a-z0-9_]+]] = kernel.size div %[[S25]], 64
// CHECK-NEXT: %[[S27:[a-z0-9_]+]] = kernel.size less %[[S25]], 0
// CHECK-NEXT: %[[S28:[a-z0-9_]+]] = kernel.size rem %[[S25]], 64
// CHECK-NEXT: %[[S29:[a-z0-9_]+]] = kernel.size equal 0, %[[S28]]
// CHECK-NEXT: %[[S30:[a-z0-9_]+]] = kernel.size sub 1, %[[S29]]
// CHECK-NEXT: %[[S31:[a-z0-9_]+]] = kernel.size mul %[[S27]], %[[S30]]
// CHECK-NEXT: %[[S32:[a-z0-9_]+]] = kernel.size sub %[[S26]], %[[S31]]
// CHECK-NEXT: %[[S33:[a-z0-9_]+]] = kernel.size mul 64, %[[S32]]
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [1, %[[N0]], 8, 3] : tensor<1x?x8x3xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [1, %[[S13]], 4, 8] : tensor<1x?x4x8xf32>
// CHECK-NEXT: %[[C0:[a-z0-9_]+]] = qnn.constant dense<5.000000e-01> : tensor<8x3x3x3xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[OUT0]] : tensor<1x?x4x8xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.conv2d %[[IN0]], %[[C0]] strides [2, 2] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<1x?x8x3xf32>, tensor<8x3x3x3xf32> -> tensor<1x?x4x8xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<1x?x4x8xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<1x?x4x8xf32> arena 64
module attributes {qnn.model_name = "windows"} {
  func.func @main(%x: tensor<1x?x8x3xf32>) -> tensor<1x?x4x8xf32> {
    %w = qnn.constant dense<0.5> : tensor<8x3x3x3xf32>
    %0 = qnn.conv2d %x, %w strides [2, 2] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<1x?x8x3xf32>, tensor<8x3x3x3xf32> -> tensor<1x?x4x8xf32>
    return %0 : tensor<1x?x4x8xf32>
  }
}

// -----

// A shape that is computed from shapes is no data: the reshape is a view, and nothing is launched for its shape.
// CHECK-LABEL: qnn.model_name = "shapes"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<?x2x3xf32>) -> tensor<?x6xf32> {
// CHECK-NEXT: %[[N0:[a-z0-9_]+]] = kernel.dim %[[ARG0]], 0 : tensor<?x2x3xf32>
// CHECK-NEXT: %[[S0:[a-z0-9_]+]] = kernel.size less -1, %[[N0]]
// CHECK-NEXT: %[[S1:[a-z0-9_]+]] = kernel.size less %[[N0]], 2147483648
// CHECK-NEXT: %[[S2:[a-z0-9_]+]] = kernel.size mul %[[S0]], %[[S1]]
// CHECK-NEXT: kernel.require %[[S2]], "a dimension is out of range"
// CHECK-NEXT: %[[S3:[a-z0-9_]+]] = kernel.size less 16383, %[[N0]]
// CHECK-NEXT: %[[S4:[a-z0-9_]+]] = kernel.size mul 24, %[[N0]]
// CHECK-NEXT: %[[S5:[a-z0-9_]+]] = kernel.size less %[[S4]], 70368744177664
// CHECK-NEXT: %[[S6:[a-z0-9_]+]] = kernel.size mul %[[S2]], %[[S5]]
// CHECK-NEXT: kernel.require %[[S6]], "a tensor would be larger than 64 TiB"
// CHECK-NEXT: %[[S7:[a-z0-9_]+]] = kernel.size mul 2, %[[N0]]
// CHECK-NEXT: %[[S8:[a-z0-9_]+]] = kernel.size mul 3, %[[S7]]
// CHECK-NEXT: %[[S9:[a-z0-9_]+]] = kernel.size mul 4, %[[S8]]
// CHECK-NEXT: %[[S10:[a-z0-9_]+]] = kernel.size add 64, %[[S9]]
// CHECK-NEXT: %[[S11:[a-z0-9_]+]] = kernel.size sub %[[S10]], 1
// CHECK-NEXT: %[[S12:[a-z0-9_]+]] = kernel.size div %[[S11]], 64
// CHECK-NEXT: %[[S13:[a-z0-9_]+]] = kernel.size less %[[S11]], 0
// CHECK-NEXT: %[[S14:[a-z0-9_]+]] = kernel.size rem %[[S11]], 64
// CHECK-NEXT: %[[S15:[a-z0-9_]+]] = kernel.size equal 0, %[[S14]]
// CHECK-NEXT: %[[S16:[a-z0-9_]+]] = kernel.size sub 1, %[[S15]]
// CHECK-NEXT: %[[S17:[a-z0-9_]+]] = kernel.size mul %[[S13]], %[[S16]]
// CHECK-NEXT: %[[S18:[a-z0-9_]+]] = kernel.size sub %[[S12]], %[[S17]]
// CHECK-NEXT: %[[S19:[a-z0-9_]+]] = kernel.size mul 64, %[[S18]]
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [%[[N0]], 2, 3] : tensor<?x2x3xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [%[[N0]], 2, 3] : tensor<?x2x3xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[OUT0]] : tensor<?x2x3xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.softmax %[[IN0]] {axis = 2 : i64} : tensor<?x2x3xf32> -> tensor<?x2x3xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<?x2x3xf32>
// CHECK-NEXT: }
// CHECK-NEXT: %[[VIEW0:[a-z0-9_]+]] = kernel.view %[[Y0]] [%[[N0]], 6] : tensor<?x2x3xf32> -> tensor<?x6xf32>
// CHECK-NEXT: kernel.return %[[VIEW0]] : tensor<?x6xf32> arena 64
module attributes {qnn.model_name = "shapes"} {
  func.func @main(%x: tensor<?x2x3xf32>) -> tensor<?x6xf32> {
    %six = qnn.constant dense<6> : tensor<1xi64>
    %s = qnn.shape %x {start = 0 : i64, end = 1 : i64} : tensor<?x2x3xf32> -> tensor<1xi64>
    %c = qnn.concat %s, %six {axis = 0 : i64} : tensor<1xi64>, tensor<1xi64> -> tensor<2xi64>
    %0 = qnn.softmax %x {axis = 2 : i64} : tensor<?x2x3xf32> -> tensor<?x2x3xf32>
    %1 = qnn.reshape %0, %c : tensor<?x2x3xf32>, tensor<2xi64> -> tensor<?x6xf32>
    return %1 : tensor<?x6xf32>
  }
}

// -----

// Sizes that are returned are data: they are written into a buffer.
// CHECK-LABEL: qnn.model_name = "written"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<?x3xf32>) -> tensor<2xi64> {
// CHECK-NEXT: %[[N0:[a-z0-9_]+]] = kernel.dim %[[ARG0]], 0 : tensor<?x3xf32>
// CHECK-NEXT: %[[S0:[a-z0-9_]+]] = kernel.size less -1, %[[N0]]
// CHECK-NEXT: %[[S1:[a-z0-9_]+]] = kernel.size less %[[N0]], 2147483648
// CHECK-NEXT: %[[S2:[a-z0-9_]+]] = kernel.size mul %[[S0]], %[[S1]]
// CHECK-NEXT: kernel.require %[[S2]], "a dimension is out of range"
// CHECK-NEXT: %[[S3:[a-z0-9_]+]] = kernel.size mul 2, %[[N0]]
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [%[[N0]], 3] : tensor<?x3xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [2] : tensor<2xi64>
// CHECK-NEXT: %[[SIZES0:[a-z0-9_]+]] = kernel.sizes [%[[S3]], 6] into(%[[OUT0]] : tensor<2xi64>) : tensor<2xi64>
// CHECK-NEXT: kernel.return %[[SIZES0]] : tensor<2xi64> arena 64
module attributes {qnn.model_name = "written"} {
  func.func @main(%x: tensor<?x3xf32>) -> tensor<2xi64> {
    %s = qnn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x3xf32> -> tensor<2xi64>
    %two = qnn.constant dense<2> : tensor<i64>
    %d = qnn.mul %s, %two : tensor<2xi64>, tensor<i64> -> tensor<2xi64>
    return %d : tensor<2xi64>
  }
}

// -----

// A slice asks for its bounds; a launch names them beside its data.
// CHECK-LABEL: qnn.model_name = "slice"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<?x3xf32>, %[[ARG1:[a-z0-9]+]]: tensor<?x1xf32>) -> tensor<?x3xf32> {
// CHECK-NEXT: %[[N0:[a-z0-9_]+]] = kernel.dim %[[ARG0]], 0 : tensor<?x3xf32>
// CHECK-NEXT: %[[S0:[a-z0-9_]+]] = kernel.size less -1, %[[N0]]
// CHECK-NEXT: %[[S1:[a-z0-9_]+]] = kernel.size less %[[N0]], 2147483648
// CHECK-NEXT: %[[S2:[a-z0-9_]+]] = kernel.size mul %[[S0]], %[[S1]]
// CHECK-NEXT: kernel.require %[[S2]], "a dimension is out of range"
// CHECK-NEXT: %[[N1:[a-z0-9_]+]] = kernel.dim %[[ARG1]], 0 : tensor<?x1xf32>
// CHECK-NEXT: %[[S3:[a-z0-9_]+]] = kernel.size less -1, %[[N1]]
// CHECK-NEXT: %[[S4:[a-z0-9_]+]] = kernel.size less %[[N1]], 2147483648
// CHECK-NEXT: %[[S5:[a-z0-9_]+]] = kernel.size mul %[[S3]], %[[S4]]
// CHECK-NEXT: kernel.require %[[S5]], "a dimension is out of range"
// CHECK-NEXT: %[[S6:[a-z0-9_]+]] = kernel.size min 0, %[[N0]]
// CHECK-NEXT: %[[S7:[a-z0-9_]+]] = kernel.size less %[[N1]], 0
// CHECK-NEXT: %[[S8:[a-z0-9_]+]] = kernel.size add %[[N0]], %[[N1]]
// CHECK-NEXT: %[[S9:[a-z0-9_]+]] = kernel.size mul %[[N0]], %[[S7]]
// CHECK-NEXT: %[[S10:[a-z0-9_]+]] = kernel.size add %[[N1]], %[[S9]]
// CHECK-NEXT: %[[S11:[a-z0-9_]+]] = kernel.size max 0, %[[S10]]
// CHECK-NEXT: %[[S12:[a-z0-9_]+]] = kernel.size min %[[N0]], %[[S11]]
// CHECK-NEXT: %[[S13:[a-z0-9_]+]] = kernel.size sub %[[S12]], %[[S6]]
// CHECK-NEXT: %[[S14:[a-z0-9_]+]] = kernel.size sub %[[S13]], 1
// CHECK-NEXT: %[[S15:[a-z0-9_]+]] = kernel.size less %[[S14]], 0
// CHECK-NEXT: %[[S16:[a-z0-9_]+]] = kernel.size add 1, %[[S14]]
// CHECK-NEXT: %[[S17:[a-z0-9_]+]] = kernel.size max 0, %[[S16]]
// CHECK-NEXT: %[[S18:[a-z0-9_]+]] = kernel.size less -1, %[[S17]]
// CHECK-NEXT: %[[S19:[a-z0-9_]+]] = kernel.size less %[[S17]], 2147483648
// CHECK-NEXT: %[[S20:[a-z0-9_]+]] = kernel.size mul %[[S18]], %[[S19]]
// CHECK-NEXT: %[[S21:[a-z0-9_]+]] = kernel.size less 16383, %[[S17]]
// CHECK-NEXT: %[[S22:[a-z0-9_]+]] = kernel.size mul 12, %[[S17]]
// CHECK-NEXT: %[[S23:[a-z0-9_]+]] = kernel.size less %[[S22]], 70368744177664
// CHECK-NEXT: %[[S24:[a-z0-9_]+]] = kernel.size mul %[[S20]], %[[S23]]
// CHECK-NEXT: kernel.require %[[S24]], "a tensor would be larger than 64 TiB"
// CHECK-NEXT: %[[S25:[a-z0-9_]+]] = kernel.size mul 3, %[[S17]]
// CHECK-NEXT: %[[S26:[a-z0-9_]+]] = kernel.size mul 4, %[[S25]]
// CHECK-NEXT: %[[S27:[a-z0-9_]+]] = kernel.size add 64, %[[S26]]
// CHECK-NEXT: %[[S28:[a-z0-9_]+]] = kernel.size sub %[[S27]], 1
// CHECK-NEXT: %[[S29:[a-z0-9_]+]] = kernel.size div %[[S28]], 64
// CHECK-NEXT: %[[S30:[a-z0-9_]+]] = kernel.size less %[[S28]], 0
// CHECK-NEXT: %[[S31:[a-z0-9_]+]] = kernel.size rem %[[S28]], 64
// CHECK-NEXT: %[[S32:[a-z0-9_]+]] = kernel.size equal 0, %[[S31]]
// CHECK-NEXT: %[[S33:[a-z0-9_]+]] = kernel.size sub 1, %[[S32]]
// CHECK-NEXT: %[[S34:[a-z0-9_]+]] = kernel.size mul %[[S30]], %[[S33]]
// CHECK-NEXT: %[[S35:[a-z0-9_]+]] = kernel.size sub %[[S29]], %[[S34]]
// CHECK-NEXT: %[[S36:[a-z0-9_]+]] = kernel.size mul 64, %[[S35]]
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [%[[N0]], 3] : tensor<?x3xf32>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [%[[N1]], 1] : tensor<?x1xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [%[[S17]], 3] : tensor<?x3xf32>
// CHECK-NEXT: %[[C0:[a-z0-9_]+]] = qnn.constant dense<0> : tensor<1xi64>
// CHECK-NEXT: %[[C1:[a-z0-9_]+]] = qnn.constant dense<1> : tensor<1xi64>
// CHECK-NEXT: %[[SIZES0:[a-z0-9_]+]] = kernel.sizes [%[[N1]]] : tensor<1xi64>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[OUT0]] : tensor<?x3xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.slice %[[IN0]], %[[C0]], %[[SIZES0]], %[[C1]] axes [0] : tensor<?x3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x3xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<?x3xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<?x3xf32> arena 64
module attributes {qnn.model_name = "slice"} {
  func.func @main(%x: tensor<?x3xf32>, %y: tensor<?x1xf32>) -> tensor<?x3xf32> {
    %zero = qnn.constant dense<0> : tensor<1xi64>
    %one = qnn.constant dense<1> : tensor<1xi64>
    %end = qnn.shape %y {start = 0 : i64, end = 1 : i64} : tensor<?x1xf32> -> tensor<1xi64>
    %0 = qnn.slice %x, %zero, %end, %one axes [0] : tensor<?x3xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x3xf32>
    return %0 : tensor<?x3xf32>
  }
}

// -----

// A type that says more than can be derived is believed, and checked.
// CHECK-LABEL: qnn.model_name = "type"
// CHECK-NEXT: func.func @main(%[[ARG0:[a-z0-9]+]]: tensor<?x4xf32>, %[[ARG1:[a-z0-9]+]]: tensor<?x4xf32>) -> tensor<8x4xf32> {
// CHECK-NEXT: %[[N0:[a-z0-9_]+]] = kernel.dim %[[ARG0]], 0 : tensor<?x4xf32>
// CHECK-NEXT: %[[S0:[a-z0-9_]+]] = kernel.size less -1, %[[N0]]
// CHECK-NEXT: %[[S1:[a-z0-9_]+]] = kernel.size less %[[N0]], 2147483648
// CHECK-NEXT: %[[S2:[a-z0-9_]+]] = kernel.size mul %[[S0]], %[[S1]]
// CHECK-NEXT: kernel.require %[[S2]], "a dimension is out of range"
// CHECK-NEXT: %[[N1:[a-z0-9_]+]] = kernel.dim %[[ARG1]], 0 : tensor<?x4xf32>
// CHECK-NEXT: %[[S3:[a-z0-9_]+]] = kernel.size less -1, %[[N1]]
// CHECK-NEXT: %[[S4:[a-z0-9_]+]] = kernel.size less %[[N1]], 2147483648
// CHECK-NEXT: %[[S5:[a-z0-9_]+]] = kernel.size mul %[[S3]], %[[S4]]
// CHECK-NEXT: kernel.require %[[S5]], "a dimension is out of range"
// CHECK-NEXT: %[[S6:[a-z0-9_]+]] = kernel.size add %[[N0]], %[[N1]]
// CHECK-NEXT: %[[S7:[a-z0-9_]+]] = kernel.size equal 8, %[[S6]]
// CHECK-NEXT: kernel.require %[[S7]], "a dimension differs from its type"
// CHECK-NEXT: %[[IN0:[a-z0-9_]+]] = kernel.input %[[ARG0]] [%[[N0]], 4] : tensor<?x4xf32>
// CHECK-NEXT: %[[IN1:[a-z0-9_]+]] = kernel.input %[[ARG1]] [%[[N1]], 4] : tensor<?x4xf32>
// CHECK-NEXT: %[[OUT0:[a-z0-9_]+]] = kernel.output 0 [8, 4] : tensor<8x4xf32>
// CHECK-NEXT: %[[Y0:[a-z0-9_]+]] = kernel.launch into(%[[OUT0]] : tensor<8x4xf32>) {
// CHECK-NEXT: %[[R0:[a-z0-9_]+]] = qnn.concat %[[IN0]], %[[IN1]] {axis = 0 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<8x4xf32>
// CHECK-NEXT: kernel.yield %[[R0]] : tensor<8x4xf32>
// CHECK-NEXT: }
// CHECK-NEXT: kernel.return %[[Y0]] : tensor<8x4xf32> arena 64
module attributes {qnn.model_name = "type"} {
  func.func @main(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<8x4xf32> {
    %0 = qnn.concat %x, %y {axis = 0 : i64} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<8x4xf32>
    return %0 : tensor<8x4xf32>
  }
}
