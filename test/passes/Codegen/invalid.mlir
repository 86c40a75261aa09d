// RUN: quant-opt %s -split-input-file -verify-diagnostics --qnn-plan-kernels --qnn-emit-kernels

// A shape that depends on data is refused.
func.func @main(%x: tensor<4xf32>, %shape: tensor<2xi64>) -> tensor<?x?xf32> {
  // expected-error@+1 {{the shape depends on data; a compiled model needs it to follow from the input sizes}}
  %0 = qnn.reshape %x, %shape : tensor<4xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

// Weights of a linear op are constants.
func.func @main(%x: tensor<3x4xf32>, %w: tensor<2x4xf32>) -> tensor<3x2xf32> {
  // expected-error@+1 {{the weights must be constants to be compiled}}
  %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// -----

// The runtime's interface has tensors alone.
// expected-error@+1 {{expects argument 0 of 'main' to be a ranked tensor of a type that the runtime has, of rank 8 at most, but got 'f32'}}
func.func @main(%x: f32) {
  return
}

// -----

// expected-error@+1 {{expects result 0 of 'main' to be a ranked tensor of a type that the runtime has, of rank 8 at most, but got 'tensor<1x1x1x1x1x1x1x1x1xf32>'}}
func.func @main() -> tensor<1x1x1x1x1x1x1x1x1xf32> {
  %x = qnn.constant dense<1.0> : tensor<1x1x1x1x1x1x1x1x1xf32>
  return %x : tensor<1x1x1x1x1x1x1x1x1xf32>
}

// -----

// An element type that an op has no code for is named, with the node.
func.func @main(%x: tensor<3x4xf16>) -> tensor<3x2xf16> {
  %w = qnn.constant dense<1.0> : tensor<2x4xf16>
  // expected-error@unknown {{node 'gemm': 'qnn.linear' on 'f16' cannot be compiled}}
  %0 = qnn.linear %x, %w : tensor<3x4xf16>, tensor<2x4xf16> -> tensor<3x2xf16> loc("gemm")
  return %0 : tensor<3x2xf16>
}

// -----

func.func @main(%x: tensor<1x4x4x2xbf16>) -> tensor<1x4x4x3xbf16> {
  %w = qnn.constant dense<1.0> : tensor<3x1x1x2xbf16>
  // expected-error@+1 {{'qnn.conv2d' on 'bf16' cannot be compiled}}
  %0 = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<1x4x4x2xbf16>, tensor<3x1x1x2xbf16> -> tensor<1x4x4x3xbf16>
  return %0 : tensor<1x4x4x3xbf16>
}

// -----

// Functions are approximated in f32.
func.func @main(%x: tensor<3xf64>) -> tensor<3xf64> {
  // expected-error@+1 {{'qnn.sin' on 'f64' cannot be compiled}}
  %0 = qnn.sin %x : tensor<3xf64> -> tensor<3xf64>
  return %0 : tensor<3xf64>
}

// -----

func.func @main(%x: tensor<3xi32>) -> tensor<3xi32> {
  // expected-error@+1 {{'qnn.pow' on 'i32' cannot be compiled}}
  %0 = qnn.pow %x, %x : tensor<3xi32>, tensor<3xi32> -> tensor<3xi32>
  return %0 : tensor<3xi32>
}

// -----

func.func @main(%x: tensor<2x3x4xf16>, %y: tensor<2x4x3xf16>) -> tensor<2x3x3xf16> {
  // expected-error@+1 {{'qnn.matmul' on 'f16' cannot be compiled}}
  %0 = qnn.matmul %x, %y : tensor<2x3x4xf16>, tensor<2x4x3xf16> -> tensor<2x3x3xf16>
  return %0 : tensor<2x3x3xf16>
}
