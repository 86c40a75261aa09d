// RUN: rm -rf %t && mkdir %t
// RUN: quant-opt %S/Inputs/attention.mlir --qnn-insert-observers --qnn-ensure-calibration --qnn-assign=transforms=smooth --qnn-smooth-activations=alpha=0.5 -o %t/kept.mlir
// RUN: quant-opt %t/kept.mlir --qnn-fold-observers --qnn-insert-observers --qnn-ensure-calibration -o %t/again.mlir
// RUN: %python %S/Inputs/same_ranges.py %t/kept.mlir %t/again.mlir | FileCheck %s
// RUN: quant-opt %t/kept.mlir --qnn-quantize-static --qnn-round --report=%t/report.txt -o %t/int8.mlir
// RUN: FileCheck %s --check-prefix=REPORT --implicit-check-not="no range was observed" --input-file=%t/report.txt

// What observers hold after scales have moved is what measuring again on the same samples gives: at the tensor itself, at
// its producer, and between them where elements are only moved.
// CHECK: 0 of {{[0-9]+}} ranges differ
// CHECK: forgotten: none

// So static int8 follows without another run on the samples.
// REPORT: v (qnn.linear): quantized: int8 weights for each channel, uint8 activations
