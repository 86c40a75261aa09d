// RUN: quant-opt --qnn-assign %s | FileCheck %s
// RUN: quant-opt --qnn-assign="weights=int4 group=32 symmetric=false activations=float rounder=awq-clip transforms=awq" %s | FileCheck %s --check-prefix=INT4
// RUN: quant-opt --qnn-assign="keep=^fc" %s | FileCheck %s --check-prefix=KEEP
// RUN: quant-opt --qnn-assign="only=^fc" %s | FileCheck %s --check-prefix=ONLY
// RUN: quant-opt --qnn-assign --qnn-assign="weights=int4 group=32 activations=int8" %s | FileCheck %s --check-prefix=SECOND
// RUN: not quant-opt --qnn-assign=weights=int9 %s 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not quant-opt --qnn-assign="weights=int3 activations=float" %s 2>&1 | FileCheck %s --check-prefix=STORAGE
// RUN: not quant-opt --qnn-assign=activations=fp8 %s 2>&1 | FileCheck %s --check-prefix=FORM
// RUN: not quant-opt --qnn-assign=weights=int4 %s 2>&1 | FileCheck %s --check-prefix=STATIC
// RUN: not quant-opt --qnn-assign="group=-1 activations=float" %s 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: not quant-opt --qnn-assign=keep=[ %s 2>&1 | FileCheck %s --check-prefix=REGEX

// FORMAT: error: unknown number format 'int9', expects one of int2, int3, int4, int5, int6, int7, int8
// STORAGE: error: weights in int3 have no storage yet; those in int4 and int8 have
// FORM: error: option 'activations' expects float, static, dynamic or int8, but got 'fp8'
// STATIC: error: static activations expect symmetric int8 weights for each channel
// WHOLE: error: one scale for a whole tensor expects static activations
// REGEX: error: option 'keep': '[' is no regular expression

// Static int8 is for convolutions and linear ops; ops without weights get nothing.
// CHECK-LABEL: func.func @main
// CHECK: qnn.conv2d {{.*}} {qnn.precision = #qnn.precision<weights = "int8", group = 0, symmetric = true, activations = static, rounder = "rtn">}
// CHECK: qnn.relu %{{[^{]*}} :
// CHECK: qnn.linear {{.*}} {qnn.precision = #qnn.precision<weights = "int8"
// CHECK: qnn.conv_transpose2d {{.*}} {qnn.kept_float = "transposed convolution has no integer form"}
// Blocks of weights are for linear ops.
// INT4: qnn.conv2d {{.*}} {qnn.kept_float = "weight-only quantization applies to linear ops"}
// INT4: qnn.linear {{.*}} {qnn.precision = #qnn.precision<weights = "int4", group = 32, symmetric = false, activations = float, rounder = "awq-clip", transforms = ["awq"]>}
// 'keep' names ops that stay as they are, ops that only follow included.
// KEEP: qnn.conv2d {{.*}} {qnn.precision
// KEEP: qnn.relu {{.*}} {qnn.kept_float = "its name matches 'keep'"}
// KEEP: qnn.linear {{.*}} {qnn.kept_float = "its name matches 'keep'"}
// ONLY: qnn.conv2d {{.*}} {qnn.kept_float = "its name matches no 'only'"}
// ONLY: qnn.relu %{{[^{]*}} :
// ONLY: qnn.linear {{.*}} {qnn.precision
// The second assignment takes what it can have and leaves the rest.
// SECOND: qnn.conv2d {{.*}} {qnn.precision = #qnn.precision<weights = "int8", group = 0, symmetric = true, activations = static, rounder = "rtn">}
// SECOND: qnn.linear {{.*}} {qnn.precision = #qnn.precision<weights = "int4", group = 32, symmetric = true, activations = int8, rounder = "rtn">}
func.func @main(%x: tensor<1x2x2x1xf32>, %y: tensor<1x8xf32>) -> (tensor<1x2x2x1xf32>, tensor<1x4xf32>, tensor<1x4x4x1xf32>) {
  %k = qnn.constant dense<1.0> : tensor<1x1x1x1xf32>
  %k2 = qnn.constant dense<1.0> : tensor<1x2x2x1xf32>
  %w = qnn.constant dense<1.0> : tensor<4x8xf32>
  %0 = qnn.conv2d %x, %k strides [1, 1] pads [0, 0, 0, 0] dilations [1, 1] groups 1
    : tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x2x2x1xf32> loc("conv")
  %1 = qnn.relu %y : tensor<1x8xf32> -> tensor<1x8xf32> loc("fc_relu")
  %2 = qnn.linear %1, %w : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32> loc("fc")
  %3 = qnn.conv_transpose2d %x, %k2 strides [2, 2] pads [0, 0, 0, 0] dilations [1, 1] groups 1 output_pads [0, 0]
    : tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32> -> tensor<1x4x4x1xf32> loc("up")
  return %0, %2, %3 : tensor<1x2x2x1xf32>, tensor<1x4xf32>, tensor<1x4x4x1xf32>
}
