// One function breaks one rule of weights outside of the text (docs/semantics.md, N1 to N3).
// RUN: quant-opt %s -split-input-file -verify-diagnostics

// N1: a value is dense or a weight.
func.func @value() -> tensor<2xf32> {
  // expected-error@+1 {{'qnn.constant' op expects a dense or #qnn.weight value}}
  %0 = "qnn.constant"() {value = sparse<[[0]], [1.0]> : tensor<2xf32>} : () -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// N2: the weight is in the store.
func.func @missing() -> tensor<100xf32> {
  // expected-error@+1 {{'qnn.constant' op names weight 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef, which is missing}}
  %0 = qnn.constant #qnn.weight<"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"> : tensor<100xf32>
  return %0 : tensor<100xf32>
}

// -----

// N3: it has the bytes of its type.
func.func @bytes() -> tensor<3xf32> {
  // expected-error@+1 {{'qnn.constant' op expects 12 bytes for 'tensor<3xf32>', but weight df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119 has 4}}
  %0 = qnn.constant #qnn.weight<"df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119"> : tensor<3xf32>
  return %0 : tensor<3xf32>
}
{-#
  dialect_resources: {
    qnn: {
      df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119: "0x1000000000000000"
    }
  }
#-}

// -----

// N3: a hash is 64 lower-case hex digits.
func.func @hash() -> tensor<3xf32> {
  // expected-error@+1 {{expects a weight hash of 64 lower-case hex digits, but got "DF3F"}}
  %0 = qnn.constant #qnn.weight<"DF3F"> : tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

// N3: a weight has a static shape.
func.func @shape() -> tensor<?xf32> {
  // expected-error@+1 {{expects a weight of static shape, but got 'tensor<?xf32>'}}
  %0 = qnn.constant #qnn.weight<"df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119"> : tensor<?xf32>
  return %0 : tensor<?xf32>
}
