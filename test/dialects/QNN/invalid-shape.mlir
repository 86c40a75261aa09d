// One function breaks one rule of the shape ops (docs/semantics.md, S1 to S13).
// RUN: quant-opt %s -split-input-file -verify-diagnostics

// S2: reshape keeps the number of elements.
func.func @reshape_count(%x: tensor<2x4xf32>) {
  %s = qnn.constant dense<[3, 3]> : tensor<2xi64>
  // expected-error@+1 {{'qnn.reshape' op cannot reshape 2x4 to 3x3}}
  %r = qnn.reshape %x, %s : tensor<2x4xf32>, tensor<2xi64> -> tensor<3x3xf32>
  return
}

// -----

// S2: -1 divides.
func.func @reshape_divides(%x: tensor<2x4xf32>) {
  %s = qnn.constant dense<[3, -1]> : tensor<2xi64>
  // expected-error@+1 {{'qnn.reshape' op cannot reshape 2x4 to 3x?}}
  %r = qnn.reshape %x, %s : tensor<2x4xf32>, tensor<2xi64> -> tensor<3x?xf32>
  return
}

// -----

// S2: one -1.
func.func @reshape_twice(%x: tensor<2x4xf32>) {
  %s = qnn.constant dense<[-1, -1]> : tensor<2xi64>
  // expected-error@+1 {{'qnn.reshape' op expects at most one -1 in a shape}}
  %r = qnn.reshape %x, %s : tensor<2x4xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

// S2: sizes are at least -1.
func.func @reshape_negative(%x: tensor<2x4xf32>) {
  %s = qnn.constant dense<[-2, 4]> : tensor<2xi64>
  // expected-error@+1 {{'qnn.reshape' op expects sizes of at least -1 in a shape, but got -2}}
  %r = qnn.reshape %x, %s : tensor<2x4xf32>, tensor<2xi64> -> tensor<?x?xf32>
  return
}

// -----

// S2: a 0 copies a dimension that is there.
func.func @reshape_copy(%x: tensor<2x4xf32>) {
  %s = qnn.constant dense<[2, 4, 0]> : tensor<3xi64>
  // expected-error@+1 {{'qnn.reshape' op expects 0 in a shape to stand for a dimension of the input, but got 2x4}}
  %r = qnn.reshape %x, %s : tensor<2x4xf32>, tensor<3xi64> -> tensor<2x4x1xf32>
  return
}

// -----

// S2: the length of the shape is known.
func.func @reshape_length(%x: tensor<2x4xf32>, %s: tensor<?xi64>) {
  // expected-error@+1 {{'qnn.reshape' op expects a shape of known length}}
  %r = qnn.reshape %x, %s : tensor<2x4xf32>, tensor<?xi64> -> tensor<8xf32>
  return
}

// -----

// S2: -1 next to a 0 says nothing.
func.func @reshape_empty(%x: tensor<0x4xf32>) {
  %s = qnn.constant dense<[0, -1]> : tensor<2xi64>
  // expected-error@+1 {{'qnn.reshape' op cannot reshape 0x4 to 0x?}}
  %r = qnn.reshape %x, %s {allow_zero} : tensor<0x4xf32>, tensor<2xi64> -> tensor<0x?xf32>
  return
}

// -----

// S3: only size 1 is squeezed.
func.func @squeeze_size(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.squeeze' op expects size 1 at axis 0, but got 2}}
  %r = qnn.squeeze %x axes [0] : tensor<2x4xf32> -> tensor<4xf32>
  return
}

// -----

// S1: axes count in the result.
func.func @unsqueeze_axis(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.unsqueeze' op expects an axis from 0 to 2, but got 4}}
  %r = qnn.unsqueeze %x axes [4] : tensor<2x4xf32> -> tensor<2x4x1xf32>
  return
}

// -----

// S1: flatten may split after the last dimension, no further.
func.func @flatten_axis(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.flatten' op expects an axis from 0 to 2, but got 3}}
  %r = qnn.flatten %x {axis = 3 : i64} : tensor<2x4xf32> -> tensor<8x1xf32>
  return
}

// -----

// S4: perm has every axis.
func.func @transpose_count(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.transpose' op expects a permutation of 2 axes, but got 1}}
  %r = qnn.transpose %x perm [0] : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// S4: perm has each axis once.
func.func @transpose_twice(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.transpose' op expects each axis once, but got 0 twice}}
  %r = qnn.transpose %x perm [0, 0] : tensor<2x4xf32> -> tensor<2x2xf32>
  return
}

// -----

// S1: an axis is in range.
func.func @gather_axis(%x: tensor<2x4xf32>, %i: tensor<3xi64>) {
  // expected-error@+1 {{'qnn.gather' op expects an axis from 0 to 1, but got 2}}
  %r = qnn.gather %x, %i {axis = 2 : i64} : tensor<2x4xf32>, tensor<3xi64> -> tensor<2x3xf32>
  return
}

// -----

// S14: tuples of indices are no longer than what they pick from.
func.func @gather_nd_length(%x: tensor<2x4xf32>, %i: tensor<3x3xi64>) {
  // expected-error@+1 {{'qnn.gather_nd' op expects tuples of 1 to 2 indices, but got 3x3}}
  %r = qnn.gather_nd %x, %i {batch_dims = 0 : i64} : tensor<2x4xf32>, tensor<3x3xi64> -> tensor<3xf32>
  return
}

// -----

// S14: the length of the tuples is known.
func.func @gather_nd_unknown(%x: tensor<2x4xf32>, %i: tensor<3x?xi64>) {
  // expected-error@+1 {{'qnn.gather_nd' op expects tuples of 1 to 2 indices, but got 3x?}}
  %r = qnn.gather_nd %x, %i {batch_dims = 0 : i64} : tensor<2x4xf32>, tensor<3x?xi64> -> tensor<3xf32>
  return
}

// -----

// S14: batch dimensions leave something to pick.
func.func @gather_nd_batch(%x: tensor<2x4xf32>, %i: tensor<2x1xi64>) {
  // expected-error@+1 {{'qnn.gather_nd' op expects batch_dims from 0 to 1, but got 2}}
  %r = qnn.gather_nd %x, %i {batch_dims = 2 : i64} : tensor<2x4xf32>, tensor<2x1xi64> -> tensor<2xf32>
  return
}

// -----

// S14: batch dimensions agree.
func.func @gather_nd_batch_sizes(%x: tensor<2x4xf32>, %i: tensor<3x1xi64>) {
  // expected-error@+1 {{'qnn.gather_nd' op expects equal sizes at axis 0, but got 2 and 3}}
  %r = qnn.gather_nd %x, %i {batch_dims = 1 : i64} : tensor<2x4xf32>, tensor<3x1xi64> -> tensor<3xf32>
  return
}

// -----

// S14: a scalar has no tuple.
func.func @gather_nd_scalar(%x: tensor<2x4xf32>, %i: tensor<i64>) {
  // expected-error@+1 {{'qnn.gather_nd' op expects an input and indices of rank 1 or more}}
  %r = qnn.gather_nd %x, %i {batch_dims = 0 : i64} : tensor<2x4xf32>, tensor<i64> -> tensor<f32>
  return
}

// -----

// S5: a step is not 0.
func.func @slice_step(%x: tensor<2x4xf32>) {
  %s = qnn.constant dense<0> : tensor<1xi64>
  // expected-error@+1 {{'qnn.slice' op expects a step other than 0}}
  %r = qnn.slice %x, %s, %s, %s axes [0] : tensor<2x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x4xf32>
  return
}

// -----

// S6: one value for each axis.
func.func @slice_count(%x: tensor<2x4xf32>) {
  %s = qnn.constant dense<1> : tensor<1xi64>
  // expected-error@+1 {{'qnn.slice' op expects starts of shape 2, but got 1}}
  %r = qnn.slice %x, %s, %s, %s axes [0, 1] : tensor<2x4xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x?xf32>
  return
}

// -----

// S7: other dimensions agree.
func.func @concat_sizes(%x: tensor<2x4xf32>, %y: tensor<2x3xf32>) {
  // expected-error@+1 {{'qnn.concat' op expects inputs of equal size at axis 1, but got 4 and 3}}
  %r = qnn.concat %x, %y {axis = 0 : i64} : tensor<2x4xf32>, tensor<2x3xf32> -> tensor<4x4xf32>
  return
}

// -----

// S7: element types agree.
func.func @concat_elements(%x: tensor<2x4xf32>, %y: tensor<2x4xf16>) {
  // expected-error@+1 {{'qnn.concat' op expects inputs of element type 'f32', but got 'f16'}}
  %r = qnn.concat %x, %y {axis = 0 : i64} : tensor<2x4xf32>, tensor<2x4xf16> -> tensor<4x4xf32>
  return
}

// -----

// S7: there is an input.
func.func @concat_nothing() {
  // expected-error@+1 {{'qnn.concat' op expects at least one input}}
  %r = "qnn.concat"() {axis = 0 : i64} : () -> tensor<0xf32>
  return
}

// -----

// S6: two pads for each dimension.
func.func @pad_count(%x: tensor<2x4xf32>, %v: tensor<f32>, %p: tensor<2xi64>) {
  // expected-error@+1 {{'qnn.pad' op expects pads of shape 4, but got 2}}
  %r = qnn.pad %x, %p, %v constant : tensor<2x4xf32>, tensor<2xi64>, tensor<f32> -> tensor<2x4xf32>
  return
}

// -----

// S8: cropping leaves a size of at least 0.
func.func @pad_crop(%x: tensor<2x4xf32>, %v: tensor<f32>) {
  %p = qnn.constant dense<[-2, 0, -1, 0]> : tensor<4xi64>
  // expected-error@+1 {{'qnn.pad' op expects pads that leave a size of at least 0 at axis 0}}
  %r = qnn.pad %x, %p, %v constant : tensor<2x4xf32>, tensor<4xi64>, tensor<f32> -> tensor<0x4xf32>
  return
}

// -----

// S8: the value has the element type of the input.
func.func @pad_value(%x: tensor<2x4xf32>, %v: tensor<i8>, %p: tensor<4xi64>) {
  // expected-error@+1 {{'qnn.pad' op expects a value of element type 'f32', but got 'i8'}}
  %r = qnn.pad %x, %p, %v constant : tensor<2x4xf32>, tensor<4xi64>, tensor<i8> -> tensor<2x4xf32>
  return
}

// -----

// S9: shapes broadcast.
func.func @expand_shape(%x: tensor<2x4xf32>) {
  %s = qnn.constant dense<[3, 4]> : tensor<2xi64>
  // expected-error@+1 {{'qnn.expand' op expects shapes that broadcast, but got 2x4 and 3x4}}
  %r = qnn.expand %x, %s : tensor<2x4xf32>, tensor<2xi64> -> tensor<3x4xf32>
  return
}

// -----

// S10: repeats are at least 0.
func.func @tile_repeats(%x: tensor<2x4xf32>) {
  %s = qnn.constant dense<[1, -1]> : tensor<2xi64>
  // expected-error@+1 {{'qnn.tile' op expects repeats of at least 0, but got -1}}
  %r = qnn.tile %x, %s : tensor<2x4xf32>, tensor<2xi64> -> tensor<2x4xf32>
  return
}

// -----

// S11: scales are positive.
func.func @resize_scales(%x: tensor<1x4x4x2xf32>, %s: tensor<2xi64>) {
  // expected-error@+1 {{'qnn.resize' op expects two positive scales}}
  %r = qnn.resize %x, %s nearest asymmetric floor scales [2.0, 0.0] : tensor<1x4x4x2xf32>, tensor<2xi64> -> tensor<1x8x8x2xf32>
  return
}

// -----

// S11: an image has rank 4.
func.func @resize_rank(%x: tensor<4x4x2xf32>, %s: tensor<2xi64>) {
  // expected-error@+1 {{'qnn.resize' op expects an image of rank 4, but got 4x4x2}}
  %r = qnn.resize %x, %s nearest asymmetric floor scales [2.0, 2.0] : tensor<4x4x2xf32>, tensor<2xi64> -> tensor<8x8x2xf32>
  return
}

// -----

// S12: start and end are in range.
func.func @shape_range(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.shape' op expects 0 <= start <= end <= 2, but got 1 and 3}}
  %r = qnn.shape %x {start = 1 : i64, end = 3 : i64} : tensor<2x4xf32> -> tensor<2xi64>
  return
}

// -----

// S13: delta is not 0.
func.func @range_delta() {
  %s = qnn.constant dense<0> : tensor<i64>
  // expected-error@+1 {{'qnn.range' op expects a delta other than 0}}
  %r = qnn.range %s, %s, %s : tensor<i64>, tensor<i64>, tensor<i64> -> tensor<?xi64>
  return
}

// -----

// S13: operands are scalars.
func.func @range_scalar(%x: tensor<1xi64>) {
  // expected-error@+1 {{'qnn.range' op expects scalars of rank 0, but got 1}}
  %r = qnn.range %x, %x, %x : tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?xi64>
  return
}
