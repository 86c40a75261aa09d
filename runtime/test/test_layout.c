/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * The structures of abi.h lie as abi_layout.inc says.
 */

#include "bitwright_rt/abi.h"
#include "check.h"
#include <stddef.h>

#if defined(__x86_64__) || defined(__aarch64__)
#define PICK(bits64, x86, arm) (bits64)
#elif defined(__i386__)
#define PICK(bits64, x86, arm) (x86)
#else
#define PICK(bits64, x86, arm) (arm)
#endif

int main(void) {
#define BW_FIELD(structure, field, bits64, x86, arm)                                               \
  CHECK(offsetof(structure, field) == PICK(bits64, x86, arm));
#define BW_SIZE(structure, bits64, x86, arm) CHECK(sizeof(structure) == PICK(bits64, x86, arm));
#include "abi_layout.inc"
  return 0;
}
