// RUN: %python -c "import numpy as np; np.savez('%t.npz', x=np.array([[1,-2],[3,4],[-5,6]], np.float32))"
// RUN: quant-opt --qnn-calibrate="samples=%t.npz executor=interpreter" %s | FileCheck %s
// RUN: quant-opt --qnn-calibrate="samples=%t.npz max-samples=1" %s | FileCheck %s --check-prefix=ONE
// RUN: quant-opt --qnn-calibrate="samples=%t.npz executor=interpreter statistics=second_moment" %s | FileCheck %s --check-prefix=MOMENT
// RUN: quant-opt --qnn-calibrate="samples=%t.npz max-samples=1" --qnn-calibrate="samples=%t.npz" %s | FileCheck %s
// RUN: not quant-opt --qnn-calibrate="samples=%t.npz statistics=kurtosis" %s 2>&1 | FileCheck %s --check-prefix=NAME
// RUN: not quant-opt --qnn-calibrate="samples=%t.absent" %s 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not quant-opt --qnn-calibrate="samples=%t.npz executor=gpu" %s 2>&1 | FileCheck %s --check-prefix=EXECUTOR
// RUN: not quant-opt --qnn-calibrate="samples=%t.npz sample-rows=0" %s 2>&1 | FileCheck %s --check-prefix=ROWS

// NAME: error: unknown statistic 'kurtosis', expects one of channel_range, max_abs, mean_abs, samples, second_moment
// ABSENT: error: calibration samples {{.*}}.absent: no such file or folder
// EXECUTOR: error: option 'executor' expects compiled or interpreter, but got 'gpu'
// ROWS: error: option 'sample-rows' expects 1 to 65536, but got 0

// Ranges and statistics of all samples; a second calibration replaces the first. What nothing asks for is not gathered.
// CHECK: qnn.observe %{{.*}} "x" range [-5.{{0*}}e+00, 6.{{0*}}e+00] statistics {channel_range = #qnn.weight<{{.*}}> : tensor<2x2xf32>, max_abs = #qnn.weight<{{.*}}> : tensor<2xf32>, mean_abs = #qnn.weight<{{.*}}> : tensor<2xf32>, samples = #qnn.weight<{{.*}}> : tensor<3x2xf32>} {count = 6 : i64}
// CHECK: qnn.observe %{{.*}} "fc" range [-1.9{{0*}}e+01, 5.5{{0*}}e+01] statistics {channel_range = #qnn.weight<{{.*}}> : tensor<2x1xf32>} {count = 3 : i64}
// ONE: qnn.observe %{{.*}} "fc" range [-1.9{{0*}}e+01, -1.9{{0*}}e+01]
// MOMENT: second_moment = #qnn.weight<{{.*}}> : tensor<3xf32>
func.func @main(%x: tensor<?x2xf32> {qnn.name = "x", qnn.dim_names = ["n", ""]}) -> (tensor<?x1xf32> {qnn.name = "y"}) {
  %w = qnn.constant dense<[[1.0, 10.0]]> : tensor<1x2xf32>
  %y = qnn.linear %x, %w : tensor<?x2xf32>, tensor<1x2xf32> -> tensor<?x1xf32> loc("fc")
  %z = qnn.neg %y : tensor<?x1xf32> -> tensor<?x1xf32> loc("neg")
  return %z : tensor<?x1xf32>
}
