// One function breaks one rule of the quantization ops (docs/semantics.md, Q1 to Q17).
// RUN: quant-opt %s -split-input-file -verify-diagnostics

// Q1: one scale for each slice.
func.func @quantize_channels(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0.5> : tensor<8xf32>
  %z = qnn.constant dense<0> : tensor<8xi8>
  // expected-error@+1 {{'qnn.quantize' op expects a scale of shape 6, but got 8}}
  %r = qnn.quantize %x, %s, %z : tensor<6x8xf32>, tensor<8xf32>, tensor<8xi8> -> tensor<6x8xi8>
  return
}

// -----

// Q1: one scale for each block.
func.func @quantize_blocks(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0.5> : tensor<6x2xf32>
  %z = qnn.constant dense<0> : tensor<6x2xi8>
  // expected-error@+1 {{'qnn.quantize' op expects a scale of shape 6x3, but got 6x2}}
  %r = qnn.quantize %x, %s, %z {axis = 1 : i64, block_size = 3 : i64} : tensor<6x8xf32>, tensor<6x2xf32>, tensor<6x2xi8> -> tensor<6x8xi8>
  return
}

// -----

// Q1: blocks need a scale of the rank of the data.
func.func @quantize_block_rank(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  // expected-error@+1 {{'qnn.quantize' op expects a scale of shape 6x4, but got scalar}}
  %r = qnn.quantize %x, %s, %z {axis = 1 : i64, block_size = 2 : i64} : tensor<6x8xf32>, tensor<f32>, tensor<i8> -> tensor<6x8xi8>
  return
}

// -----

// Q2: the axis is in range.
func.func @quantize_axis(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0.5> : tensor<8xf32>
  %z = qnn.constant dense<0> : tensor<8xi8>
  // expected-error@+1 {{'qnn.quantize' op expects an axis from 0 to 1, but got 2}}
  %r = qnn.quantize %x, %s, %z {axis = 2 : i64} : tensor<6x8xf32>, tensor<8xf32>, tensor<8xi8> -> tensor<6x8xi8>
  return
}

// -----

// Q3: a block size is at least 0.
func.func @quantize_block_size(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  // expected-error@+1 {{'qnn.quantize' op expects a block size of at least 0, but got -4}}
  %r = qnn.quantize %x, %s, %z {block_size = -4 : i64} : tensor<6x8xf32>, tensor<f32>, tensor<i8> -> tensor<6x8xi8>
  return
}

// -----

// Q4: the zero point has the shape of the scale.
func.func @quantize_zero_shape(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<6xi8>
  // expected-error@+1 {{'qnn.quantize' op expects a zero point of shape scalar, but got 6}}
  %r = qnn.quantize %x, %s, %z : tensor<6x8xf32>, tensor<f32>, tensor<6xi8> -> tensor<6x8xi8>
  return
}

// -----

// Q5: a scale is not 0.
func.func @quantize_scale_zero(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0.0> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  // expected-error@+1 {{'qnn.quantize' op expects positive, finite scale, but got 0.0}}
  %r = qnn.quantize %x, %s, %z : tensor<6x8xf32>, tensor<f32>, tensor<i8> -> tensor<6x8xi8>
  return
}

// -----

// Q5: a scale is not negative.
func.func @quantize_scale_negative(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<-0.5> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  // expected-error@+1 {{'qnn.quantize' op expects positive, finite scale, but got -5.000000e-01}}
  %r = qnn.quantize %x, %s, %z : tensor<6x8xf32>, tensor<f32>, tensor<i8> -> tensor<6x8xi8>
  return
}

// -----

// Q5: a scale is no NaN.
func.func @quantize_scale_nan(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0x7FC00000> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  // expected-error@+1 {{'qnn.quantize' op expects positive, finite scale, but got}}
  %r = qnn.quantize %x, %s, %z : tensor<6x8xf32>, tensor<f32>, tensor<i8> -> tensor<6x8xi8>
  return
}

// -----

