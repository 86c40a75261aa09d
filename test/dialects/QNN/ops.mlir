// Every op survives text, generic text and bytecode.
// RUN: quant-opt %s -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: quant-opt %t.mlir | diff - %t.mlir
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | diff - %t.mlir
// RUN: quant-opt %s --emit-bytecode | quant-opt | diff - %t.mlir

// CHECK-LABEL: func.func @unary
func.func @unary(%x: tensor<?x4xf32>, %b: tensor<2xi1>, %s: tensor<f32>, %e: tensor<0x4xf32>) -> tensor<?x4xf32> {
  // CHECK: qnn.abs %{{.*}} : tensor<?x4xf32> -> tensor<?x4xf32>
  %0 = qnn.abs %x : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.ceil
  %1 = qnn.ceil %0 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.clip %{{.*}} {max = 6.000000e+00 : f64, min = 0.000000e+00 : f64}
  %2 = qnn.clip %1 {min = 0.0 : f64, max = 6.0 : f64} : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.cos
  %3 = qnn.cos %2 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.elu
  %4 = qnn.elu %3 {alpha = 1.0 : f64} : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.erf
  %5 = qnn.erf %4 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.exp
  %6 = qnn.exp %5 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.floor
  %7 = qnn.floor %6 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.gelu %{{.*}} {tanh_approximation}
  %8 = qnn.gelu %7 {tanh_approximation} : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.hard_sigmoid
  %9 = qnn.hard_sigmoid %8 {alpha = 0.2 : f64, beta = 0.5 : f64} : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.hard_swish
  %10 = qnn.hard_swish %9 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.leaky_relu
  %11 = qnn.leaky_relu %10 {alpha = 0.1 : f64} : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.log
  %12 = qnn.log %11 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.neg
  %13 = qnn.neg %12 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.not
  %14 = qnn.not %b : tensor<2xi1> -> tensor<2xi1>
  // CHECK: qnn.reciprocal
  %15 = qnn.reciprocal %13 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.relu
  %16 = qnn.relu %15 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.round
  %17 = qnn.round %16 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.sigmoid
  %18 = qnn.sigmoid %17 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.sign
  %19 = qnn.sign %18 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.silu
  %20 = qnn.silu %19 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.sin
  %21 = qnn.sin %20 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.softplus
  %22 = qnn.softplus %21 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.sqrt
  %23 = qnn.sqrt %22 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.tanh
  %24 = qnn.tanh %23 : tensor<?x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.cast %{{.*}} {unsigned_result}
  %25 = qnn.cast %24 {unsigned_result} : tensor<?x4xf32> -> tensor<?x4xi8>
  // A scalar and an empty tensor are tensors like any other.
  // CHECK: qnn.relu %{{.*}} : tensor<f32> -> tensor<f32>
  %26 = qnn.relu %s : tensor<f32> -> tensor<f32>
  // CHECK: qnn.relu %{{.*}} : tensor<0x4xf32> -> tensor<0x4xf32>
  %27 = qnn.relu %e : tensor<0x4xf32> -> tensor<0x4xf32>
  return %24 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @binary
func.func @binary(%x: tensor<?x4xf32>, %y: tensor<1x4xf32>, %s: tensor<f32>, %i: tensor<3xi64>, %b: tensor<4xi1>,
                  %e: tensor<0x4xf32>) -> tensor<?x4xf32> {
  // CHECK: qnn.add %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  %0 = qnn.add %x, %y : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.sub %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %1 = qnn.sub %0, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  // CHECK: qnn.mul
  %2 = qnn.mul %i, %i : tensor<3xi64>, tensor<3xi64> -> tensor<3xi64>
  // CHECK: qnn.div
  %3 = qnn.div %2, %i : tensor<3xi64>, tensor<3xi64> -> tensor<3xi64>
  // CHECK: qnn.pow
  %4 = qnn.pow %1, %s : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  // CHECK: qnn.max
  %5 = qnn.max %4, %y : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.min
  %6 = qnn.min %5, %y : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.mod %{{.*}}, %{{.*}} {fmod}
  %7 = qnn.mod %6, %y {fmod} : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.prelu
  %8 = qnn.prelu %7, %y : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.equal %{{.*}}, %{{.*}} : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xi1>
  %9 = qnn.equal %8, %y : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xi1>
  // CHECK: qnn.greater
  %10 = qnn.greater %8, %y : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xi1>
  // CHECK: qnn.greater_equal
  %11 = qnn.greater_equal %8, %y : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xi1>
  // CHECK: qnn.less
  %12 = qnn.less %8, %y : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xi1>
  // CHECK: qnn.less_equal
  %13 = qnn.less_equal %8, %y : tensor<?x4xf32>, tensor<1x4xf32> -> tensor<?x4xi1>
  // CHECK: qnn.and
  %14 = qnn.and %9, %10 : tensor<?x4xi1>, tensor<?x4xi1> -> tensor<?x4xi1>
  // CHECK: qnn.or
  %15 = qnn.or %14, %b : tensor<?x4xi1>, tensor<4xi1> -> tensor<?x4xi1>
  // CHECK: qnn.xor
  %16 = qnn.xor %15, %b : tensor<?x4xi1>, tensor<4xi1> -> tensor<?x4xi1>
  // CHECK: qnn.where
  %17 = qnn.where %16, %8, %s : tensor<?x4xi1>, tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  // An empty dimension broadcasts against 1.
  // CHECK: qnn.add %{{.*}}, %{{.*}} : tensor<0x4xf32>, tensor<1x4xf32> -> tensor<0x4xf32>
  %18 = qnn.add %e, %y : tensor<0x4xf32>, tensor<1x4xf32> -> tensor<0x4xf32>
  return %17 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @constants
func.func @constants(%c: tensor<i1>) -> tensor<3xi4> {
  // CHECK: qnn.constant dense<[true, false]> : tensor<2xi1>
  %0 = qnn.constant dense<[true, false]> : tensor<2xi1>
  // CHECK: qnn.constant dense<[1, -8, 7]> : tensor<3xi4>
  %1 = qnn.constant dense<[1, -8, 7]> : tensor<3xi4>
  // CHECK: qnn.constant dense<> : tensor<0x2xf32>
  %2 = qnn.constant dense<> : tensor<0x2xf32>
  // CHECK: qnn.if %{{.*}} : (tensor<i1>) -> tensor<3xi4> {
  // CHECK:   qnn.yield %{{.*}} : tensor<3xi4>
  // CHECK: } else {
  %3 = qnn.if %c : (tensor<i1>) -> tensor<3xi4> {
    qnn.yield %1 : tensor<3xi4>
  } else {
    %4 = qnn.constant dense<0> : tensor<3xi4>
    qnn.yield %4 : tensor<3xi4>
  }
  // CHECK: qnn.if
  qnn.if %c : (tensor<i1>) -> () {
  } else {
  }
  return %3 : tensor<3xi4>
}

// CHECK-LABEL: func.func @contractions
func.func @contractions(%x: tensor<?x?x28x32xf32>, %w: tensor<64x3x3x32xf32>, %b: tensor<64xf32>,
                        %t: tensor<16x2x2x32xf32>, %a: tensor<2x?x32xf32>, %l: tensor<64x32xf32>,
                        %v: tensor<32xf32>, %m: tensor<5x32x7xf32>) -> tensor<?x?x28x64xf32> {
  // CHECK: qnn.conv2d %{{.*}}, %{{.*}}, %{{.*}} strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1 :
  %0 = qnn.conv2d %x, %w, %b strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1
    : tensor<?x?x28x32xf32>, tensor<64x3x3x32xf32>, tensor<64xf32> -> tensor<?x?x28x64xf32>
  // CHECK: qnn.conv_transpose2d
  %1 = qnn.conv_transpose2d %x, %t strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] groups 1 output_pads [0, 0]
    : tensor<?x?x28x32xf32>, tensor<16x2x2x32xf32> -> tensor<?x?x56x16xf32>
  // CHECK: qnn.linear %{{.*}}, %{{.*}}, %{{.*}} : tensor<2x?x32xf32>, tensor<64x32xf32>, tensor<64xf32> -> tensor<2x?x64xf32>
  %2 = qnn.linear %a, %l, %b : tensor<2x?x32xf32>, tensor<64x32xf32>, tensor<64xf32> -> tensor<2x?x64xf32>
  // CHECK: qnn.matmul %{{.*}}, %{{.*}} : tensor<32xf32>, tensor<5x32x7xf32> -> tensor<5x7xf32>
  %3 = qnn.matmul %v, %m : tensor<32xf32>, tensor<5x32x7xf32> -> tensor<5x7xf32>
  // CHECK: qnn.matmul %{{.*}}, %{{.*}} : tensor<32xf32>, tensor<32xf32> -> tensor<f32>
  %4 = qnn.matmul %v, %v : tensor<32xf32>, tensor<32xf32> -> tensor<f32>
  return %0 : tensor<?x?x28x64xf32>
}

// CHECK-LABEL: func.func @norms
func.func @norms(%x: tensor<?x8x8x4xf32>, %c: tensor<4xf32>) -> tensor<?x8x8x4xf32> {
  // CHECK: qnn.batch_norm
  %0 = qnn.batch_norm %x, %c, %c, %c, %c {epsilon = 1.0e-5 : f64, axis = 3 : i64}
    : tensor<?x8x8x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<?x8x8x4xf32>
  // CHECK: qnn.layer_norm
  %1 = qnn.layer_norm %0, %c, %c {epsilon = 1.0e-5 : f64, axis = 3 : i64}
    : tensor<?x8x8x4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<?x8x8x4xf32>
  // CHECK: qnn.rms_norm
  %2 = qnn.rms_norm %1, %c {epsilon = 1.0e-5 : f64} : tensor<?x8x8x4xf32>, tensor<4xf32> -> tensor<?x8x8x4xf32>
  // CHECK: qnn.softmax
  %3 = qnn.softmax %2 {axis = 3 : i64} : tensor<?x8x8x4xf32> -> tensor<?x8x8x4xf32>
  return %3 : tensor<?x8x8x4xf32>
}

// CHECK-LABEL: func.func @reductions
func.func @reductions(%x: tensor<?x8x8x4xf32>, %q: tensor<?x8x8x4xi8>) -> tensor<?x4xf32> {
  // CHECK: qnn.reduce_max %{{.*}} axes [1, 2] {keep_dims}
  %0 = qnn.reduce_max %x axes [1, 2] {keep_dims} : tensor<?x8x8x4xf32> -> tensor<?x1x1x4xf32>
  // CHECK: qnn.reduce_mean %{{.*}} axes [1, 2] :
  %1 = qnn.reduce_mean %x axes [1, 2] : tensor<?x8x8x4xf32> -> tensor<?x4xf32>
  // CHECK: qnn.reduce_min
  %2 = qnn.reduce_min %x axes [0, 1, 2, 3] : tensor<?x8x8x4xf32> -> tensor<f32>
  // CHECK: qnn.reduce_prod
  %3 = qnn.reduce_prod %x axes [] : tensor<?x8x8x4xf32> -> tensor<?x8x8x4xf32>
  // CHECK: qnn.reduce_sum
  %4 = qnn.reduce_sum %x axes [3] : tensor<?x8x8x4xf32> -> tensor<?x8x8xf32>
  // CHECK: qnn.arg_max
  %5 = qnn.arg_max %x {axis = 3 : i64} : tensor<?x8x8x4xf32> -> tensor<?x8x8xi64>
  // CHECK: qnn.cum_sum %{{.+}} {axis = 0 : i64, exclusive, reverse}
  %c = qnn.cum_sum %x {axis = 0 : i64, exclusive, reverse} : tensor<?x8x8x4xf32> -> tensor<?x8x8x4xf32>
  // CHECK: qnn.max_pool2d
  %6 = qnn.max_pool2d %q kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] {unsigned_storage}
    : tensor<?x8x8x4xi8> -> tensor<?x4x4x4xi8>
  // CHECK: qnn.avg_pool2d
  %7 = qnn.avg_pool2d %x kernel [3, 3] strides [2, 2] pads [1, 1, 1, 1] dilations [1, 1] {count_include_pad}
    : tensor<?x8x8x4xf32> -> tensor<?x4x4x4xf32>
  return %1 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @shapes
func.func @shapes(%x: tensor<?x4x1xf32>, %i: tensor<2xi64>, %s: tensor<f32>, %n: tensor<i64>, %g: tensor<1x4x4x2xf32>)
    -> tensor<?x4xf32> {
  %shape = qnn.constant dense<[0, 4]> : tensor<2xi64>
  // CHECK: qnn.reshape %{{.*}}, %{{.*}} {allow_zero}
  %0 = qnn.reshape %x, %i {allow_zero} : tensor<?x4x1xf32>, tensor<2xi64> -> tensor<?x?xf32>
  %1 = qnn.reshape %x, %shape : tensor<?x4x1xf32>, tensor<2xi64> -> tensor<?x4xf32>
  // CHECK: qnn.squeeze %{{.*}} axes [2]
  %2 = qnn.squeeze %x axes [2] : tensor<?x4x1xf32> -> tensor<?x4xf32>
  // CHECK: qnn.unsqueeze %{{.*}} axes [0, 3]
  %3 = qnn.unsqueeze %2 axes [0, 3] : tensor<?x4xf32> -> tensor<1x?x4x1xf32>
  // CHECK: qnn.flatten
  %4 = qnn.flatten %x {axis = 1 : i64} : tensor<?x4x1xf32> -> tensor<?x4xf32>
  // CHECK: qnn.transpose %{{.*}} perm [1, 0]
  %5 = qnn.transpose %4 perm [1, 0] : tensor<?x4xf32> -> tensor<4x?xf32>
  // CHECK: qnn.gather_nd %{{.*}}, %{{.*}} {batch_dims = 0 : i64}
  %nd = qnn.gather_nd %5, %i {batch_dims = 0 : i64} : tensor<4x?xf32>, tensor<2xi64> -> tensor<f32>
  // CHECK: qnn.gather %
  %6 = qnn.gather %5, %n {axis = 0 : i64} : tensor<4x?xf32>, tensor<i64> -> tensor<?xf32>
  %start = qnn.constant dense<1> : tensor<1xi64>
  %end = qnn.constant dense<-1> : tensor<1xi64>
  // CHECK: qnn.slice %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} axes [1]
  %7 = qnn.slice %x, %start, %end, %start axes [1]
    : tensor<?x4x1xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64> -> tensor<?x2x1xf32>
  // CHECK: qnn.concat
  %8 = qnn.concat %x, %7 {axis = 1 : i64} : tensor<?x4x1xf32>, tensor<?x2x1xf32> -> tensor<?x6x1xf32>
  %pads = qnn.constant dense<[0, 1, 0, 0, -1, 2]> : tensor<6xi64>
  // CHECK: qnn.pad %{{.*}}, %{{.*}}, %{{.*}} reflect
  %9 = qnn.pad %x, %pads, %s reflect : tensor<?x4x1xf32>, tensor<6xi64>, tensor<f32> -> tensor<?x4x3xf32>
  // CHECK: qnn.expand
  %10 = qnn.expand %x, %i : tensor<?x4x1xf32>, tensor<2xi64> -> tensor<?x4x?xf32>
  %repeats = qnn.constant dense<[1, 3, 0]> : tensor<3xi64>
  // CHECK: qnn.tile
  %11 = qnn.tile %x, %repeats : tensor<?x4x1xf32>, tensor<3xi64> -> tensor<?x12x0xf32>
  // CHECK: qnn.resize %{{.*}}, %{{.*}} linear half_pixel floor scales [2.000000e+00, 2.000000e+00]
  %12 = qnn.resize %g, %i linear half_pixel floor scales [2.0, 2.0] : tensor<1x4x4x2xf32>, tensor<2xi64> -> tensor<1x?x?x2xf32>
  // CHECK: qnn.shape
  %13 = qnn.shape %x {start = 0 : i64, end = 2 : i64} : tensor<?x4x1xf32> -> tensor<2xi64>
  // CHECK: qnn.range
  %14 = qnn.range %n, %n, %n : tensor<i64>, tensor<i64>, tensor<i64> -> tensor<?xi64>
  return %1 : tensor<?x4xf32>
}

// CHECK-LABEL: func.func @qdq
func.func @qdq(%x: tensor<?x8xf32>, %w: tensor<6x8xi4>) -> tensor<?x8xf32> {
  %scale = qnn.constant dense<0.5> : tensor<f32>
  %zero = qnn.constant dense<3> : tensor<i8>
  // CHECK: qnn.observe %{{.*}} "node_1" range [-1.000000e+00, 2.000000e+00] {count = 16 : i64}
  %0 = qnn.observe %x "node_1" range [-1.0, 2.0] {count = 16 : i64} : tensor<?x8xf32>
  // CHECK: qnn.quantize %{{.*}}, %{{.*}}, %{{.*}} {is_unsigned} : tensor<?x8xf32>, tensor<f32>, tensor<i8> -> tensor<?x8xi8>
  %1 = qnn.quantize %0, %scale, %zero {is_unsigned} : tensor<?x8xf32>, tensor<f32>, tensor<i8> -> tensor<?x8xi8>
  // CHECK: qnn.dequantize
  %2 = qnn.dequantize %1, %scale, %zero {is_unsigned} : tensor<?x8xi8>, tensor<f32>, tensor<i8> -> tensor<?x8xf32>
  // One scale for each of 6 rows, then one for each 3 elements of a row (the last block has 2).
  %rows = qnn.constant dense<0.5> : tensor<6xf32>
  %rowZeros = qnn.constant dense<0> : tensor<6xi4>
  %3 = qnn.dequantize %w, %rows, %rowZeros : tensor<6x8xi4>, tensor<6xf32>, tensor<6xi4> -> tensor<6x8xf32>
  %blocks = qnn.constant dense<0.5> : tensor<6x3xf32>
  %blockZeros = qnn.constant dense<-8> : tensor<6x3xi4>
  // CHECK: qnn.dequantize %{{.*}}, %{{.*}}, %{{.*}} {axis = 1 : i64, block_size = 3 : i64}
  %4 = qnn.dequantize %w, %blocks, %blockZeros {axis = 1 : i64, block_size = 3 : i64}
    : tensor<6x8xi4>, tensor<6x3xf32>, tensor<6x3xi4> -> tensor<6x8xf32>
  // CHECK: qnn.dynamic_quantize
  %5, %6, %7 = qnn.dynamic_quantize %x : tensor<?x8xf32> -> tensor<?x8xi8>, tensor<?x1xf32>, tensor<?x1xi8>
  return %2 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @integer
func.func @integer(%x: tensor<?x8x8x4xi8>, %w: tensor<8x3x3x4xi8>, %b: tensor<8xi32>, %r: tensor<?x8x8x8xi8>,
                   %l: tensor<?x16xi8>, %lw: tensor<8x16xi8>, %f: tensor<?x16xf32>, %bw: tensor<8x16xi4>,
                   %fb: tensor<8xf32>, %t: tensor<256xi8>) -> tensor<?x8x8x8xi8> {
  %z = qnn.constant dense<-3> : tensor<i8>
  %m = qnn.constant dense<0.01> : tensor<f32>
  %mc = qnn.constant dense<0.01> : tensor<8xf32>
  // CHECK: qnn.qconv2d %{{.*}}, %{{.*}} bias %{{.*}} zero_point %{{.*}} requantize %{{.*}}, %{{.*}} residual
  // CHECK-SAME: clamp -3 to 127
  %0 = qnn.qconv2d %x, %w bias %b zero_point %z requantize %mc, %z residual %r, %z, %m
    strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1 clamp -3 to 127
    : (tensor<?x8x8x4xi8>, tensor<8x3x3x4xi8>, tensor<8xi32>, tensor<i8>, tensor<8xf32>, tensor<i8>,
       tensor<?x8x8x8xi8>, tensor<i8>, tensor<f32>) -> tensor<?x8x8x8xi8>
  // CHECK: qnn.qlinear
  %1 = qnn.qlinear %l, %lw bias %b zero_point %z requantize %m, %z clamp 0 to 255 {unsigned_input, unsigned_output}
    : (tensor<?x16xi8>, tensor<8x16xi8>, tensor<8xi32>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<?x8xi8>
  %2, %3, %4 = qnn.dynamic_quantize %f : tensor<?x16xf32> -> tensor<?x16xi8>, tensor<?x1xf32>, tensor<?x1xi8>
  // CHECK: qnn.dynamic_qlinear
  %5 = qnn.dynamic_qlinear %2, %lw scales %3, %mc zero_point %4 bias %fb
    : (tensor<?x16xi8>, tensor<8x16xi8>, tensor<?x1xf32>, tensor<?x1xi8>, tensor<8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %bs = qnn.constant dense<0.01> : tensor<8x4xf32>
  %bz = qnn.constant dense<0> : tensor<8x4xi4>
  // CHECK: qnn.block_linear %{{.*}}, %{{.*}} scales %{{.*}} zero_points %{{.*}} bias %{{.*}} block 4 activations int8
  %6 = qnn.block_linear %f, %bw scales %bs zero_points %bz bias %fb block 4 activations int8
    : (tensor<?x16xf32>, tensor<8x16xi4>, tensor<8x4xf32>, tensor<8x4xi4>, tensor<8xf32>) -> tensor<?x8xf32>
  // CHECK: qnn.qadd
  %7 = qnn.qadd %r, %z, %m and %0, %z, %m zero_point %z clamp -128 to 127
    : (tensor<?x8x8x8xi8>, tensor<i8>, tensor<f32>, tensor<?x8x8x8xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<?x8x8x8xi8>
  // CHECK: qnn.qmul
  %8 = qnn.qmul %r, %z and %7, %z requantize %m, %z clamp -128 to 127
    : (tensor<?x8x8x8xi8>, tensor<i8>, tensor<?x8x8x8xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<?x8x8x8xi8>
  // CHECK: qnn.qreduce_mean
  %9 = qnn.qreduce_mean %8 zero_point %z requantize %m, %z axes [1, 2] {keep_dims}
    : (tensor<?x8x8x8xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<?x1x1x8xi8>
  // CHECK: qnn.qavg_pool2d
  %10 = qnn.qavg_pool2d %8 zero_point %z requantize %m, %z kernel [2, 2] strides [2, 2] pads [0, 0, 0, 0]
    : (tensor<?x8x8x8xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<?x4x4x8xi8>
  // CHECK: qnn.requantize
  %11 = qnn.requantize %8 zero_point %z requantize %m, %z clamp 0 to 255 {unsigned_output}
    : (tensor<?x8x8x8xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<?x8x8x8xi8>
  // CHECK: qnn.lookup
  %12 = qnn.lookup %11, %t : tensor<?x8x8x8xi8>, tensor<256xi8> -> tensor<?x8x8x8xi8>
  return %12 : tensor<?x8x8x8xi8>
}
