// Which kernels a model gets: one for each different function, and for each product the last tile
// kernel of the target's table that can do it. Features are SSE4.2; AVX2, FMA, F16C; all of AVX-512
// with VNNI.
// RUN: quant-opt %s -split-input-file --qnn-plan-kernels --qnn-emit-kernels | FileCheck %s --check-prefixes=CHECK,V2
// RUN: quant-opt %s -split-input-file --qnn-set-target="features=+avx2,+fma,+f16c" --qnn-plan-kernels --qnn-emit-kernels | FileCheck %s --check-prefixes=CHECK,V3
// RUN: quant-opt %s -split-input-file --qnn-set-target="features=+avx512vnni" --qnn-plan-kernels --qnn-emit-kernels | FileCheck %s --check-prefixes=CHECK,V4

// A linear op on f32: the tile grows with the registers.
// CHECK-LABEL: llvm.func @bw_linear_invoke
// V2: llvm.func internal @linear_f32_6x8_sse42_0(
// V3: llvm.func internal @linear_f32_6x16_avx2_0(
// V4: llvm.func internal @linear_f32_12x32_avx512vnni_0(
module attributes {qnn.model_name = "linear"} {
  func.func @main(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
    %w = qnn.constant dense<0.5> : tensor<2x4xf32>
    %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
    return %0 : tensor<3x2xf32>
  }
}

// -----

