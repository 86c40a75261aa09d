// RUN: quant-opt %s -split-input-file --convert-qnn-to-kernels | FileCheck %s
// RUN: quant-opt %s -split-input-file --qnn-codegen | FileCheck %s --check-prefix=LLVM

// Elementwise ops of one shape run in one loop; sizes come from the frame.
// CHECK: module attributes {{.*}}qnn.features = 1{{.*}}qnn.inputs = [{{.*}}name = "x"{{.*}}qnn.packed_weights
// CHECK-LABEL: llvm.func internal @bw_frame
// CHECK-LABEL: llvm.func @bw_chain_invoke
// CHECK: llvm.call @bw_frame
// CHECK-NOT: @elementwise_1
// CHECK-LABEL: llvm.func internal @elementwise_0(
// CHECK: vector<16xf32>
// CHECK-LABEL: llvm.func @bw_chain_plan
// LLVM-LABEL: llvm.func @bw_chain_invoke
// LLVM-NOT: scf.
// LLVM-NOT: vector.
// LLVM-NOT: arith.
module attributes {qnn.model_name = "chain"} {
  func.func @main(%x: tensor<?x4xf32> {qnn.name = "x", qnn.dim_names = ["n", ""]}) -> (tensor<?x4xf32> {qnn.name = "y"}) {
    %0 = qnn.relu %x : tensor<?x4xf32> -> tensor<?x4xf32>
    %1 = qnn.sqrt %0 : tensor<?x4xf32> -> tensor<?x4xf32>
    return %1 : tensor<?x4xf32>
  }
}

// -----

// An activation runs in the registers of the linear op before it.
// CHECK-LABEL: llvm.func @bw_epilogue_invoke
// CHECK-NOT: @elementwise_0
// CHECK: llvm.func internal @linear_f32_0(
module attributes {qnn.model_name = "epilogue"} {
  func.func @main(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
    %w = qnn.constant dense<0.5> : tensor<2x4xf32>
    %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
    %1 = qnn.relu %0 : tensor<3x2xf32> -> tensor<3x2xf32>
    return %1 : tensor<3x2xf32>
  }
}
