// RUN: rm -rf %t && mkdir %t
// RUN: quant-opt %S/Inputs/attention.mlir --qnn-insert-observers --qnn-ensure-calibration -o %t/before.mlir
// RUN: quant-opt %S/Inputs/attention.mlir --qnn-insert-observers --qnn-ensure-calibration --qnn-assign="weights=int4 group=8 symmetric=false activations=float transforms=awq" --qnn-scale-weights -o %t/after.mlir
// RUN: FileCheck %s --check-prefix=BEFORE --input-file=%t/before.mlir
// RUN: FileCheck %s --input-file=%t/after.mlir
// RUN: quant-run %t/after.mlir --interpret --compare=%t/before.mlir --dim=s=7 | FileCheck %s --check-prefix=SAME

// The scales that the search finds are folded into the norm in front of q, k and v; no op is added.
// BEFORE: qnn.constant dense<[1.000000e+00, 1.000000e+00, 4.000000e+01
// CHECK-NOT: dense<[1.000000e+00, 1.000000e+00, 4.000000e+01
// CHECK: qnn.rms_norm
// CHECK-NOT: qnn.div
// CHECK: return

// What is divided in one place is multiplied in the other: the function stays, but for the rounding of floats.
// SAME: name y  sqnr_db {{1[0-9][0-9]}}
