// RUN: quant-opt %S/Inputs/attention.mlir --qnn-insert-observers --qnn-ensure-calibration -o - | FileCheck %s --check-prefix=BEFORE
// RUN: quant-opt %S/Inputs/attention.mlir --qnn-insert-observers --qnn-ensure-calibration --qnn-smooth-activations=alpha=0.5 -o - | FileCheck %s

// The outlier channel is moved from the activations to the weights: its scale is folded into the norm in front of q, k and v; no op is added.
// BEFORE: qnn.constant dense<[1.000000e+00, 1.000000e+00, 4.000000e+01
// CHECK-NOT: dense<[1.000000e+00, 1.000000e+00, 4.000000e+01
// CHECK: qnn.rms_norm
// CHECK-NOT: qnn.div
// CHECK: return
