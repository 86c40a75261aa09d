// One function breaks one rule of the network ops (docs/semantics.md, N1 to N18).
// RUN: quant-opt %s -split-input-file -verify-diagnostics

// N6: an image has rank 4.
func.func @conv2d_rank(%x: tensor<8x8x4xf32>, %w: tensor<6x3x3x4xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects an input of rank 4, but got 8x8x4}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : tensor<8x8x4xf32>, tensor<6x3x3x4xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N7: strides are positive.
func.func @conv2d_strides(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects two positive strides, but got [1, 0]}}
  %r = qnn.conv2d %x, %w strides [1, 0] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N7: dilations are positive.
func.func @conv2d_dilations(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects two positive dilations, but got [1, -1]}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, -1] groups 1 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N7: there are four pads of at least 0.
func.func @conv2d_pads(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects four pads of at least 0}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, -1, 0] dilations [1, 1] groups 1 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N7: there are four pads.
func.func @conv2d_pad_count(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects four pads of at least 0}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0] dilations [1, 1] groups 1 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N8: the window fits.
func.func @conv2d_window(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects a window of at most the padded image, but got 15 over 8}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [7, 7] groups 1 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N9: groups are positive.
func.func @conv2d_groups(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects groups of at least 1, but got 0}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 0 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N9: groups divide the output channels.
func.func @conv2d_groups_out(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x1xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects groups to divide 6 output channels, but got 4}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 4 : tensor<1x8x8x4xf32>, tensor<6x3x3x1xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N9: groups divide the input channels.
func.func @conv2d_groups_in(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x1xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects groups to divide 4 input channels, but got 3}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 3 : tensor<1x8x8x4xf32>, tensor<6x3x3x1xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N10: the weight has the channels of a group.
func.func @conv2d_channels(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects a weight of 2 input channels, but got 4}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 2 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N12: element types agree.
func.func @conv2d_elements(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf16>) {
  // expected-error@+1 {{'qnn.conv2d' op expects a weight of element type 'f32', but got 'f16'}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf16> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N7: the result has the inferred type.
func.func @conv2d_result(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf32>) {
  // expected-error@+2 {{'qnn.conv2d' op inferred type(s) 'tensor<1x6x6x6xf32>' are incompatible with return type(s) of operation 'tensor<1x8x8x6xf32>'}}
  // expected-error@+1 {{failed to infer returned types}}
  %r = qnn.conv2d %x, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf32> -> tensor<1x8x8x6xf32>
  return
}

// -----

// N11: a bias has one value for each output channel.
func.func @conv2d_bias(%x: tensor<1x8x8x4xf32>, %w: tensor<6x3x3x4xf32>, %b: tensor<4xf32>) {
  // expected-error@+1 {{'qnn.conv2d' op expects a bias of shape 6, but got 4}}
  %r = qnn.conv2d %x, %w, %b strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 : tensor<1x8x8x4xf32>, tensor<6x3x3x4xf32>, tensor<4xf32> -> tensor<1x6x6x6xf32>
  return
}

// -----

// N10: input channels agree.
func.func @conv_transpose2d_channels(%x: tensor<1x4x4x8xf32>, %w: tensor<6x2x2x7xf32>) {
  // expected-error@+1 {{'qnn.conv_transpose2d' op expects a weight of 8 input channels, but got 7}}
  %r = qnn.conv_transpose2d %x, %w strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] groups 1 output_pads [0, 0] : tensor<1x4x4x8xf32>, tensor<6x2x2x7xf32> -> tensor<1x8x8x6xf32>
  return
}

// -----

// N13: output pads are at least 0.
func.func @conv_transpose2d_output_pads(%x: tensor<1x4x4x8xf32>, %w: tensor<6x2x2x8xf32>) {
  // expected-error@+1 {{'qnn.conv_transpose2d' op expects two output pads of at least 0}}
  %r = qnn.conv_transpose2d %x, %w strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] groups 1 output_pads [0, -1] : tensor<1x4x4x8xf32>, tensor<6x2x2x8xf32> -> tensor<1x8x8x6xf32>
  return
}

// -----

// N9: groups divide the input channels.
func.func @conv_transpose2d_groups(%x: tensor<1x4x4x8xf32>, %w: tensor<6x2x2x8xf32>) {
  // expected-error@+1 {{'qnn.conv_transpose2d' op expects groups to divide 8 input channels, but got 3}}
  %r = qnn.conv_transpose2d %x, %w strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] groups 3 output_pads [0, 0] : tensor<1x4x4x8xf32>, tensor<6x2x2x8xf32> -> tensor<1x8x8x6xf32>
  return
}

// -----

// N13: pads leave something.
func.func @conv_transpose2d_pads(%x: tensor<1x4x4x8xf32>, %w: tensor<6x2x2x8xf32>) {
  // expected-error@+1 {{'qnn.conv_transpose2d' op expects pads smaller than the result}}
  %r = qnn.conv_transpose2d %x, %w strides [2, 2] pads [9, 0, 9, 0] dilations [1, 1] groups 1 output_pads [0, 0] : tensor<1x4x4x8xf32>, tensor<6x2x2x8xf32> -> tensor<1x8x8x6xf32>
  return
}

