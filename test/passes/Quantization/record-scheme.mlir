// RUN: quant-opt %s --qnn-record-scheme=scheme=int4-awq:group=32 | FileCheck %s
// RUN: quant-opt %s --qnn-record-scheme=scheme=int8 --qnn-record-scheme=scheme=int4-rtn | FileCheck %s --check-prefix=TWICE
// RUN: quant-opt %s --qnn-record-scheme | FileCheck %s --check-prefix=NONE --implicit-check-not=qnn.scheme
// RUN: quant-opt %s --quantize=int8-dynamic | FileCheck %s --check-prefix=PIPELINE

// The module says by which scheme it was quantized; a second scheme joins the first.
// CHECK: module attributes {qnn.scheme = "int4-awq:group=32"}
// TWICE: module attributes {qnn.scheme = "int8 + int4-rtn"}
// NONE: func.func @main
// PIPELINE: module attributes {qnn.scheme = "int8-dynamic"}
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
