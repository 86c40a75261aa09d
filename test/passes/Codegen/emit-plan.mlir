// Emission does what a plan says, whoever wrote it.
// RUN: quant-opt %s -split-input-file --qnn-emit-kernels --cse | FileCheck %s

// The softmax goes into the arena where the plan has put it, the rest into the caller's buffer; the plan function
// reports the arena of the plan.
// CHECK-LABEL: llvm.func @bw_model_plan(
// CHECK-DAG: %[[ARENA:.+]] = arith.constant 640 : i64
// CHECK: llvm.store %[[ARENA]]
// CHECK-LABEL: llvm.func @bw_model_invoke(
// CHECK-SAME: %[[OUTPUTS:[a-z0-9]+]]: !llvm.ptr, %[[MEMORY:[a-z0-9]+]]: !llvm.ptr, %{{[a-z0-9]+}}: !llvm.ptr) -> i32
// CHECK-DAG: %[[OFFSET:.+]] = arith.constant 512 : i64
// CHECK: %[[PLACE:.+]] = llvm.getelementptr %[[MEMORY]][%[[OFFSET]]]
// CHECK: llvm.call @softmax_0(%{{.+}}, %[[PLACE]],
// CHECK: llvm.call @elementwise_0(%[[PLACE]],
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %b = kernel.buffer at 512 bytes 128 live [0, 1] [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  %0 = kernel.launch into(%b : tensor<4xf32>) {
    %1 = qnn.softmax %x {axis = 0 : i64} : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %1 : tensor<4xf32>
  }
  %2 = kernel.launch reads(%0 full : tensor<4xf32>) into(%o : tensor<4xf32>) {
    %3 = qnn.relu %0 : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %3 : tensor<4xf32>
  }
  kernel.return %2 : tensor<4xf32> arena 640
}

// -----

// Two launches where the planner would have made one.
// CHECK-LABEL: llvm.func @bw_model_invoke(
// CHECK-COUNT-2: llvm.call @elementwise_
func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
  %x = kernel.input %arg0 [4] : tensor<4xf32>
  %b = kernel.buffer at 64 bytes 64 live [0, 1] [4] : tensor<4xf32>
  %o = kernel.output 0 [4] : tensor<4xf32>
  %0 = kernel.launch reads(%x full : tensor<4xf32>) into(%b : tensor<4xf32>) {
    %1 = qnn.relu %x : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %1 : tensor<4xf32>
  }
  %2 = kernel.launch reads(%0 full : tensor<4xf32>) into(%o : tensor<4xf32>) {
    %3 = qnn.sqrt %0 : tensor<4xf32> -> tensor<4xf32>
    kernel.yield %3 : tensor<4xf32>
  }
  kernel.return %2 : tensor<4xf32> arena 128
}

// -----

// What a plan requires, its plan function tests.
// CHECK-LABEL: llvm.func @bw_model_plan(
// CHECK: %[[N:.+]] = llvm.load
// CHECK: %[[ODD:.+]] = arith.remsi %[[N]],
// CHECK: %[[BAD:.+]] = arith.cmpi eq, %[[ODD]],
// CHECK: arith.select
func.func @main(%arg0: tensor<?xf32>) -> tensor<?xf32> {
  %n = kernel.dim %arg0, 0 : tensor<?xf32>
  %odd = kernel.size rem %n, 2
  kernel.require %odd, "expects an odd number"
  %x = kernel.input %arg0 [%n] : tensor<?xf32>
  kernel.return %x : tensor<?xf32> arena 64
}