// -----

// N14: features agree.
func.func @linear_features(%x: tensor<2x5xf32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.linear' op expects a weight of 5 input features, but got 4}}
  %r = qnn.linear %x, %w : tensor<2x5xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
  return
}

// -----

// N14: a scalar has no features.
func.func @linear_scalar(%x: tensor<f32>, %w: tensor<3x4xf32>) {
  // expected-error@+1 {{'qnn.linear' op expects an input of rank 1 or more, but got a scalar}}
  %r = qnn.linear %x, %w : tensor<f32>, tensor<3x4xf32> -> tensor<3xf32>
  return
}

// -----

// N11: a bias has one value for each output.
func.func @linear_bias(%x: tensor<2x4xf32>, %w: tensor<3x4xf32>, %b: tensor<1xf32>) {
  // expected-error@+1 {{'qnn.linear' op expects a bias of shape 3, but got 1}}
  %r = qnn.linear %x, %w, %b : tensor<2x4xf32>, tensor<3x4xf32>, tensor<1xf32> -> tensor<2x3xf32>
  return
}

// -----

// N15: contracted dimensions agree.
func.func @matmul_inner(%x: tensor<2x4xf32>, %y: tensor<5x3xf32>) {
  // expected-error@+1 {{'qnn.matmul' op expects equal contracted dimensions, but got 2x4 and 5x3}}
  %r = qnn.matmul %x, %y : tensor<2x4xf32>, tensor<5x3xf32> -> tensor<2x3xf32>
  return
}

// -----

// N15: leading dimensions broadcast.
func.func @matmul_batch(%x: tensor<2x2x4xf32>, %y: tensor<3x4x3xf32>) {
  // expected-error@+1 {{'qnn.matmul' op expects shapes that broadcast, but got 2 and 3}}
  %r = qnn.matmul %x, %y : tensor<2x2x4xf32>, tensor<3x4x3xf32> -> tensor<2x2x3xf32>
  return
}

// -----

// N15: no operand is a scalar.
func.func @matmul_scalar(%x: tensor<f32>, %y: tensor<4x3xf32>) {
  // expected-error@+1 {{'qnn.matmul' op expects operands of rank 1 or more}}
  %r = qnn.matmul %x, %y : tensor<f32>, tensor<4x3xf32> -> tensor<3xf32>
  return
}

// -----

// N16: parameters have one value for each channel.
func.func @batch_norm_scale(%x: tensor<1x8x4xf32>, %c: tensor<4xf32>) {
  // expected-error@+1 {{'qnn.batch_norm' op expects a scale of shape 8, but got 4}}
  %r = qnn.batch_norm %x, %c, %c, %c, %c {epsilon = 1.0e-5 : f64, axis = 1 : i64} : tensor<1x8x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<1x8x4xf32>
  return
}

// -----

// N17: epsilon is at least 0.
func.func @batch_norm_epsilon(%x: tensor<1x8x4xf32>, %c: tensor<4xf32>) {
  // expected-error@+1 {{'qnn.batch_norm' op expects an epsilon of at least 0, but got -1.0}}
  %r = qnn.batch_norm %x, %c, %c, %c, %c {epsilon = -1.0 : f64, axis = 2 : i64} : tensor<1x8x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<1x8x4xf32>
  return
}

// -----

// N16: the scale has the shape of what is normalized.
func.func @layer_norm_scale(%x: tensor<1x8x4xf32>, %c: tensor<8xf32>) {
  // expected-error@+1 {{'qnn.layer_norm' op expects a scale of shape 8x4, but got 8}}
  %r = qnn.layer_norm %x, %c {epsilon = 1.0e-5 : f64, axis = 1 : i64} : tensor<1x8x4xf32>, tensor<8xf32> -> tensor<1x8x4xf32>
  return
}

// -----

// N17: epsilon is finite.
func.func @rms_norm_epsilon(%x: tensor<1x8x4xf32>, %c: tensor<4xf32>) {
  // expected-error@+1 {{'qnn.rms_norm' op expects an epsilon of at least 0}}
  %r = qnn.rms_norm %x, %c {epsilon = 0x7FF0000000000000 : f64} : tensor<1x8x4xf32>, tensor<4xf32> -> tensor<1x8x4xf32>
  return
}

// -----

// N16: the scale has one value for each of the last dimension.
func.func @rms_norm_scale(%x: tensor<1x8x4xf32>, %c: tensor<8xf32>) {
  // expected-error@+1 {{'qnn.rms_norm' op expects a scale of shape 4, but got 8}}
  %r = qnn.rms_norm %x, %c {epsilon = 0.0 : f64} : tensor<1x8x4xf32>, tensor<8xf32> -> tensor<1x8x4xf32>
  return
}

