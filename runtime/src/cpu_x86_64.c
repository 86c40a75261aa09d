/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * What this x86-64 processor can do and the operating system lets it do.
 */

#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "internal.h"

#if defined(__x86_64__)
#include <cpuid.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
static bool enable_amx(void) {
  const long arch_req_xcomp_perm = 0x1023, xtile_data = 18;
  return syscall(SYS_arch_prctl, arch_req_xcomp_perm, xtile_data) == 0;
}
#else
static bool enable_amx(void) { return false; }
#endif

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
  uint64_t found = c >> 20 & 1 ? BW_X86_64_SSE42 : 0;
  if (!(c >> 27 & 1)) /* no OSXSAVE: wider registers are not saved */
    return found;
  uint64_t xcr0 = read_xcr0();
  if ((xcr0 & 0x6) != 0x6)
    return found;
  found |= c >> 12 & 1 ? BW_X86_64_FMA : 0;
  found |= c >> 29 & 1 ? BW_X86_64_F16C : 0;
  if (!__get_cpuid_count(7, 0, &a, &b7, &c7, &d7))
    return found;
  found |= b7 >> 5 & 1 ? BW_X86_64_AVX2 : 0;
  if ((xcr0 & 0xe6) == 0xe6 && (b7 >> 16 & 1)) {
    found |= BW_X86_64_AVX512F;
    found |= b7 >> 30 & 1 ? BW_X86_64_AVX512BW : 0;
    found |= b7 >> 31 & 1 ? BW_X86_64_AVX512VL : 0;
    found |= b7 >> 17 & 1 ? BW_X86_64_AVX512DQ : 0;
    found |= c7 >> 11 & 1 ? BW_X86_64_AVX512VNNI : 0;
  }
  if ((xcr0 & 0x60000) == 0x60000) {
    found |= d7 >> 24 & 1 ? BW_X86_64_AMX_TILE : 0;
    found |= d7 >> 25 & 1 ? BW_X86_64_AMX_INT8 : 0;
  }
  return found;
}

uint32_t bw_cpu_arch(void) { return BW_ARCH_X86_64; }

const char *bw_cpu_enable(uint64_t features) {
  return (features & BW_X86_64_AMX_TILE) != 0 && !enable_amx() ? "AMX" : NULL;
}

uint32_t bw_fp_enter(void) {
  uint32_t saved = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(0x1f80); /* round to nearest, denormals kept, nothing traps */
  return saved;
}

void bw_fp_leave(uint32_t saved) { __builtin_ia32_ldmxcsr(saved); }

#endif
