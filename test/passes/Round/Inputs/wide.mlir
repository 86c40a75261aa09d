func.func @main(%x: tensor<1x20000xf32> {qnn.name = "x"}) -> (tensor<1x1xf32> {qnn.name = "y"}) {
  %w = qnn.constant dense<0.5> : tensor<1x20000xf32>
  %y = qnn.linear %x, %w : tensor<1x20000xf32>, tensor<1x20000xf32> -> tensor<1x1xf32> loc("fc")
  return %y : tensor<1x1xf32>
}
