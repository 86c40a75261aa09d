// RUN: quant-opt %s -split-input-file --qnn-plan-kernels --qnn-emit-kernels | FileCheck %s
// RUN: quant-opt %s -split-input-file --qnn-codegen | FileCheck %s --check-prefix=LLVM

// Elementwise ops of one shape run in one loop; sizes come from the frame.
// CHECK: module attributes {{.*}}qnn.frame_bytes = {{[1-9][0-9]*}} : i64, qnn.inputs = [{{.*}}name = "x"{{.*}}qnn.packed_weights{{.*}}qnn.target = #qnn.target<"x86_64-unknown-linux-gnu", "x86-64-v2", "">
// CHECK-LABEL: llvm.func @bw_chain_plan(
// CHECK-LABEL: llvm.func @bw_chain_invoke
// CHECK-NOT: @elementwise_1
// CHECK-LABEL: llvm.func internal @elementwise_0(
// CHECK: vector<16xf32>
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
// CHECK: llvm.func internal @linear_f32_6x8_sse42_0(
module attributes {qnn.model_name = "epilogue"} {
  func.func @main(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
    %w = qnn.constant dense<0.5> : tensor<2x4xf32>
    %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<2x4xf32> -> tensor<3x2xf32>
    %1 = qnn.relu %0 : tensor<3x2xf32> -> tensor<3x2xf32>
    return %1 : tensor<3x2xf32>
  }
}

// -----

// Kernels use what the module's target has.
// CHECK-LABEL: qnn.model_name = "target"
// CHECK-SAME: qnn.target = #qnn.target<"x86_64-unknown-linux-gnu", "x86-64-v2", "+f16c,+avx2,+fma">
// CHECK: llvm.func internal @linear_f32_6x16_avx2_0(
// CHECK: llvm.intr.fma{{.*}}vector<8xf32>
module attributes {qnn.model_name = "target", qnn.target = #qnn.target<"x86_64-unknown-linux-gnu", "x86-64-v3", "">} {
  func.func @main(%x: tensor<3x4xf32>) -> tensor<3x8xf32> {
    %w = qnn.constant dense<0.5> : tensor<8x4xf32>
    %0 = qnn.linear %x, %w : tensor<3x4xf32>, tensor<8x4xf32> -> tensor<3x8xf32>
    return %0 : tensor<3x8xf32>
  }
}

// -----

// Windows are gathered in the thread's scratch: the body takes it, the plan says how large it is, and no stack is used.
// CHECK-LABEL: llvm.func @bw_scratch_plan(
// CHECK-SAME: %[[INFO:[a-z0-9]+]]: !llvm.ptr) -> i32
// CHECK: %[[AT:.+]] = llvm.getelementptr %[[INFO]]
// CHECK: llvm.func internal @conv2d_f32_6x8_sse42_0({{.*}}!llvm.ptr {llvm.align = 64 : i64, llvm.dereferenceable = {{[1-9][0-9]*}} : i64, llvm.noalias}, %{{.*}}: i64, %{{.*}}: i64)
// CHECK-NOT: llvm.alloca
// CHECK: llvm.func internal @conv2d_f32_6x8_sse42_0_thunk(
// CHECK-SAME: %{{.+}}: !llvm.ptr, %{{.+}}: !llvm.ptr {llvm.align = 64 : i64, {{.*}}}, %{{.+}}: i64, %{{.+}}: i64)
module attributes {qnn.model_name = "scratch"} {
  func.func @main(%x: tensor<1x8x8x3xf32>) -> tensor<1x8x8x8xf32> {
    %w = qnn.constant dense<0.5> : tensor<8x3x3x3xf32>
    %0 = qnn.conv2d %x, %w strides [1, 1] pads [1, 1, 1, 1] dilations [1, 1] groups 1 : tensor<1x8x8x3xf32>, tensor<8x3x3x3xf32> -> tensor<1x8x8x8xf32>
    return %0 : tensor<1x8x8x8xf32>
  }
}