// Q5: a scale is finite.
func.func @quantize_scale_infinite(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0x7F800000> : tensor<f32>
  %z = qnn.constant dense<0> : tensor<i8>
  // expected-error@+1 {{'qnn.quantize' op expects positive, finite scale, but got}}
  %r = qnn.quantize %x, %s, %z : tensor<6x8xf32>, tensor<f32>, tensor<i8> -> tensor<6x8xi8>
  return
}

// -----

// Q5: no scale of a tensor is bad.
func.func @quantize_scale_element(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<[1.0, 1.0, 0.0, 1.0, 1.0, 1.0]> : tensor<6xf32>
  %z = qnn.constant dense<0> : tensor<6xi8>
  // expected-error@+1 {{'qnn.quantize' op expects positive, finite scale, but got 0.000000e+00 at element 2}}
  %r = qnn.quantize %x, %s, %z : tensor<6x8xf32>, tensor<6xf32>, tensor<6xi8> -> tensor<6x8xi8>
  return
}

// -----

// Q6: 32-bit storage has no zero point.
func.func @quantize_zero_i32(%x: tensor<6x8xf32>) {
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<1> : tensor<i32>
  // expected-error@+1 {{'qnn.quantize' op expects zero point 0 for i32 storage}}
  %r = qnn.quantize %x, %s, %z : tensor<6x8xf32>, tensor<f32>, tensor<i32> -> tensor<6x8xi32>
  return
}

// -----

// Q4: a zero point is a value of the storage type, so 300 in a byte cannot be written.
func.func @dequantize_zero(%x: tensor<4xi8>, %s: tensor<f32>, %z: tensor<i16>) {
  // expected-error@+1 {{'qnn.dequantize' op expects a zero point of element type 'i8', but got 'i16'}}
  %r = qnn.dequantize %x, %s, %z : tensor<4xi8>, tensor<f32>, tensor<i16> -> tensor<4xf32>
  return
}

// -----

// Q5: the same for dequantize.
func.func @dequantize_scale(%x: tensor<4xi8>, %z: tensor<i8>) {
  %s = qnn.constant dense<-1.0> : tensor<f32>
  // expected-error@+1 {{'qnn.dequantize' op expects positive, finite scale, but got -1.0}}
  %r = qnn.dequantize %x, %s, %z : tensor<4xi8>, tensor<f32>, tensor<i8> -> tensor<4xf32>
  return
}

// -----

// Q14: a row has at least one dimension.
func.func @dynamic_quantize_scalar(%x: tensor<f32>) {
  // expected-error@+1 {{'qnn.dynamic_quantize' op expects an input of rank 1 or more, but got a scalar}}
  %a, %b, %c = qnn.dynamic_quantize %x : tensor<f32> -> tensor<i8>, tensor<f32>, tensor<i8>
  return
}

// -----

// Q7: a range is ordered.
func.func @observe_range(%x: tensor<4xf32>) {
  // expected-error@+1 {{'qnn.observe' op expects a range of two finite values, the lower one first}}
  %r = qnn.observe %x "a" range [1.0, -1.0] : tensor<4xf32>
  return
}

// -----

// Q7: a count is at least 0.
func.func @observe_count(%x: tensor<4xf32>) {
  // expected-error@+1 {{'qnn.observe' op expects a count of at least 0, but got -1}}
  %r = qnn.observe %x "a" {count = -1 : i64} : tensor<4xf32>
  return
}

// -----

// Q7: a statistic is a weight of f32.
func.func @observe_statistic(%x: tensor<4xf32>) {
  // expected-error@+1 {{'qnn.observe' op expects statistic 'mean_abs' to be a #qnn.weight of f32, but got 4 : i64}}
  %r = qnn.observe %x "a" statistics {mean_abs = 4 : i64} : tensor<4xf32>
  return
}

// -----

