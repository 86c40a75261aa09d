// RUN: quant-opt --qnn-smooth-activations --verify-diagnostics %s

// A statistic whose shape is not that of its registration is named, before any pass reads it.
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x1xf32> {
  // expected-error @below {{statistic 'mean_abs' of tensor 'x' does not fit its type 'tensor<?x4xf32>': got 'tensor<3xf32>'}}
  %0 = qnn.observe %x "x" range [-1.0, 2.0] statistics {mean_abs = #qnn.weight<"15ec7bf0b50732b49f8228e07d24365338f9e3ab994b00af08e5a3bffe55fd8b"> : tensor<3xf32>} {count = 8 : i64} : tensor<?x4xf32>
  %w = qnn.constant dense<1.0> : tensor<1x4xf32>
  %1 = qnn.linear %0, %w : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x1xf32>
  return %1 : tensor<?x1xf32>
}

{-#
  dialect_resources: {
    qnn: {
      "15ec7bf0b50732b49f8228e07d24365338f9e3ab994b00af08e5a3bffe55fd8b": "0x10000000000000000000000000000000"
    }
  }
#-}
