// RUN: quant-opt --qnn-ensure-unquantized --split-input-file --verify-diagnostics %s

// Weights behind a dequantize and an integer op: nothing is left.
// expected-error@+1 {{the model is already quantized: the weights of all 2 convolutions and linear ops are integers, nothing is left for a scheme; compile it without --quantize}}
module {
  func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
    %wq = qnn.constant dense<[[127, 64], [-127, 0]]> : tensor<2x2xi8>
    %s = qnn.constant dense<[1.0, 2.0]> : tensor<2xf32>
    %z = qnn.constant dense<0> : tensor<2xi8>
    %bs = qnn.constant dense<[[1.0], [2.0]]> : tensor<2x1xf32>
    %bz = qnn.constant dense<0> : tensor<2x1xi8>
    %w = qnn.dequantize %wq, %s, %z : tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x2xf32>
    %0 = qnn.linear %x, %w : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32>
    %1 = qnn.block_linear %0, %wq scales %bs zero_points %bz block 2 activations float
      : (tensor<1x2xf32>, tensor<2x2xi8>, tensor<2x1xf32>, tensor<2x1xi8>) -> tensor<1x2xf32>
    return %1 : tensor<1x2xf32>
  }
}

// -----

// One linear op of two is float: a warning, for there is something to quantize.
// expected-warning@+1 {{the model is partly quantized already: 1 of 2 convolutions and linear ops have integer weights and keep them}}
module {
  func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
    %wq = qnn.constant dense<[[127, 64], [-127, 0]]> : tensor<2x2xi8>
    %s = qnn.constant dense<1.0> : tensor<f32>
    %z = qnn.constant dense<0> : tensor<i8>
    %f = qnn.constant dense<1.0> : tensor<2x2xf32>
    %w = qnn.dequantize %wq, %s, %z : tensor<2x2xi8>, tensor<f32>, tensor<i8> -> tensor<2x2xf32>
    %0 = qnn.linear %x, %w : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32>
    %1 = qnn.linear %0, %f : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32>
    return %1 : tensor<1x2xf32>
  }
}

// -----

// Float, or without any such op: no word.
module {
  func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
    %0 = qnn.relu %x : tensor<1x2xf32> -> tensor<1x2xf32>
    return %0 : tensor<1x2xf32>
  }
}
