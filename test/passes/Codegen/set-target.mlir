// RUN: quant-opt %s --qnn-set-target | FileCheck %s --check-prefix=DEFAULT
// RUN: quant-opt %s --qnn-set-target="features=+avx512vnni,-amx-tile" | FileCheck %s --check-prefix=IMPLIED
// RUN: quant-opt %s --qnn-set-target="triple=x86_64-linux-gnu cpu=haswell features=-fma" | FileCheck %s --check-prefix=CPU
// RUN: not quant-opt %s --qnn-set-target="triple=sparc-sun-solaris" 2>&1 | FileCheck %s --check-prefix=TRIPLE
// RUN: not quant-opt %s --qnn-set-target="features=+sse9" 2>&1 | FileCheck %s --check-prefix=FEATURE
// RUN: not quant-opt %s --pass-pipeline="builtin.module(qnn-codegen,qnn-set-target)" 2>&1 | FileCheck %s --check-prefix=DONE

// Nothing said is the oldest CPU of the first target.
// DEFAULT: module attributes {qnn.target = #qnn.target<"x86_64-unknown-linux-gnu", "x86-64-v2", "">}

// A feature brings what it builds on.
// IMPLIED: #qnn.target<"x86_64-unknown-linux-gnu", "x86-64-v2", "+f16c,+avx2,+fma,+avx512f,+avx512bw,+avx512dq,+avx512vl,+avx512vnni">

// A CPU is its features, less what is taken away.
// CPU: #qnn.target<"x86_64-unknown-linux-gnu", "x86-64-v2", "+f16c,+avx2">

// TRIPLE: error: target 'sparc-sun-solaris' is not supported; supported: x86_64-linux-gnu
// FEATURE: error: unknown target feature '+sse9'; known: sse4.2
// DONE: error: the code of this module is already generated
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = qnn.relu %x : tensor<?xf32> -> tensor<?xf32>
  return %0 : tensor<?xf32>
}
