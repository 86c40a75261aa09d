// RUN: quant-opt %S/Inputs/attention.mlir --qnn-insert-observers --qnn-ensure-calibration -o - | FileCheck %s --check-prefix=BEFORE
// RUN: quant-opt %S/Inputs/attention.mlir --qnn-insert-observers --qnn-ensure-calibration --qnn-scale-weights=group=8 -o - | FileCheck %s

// The scales that the search finds are folded into the norm in front of q, k and v; no op is added.
// BEFORE: qnn.constant dense<[1.000000e+00, 1.000000e+00, 4.000000e+01
// CHECK-NOT: dense<[1.000000e+00, 1.000000e+00, 4.000000e+01
// CHECK: qnn.rms_norm
// CHECK-NOT: qnn.div
// CHECK: return
