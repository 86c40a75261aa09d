// RUN: quant-opt --qnn-insert-observers --qnn-ensure-calibration=scheme=int8 --verify-diagnostics --split-input-file %s | FileCheck %s
// RUN: not quant-opt --split-input-file --require-calibration --qnn-ensure-calibration=scheme=int8 %s 2>&1 | FileCheck %s --check-prefix=REQUIRE

// RUN: quant-opt --qnn-insert-observers --qnn-ensure-calibration="optional" --split-input-file %s 2>&1 | FileCheck %s --check-prefix=OPTIONAL --implicit-check-not=warning
// RUN: %python -c "import numpy as np; np.save('%t.npy', np.full((3, 4), 7, np.float32))"
// RUN: quant-opt --qnn-ensure-calibration="scheme=int8" --calibrate=%t.npy --split-input-file %s 2>&1 | FileCheck %s --check-prefix=SAMPLES --implicit-check-not=warning
// RUN: not quant-opt --qnn-ensure-calibration="scheme=int8" --calibrate=%t.absent --split-input-file %s 2>&1 | FileCheck %s --check-prefix=ABSENT

// What a user named to calibrate with is used, in place of what was measured before and of what is made up.
// SAMPLES: qnn.observe %{{.*}} "x" range [7.0{{.*}}, 7.0{{.*}}] {count = 12 : i64}
// SAMPLES: qnn.observe %{{.*}} "x" range [7.0{{.*}}, 7.0{{.*}}] {count = 12 : i64}
// ABSENT: error: calibration samples {{.*}}.absent: no such file or folder

// A scheme that can do without has nothing made up.
// OPTIONAL: qnn.observe %{{.*}} "x" range [-1.0{{.*}}, 2.0{{.*}}] {count = 8 : i64}
// OPTIONAL: qnn.observe %{{.*}} "x" : tensor<?x4xf32>

// REQUIRE: error: scheme 'int8' needs calibration, but the model holds no measurement; calibrate it with --calibrate=SAMPLES

// A measurement is there: nothing to do, nothing to say.
module {
  // CHECK-LABEL: func.func @main
  func.func @main(%x: tensor<?x4xf32> {qnn.name = "x"}) -> tensor<?x4xf32> {
    // CHECK: qnn.observe %{{.*}} "x" range [-1.0{{.*}}, 2.0{{.*}}] {count = 8 : i64}
    %0 = qnn.observe %x "x" range [-1.0, 2.0] {count = 8 : i64} : tensor<?x4xf32>
    %1 = qnn.relu %0 : tensor<?x4xf32> -> tensor<?x4xf32>
    return %1 : tensor<?x4xf32>
  }
}

// -----

// Nothing was measured: synthetic samples, and a warning that says so.
// expected-warning @below {{scheme 'int8' needs calibration, but the model holds no measurement; synthetic samples are used, expect a loss of accuracy}}
module {
  // CHECK-LABEL: func.func @main
  func.func @main(%x: tensor<?x4xf32> {qnn.name = "x"}) -> tensor<?x4xf32> {
    // CHECK: qnn.observe %{{.*}} "x" range [{{.*}}] {count = 16 : i64}
    // CHECK: qnn.observe %{{.*}} "act" range [{{.*}}] {count = 16 : i64}
    %0 = qnn.relu %x : tensor<?x4xf32> -> tensor<?x4xf32> loc("act")
    %1 = qnn.neg %0 : tensor<?x4xf32> -> tensor<?x4xf32> loc("neg")
    return %1 : tensor<?x4xf32>
  }
}
