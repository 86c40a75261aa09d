// RUN: quant-opt %s -split-input-file -verify-diagnostics

// F5: a dimension without a name has the name "".
// expected-error@+1 {{expects 'qnn.dim_names' to hold a string for each dimension of 'tensor<?x?xf32>'}}
func.func @main(%x: tensor<?x?xf32> {qnn.dim_names = ["a"]}) {
  return
}

// -----

// F5: names of dimensions are strings.
// expected-error@+1 {{expects 'qnn.dim_names' to hold a string for each dimension of 'tensor<?xf32>'}}
func.func @main(%x: tensor<?xf32>) -> (tensor<?xf32> {qnn.dim_names = [3]}) {
  return %x : tensor<?xf32>
}

// -----

// F5: the name of an argument is a string.
// expected-error@+1 {{expects 'qnn.name' to be a string}}
func.func @main(%x: tensor<?xf32> {qnn.name = 3}) {
  return
}

// -----

// F5: qnn.unsigned is there or not.
// expected-error@+1 {{expects 'qnn.unsigned' to have no value}}
func.func @main(%x: tensor<?xi8> {qnn.unsigned = false}) {
  return
}

// -----

// F5: the name of a model is a string.
// expected-error@+1 {{expects 'qnn.model_name' to be a string}}
module attributes {qnn.model_name = 3} {
  func.func @main() {
    return
  }
}

// -----

// Values: complex numbers have no storage.
func.func @complex(%x: tensor<2xcomplex<f32>>) {
  // expected-error@+1 {{'qnn.neg' op operand #0 must be ranked tensor of}}
  %r = qnn.neg %x : tensor<2xcomplex<f32>> -> tensor<2xcomplex<f32>>
  return
}

// -----

// Values: the width of index is not known.
func.func @index(%x: tensor<2xindex>) {
  // expected-error@+1 {{'qnn.relu' op operand #0 must be ranked tensor of}}
  %r = qnn.relu %x : tensor<2xindex> -> tensor<2xindex>
  return
}