// -----

// S1: an axis is in range.
func.func @softmax_axis(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.softmax' op expects an axis from 0 to 1, but got 2}}
  %r = qnn.softmax %x {axis = 2 : i64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}

// -----

// S1: axes of reduce_max are in range.
func.func @reduce_max_axis(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.reduce_max' op expects an axis from 0 to 1, but got -1}}
  %r = qnn.reduce_max %x axes [-1] : tensor<2x4xf32> -> tensor<2xf32>
  return
}

// -----

// S1: axes of reduce_mean are in range.
func.func @reduce_mean_axis(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.reduce_mean' op expects an axis from 0 to 1, but got -1}}
  %r = qnn.reduce_mean %x axes [-1] : tensor<2x4xf32> -> tensor<2xf32>
  return
}

// -----

// S1: axes of reduce_min are in range.
func.func @reduce_min_axis(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.reduce_min' op expects an axis from 0 to 1, but got -1}}
  %r = qnn.reduce_min %x axes [-1] : tensor<2x4xf32> -> tensor<2xf32>
  return
}

// -----

// S1: axes of reduce_prod are in range.
func.func @reduce_prod_axis(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.reduce_prod' op expects an axis from 0 to 1, but got -1}}
  %r = qnn.reduce_prod %x axes [-1] : tensor<2x4xf32> -> tensor<2xf32>
  return
}

// -----

// S1: axes of reduce_sum are in range.
func.func @reduce_sum_axis(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.reduce_sum' op expects an axis from 0 to 1, but got -1}}
  %r = qnn.reduce_sum %x axes [-1] : tensor<2x4xf32> -> tensor<2xf32>
  return
}

// -----

// S1: an axis is given once.
func.func @reduce_twice(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.reduce_sum' op expects each axis once, but got 1 twice}}
  %r = qnn.reduce_sum %x axes [1, 1] : tensor<2x4xf32> -> tensor<2xf32>
  return
}

// -----

// N18: an empty axis has no largest element.
func.func @arg_max_empty(%x: tensor<2x0xf32>) {
  // expected-error@+1 {{'qnn.arg_max' op expects at least one element along axis 1}}
  %r = qnn.arg_max %x {axis = 1 : i64} : tensor<2x0xf32> -> tensor<2xi64>
  return
}

// -----

// N7: the kernel is positive.
func.func @max_pool2d_kernel(%x: tensor<1x8x8x4xf32>) {
  // expected-error@+1 {{'qnn.max_pool2d' op expects two positive kernel sizes, but got 0x2}}
  %r = qnn.max_pool2d %x kernel [0, 2] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : tensor<1x8x8x4xf32> -> tensor<1x8x7x4xf32>
  return
}

// -----

// N8: the window fits.
func.func @avg_pool2d_window(%x: tensor<1x8x8x4xf32>) {
  // expected-error@+1 {{'qnn.avg_pool2d' op expects a window of at most the padded image, but got 9 over 8}}
  %r = qnn.avg_pool2d %x kernel [9, 9] strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] : tensor<1x8x8x4xf32> -> tensor<1x1x1x4xf32>
  return
}

// -----

// N4: a condition is one element.
func.func @if_condition(%c: tensor<2xi1>) {
  // expected-error@+1 {{'qnn.if' op expects a condition of one element, but got 'tensor<2xi1>'}}
  qnn.if %c : (tensor<2xi1>) -> () { } else { }
  return
}

// -----

// N5: both regions yield the results.
func.func @if_yield(%c: tensor<i1>, %x: tensor<2xf32>) {
  // expected-error@+1 {{'qnn.if' op expects both regions to yield its results}}
  %r = qnn.if %c : (tensor<i1>) -> tensor<2xf32> {
    qnn.yield %x : tensor<2xf32>
  } else {
    // expected-note@+1 {{this yields 'tensor<i1>'}}
    qnn.yield %c : tensor<i1>
  }
  return
}

// -----

// N5: a yield ends a region of qnn.if.
func.func @yield_outside() {
  // expected-error@+1 {{'qnn.yield' op expects parent op 'qnn.if'}}
  qnn.yield
}

// -----

// N19: truth values have no sums.
func.func @cum_sum_bool(%x: tensor<2x4xi1>) {
  // expected-error@+1 {{'qnn.cum_sum' op expects numbers of at least 8 bits, but got 'i1'}}
  %r = qnn.cum_sum %x {axis = 0 : i64} : tensor<2x4xi1> -> tensor<2x4xi1>
  return
}

// -----

// S1: the axis of cum_sum is one of the input's.
func.func @cum_sum_axis(%x: tensor<2x4xf32>) {
  // expected-error@+1 {{'qnn.cum_sum' op expects an axis from 0 to 1, but got 2}}
  %r = qnn.cum_sum %x {axis = 2 : i64} : tensor<2x4xf32> -> tensor<2x4xf32>
  return
}
