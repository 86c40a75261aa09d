// RUN: quant-opt --qnn-clear-assignment --report=%t.txt %s | FileCheck %s
// RUN: FileCheck %s --check-prefix=REPORT --input-file=%t.txt

// Both attributes go; the reason of what was kept is in the report.
// CHECK-NOT: qnn.precision
// CHECK-NOT: qnn.kept_float
// CHECK: return
// REPORT: fc (qnn.linear): kept float: its name matches 'keep'
func.func @main(%x: tensor<1x8xf32> {qnn.name = "x"}) -> (tensor<1x4xf32> {qnn.name = "y"}, tensor<1x4xf32> {qnn.name = "z"}) {
  %w = qnn.constant dense<1.0> : tensor<4x8xf32>
  %0 = qnn.linear %x, %w {qnn.kept_float = "its name matches 'keep'"} : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32> loc("fc")
  %1 = qnn.linear %x, %w {qnn.precision = #qnn.precision<weights = "int8", group = 0, symmetric = true, activations = float, rounder = "rtn">}
    : tensor<1x8xf32>, tensor<4x8xf32> -> tensor<1x4xf32> loc("fc2")
  return %0, %1 : tensor<1x4xf32>, tensor<1x4xf32>
}
