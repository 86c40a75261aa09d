// RUN: quant-opt --qnn-assign --qnn-quantize-static --qnn-round --qnn-clear-assignment --qnn-fold-observers --split-input-file %s | FileCheck %s
// RUN: quant-opt --qnn-assign=group=-1 --qnn-quantize-static --qnn-round --qnn-clear-assignment --qnn-fold-observers --split-input-file %s | FileCheck %s --check-prefix=TENSOR
// RUN: quant-opt --qnn-assign=keep=conv1 --qnn-quantize-static --qnn-round --qnn-clear-assignment --qnn-fold-observers --split-input-file %s | FileCheck %s --check-prefix=KEEP

// A linear op: weights for each channel, input and output bracketed, observers gone. The range [-1, 1.55] maps to
// scale 0.01, zero point 100.
// CHECK-LABEL: func.func @linear
// CHECK-SAME: %[[X:.*]]: tensor<1x2xf32>
// CHECK-NOT: qnn.observe
// CHECK: %[[Q:.*]] = qnn.quantize %[[X]], %[[S:.*]], %[[Z:.*]] {is_unsigned} : tensor<1x2xf32>, tensor<f32>, tensor<i8> -> tensor<1x2xi8>
// CHECK: %[[D:.*]] = qnn.dequantize %[[Q]], %[[S]], %[[Z]] {is_unsigned}
// CHECK: %[[W:.*]] = qnn.constant dense<{{\[\[}}127, 64], [-127, 0]]> : tensor<2x2xi8>
// CHECK: %[[WS:.*]] = qnn.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK: %[[WZ:.*]] = qnn.constant dense<0> : tensor<2xi8>
// CHECK: %[[WD:.*]] = qnn.dequantize %[[W]], %[[WS]], %[[WZ]] : tensor<2x2xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x2xf32>
// CHECK: %[[Y:.*]] = qnn.linear %[[D]], %[[WD]]
// CHECK: %[[QY:.*]] = qnn.quantize %[[Y]],
// CHECK: %[[DY:.*]] = qnn.dequantize %[[QY]],
// CHECK: qnn.linear %[[DY]]
// TENSOR-LABEL: func.func @linear
// TENSOR: qnn.constant dense<{{\[\[}}64, 32], [-127, 0]]> : tensor<2x2xi8>
// TENSOR: qnn.constant dense<2.000000e+00> : tensor<f32>
func.func @linear(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = qnn.observe %x "x" range [-1.0, 1.55] {count = 2 : i64} : tensor<1x2xf32>
  %w = qnn.constant dense<[[127.0, 64.0], [-254.0, 1.0]]> : tensor<2x2xf32>
  %1 = qnn.linear %0, %w : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32> loc("fc")
  %2 = qnn.observe %1 "fc" range [0.0, 2.55] {count = 2 : i64} : tensor<1x2xf32>
  %3 = qnn.linear %2, %w : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32> loc("fc2")
  %4 = qnn.observe %3 "fc2" range [0.0, 2.55] {count = 2 : i64} : tensor<1x2xf32>
  return %4 : tensor<1x2xf32>
}

// -----

