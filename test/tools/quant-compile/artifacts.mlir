// Every kind of artifact from one generated module.
// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: quant-compile %S/Inputs/scale.mlir --mattr=+avx2,+fma -o s.so
// RUN: quant-compile %S/Inputs/scale.mlir -o s.a
// RUN: quant-compile %S/Inputs/scale.mlir -o s.o
// RUN: quant-compile %S/Inputs/scale.mlir --mattr=+avx512vnni -o s.s
// RUN: quant-compile %S/Inputs/scale.mlir -o s.ll
// RUN: quant-compile %S/Inputs/scale.mlir --emit=llvm-mlir -o - | FileCheck %s --check-prefix=MLIR
// RUN: quant-compile %S/Inputs/scale.mlir --emit=header -o - | FileCheck %s --check-prefix=HEADER
// RUN: quant-compile %S/Inputs/scale.mlir --emit=o -o - > pipe.o && cmp pipe.o s.o

// Only the descriptor is visible, and nothing is needed.
// RUN: llvm-nm -D s.so | FileCheck %s --check-prefix=SO --implicit-check-not=bw_
// SO: D bw_scale_desc
// RUN: llvm-nm --undefined-only s.o | count 0
// RUN: llvm-readelf -d s.so | FileCheck %s --check-prefix=DYNAMIC --implicit-check-not=NEEDED
// DYNAMIC: GNU_HASH
// RUN: llvm-readelf -SW s.o | FileCheck %s --check-prefix=SECTION
// SECTION: .rodata.bw_weights PROGBITS {{.*}} 000010 00 A 0 0 4096
// RUN: llvm-nm s.a | FileCheck %s --check-prefix=ARCHIVE
// ARCHIVE: scale.o:
// ARCHIVE: scale_weights.o:
// ARCHIVE: R bw_scale_weights
// RUN: FileCheck %s --check-prefix=ASM < s.s
// ASM: bw_scale_desc
// RUN: FileCheck %s --check-prefix=LL < s.ll
// LL: target triple = "x86_64-unknown-linux-gnu"
// LL: @bw_scale_weights = external hidden constant [16 x i8]

// An archive and an object come with a header, which any compiler takes.
// RUN: %cc -std=c11 -Wall -Werror -I%src/runtime/include -fsyntax-only s.h
// HEADER: extern const bw_model_desc bw_scale_desc;
// HEADER: /* f32["n" x 3] */
// HEADER: #define BW_SCALE_INPUT_0_NAME "x"
// HEADER: #define BW_SCALE_INPUT_0_DIMS {-1, 3}
// MLIR: llvm.func @bw_scale_invoke

// The same input gives the same bytes.
// RUN: quant-compile %S/Inputs/scale.mlir --mattr=+fma,+avx2 -o again.so && cmp s.so again.so
// RUN: quant-compile %S/Inputs/scale.mlir -o again.a && cmp s.a again.a

// No temporary file stays behind.
// RUN: ls -A | FileCheck %s --check-prefix=FILES --implicit-check-not=bitwright
// FILES: again.a