// Products of bytes: pmaddwd below VNNI, vpdpbusd with it.
// CHECK-LABEL: llvm.func @bw_bytes_invoke
// V2: llvm.func internal @qlinear_u8s8_4x8_sse42_0(
// V2: llvm.x86.sse2.pmadd.wd
// V3: llvm.func internal @qlinear_u8s8_4x16_avx2_0(
// V3: llvm.x86.avx2.pmadd.wd
// V4: llvm.func internal @qlinear_u8s8_12x32_avx512vnni_0(
// V4: llvm.x86.avx512.vpdpbusd.512
module attributes {qnn.model_name = "bytes"} {
  func.func @main(%x: tensor<3x4xi8>) -> tensor<3x2xi8> {
    %w = qnn.constant dense<3> : tensor<2x4xi8>
    %z = qnn.constant dense<1> : tensor<i8>
    %m = qnn.constant dense<0.5> : tensor<f32>
    %0 = qnn.qlinear %x, %w zero_point %z requantize %m, %z clamp 0 to 255 {unsigned_input, unsigned_output} : (tensor<3x4xi8>, tensor<2x4xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<3x2xi8>
    return %0 : tensor<3x2xi8>
  }
}

// -----

// Signed activations: vpdpbusd reads them 128 larger.
// CHECK-LABEL: llvm.func @bw_signed_invoke
// V2: llvm.func internal @qlinear_s8s8_4x8_sse42_0(
// V3: llvm.func internal @qlinear_s8s8_4x16_avx2_0(
// V4: llvm.func internal @qlinear_s8s8_12x32_avx512vnni_0(
// V4: arith.constant -2139062144 : i32
module attributes {qnn.model_name = "signed"} {
  func.func @main(%x: tensor<3x4xi8>) -> tensor<3x2xi8> {
    %w = qnn.constant dense<3> : tensor<2x4xi8>
    %z = qnn.constant dense<1> : tensor<i8>
    %m = qnn.constant dense<0.5> : tensor<f32>
    %0 = qnn.qlinear %x, %w zero_point %z requantize %m, %z clamp -128 to 127 : (tensor<3x4xi8>, tensor<2x4xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<3x2xi8>
    return %0 : tensor<3x2xi8>
  }
}

// -----

// 4-bit weights and f32 activations: few rows and many are two kernels in one function; only with
// AVX-512 are nibbles read as mantissas.
// CHECK-LABEL: llvm.func @bw_nibbles_invoke
// V2: llvm.func internal @block_linear_f32u4_6x8_sse42_0(
// V2-NOT: 1065353216
// V3: llvm.func internal @block_linear_f32u4_6x16_avx2_0(
// V3-NOT: 1065353216
// V4: llvm.func internal @block_linear_f32u4_12x32_avx512vnni_0(
// V4: arith.constant dense<1065353216>
module attributes {qnn.model_name = "nibbles"} {
  func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
    %w = qnn.constant dense<3> : tensor<2x32xi4>
    %s = qnn.constant dense<0.5> : tensor<2x2xf32>
    %z = qnn.constant dense<1> : tensor<2x2xi4>
    %0 = qnn.block_linear %x, %w scales %s zero_points %z block 16 activations float : (tensor<?x32xf32>, tensor<2x32xi4>, tensor<2x2xf32>, tensor<2x2xi4>) -> tensor<?x2xf32>
    return %0 : tensor<?x2xf32>
  }
}

// -----

// A panel of 2 MiB is too much to dequantize: row by row.
// CHECK-LABEL: llvm.func @bw_deep_invoke
// V2: llvm.func internal @block_linear_f32u4_1x8_sse42_0(
// V3: llvm.func internal @block_linear_f32u4_1x16_avx2_0(
// V4: llvm.func internal @block_linear_f32u4_1x32_avx512vnni_0(
module attributes {qnn.model_name = "deep"} {
  func.func @main(%x: tensor<?x65536xf32>) -> tensor<?x1xf32> {
    %w = qnn.constant dense<3> : tensor<1x65536xi4>
    %s = qnn.constant dense<0.5> : tensor<1x1xf32>
    %z = qnn.constant dense<1> : tensor<1x1xi4>
    %0 = qnn.block_linear %x, %w scales %s zero_points %z block 65536 activations float : (tensor<?x65536xf32>, tensor<1x65536xi4>, tensor<1x1xf32>, tensor<1x1xi4>) -> tensor<?x1xf32>
    return %0 : tensor<?x1xf32>
  }
}

// -----

// int8 activations and weights in blocks.
// CHECK-LABEL: llvm.func @bw_dynamic_invoke
// V2: llvm.func internal @block_linear_s8u4_1x8_sse42_0(
// V3: llvm.func internal @block_linear_s8u4_1x16_avx2_0(
// V4: llvm.func internal @block_linear_s8u4_4x32_avx512vnni_0(
module attributes {qnn.model_name = "dynamic"} {
  func.func @main(%x: tensor<?x32xf32>) -> tensor<?x2xf32> {
    %w = qnn.constant dense<3> : tensor<2x32xi4>
    %s = qnn.constant dense<0.5> : tensor<2x2xf32>
    %z = qnn.constant dense<1> : tensor<2x2xi4>
    %0 = qnn.block_linear %x, %w scales %s zero_points %z block 16 activations int8 : (tensor<?x32xf32>, tensor<2x32xi4>, tensor<2x2xf32>, tensor<2x2xi4>) -> tensor<?x2xf32>
    return %0 : tensor<?x2xf32>
  }
}

// -----

// The right operand of a computed product is read in place.
// CHECK-LABEL: llvm.func @bw_product_invoke
// V2: llvm.func internal @matmul_f32_6x8_sse42_0(
// V3: llvm.func internal @matmul_f32_6x16_avx2_0(
// V4: llvm.func internal @matmul_f32_12x32_avx512vnni_0(
module attributes {qnn.model_name = "product"} {
  func.func @main(%x: tensor<3x4xf32>, %y: tensor<4x5xf32>) -> tensor<3x5xf32> {
    %0 = qnn.matmul %x, %y : tensor<3x4xf32>, tensor<4x5xf32> -> tensor<3x5xf32>
    return %0 : tensor<3x5xf32>
  }
}

// -----

// Weights differ, kernels do not: two launches of one.
// CHECK-LABEL: llvm.func @bw_twice_invoke
// CHECK: llvm.call @linear_f32_[[TILE:[a-z0-9_]+]]_0(
// CHECK: llvm.call @linear_f32_[[TILE]]_0(
// CHECK-NOT: @linear_f32_{{.*}}_1(
module attributes {qnn.model_name = "twice"} {
  func.func @main(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
    %v = qnn.constant dense<0.5> : tensor<4x4xf32>
    %w = qnn.constant dense<0.25> : tensor<4x4xf32>
    %0 = qnn.linear %x, %v : tensor<3x4xf32>, tensor<4x4xf32> -> tensor<3x4xf32>
    %1 = qnn.linear %0, %w : tensor<3x4xf32>, tensor<4x4xf32> -> tensor<3x4xf32>
    return %1 : tensor<3x4xf32>
  }
}

// -----

// An epsilon is built into a kernel: 0 and 1e-20 are two kernels, equal ones share one.
// CHECK-LABEL: llvm.func @bw_epsilon_invoke
// CHECK: llvm.call @norm_0(
// CHECK: llvm.call @norm_1(
// CHECK: llvm.call @norm_0(
// CHECK: llvm.func internal @norm_0(
// CHECK: arith.constant 9.999{{.*}}E-21 : f32
// CHECK-NOT: @norm_2
module attributes {qnn.model_name = "epsilon"} {
  func.func @main(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
    %c = qnn.constant dense<0.5> : tensor<4xf32>
    %0 = qnn.rms_norm %x, %c {epsilon = 0.0 : f64} : tensor<3x4xf32>, tensor<4xf32> -> tensor<3x4xf32>
    %1 = qnn.rms_norm %0, %c {epsilon = 1.0e-20 : f64} : tensor<3x4xf32>, tensor<4xf32> -> tensor<3x4xf32>
    %2 = qnn.rms_norm %1, %c {epsilon = 0.0 : f64} : tensor<3x4xf32>, tensor<4xf32> -> tensor<3x4xf32>
    return %2 : tensor<3x4xf32>
  }
}

// -----

// What an op is called is no part of its kernel: reductions of other axes that walk memory alike.
// CHECK-LABEL: llvm.func @bw_axes_invoke
// CHECK: llvm.call @reduce_0(
// CHECK: llvm.call @reduce_0(
// CHECK-NOT: @reduce_1
module attributes {qnn.model_name = "axes"} {
  func.func @main(%x: tensor<3x4x5xf32>) -> tensor<3xf32> {
    %0 = qnn.reduce_sum %x axes [2] : tensor<3x4x5xf32> -> tensor<3x4xf32>
    %1 = qnn.reduce_sum %0 axes [1] : tensor<3x4xf32> -> tensor<3xf32>
    return %1 : tensor<3xf32>
  }
}

// -----

// Sums of floats are taken in 16 lanes at every level, in one order.
// CHECK-LABEL: llvm.func @bw_lanes_invoke
// CHECK: llvm.func internal @reduce_0(
// CHECK: vector<16xf32>
// CHECK-NOT: vector<4xf32>, vector<4xf32>, vector<4xf32>
module attributes {qnn.model_name = "lanes"} {
  func.func @main(%x: tensor<3x50xf32>) -> tensor<3xf32> {
    %0 = qnn.reduce_sum %x axes [1] : tensor<3x50xf32> -> tensor<3xf32>
    return %0 : tensor<3xf32>
  }
}

// -----

// A depthwise convolution on bytes: dot products of vertical taps where a block of channels fills a
// register.
// CHECK-LABEL: llvm.func @bw_depthwise_invoke
// CHECK: llvm.func internal @depthwise_i8_0(
// V2: llvm.x86.sse2.pmadd.wd
// V3: llvm.x86.avx2.pmadd.wd
// V4: llvm.x86.avx512.vpdpbusd
module attributes {qnn.model_name = "depthwise"} {
  func.func @main(%x: tensor<1x8x8x16xi8>) -> tensor<1x6x6x16xi8> {
    %w = qnn.constant dense<3> : tensor<16x3x3x1xi8>
    %z = qnn.constant dense<1> : tensor<i8>
    %m = qnn.constant dense<0.5> : tensor<f32>
    %0 = "qnn.qconv2d"(%x, %w, %z, %m, %z) {strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, groups = 16 : i64, clamp_min = -128 : i64, clamp_max = 127 : i64, operandSegmentSizes = array<i32: 1, 1, 0, 1, 1, 1, 0, 0, 0>} : (tensor<1x8x8x16xi8>, tensor<16x3x3x1xi8>, tensor<i8>, tensor<f32>, tensor<i8>) -> tensor<1x6x6x16xi8>
    return %0 : tensor<1x6x6x16xi8>
  }
}
