// RUN: rm -rf %t && mkdir %t
// RUN: quant-opt %s --pass-pipeline='builtin.module(func.func(qnn-report-remaining))' -o %t/same.mlir --report=%t/alone.txt
// RUN: FileCheck %s --input-file=%t/alone.txt --check-prefix=ALONE
// RUN: quant-opt %s | diff - %t/same.mlir
// RUN: quant-compile %s -o %t/out.so --report=%t/report.txt
// RUN: FileCheck %s --input-file=%t/report.txt
// RUN: quant-compile %s -o %t/out.so --report=%t/report.json
// RUN: %python -c "import json; r = json.load(open(r'%t/report.json')); assert r['weights']['count'] == 8 and r['weights']['bytes'] == 16, r['weights']; assert sum(not d['applied'] for d in r['decisions']) >= 2"

// By itself the pass changes nothing and names each of the five quantizes and dequantizes.
// ALONE: qnn-report-remaining: 0 applied, 5 not applied
// ALONE-NEXT: (qnn.quantize): remains: an input of the model is float
// ALONE-COUNT-3: 'fc' stays float
// ALONE: (qnn.dequantize): remains: qnn.softmax 'prob' is computed in float

// One linear op is fused; what is left of quantize and dequantize is named with its reason.
// CHECK: weights: 8 in contractions, 16 bytes with scales, 16.000 bits each
// CHECK: + fc (qnn.qlinear): fused: with requantization
// CHECK-DAG: (qnn.dequantize): remains: qnn.softmax 'prob' is computed in float
// CHECK-DAG: (qnn.quantize): remains: an input of the model is float
func.func @main(%arg0: tensor<1x4xf32> {qnn.name = "x"}) -> (tensor<1x2xf32> {qnn.name = "y"}) {
  %s = qnn.constant dense<0.5> : tensor<f32>
  %z = qnn.constant dense<7> : tensor<i8>
  %wq = qnn.constant dense<[[1, 2, 3, 4], [-1, -2, -3, -4]]> : tensor<2x4xi8>
  %sw = qnn.constant dense<[0.25, 0.5]> : tensor<2xf32>
  %zw = qnn.constant dense<0> : tensor<2xi8>
  %xq = qnn.quantize %arg0, %s, %z {is_unsigned} : tensor<1x4xf32>, tensor<f32>, tensor<i8> -> tensor<1x4xi8>
  %x = qnn.dequantize %xq, %s, %z {is_unsigned} : tensor<1x4xi8>, tensor<f32>, tensor<i8> -> tensor<1x4xf32>
  %w = qnn.dequantize %wq, %sw, %zw : tensor<2x4xi8>, tensor<2xf32>, tensor<2xi8> -> tensor<2x4xf32>
  %y = qnn.linear %x, %w : tensor<1x4xf32>, tensor<2x4xf32> -> tensor<1x2xf32> loc("fc")
  %q = qnn.quantize %y, %s, %z {is_unsigned} : tensor<1x2xf32>, tensor<f32>, tensor<i8> -> tensor<1x2xi8>
  %d = qnn.dequantize %q, %s, %z {is_unsigned} : tensor<1x2xi8>, tensor<f32>, tensor<i8> -> tensor<1x2xf32>
  %p = qnn.softmax %d {axis = 1 : i64} : tensor<1x2xf32> -> tensor<1x2xf32> loc("prob")
  return %p : tensor<1x2xf32>
}