// A residual block: conv2's sum is formed on its accumulator, relu ends the group; neither conv2 nor the add is bracketed.
// CHECK-LABEL: func.func @residual
// CHECK: %[[C1:.*]] = qnn.conv2d
// CHECK-NEXT: %[[R1:.*]] = qnn.relu %[[C1]]
// CHECK-NEXT: %[[Q1:.*]] = qnn.quantize %[[R1]]
// CHECK-NEXT: %[[D1:.*]] = qnn.dequantize %[[Q1]]
// CHECK: %[[C2:.*]] = qnn.conv2d %[[D1]]
// CHECK-NEXT: %[[A:.*]] = qnn.add %[[C2]], %[[D1]]
// CHECK-NEXT: %[[R2:.*]] = qnn.relu %[[A]]
// CHECK-NEXT: %[[Q2:.*]] = qnn.quantize %[[R2]]
// CHECK-NEXT: %[[D2:.*]] = qnn.dequantize %[[Q2]]
// CHECK-NEXT: return %[[D2]]
// KEEP-LABEL: func.func @residual
// A float conv1: its relu has no quantized input, so the border is behind the relu.
// KEEP: qnn.conv2d %arg0
// KEEP-NEXT: %[[R1:.*]] = qnn.relu
// KEEP-NEXT: %[[Q1:.*]] = qnn.quantize %[[R1]]
// KEEP-NEXT: %[[D1:.*]] = qnn.dequantize %[[Q1]]
// The add reads the float relu: conv2 is bracketed on its own.
// KEEP: %[[C2:.*]] = qnn.conv2d %[[D1]]
// KEEP: qnn.add %{{.*}}, %[[R1]]
func.func @residual(%x: tensor<1x2x2x16xf32>) -> tensor<1x2x2x16xf32> {
  %0 = qnn.observe %x "x" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x2x2x16xf32>
  %w = qnn.constant dense<1.0> : tensor<16x1x1x16xf32>
  %c1 = qnn.conv2d %0, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<1x2x2x16xf32>, tensor<16x1x1x16xf32> -> tensor<1x2x2x16xf32> loc("conv1")
  %o1 = qnn.observe %c1 "conv1" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x2x2x16xf32>
  %r1 = qnn.relu %o1 : tensor<1x2x2x16xf32> -> tensor<1x2x2x16xf32> loc("relu1")
  %o2 = qnn.observe %r1 "relu1" range [0.0, 1.0] {count = 2 : i64} : tensor<1x2x2x16xf32>
  %c2 = qnn.conv2d %o2, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<1x2x2x16xf32>, tensor<16x1x1x16xf32> -> tensor<1x2x2x16xf32> loc("conv2")
  %o3 = qnn.observe %c2 "conv2" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x2x2x16xf32>
  %a = qnn.add %o3, %o2 : tensor<1x2x2x16xf32>, tensor<1x2x2x16xf32> -> tensor<1x2x2x16xf32> loc("add")
  %o4 = qnn.observe %a "add" range [-1.0, 2.0] {count = 2 : i64} : tensor<1x2x2x16xf32>
  %r2 = qnn.relu %o4 : tensor<1x2x2x16xf32> -> tensor<1x2x2x16xf32> loc("relu2")
  %o5 = qnn.observe %r2 "relu2" range [0.0, 2.0] {count = 2 : i64} : tensor<1x2x2x16xf32>
  return %o5 : tensor<1x2x2x16xf32>
}

// -----

// Moves keep scale and zero point, and quantization goes in front of them. Each half of a concat that nothing else
// reads takes the parameters of the result.
// CHECK-LABEL: func.func @moves
// CHECK-SAME: %[[X:.*]]: tensor<1x32xf32>
// CHECK: %[[Q:.*]] = qnn.quantize %[[X]], %[[S:.*]], %[[Z:.*]] {is_unsigned}
// CHECK: %[[D:.*]] = qnn.dequantize %[[Q]]
// CHECK: %[[R:.*]] = qnn.reshape %[[D]]
// CHECK: %[[QR:.*]] = qnn.quantize %[[R]], %[[S]], %[[Z]]
// CHECK: %[[DR:.*]] = qnn.dequantize %[[QR]], %[[S]], %[[Z]]
// CHECK: %[[Y1:.*]] = qnn.linear %[[DR]]
// CHECK: qnn.quantize %[[Y1]], %[[SC:.*]], %[[ZC:.*]] {is_unsigned}
// CHECK: %[[Y2:.*]] = qnn.linear %[[DR]]
// CHECK: qnn.quantize %[[Y2]], %[[SC]], %[[ZC]] {is_unsigned}
// CHECK: %[[C:.*]] = qnn.concat
// CHECK: qnn.quantize %[[C]], %[[SC]], %[[ZC]] {is_unsigned}
func.func @moves(%x: tensor<1x32xf32>) -> tensor<4x8xf32> {
  %0 = qnn.observe %x "x" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x32xf32>
  %shape = qnn.constant dense<[2, 16]> : tensor<2xi64>
  %1 = qnn.reshape %0, %shape : tensor<1x32xf32>, tensor<2xi64> -> tensor<2x16xf32>
  %2 = qnn.observe %1 "reshape" range [-1.0, 1.0] {count = 2 : i64} : tensor<2x16xf32>
  %w = qnn.constant dense<1.0> : tensor<8x16xf32>
  %3 = qnn.linear %2, %w : tensor<2x16xf32>, tensor<8x16xf32> -> tensor<2x8xf32>
  %4 = qnn.observe %3 "fc1" range [-1.0, 1.0] {count = 2 : i64} : tensor<2x8xf32>
  %5 = qnn.linear %2, %w : tensor<2x16xf32>, tensor<8x16xf32> -> tensor<2x8xf32>
  %6 = qnn.observe %5 "fc2" range [-1.0, 3.0] {count = 2 : i64} : tensor<2x8xf32>
  %7 = qnn.concat %4, %6 {axis = 0 : i64} : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<4x8xf32>
  %8 = qnn.observe %7 "concat" range [-1.0, 3.0] {count = 2 : i64} : tensor<4x8xf32>
  return %8 : tensor<4x8xf32>
}

