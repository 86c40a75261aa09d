/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * What this CPU can do and the operating system lets it do.
 */

#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "internal.h"

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
bool bw_cpu_enable_amx(void) {
  const long arch_req_xcomp_perm = 0x1023, xtile_data = 18;
  return syscall(SYS_arch_prctl, arch_req_xcomp_perm, xtile_data) == 0;
}
#else
bool bw_cpu_enable_amx(void) { return false; }
#endif

#if defined(__x86_64__)
#include <cpuid.h>

/** State that the operating system saves (XCR0). */
static uint64_t read_xcr0(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

uint64_t bw_cpu_features(void) {
  uint32_t a, b, c, d, b7, c7, d7;
  if (!__get_cpuid(1, &a, &b, &c, &d))
    return 0;
  uint64_t found = c >> 20 & 1 ? BW_CPU_SSE42 : 0;
  if (!(c >> 27 & 1)) /* no OSXSAVE: wider registers are not saved */
    return found;
  uint64_t xcr0 = read_xcr0();
  if ((xcr0 & 0x6) != 0x6)
    return found;
  found |= c >> 12 & 1 ? BW_CPU_FMA : 0;
  found |= c >> 29 & 1 ? BW_CPU_F16C : 0;
  if (!__get_cpuid_count(7, 0, &a, &b7, &c7, &d7))
    return found;
  found |= b7 >> 5 & 1 ? BW_CPU_AVX2 : 0;
  if ((xcr0 & 0xe6) == 0xe6 && (b7 >> 16 & 1)) {
    found |= BW_CPU_AVX512F;
    found |= b7 >> 30 & 1 ? BW_CPU_AVX512BW : 0;
    found |= b7 >> 31 & 1 ? BW_CPU_AVX512VL : 0;
    found |= b7 >> 17 & 1 ? BW_CPU_AVX512DQ : 0;
    found |= c7 >> 11 & 1 ? BW_CPU_AVX512VNNI : 0;
  }
  if ((xcr0 & 0x60000) == 0x60000) {
    found |= d7 >> 24 & 1 ? BW_CPU_AMX_TILE : 0;
    found |= d7 >> 25 & 1 ? BW_CPU_AMX_INT8 : 0;
  }
  return found;
}
#else
uint64_t bw_cpu_features(void) { return 0; }
#endif

const char *bw_cpu_feature_name(uint64_t bit) {
  switch (bit) {
  case BW_CPU_SSE42:
    return "sse4.2";
  case BW_CPU_AVX2:
    return "avx2";
  case BW_CPU_FMA:
    return "fma";
  case BW_CPU_AVX512F:
    return "avx512f";
  case BW_CPU_AVX512BW:
    return "avx512bw";
  case BW_CPU_AVX512VL:
    return "avx512vl";
  case BW_CPU_AVX512DQ:
    return "avx512dq";
  case BW_CPU_AVX512VNNI:
    return "avx512vnni";
  case BW_CPU_AMX_TILE:
    return "amx-tile";
  case BW_CPU_AMX_INT8:
    return "amx-int8";
  case BW_CPU_F16C:
    return "f16c";
  default:
    return 0;
  }
}
