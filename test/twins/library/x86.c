/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Instructions of x86-64 that kernels name, in plain C: `llvm.x86.<name>` is
 * bw_twin_x86_<name>, dots as underscores, with the addresses of the result and
 * of each operand. Written from Intel's pseudo code ("Intel 64 and IA-32
 * Architectures Software Developer's Manual", volume 2), not from our kernels.
 */

#include <stdint.h>

/** vpdpbusd: sums += four products of unsigned and signed bytes, modulo 2^32. */
static void dot_bytes(int32_t *result, const int32_t *sums, const uint8_t *a, const int8_t *b,
                      int lanes) {
  for (int lane = 0; lane < lanes; ++lane) {
    uint32_t sum = (uint32_t)sums[lane];
    for (int i = 4 * lane; i < 4 * lane + 4; ++i)
      sum += (uint32_t)((int32_t)a[i] * (int32_t)b[i]);
    result[lane] = (int32_t)sum;
  }
}

void bw_twin_x86_avx512_vpdpbusd_128(int32_t *result, const int32_t *sums, const uint8_t *a,
                                     const int8_t *b) {
  dot_bytes(result, sums, a, b, 4);
}

void bw_twin_x86_avx512_vpdpbusd_256(int32_t *result, const int32_t *sums, const uint8_t *a,
                                     const int8_t *b) {
  dot_bytes(result, sums, a, b, 8);
}

void bw_twin_x86_avx512_vpdpbusd_512(int32_t *result, const int32_t *sums, const uint8_t *a,
                                     const int8_t *b) {
  dot_bytes(result, sums, a, b, 16);
}

/** pmaddwd: sums of two products of signed words; only four times -32768 wraps. */
static void dot_words(int32_t *result, const int16_t *a, const int16_t *b, int64_t lanes) {
  for (int64_t lane = 0; lane < lanes; ++lane) {
    uint32_t low = (uint32_t)((int32_t)a[2 * lane] * b[2 * lane]);
    uint32_t high = (uint32_t)((int32_t)a[2 * lane + 1] * b[2 * lane + 1]);
    result[lane] = (int32_t)(low + high);
  }
}

void bw_twin_x86_sse2_pmadd_wd(int32_t *result, const int16_t *a, const int16_t *b) {
  dot_words(result, a, b, 4);
}

void bw_twin_x86_avx2_pmadd_wd(int32_t *result, const int16_t *a, const int16_t *b) {
  dot_words(result, a, b, 8);
}
