// Every op survives text, generic text and bytecode.
// RUN: quant-opt %s -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: quant-opt %t.mlir | diff - %t.mlir
// RUN: quant-opt %s --mlir-print-op-generic | quant-opt | diff - %t.mlir
// RUN: quant-opt %s --emit-bytecode | quant-opt | diff - %t.mlir

// CHECK-LABEL: func.func @main
func.func @main(%arg0: tensor<?x4xf32>, %arg1: tensor<i1>) -> (tensor<?x4xf32>, tensor<2xi64>) {
  // CHECK: %[[N:.+]] = kernel.dim %{{.+}}, 0 : tensor<?x4xf32>
  %n = kernel.dim %arg0, 0 : tensor<?x4xf32>
  // CHECK: %[[BYTES:.+]] = kernel.size mul 16, %[[N]]
  %bytes = kernel.size mul 16, %n
  // CHECK: kernel.require %[[BYTES]], "an empty tensor"
  kernel.require %bytes, "an empty tensor"
  // CHECK: %[[X:.+]] = kernel.input %{{.+}} [%[[N]], 4] : tensor<?x4xf32>
  %x = kernel.input %arg0 [%n, 4] : tensor<?x4xf32>
  %c = kernel.input %arg1 [] : tensor<i1>
  // CHECK: %[[B:.+]] = kernel.buffer at 64 bytes %[[BYTES]] live [0, 7] [%[[N]], 4] : tensor<?x4xf32>
  %b = kernel.buffer at 64 bytes %bytes live [0, 7] [%n, 4] : tensor<?x4xf32>
  // CHECK: kernel.buffer at %[[BYTES]] bytes 64 live [1, 1] [1, 4] repeat [0, 2] : tensor<2x4xf32>
  %unused = kernel.buffer at %bytes bytes 64 live [1, 1] [1, 4] repeat [0, 2] : tensor<2x4xf32>
  // CHECK: %[[O:.+]] = kernel.output 0 [%[[N]], 4] : tensor<?x4xf32>
  %o = kernel.output 0 [%n, 4] : tensor<?x4xf32>
  %o1 = kernel.output 1 [2] : tensor<2xi64>
  // CHECK: %[[S:.+]] = kernel.sizes [%[[N]], 4] into(%{{.+}} : tensor<2xi64>) : tensor<2xi64>
  %s = kernel.sizes [%n, 4] into(%o1 : tensor<2xi64>) : tensor<2xi64>
  // CHECK: kernel.sizes [-1] : tensor<1xi64>
  %t = kernel.sizes [-1] : tensor<1xi64>
  // CHECK: %[[Y:.+]] = kernel.launch into(%[[B]] : tensor<?x4xf32>) {
  // CHECK-NEXT: qnn.softmax
  // CHECK-NEXT: kernel.yield %{{.+}} : tensor<?x4xf32>
  %y = kernel.launch into(%b : tensor<?x4xf32>) {
    %0 = qnn.softmax %x {axis = 1 : i64} : tensor<?x4xf32> -> tensor<?x4xf32>
    kernel.yield %0 : tensor<?x4xf32>
  }
  // CHECK: %[[V:.+]] = kernel.view %[[Y]] [%[[N]], 2, 2] : tensor<?x4xf32> -> tensor<?x2x2xf32>
  %v = kernel.view %y [%n, 2, 2] : tensor<?x4xf32> -> tensor<?x2x2xf32>
  // CHECK: kernel.view %[[V]] [%[[N]], 2, 2] repeat [1, 3] : tensor<?x2x2xf32> -> tensor<?x6x2xf32>
  %w = kernel.view %v [%n, 2, 2] repeat [1, 3] : tensor<?x2x2xf32> -> tensor<?x6x2xf32>
  // CHECK: %[[R:.+]] = kernel.if %{{.+}} : tensor<i1> into(%[[O]] : tensor<?x4xf32>) {
  // CHECK-NEXT: kernel.require %[[N]], "an empty tensor"
  // CHECK-NEXT: kernel.yield %[[Y]] : tensor<?x4xf32>
  // CHECK-NEXT: } else {
  // CHECK-NEXT: kernel.yield %[[X]] : tensor<?x4xf32>
  // CHECK-NEXT: }
  %r = kernel.if %c : tensor<i1> into(%o : tensor<?x4xf32>) {
    kernel.require %n, "an empty tensor"
    kernel.yield %y : tensor<?x4xf32>
  } else {
    kernel.yield %x : tensor<?x4xf32>
  }
  // A branch without results.
  // CHECK: kernel.if %{{.+}} : tensor<i1> {
  // CHECK-NEXT: } else {
  // CHECK-NEXT: }
  kernel.if %c : tensor<i1> {
  } else {
  }
  // CHECK: kernel.return %[[R]], %[[S]] : tensor<?x4xf32>, tensor<2xi64> arena %[[BYTES]]
  kernel.return %r, %s : tensor<?x4xf32>, tensor<2xi64> arena %bytes
}

