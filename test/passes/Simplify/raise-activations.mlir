// RUN: quant-opt %s --qnn-raise-activations --split-input-file | FileCheck %s
// RUN: quant-opt %s --qnn-raise-activations --split-input-file | quant-opt --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @silu
// CHECK: %[[R:.+]] = qnn.silu %{{.+}}
// CHECK-NEXT: return %[[R]]
func.func @silu(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = qnn.sigmoid %x : tensor<?x4xf32> -> tensor<?x4xf32>
  %r = qnn.mul %s, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

// The sigmoid of another tensor is a gate, not silu.
// CHECK-LABEL: func.func @gate
// CHECK-NOT: qnn.silu
func.func @gate(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %s = qnn.sigmoid %y : tensor<?x4xf32> -> tensor<?x4xf32>
  %r = qnn.mul %s, %x : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: func.func @hard_swish
// CHECK: %[[R:.+]] = qnn.hard_swish %{{.+}}
// CHECK-NEXT: return %[[R]]
func.func @hard_swish(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %three = qnn.constant dense<3.0> : tensor<f32>
  %six = qnn.constant dense<6.0> : tensor<1xf32>
  %a = qnn.add %x, %three : tensor<?x4xf32>, tensor<f32> -> tensor<?x4xf32>
  %c = qnn.clip %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<?x4xf32> -> tensor<?x4xf32>
  %m = qnn.mul %x, %c : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  %r = qnn.div %m, %six : tensor<?x4xf32>, tensor<1xf32> -> tensor<?x4xf32>
  return %r : tensor<?x4xf32>
}

// -----

// The gate divided first becomes hard_sigmoid, then the product hard_swish.
// CHECK-LABEL: func.func @hard_sigmoid_then_swish
// CHECK-SAME: (%[[X:.+]]: tensor<4xf32>, %[[Y:.+]]: tensor<4xf32>)
// CHECK-DAG: %[[G:.+]] = qnn.hard_sigmoid %[[X]] {alpha = 0.16666666666666666 : f64, beta = 5.000000e-01 : f64}
// CHECK-DAG: %[[S:.+]] = qnn.hard_swish %[[X]]
// CHECK-DAG: %[[M:.+]] = qnn.mul %[[G]], %[[Y]]
func.func @hard_sigmoid_then_swish(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %three = qnn.constant dense<3.0> : tensor<f32>
  %sixth = qnn.constant dense<0.16666667> : tensor<f32>
  %a = qnn.add %three, %x : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %c = qnn.clip %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<4xf32> -> tensor<4xf32>
  %g = qnn.mul %c, %sixth : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %r = qnn.mul %g, %x : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %s = qnn.mul %g, %y : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %r, %s : tensor<4xf32>, tensor<4xf32>
}

// -----

// Another shift is another function.
// CHECK-LABEL: func.func @not_hard_swish
// CHECK-NOT: qnn.hard_
func.func @not_hard_swish(%x: tensor<4xf32>) -> tensor<4xf32> {
  %shift = qnn.constant dense<2.5> : tensor<f32>
  %six = qnn.constant dense<6.0> : tensor<f32>
  %a = qnn.add %x, %shift : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %c = qnn.clip %a {min = 0.0 : f64, max = 6.0 : f64} : tensor<4xf32> -> tensor<4xf32>
  %m = qnn.mul %x, %c : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %r = qnn.div %m, %six : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @gelu_erf
// CHECK: %[[R:.+]] = qnn.gelu %{{[a-z0-9]+}} : tensor<4xf32>
// CHECK-NEXT: return %[[R]]
func.func @gelu_erf(%x: tensor<4xf32>) -> tensor<4xf32> {
  %root = qnn.constant dense<1.41421354> : tensor<f32>
  %half = qnn.constant dense<0.5> : tensor<f32>
  %one = qnn.constant dense<1.0> : tensor<f32>
  %d = qnn.div %x, %root : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %e = qnn.erf %d : tensor<4xf32> -> tensor<4xf32>
  %a = qnn.add %e, %one : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %m = qnn.mul %x, %a : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %r = qnn.mul %m, %half : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

// CHECK-LABEL: func.func @gelu_tanh
// CHECK: %[[R:.+]] = qnn.gelu %{{.+}} {tanh_approximation}
// CHECK-NEXT: return %[[R]]
func.func @gelu_tanh(%x: tensor<4xf32>) -> tensor<4xf32> {
  %k = qnn.constant dense<0.044715> : tensor<f32>
  %c = qnn.constant dense<0.797884583> : tensor<f32>
  %half = qnn.constant dense<0.5> : tensor<f32>
  %one = qnn.constant dense<1.0> : tensor<1xf32>
  %0 = qnn.mul %k, %x : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %1 = qnn.mul %x, %0 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %2 = qnn.mul %x, %1 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %3 = qnn.add %x, %2 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %4 = qnn.mul %c, %3 : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %5 = qnn.tanh %4 : tensor<4xf32> -> tensor<4xf32>
  %6 = qnn.add %one, %5 : tensor<1xf32>, tensor<4xf32> -> tensor<4xf32>
  %7 = qnn.mul %half, %6 : tensor<f32>, tensor<4xf32> -> tensor<4xf32>
  %r = qnn.mul %x, %7 : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %r : tensor<4xf32>
}