// Q8: a zero point is a scalar.
func.func @qlinear_zero_point(%x: tensor<2x16xi8>, %w: tensor<8x16xi8>, %b: tensor<8xi32>, %z: tensor<8xi8>, %o: tensor<i8>) {
  %m = qnn.constant dense<0.01> : tensor<f32>
  // expected-error@+1 {{'qnn.qlinear' op expects a scalar input zero point, but got 'tensor<8xi8>'}}
  %r = qnn.qlinear %x, %w bias %b zero_point %z requantize %m, %o clamp -128 to 127 : (tensor<2x16xi8>, tensor<8x16xi8>, tensor<8xi32>, tensor<8xi8>, tensor<f32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// Q9: the clamp is inside the storage range.
func.func @qlinear_clamp(%x: tensor<2x16xi8>, %w: tensor<8x16xi8>, %b: tensor<8xi32>, %z: tensor<i8>, %o: tensor<i8>) {
  %m = qnn.constant dense<0.01> : tensor<f32>
  // expected-error@+1 {{'qnn.qlinear' op expects a clamp inside [-128, 127], but got 0 to 255}}
  %r = qnn.qlinear %x, %w bias %b zero_point %z requantize %m, %o clamp 0 to 255 : (tensor<2x16xi8>, tensor<8x16xi8>, tensor<8xi32>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// Q9: the clamp is ordered.
func.func @qlinear_clamp_order(%x: tensor<2x16xi8>, %w: tensor<8x16xi8>, %b: tensor<8xi32>, %z: tensor<i8>, %o: tensor<i8>) {
  %m = qnn.constant dense<0.01> : tensor<f32>
  // expected-error@+1 {{'qnn.qlinear' op expects a clamp inside [0, 255], but got 9 to 8}}
  %r = qnn.qlinear %x, %w bias %b zero_point %z requantize %m, %o clamp 9 to 8 {unsigned_output} : (tensor<2x16xi8>, tensor<8x16xi8>, tensor<8xi32>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// Q10: a multiplier is a scalar or one for each channel.
func.func @qlinear_multiplier(%x: tensor<2x16xi8>, %w: tensor<8x16xi8>, %b: tensor<8xi32>, %z: tensor<i8>, %o: tensor<i8>) {
  %m = qnn.constant dense<0.01> : tensor<16xf32>
  // expected-error@+1 {{'qnn.qlinear' op expects a scalar multiplier or one for each of 8 channels, but got 16}}
  %r = qnn.qlinear %x, %w bias %b zero_point %z requantize %m, %o clamp -128 to 127 : (tensor<2x16xi8>, tensor<8x16xi8>, tensor<8xi32>, tensor<i8>, tensor<16xf32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// Q10: a multiplier is finite.
func.func @qlinear_multiplier_nan(%x: tensor<2x16xi8>, %w: tensor<8x16xi8>, %b: tensor<8xi32>, %z: tensor<i8>, %o: tensor<i8>) {
  %m = qnn.constant dense<0x7FC00000> : tensor<f32>
  // expected-error@+1 {{'qnn.qlinear' op expects finite multiplier, but got}}
  %r = qnn.qlinear %x, %w bias %b zero_point %z requantize %m, %o clamp -128 to 127 : (tensor<2x16xi8>, tensor<8x16xi8>, tensor<8xi32>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// Q11: a residual has the shape of the result.
func.func @qlinear_residual(%x: tensor<2x16xi8>, %w: tensor<8x16xi8>, %b: tensor<8xi32>, %z: tensor<i8>, %o: tensor<i8>, %q: tensor<8xi8>) {
  %m = qnn.constant dense<0.01> : tensor<f32>
  // expected-error@+1 {{'qnn.qlinear' op expects a residual of the result's shape, but got 'tensor<8xi8>'}}
  %r = qnn.qlinear %x, %w bias %b zero_point %z requantize %m, %o residual %q, %z, %m clamp -128 to 127 : (tensor<2x16xi8>, tensor<8x16xi8>, tensor<8xi32>, tensor<i8>, tensor<f32>, tensor<i8>, tensor<8xi8>, tensor<i8>, tensor<f32>) -> tensor<2x8xi8>
  return
}

// -----

// Q12: 70,000 products of 255 and 128 do not fit 32 bits.
func.func @qlinear_accumulator(%x: tensor<2x70000xi8>, %w: tensor<8x70000xi8>, %b: tensor<8xi32>, %z: tensor<i8>, %o: tensor<i8>) {
  %m = qnn.constant dense<0.01> : tensor<f32>
  // expected-error@+1 {{'qnn.qlinear' op may overflow its 32-bit accumulator: 70000 products of up to 32640}}
  %r = qnn.qlinear %x, %w bias %b zero_point %z requantize %m, %o clamp -128 to 127 : (tensor<2x70000xi8>, tensor<8x70000xi8>, tensor<8xi32>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// N14: features agree.
func.func @qlinear_features(%x: tensor<2x15xi8>, %w: tensor<8x16xi8>, %b: tensor<8xi32>, %z: tensor<i8>, %o: tensor<i8>) {
  %m = qnn.constant dense<0.01> : tensor<f32>
  // expected-error@+1 {{'qnn.qlinear' op expects a weight of 15 input features, but got 16}}
  %r = qnn.qlinear %x, %w bias %b zero_point %z requantize %m, %o clamp -128 to 127 : (tensor<2x15xi8>, tensor<8x16xi8>, tensor<8xi32>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<2x8xi8>
  return
}

// -----

// Q11: a residual comes with its parameters.
func.func @qconv2d_residual(%x: tensor<1x4x4x4xi8>, %w: tensor<8x1x1x4xi8>, %z: tensor<i8>, %m: tensor<f32>, %q: tensor<1x4x4x8xi8>) {
  // expected-error@+1 {{'qnn.qconv2d' op expects a residual with its zero point and multiplier}}
  %r = "qnn.qconv2d"(%x, %w, %z, %m, %z, %q) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 1 : i64, clamp_min = 0 : i64, clamp_max = 1 : i64, operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 1, 1, 0, 0>} : (tensor<1x4x4x4xi8>, tensor<8x1x1x4xi8>, tensor<i8>, tensor<f32>, tensor<i8>, tensor<1x4x4x8xi8>) -> tensor<1x4x4x8xi8>
  return
}

// -----

// N10: channels agree.
func.func @qconv2d_channels(%x: tensor<1x4x4x4xi8>, %w: tensor<8x1x1x3xi8>, %z: tensor<i8>, %m: tensor<f32>) {
  // expected-error@+1 {{'qnn.qconv2d' op expects a weight of 4 input channels, but got 3}}
  %r = qnn.qconv2d %x, %w zero_point %z requantize %m, %z strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1 clamp 0 to 1 : (tensor<1x4x4x4xi8>, tensor<8x1x1x3xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<1x4x4x8xi8>
  return
}

// -----

// Q14: scale and zero point are those of the rows.
func.func @dynamic_qlinear_rows(%x: tensor<2x16xi8>, %w: tensor<8x16xi8>, %s: tensor<2xf32>, %z: tensor<2x1xi8>, %ws: tensor<8xf32>) {
  // expected-error@+1 {{'qnn.dynamic_qlinear' op expects scale and zero point of shape 2x1, but got 2}}
  %r = qnn.dynamic_qlinear %x, %w scales %s, %ws zero_point %z : (tensor<2x16xi8>, tensor<8x16xi8>, tensor<2xf32>, tensor<2x1xi8>, tensor<8xf32>) -> tensor<2x8xf32>
  return
}

// -----

// Q14: one weight scale for each output.
func.func @dynamic_qlinear_scales(%x: tensor<2x16xi8>, %w: tensor<8x16xi8>, %s: tensor<2x1xf32>, %z: tensor<2x1xi8>, %ws: tensor<16xf32>) {
  // expected-error@+1 {{'qnn.dynamic_qlinear' op expects a scalar weight scale or one for each output, but got 16}}
  %r = qnn.dynamic_qlinear %x, %w scales %s, %ws zero_point %z : (tensor<2x16xi8>, tensor<8x16xi8>, tensor<2x1xf32>, tensor<2x1xi8>, tensor<16xf32>) -> tensor<2x8xf32>
  return
}

// -----

// Q15: a block has at least one element.
func.func @block_linear_block(%x: tensor<2x16xf32>, %w: tensor<8x16xi4>, %z: tensor<8x4xi4>, %s: tensor<8x4xf32>) {
  // expected-error@+1 {{'qnn.block_linear' op expects a block size of at least 1, but got 0}}
  %r = qnn.block_linear %x, %w scales %s zero_points %z block 0 activations int8 : (tensor<2x16xf32>, tensor<8x16xi4>, tensor<8x4xf32>, tensor<8x4xi4>) -> tensor<2x8xf32>
  return
}

// -----

// Q16: one scale for each block.
func.func @block_linear_scales(%x: tensor<2x16xf32>, %w: tensor<8x16xi4>, %z: tensor<8x4xi4>, %s: tensor<8x3xf32>) {
  // expected-error@+1 {{'qnn.block_linear' op expects weight scales and zero points of shape 8x4, but got 8x3}}
  %r = qnn.block_linear %x, %w scales %s zero_points %z block 4 activations int8 : (tensor<2x16xf32>, tensor<8x16xi4>, tensor<8x3xf32>, tensor<8x4xi4>) -> tensor<2x8xf32>
  return
}

// -----

// Q16: one zero point for each block.
func.func @block_linear_zero_points(%x: tensor<2x16xf32>, %w: tensor<8x16xi4>, %z: tensor<8x4xi4>, %s: tensor<8x6xf32>) {
  // expected-error@+1 {{'qnn.block_linear' op expects weight scales and zero points of shape 8x6, but got 8x4}}
  %r = qnn.block_linear %x, %w scales %s zero_points %z block 3 activations int8 : (tensor<2x16xf32>, tensor<8x16xi4>, tensor<8x6xf32>, tensor<8x4xi4>) -> tensor<2x8xf32>
  return
}

// -----

// Q4: zero points have the storage type.
func.func @block_linear_elements(%x: tensor<2x16xf32>, %w: tensor<8x16xi4>, %z: tensor<8x4xi8>, %s: tensor<8x4xf32>) {
  // expected-error@+1 {{'qnn.block_linear' op expects zero points of element type 'i4', but got 'i8'}}
  %r = qnn.block_linear %x, %w scales %s zero_points %z block 4 activations int8 : (tensor<2x16xf32>, tensor<8x16xi4>, tensor<8x4xf32>, tensor<8x4xi8>) -> tensor<2x8xf32>
  return
}

// -----

// Q5: a scale is no NaN.
func.func @block_linear_nan(%x: tensor<2x16xf32>, %w: tensor<8x16xi4>, %z: tensor<8x4xi4>) {
  %s = qnn.constant dense<0x7FC00000> : tensor<8x4xf32>
  // expected-error@+1 {{'qnn.block_linear' op expects positive, finite weight scale, but got}}
  %r = qnn.block_linear %x, %w scales %s zero_points %z block 4 activations int8 : (tensor<2x16xf32>, tensor<8x16xi4>, tensor<8x4xf32>, tensor<8x4xi4>) -> tensor<2x8xf32>
  return
}

// -----

// Q12: a block of 70,000 bytes does not fit 32 bits.
func.func @block_linear_accumulator(%x: tensor<2x70000xf32>, %w: tensor<8x70000xi8>, %z: tensor<8x1xi8>, %s: tensor<8x1xf32>) {
  // expected-error@+1 {{'qnn.block_linear' op may overflow its 32-bit accumulator: 70000 products of up to 32385}}
  %r = qnn.block_linear %x, %w scales %s zero_points %z block 70000 activations int8 : (tensor<2x70000xf32>, tensor<8x70000xi8>, tensor<8x1xf32>, tensor<8x1xi8>) -> tensor<2x8xf32>
  return
}

// -----

// Q8: zero points are scalars.
func.func @qadd_zero(%x: tensor<4xi8>, %y: tensor<4xi8>, %z: tensor<i8>, %v: tensor<1xi8>, %m: tensor<f32>) {
  // expected-error@+1 {{'qnn.qadd' op expects a scalar left zero point, but got 'tensor<1xi8>'}}
  %r = qnn.qadd %x, %v, %m and %y, %z, %m zero_point %z clamp 0 to 1 : (tensor<4xi8>, tensor<1xi8>, tensor<f32>, tensor<4xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<4xi8>
  return
}

// -----

// Q9: a clamp is inside the storage range.
func.func @qmul_clamp(%x: tensor<4xi8>, %y: tensor<4xi8>, %z: tensor<i8>, %v: tensor<1xi8>, %m: tensor<f32>) {
  // expected-error@+1 {{'qnn.qmul' op expects a clamp inside [-128, 127], but got -129 to 1}}
  %r = qnn.qmul %x, %z and %y, %z requantize %m, %z clamp -129 to 1 : (tensor<4xi8>, tensor<i8>, tensor<4xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<4xi8>
  return
}

// -----

// Q13: the sum of a mean fits 32 bits.
func.func @qreduce_mean_count(%x: tensor<9000000xi8>, %z: tensor<i8>, %m: tensor<f32>) {
  // expected-error@+1 {{'qnn.qreduce_mean' op may overflow its 32-bit accumulator: 9000000 elements}}
  %r = qnn.qreduce_mean %x zero_point %z requantize %m, %z axes [0] : (tensor<9000000xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<i8>
  return
}

// -----

// Q13: nothing has no mean.
func.func @qreduce_mean_empty(%x: tensor<4x0xi8>, %z: tensor<i8>, %m: tensor<f32>) {
  // expected-error@+1 {{'qnn.qreduce_mean' op expects at least one element along axis 1}}
  %r = qnn.qreduce_mean %x zero_point %z requantize %m, %z axes [1] : (tensor<4x0xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<4xi8>
  return
}

// -----

// Q8: zero points are scalars.
func.func @qavg_pool2d_zero(%x: tensor<1x4x4x1xi8>, %z: tensor<i8>, %v: tensor<1xi8>, %m: tensor<f32>) {
  // expected-error@+1 {{'qnn.qavg_pool2d' op expects a scalar output zero point, but got 'tensor<1xi8>'}}
  %r = qnn.qavg_pool2d %x zero_point %z requantize %m, %v kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] : (tensor<1x4x4x1xi8>, tensor<i8>, tensor<f32>, tensor<1xi8>) -> tensor<1x2x2x1xi8>
  return
}

// -----

// Q10: a multiplier is not negative.
func.func @requantize_multiplier(%x: tensor<4xi8>, %z: tensor<i8>) {
  %m = qnn.constant dense<-1.0> : tensor<f32>
  // expected-error@+1 {{'qnn.requantize' op expects finite multiplier, but got -1.0}}
  %r = qnn.requantize %x zero_point %z requantize %m, %z clamp 0 to 1 : (tensor<4xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<4xi8>
  return
}

// -----

// Q17: a table has 256 entries.
func.func @lookup_table(%x: tensor<4xi8>, %t: tensor<255xi8>) {
  // expected-error@+1 {{'qnn.lookup' op expects a table of 256 entries, but got 255}}
  %r = qnn.lookup %x, %t : tensor<4xi8>, tensor<255xi8> -> tensor<4xi8>
  return
}

// -----

// F6: precision is a #qnn.precision.
func.func @precision_type(%x: tensor<2x16xf32>, %w: tensor<8x16xf32>) {
  // expected-error@+1 {{'qnn.linear' op expects 'qnn.precision' to be a #qnn.precision}}
  %r = qnn.linear %x, %w {qnn.precision = "int4"} : tensor<2x16xf32>, tensor<8x16xf32> -> tensor<2x8xf32>
  return
}

// -----

// F6: only ops with weights have a precision.
func.func @precision_op(%x: tensor<2xf32>) {
  // expected-error@+1 {{'qnn.relu' op has 'qnn.precision', but no weights to round}}
  %r = qnn.relu %x {qnn.precision = #qnn.precision<weights = "int8", group = 0, symmetric = true, activations = static, rounder = "rtn">} : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

// F6: a reason is a string.
func.func @kept_float(%x: tensor<2xf32>) {
  // expected-error@+1 {{'qnn.relu' op expects 'qnn.kept_float' to be a string}}
  %r = qnn.relu %x {qnn.kept_float} : tensor<2xf32> -> tensor<2xf32>
  return
}
