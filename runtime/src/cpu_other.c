/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Processors of which the runtime knows no feature: models compiled for their
 * oldest kind run.
 */

#include "internal.h"

#if !defined(__x86_64__)

uint32_t bw_cpu_arch(void) {
#if defined(__i386__)
  return BW_ARCH_X86;
#elif defined(__aarch64__)
  return BW_ARCH_AARCH64;
#elif defined(__arm__)
  return BW_ARCH_ARM;
#else
  return 0;
#endif
}

uint64_t bw_cpu_features(void) { return 0; }

const char *bw_cpu_enable(uint64_t features) {
  (void)features;
  return NULL;
}

uint32_t bw_fp_enter(void) { return 0; }
void bw_fp_leave(uint32_t saved) { (void)saved; }

#endif
