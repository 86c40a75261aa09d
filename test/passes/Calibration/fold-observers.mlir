// RUN: quant-opt --qnn-fold-observers %s | FileCheck %s
// RUN: quant-opt --qnn-fold-observers=keep-measured %s | FileCheck %s --check-prefix=KEEP

// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>
func.func @main(%x: tensor<4xf32> {qnn.name = "x"}) -> tensor<4xf32> {
  // CHECK-NOT: qnn.observe
  // CHECK: %[[R:.*]] = qnn.relu %[[X]]
  // CHECK-NEXT: return %[[R]]
  // KEEP: %[[O:.*]] = qnn.observe %{{.*}} "x" range [-1.0{{.*}}, 2.0{{.*}}]
  // KEEP: %[[R:.*]] = qnn.relu %[[O]]
  // KEEP-NEXT: return %[[R]]
  %0 = qnn.observe %x "x" range [-1.0, 2.0] {count = 8 : i64} : tensor<4xf32>
  %1 = qnn.relu %0 : tensor<4xf32> -> tensor<4xf32>
  %2 = qnn.observe %1 "y" : tensor<4xf32>
  return %2 : tensor<4xf32>
}