// CHECK-LABEL: func.func @leaves
func.func @leaves(%arg0: tensor<3x4xf32>, %arg1: tensor<4xf32>, %arg2: tensor<3x1xf32>) -> tensor<3x4xf32> {
  %x = kernel.input %arg0 [3, 4] : tensor<3x4xf32>
  %c = kernel.input %arg1 [4] : tensor<4xf32>
  %r = kernel.input %arg2 [3, 1] : tensor<3x1xf32>
  %s = qnn.constant dense<2.0> : tensor<f32>
  %o = kernel.output 0 [3, 4] : tensor<3x4xf32>
  // CHECK: kernel.launch reads(%{{.+}} full : tensor<3x4xf32>, %{{.+}} column : tensor<4xf32>, %{{.+}} broadcast : tensor<3x1xf32>, %{{.+}} scalar : tensor<f32>) into(
  %y = kernel.launch reads(%x full : tensor<3x4xf32>, %c column : tensor<4xf32>, %r broadcast : tensor<3x1xf32>, %s scalar : tensor<f32>) into(%o : tensor<3x4xf32>) {
    %0 = qnn.add %x, %c : tensor<3x4xf32>, tensor<4xf32> -> tensor<3x4xf32>
    %1 = qnn.mul %0, %r : tensor<3x4xf32>, tensor<3x1xf32> -> tensor<3x4xf32>
    %2 = qnn.sub %1, %s : tensor<3x4xf32>, tensor<f32> -> tensor<3x4xf32>
    kernel.yield %2 : tensor<3x4xf32>
  }
  // CHECK: kernel.return %{{.+}} : tensor<3x4xf32> arena 64
  kernel.return %y : tensor<3x4xf32> arena 64
}

// CHECK-LABEL: func.func @arithmetic
func.func @arithmetic(%arg0: tensor<?x?xf32>) {
  %n = kernel.dim %arg0, 0 : tensor<?x?xf32>
  %m = kernel.dim %arg0, 1 : tensor<?x?xf32>
  // CHECK: kernel.size add
  %0 = kernel.size add %n, %m
  // CHECK: kernel.size sub
  %1 = kernel.size sub %n, %m
  // CHECK: kernel.size div
  %2 = kernel.size div %n, %m
  // CHECK: kernel.size rem
  %3 = kernel.size rem %n, %m
  // CHECK: kernel.size min
  %4 = kernel.size min %n, %m
  // CHECK: kernel.size max
  %5 = kernel.size max %n, %m
  // CHECK: kernel.size equal
  %6 = kernel.size equal %n, %m
  // CHECK: kernel.size less
  %7 = kernel.size less %n, %m
  // CHECK: kernel.return arena 128
  kernel.return arena 128
}

// Buffers without bytes share none with those that lie where they do.
// CHECK-LABEL: func.func @empty
func.func @empty(%arg0: tensor<0x4xf32>) -> tensor<0x4xf32> {
  %x = kernel.input %arg0 [0, 4] : tensor<0x4xf32>
  // CHECK: kernel.buffer at 64 bytes 0 live [0, 1]
  %a = kernel.buffer at 64 bytes 0 live [0, 1] [0, 4] : tensor<0x4xf32>
  // CHECK: kernel.buffer at 64 bytes 0 live [1, 2]
  %b = kernel.buffer at 64 bytes 0 live [1, 2] [0, 4] : tensor<0x4xf32>
  %y = kernel.launch reads(%x full : tensor<0x4xf32>) into(%a : tensor<0x4xf32>) {
    %0 = qnn.relu %x : tensor<0x4xf32> -> tensor<0x4xf32>
    kernel.yield %0 : tensor<0x4xf32>
  }
  %z = kernel.launch reads(%y full : tensor<0x4xf32>) into(%b : tensor<0x4xf32>) {
    %0 = qnn.abs %y : tensor<0x4xf32> -> tensor<0x4xf32>
    kernel.yield %0 : tensor<0x4xf32>
  }
  kernel.return %z : tensor<0x4xf32> arena 64
}
