// RUN: quant-opt %s -split-input-file -verify-diagnostics --convert-qnn-to-kernels

// A shape that depends on data is refused.
func.func @main(%x: tensor<4xf32>, %shape: tensor<2xi64>) -> tensor<?x?xf32> {
  // expected-error@+1 {{the shape depends on data; a compiled model needs it to follow from the input sizes}}
  %0 = qnn.reshape %x, %shape : tensor<4xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

// Weights of a linear op are constants.
func.func @main(%x: tensor<3x4xf32>, %w: tensor<2x4xf32>) -> tensor<3x2xf32> {
  // expected-error@+1 {{the weights must be constants and the activations f32 to be compiled}}
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
