func.func @main(%x: tensor<?x2xf32> {qnn.name = "x", qnn.dim_names = ["n", ""]}) -> (tensor<?x1xf32> {qnn.name = "y"}) {
  %w = qnn.constant dense<[[1.0, 10.0]]> : tensor<1x2xf32>
  %y = qnn.linear %x, %w : tensor<?x2xf32>, tensor<1x2xf32> -> tensor<?x1xf32> loc("fc")
  %z = qnn.neg %y : tensor<?x1xf32> -> tensor<?x1xf32> loc("neg")
  return %z : tensor<?x1xf32>
}