// -----

// A bias that would not fit int32 at scale_x * scale_w widens the weight scale: 1.0 at 1e-5 * 1e-7 asks for 1e12.
// CHECK-LABEL: func.func @bias
// CHECK: qnn.constant dense<{{4.[0-9]+E-5|4.[0-9]+e-05}}> : tensor<1xf32>
func.func @bias(%x: tensor<1x16xf32>) -> tensor<1x1xf32> {
  %0 = qnn.observe %x "x" range [0.0, 0.00255] {count = 2 : i64} : tensor<1x16xf32>
  %w = qnn.constant dense<0.0000127> : tensor<1x16xf32>
  %b = qnn.constant dense<1.0> : tensor<1xf32>
  %1 = qnn.linear %0, %w, %b : tensor<1x16xf32>, tensor<1x16xf32>, tensor<1xf32> -> tensor<1x1xf32>
  %2 = qnn.observe %1 "fc" range [0.0, 1.0] {count = 2 : i64} : tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

// No range was observed for the input: the op stays float and so does all behind it.
// CHECK-LABEL: func.func @unmeasured
// CHECK-NOT: qnn.quantize
// CHECK: return
func.func @unmeasured(%x: tensor<1x16xf32>) -> tensor<1x1xf32> {
  %w = qnn.constant dense<1.0> : tensor<1x16xf32>
  %1 = qnn.linear %x, %w : tensor<1x16xf32>, tensor<1x16xf32> -> tensor<1x1xf32>
  %2 = qnn.observe %1 "fc" range [0.0, 1.0] {count = 2 : i64} : tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

// A softmax stays float; a sigmoid between int8 ops is a function of one tensor, one at the end stays float.
// CHECK-LABEL: func.func @functions
// CHECK: %[[S1:.*]] = qnn.sigmoid
// CHECK-NEXT: qnn.quantize %[[S1]]
// CHECK: qnn.linear
// CHECK-NEXT: qnn.quantize
// CHECK-NEXT: %[[D:.*]] = qnn.dequantize
// CHECK-NEXT: %[[S2:.*]] = qnn.sigmoid %[[D]]
// CHECK-NEXT: %[[SM:.*]] = qnn.softmax %[[D]]
// CHECK-NEXT: return %[[S2]], %[[SM]]
func.func @functions(%x: tensor<1x16xf32>) -> (tensor<1x16xf32>, tensor<1x16xf32>) {
  %0 = qnn.observe %x "x" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x16xf32>
  %w = qnn.constant dense<1.0> : tensor<16x16xf32>
  %1 = qnn.linear %0, %w : tensor<1x16xf32>, tensor<16x16xf32> -> tensor<1x16xf32>
  %2 = qnn.observe %1 "fc1" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x16xf32>
  %3 = qnn.sigmoid %2 : tensor<1x16xf32> -> tensor<1x16xf32>
  %4 = qnn.observe %3 "sig1" range [0.0, 1.0] {count = 2 : i64} : tensor<1x16xf32>
  %5 = qnn.linear %4, %w : tensor<1x16xf32>, tensor<16x16xf32> -> tensor<1x16xf32>
  %6 = qnn.observe %5 "fc2" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x16xf32>
  %7 = qnn.sigmoid %6 : tensor<1x16xf32> -> tensor<1x16xf32>
  %8 = qnn.observe %7 "sig2" range [0.0, 1.0] {count = 2 : i64} : tensor<1x16xf32>
  %9 = qnn.softmax %6 {axis = 1 : i64} : tensor<1x16xf32> -> tensor<1x16xf32>
  return %8, %9 : tensor<1x16xf32>, tensor<1x16xf32>
}

// -----

// Joined tensors whose ranges differ by 100 would leave the narrow one 3 steps: the concat stays float, each half has
// its own scale, and the linear op that would quantize the joined tensor stays float, too.
// CHECK-LABEL: func.func @joined
// CHECK: qnn.quantize %{{.*}}, %[[S1:.*]], %{{.*}} {is_unsigned} : tensor<2x8xf32>
// CHECK: %[[D1:.*]] = qnn.dequantize %{{.*}}, %[[S1]]
// CHECK: qnn.quantize %{{.*}}, %[[S2:.*]], %{{.*}} {is_unsigned} : tensor<2x8xf32>
// CHECK: %[[D2:.*]] = qnn.dequantize %{{.*}}, %[[S2]]
// CHECK: %[[C:.*]] = qnn.concat %[[D1]], %[[D2]]
// CHECK-NEXT: %[[R:.*]] = qnn.relu %[[C]]
// CHECK-NEXT: qnn.linear %[[R]], %{{.*}} : tensor<2x16xf32>, tensor<8x16xf32>
func.func @joined(%x: tensor<2x16xf32>) -> tensor<2x8xf32> {
  %0 = qnn.observe %x "x" range [-1.0, 1.0] {count = 2 : i64} : tensor<2x16xf32>
  %w = qnn.constant dense<1.0> : tensor<8x16xf32>
  %1 = qnn.linear %0, %w : tensor<2x16xf32>, tensor<8x16xf32> -> tensor<2x8xf32> loc("fc1")
  %2 = qnn.observe %1 "fc1" range [-1.0, 1.0] {count = 2 : i64} : tensor<2x8xf32>
  %3 = qnn.linear %0, %w : tensor<2x16xf32>, tensor<8x16xf32> -> tensor<2x8xf32> loc("fc2")
  %4 = qnn.observe %3 "fc2" range [-100.0, 100.0] {count = 2 : i64} : tensor<2x8xf32>
  %5 = qnn.concat %2, %4 {axis = 1 : i64} : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x16xf32> loc("joined")
  %6 = qnn.observe %5 "joined" range [-100.0, 100.0] {count = 2 : i64} : tensor<2x16xf32>
  %7 = qnn.relu %6 : tensor<2x16xf32> -> tensor<2x16xf32> loc("relu")
  %8 = qnn.observe %7 "relu" range [0.0, 99.0] {count = 2 : i64} : tensor<2x16xf32>
  %9 = qnn.linear %8, %w : tensor<2x16xf32>, tensor<8x16xf32> -> tensor<2x8xf32> loc("reader")
  %10 = qnn.observe %9 "reader" range [-1.0, 1.0] {count = 2 : i64} : tensor<2x8xf32>
  return %10 : tensor<2x8xf32>
}

// -----

// A pad of a quantized tensor moves bytes: it is quantized, and shares the scale.
// CHECK-LABEL: func.func @pad
// CHECK: qnn.conv2d
// CHECK-NEXT: qnn.quantize %{{.*}}, %[[S:.*]], %[[Z:.*]] {is_unsigned} : tensor<1x4x4x8xf32>
// CHECK: %[[P:.*]] = qnn.pad
// CHECK-NEXT: qnn.quantize %[[P]], %[[S]], %[[Z]] {is_unsigned} : tensor<1x6x6x8xf32>
func.func @pad(%x: tensor<1x4x4x8xf32>) -> tensor<1x6x6x8xf32> {
  %0 = qnn.observe %x "x" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x4x4x8xf32>
  %w = qnn.constant dense<1.0> : tensor<8x1x1x8xf32>
  %pads = qnn.constant dense<[0, 1, 1, 0, 0, 1, 1, 0]> : tensor<8xi64>
  %zero = qnn.constant dense<0.0> : tensor<f32>
  %1 = qnn.conv2d %0, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<1x4x4x8xf32>, tensor<8x1x1x8xf32> -> tensor<1x4x4x8xf32> loc("conv1")
  %2 = qnn.observe %1 "conv1" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x4x4x8xf32>
  %3 = qnn.pad %2, %pads, %zero constant
    : tensor<1x4x4x8xf32>, tensor<8xi64>, tensor<f32> -> tensor<1x6x6x8xf32> loc("pad")
  %4 = qnn.observe %3 "pad" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x6x6x8xf32>
  %5 = qnn.conv2d %4, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<1x6x6x8xf32>, tensor<8x1x1x8xf32> -> tensor<1x6x6x8xf32> loc("conv2")
  %6 = qnn.observe %5 "conv2" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x6x6x8xf32>
  return %6 : tensor<1x6x6x8xf32>
}

// -----

// Weights that are all 0 leave their scale to the bias: at scale 1 (and 0.01 for x) a bias of 0.003 would be lost.
// CHECK-LABEL: func.func @zero_channel
// CHECK: %[[W:.*]] = qnn.constant dense<0> : tensor<1x16xi8>
// CHECK: qnn.constant dense<{{1.39[0-9]+[eE]-0*10}}> : tensor<1xf32>
func.func @zero_channel(%x: tensor<1x16xf32>) -> tensor<1x1xf32> {
  %0 = qnn.observe %x "x" range [0.0, 2.55] {count = 2 : i64} : tensor<1x16xf32>
  %w = qnn.constant dense<0.0> : tensor<1x16xf32>
  %b = qnn.constant dense<0.003> : tensor<1xf32>
  %1 = qnn.linear %0, %w, %b : tensor<1x16xf32>, tensor<1x16xf32>, tensor<1xf32> -> tensor<1x1xf32>
  %2 = qnn.observe %1 "fc" range [0.0, 1.0] {count = 2 : i64} : tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}

// -----

// Fusion takes no dilated window, so none is planned for: the pool reads the convolution as float.
// CHECK-LABEL: func.func @dilated_pool
// CHECK: %[[C:.*]] = qnn.conv2d
// CHECK-NEXT: %[[Q:.*]] = qnn.quantize %[[C]]
// CHECK-NEXT: %[[D:.*]] = qnn.dequantize %[[Q]]
// CHECK-NEXT: %[[P:.*]] = qnn.avg_pool2d %[[D]]
// CHECK-NEXT: return %[[P]]
func.func @dilated_pool(%x: tensor<1x3x3x16xf32>) -> tensor<1x1x1x16xf32> {
  %0 = qnn.observe %x "x" range [-1.0, 1.0] {count = 2 : i64} : tensor<1x3x3x16xf32>
  %w = qnn.constant dense<1.0> : tensor<16x1x1x16xf32>
  %c = qnn.conv2d %0, %w strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<1x3x3x16xf32>, tensor<16x1x1x16xf32> -> tensor<1x3x3x16xf32> loc("conv")
  %1 = qnn.observe %c "conv" range [-9.0, 9.0] {count = 2 : i64} : tensor<1x3x3x16xf32>
  %p = qnn.avg_pool2d %1 kernel [2, 2] strides [1, 1] pads [0, 0, 0, 0] dilations [2, 2]
    : tensor<1x3x3x16xf32> -> tensor<1x1x1x16xf32> loc("pool")
  %2 = qnn.observe %p "pool" range [-9.0, 9.0] {count = 2 : i64} : tensor<1x1x1x16xf32>
  return %2 : tensor<1x1x1x16xf32>
}
