// RUN: quant-opt %s --qnn-assign="activations=dynamic keep=fc2" --qnn-round --qnn-quantize-dynamic --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s
// RUN: quant-opt %s --qnn-ensure-unquantized --mlir-pass-statistics -o /dev/null 2>&1 | FileCheck %s --check-prefix=BEFORE

// One of two linear ops is quantized; before that, none was.
// CHECK: qnn-quantize-dynamic
// CHECK-NEXT: (S) 1 ops-quantized
// BEFORE: (S) 0 quantized
func.func @main(%x: tensor<?x2xf32>) -> (tensor<?x2xf32>, tensor<?x2xf32>) {
  %w = qnn.constant dense<[[-127.0, 1.0], [254.0, 254.0]]> : tensor<2x2xf32>
  %0 = qnn.linear %x, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32> loc("fc1")
  %1 = qnn.linear %x, %w : tensor<?x2xf32>, tensor<2x2xf32> -> tensor<?x2xf32> loc("fc2")
  return %0, %1 : tensor<?x2xf32>, tensor<?x2xf32>
}
