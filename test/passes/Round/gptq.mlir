// RUN: %python -c "import numpy as np; np.save('%t.npy', np.array([[1, 1, 1], [-1, 1, 1]], np.float32))"
// RUN: quant-opt --calibrate=%t.npy --quantize=int4:gptq,sym,group=3 %s 2>&1 | FileCheck %s --implicit-check-not=warning
// RUN: quant-opt --calibrate=%t.npy --quantize=int4-gptq:sym,group=3 %s | FileCheck %s
// RUN: quant-opt --calibrate=%t.npy --quantize=int4-rtn:sym,group=3 %s | FileCheck %s --check-prefix=NEAREST
// RUN: quant-opt --calibrate=%t.npy --quantize=int8:act=dynamic,smooth=off,gptq %s | FileCheck %s --check-prefix=DYNAMIC

// Calibrated before anyone knew of gptq (below): the warning comes first.
// WARNING: warning: scheme 'int4' uses the statistic 'second_moment', which was not gathered; give --calibrate=SAMPLES together with the scheme, or --statistics=second_moment where you calibrate, or expect a loss of accuracy

// Columns 1 and 2 have the same input: 0.4 and 0.4 are 0 and 1, whose sum is nearer to 0.8 than 0 and 0.
// CHECK: qnn.constant dense<{{\[\[}}7, 0, 1]]> : tensor<1x3xi4>
// CHECK-NOT: qnn.observe
// NEAREST: qnn.constant dense<{{\[\[}}7, 0, 0]]> : tensor<1x3xi4>
// 0.4 * 127 / 7 = 7.257, twice: 7 and 8, not 7 and 7.
// DYNAMIC: qnn.constant dense<{{\[\[}}127, 7, 8]]> : tensor<1x3xi8>

// As a pass: calibration gathers moments of what gptq will round, and of nothing else; rounding drops them.
// RUN: quant-opt --qnn-assign="weights=int4 activations=float rounder=gptq only=^fc$" --qnn-calibrate=samples=%t.npy %s | FileCheck %s --check-prefix=GATHERED
// RUN: quant-opt --qnn-assign="weights=int4 activations=float rounder=gptq only=^none$" --qnn-calibrate=samples=%t.npy %s | FileCheck %s --check-prefix=UNASKED --implicit-check-not=second_moment
// RUN: quant-opt --qnn-assign="weights=int4 activations=float rounder=gptq" --qnn-calibrate=samples=%t.npy --qnn-round %s | FileCheck %s --check-prefix=UNASKED --implicit-check-not=second_moment
// GATHERED: qnn.observe %{{.*}} "x" {{.*}}second_moment = #qnn.weight<{{.*}}> : tensor<6xf32>
// GATHERED: qnn.observe %{{.*}} "fc" {{.*}}{count
// UNASKED: qnn.observe %{{.*}} "x" {{.*}}samples =

// A model that was calibrated by itself, without and with what gptq needs.
// RUN: quant-opt --calibrate=%t.npy %s -o %t.mlir
// RUN: quant-opt --quantize=int4:gptq,sym,group=3 %t.mlir 2>&1 | FileCheck %s --check-prefixes=WARNING,NEAREST
// RUN: quant-opt --calibrate=%t.npy --statistics=second_moment %s -o %t.mlir
// RUN: quant-opt --quantize=int4:gptq,sym,group=3 %t.mlir 2>&1 | FileCheck %s --implicit-check-not=warning

func.func @main(%x: tensor<?x3xf32> {qnn.name = "x", qnn.dim_names = ["n", ""]}) -> (tensor<?x1xf32> {qnn.name = "y"}) {
  %w = qnn.constant dense<[[7.0, 0.4, 0.4]]> : tensor<1x3xf32>
  %y = qnn.linear %x, %w : tensor<?x3xf32>, tensor<1x3xf32> -> tensor<?x1xf32> loc("fc")
  %z = qnn.neg %y : tensor<?x1xf32> -> tensor<?x1xf32> loc("neg")
  return %z : tensor<?x1xf32>
}

// A moment of more channels would not fit into memory: it is not gathered, and the report says what that means.
// RUN: %python -c "import numpy as np; np.save('%t.wide.npy', np.ones((1, 20000), np.float32))"
// RUN: quant-opt --calibrate=%t.wide.npy --quantize=int4:gptq %S/Inputs/wide.mlir --report=%t.json -o %t.mlir
// RUN: FileCheck %s --check-prefix=WIDE --input-file=%t.json
// WIDE: rounder 'gptq' needs 'second_moment', which its input lacks
