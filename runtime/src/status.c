/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Words for errors, element types and processors.
 */

#include "internal.h"
#include <stdarg.h>
#include <stdio.h>

static _Thread_local char last_error[320];

bw_status bw_fail(bw_status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof(last_error), format, arguments);
  va_end(arguments);
  return status;
}

const char *bw_last_error(void) { return last_error; }

const char *bw_status_string(bw_status status) {
  switch (status) {
  case BW_OK:
    return "no error";
  case BW_ERR_ARGUMENT:
    return "wrong argument";
  case BW_ERR_INDEX:
    return "index out of range";
  case BW_ERR_SHAPE:
    return "shapes do not fit";
  case BW_ERR_ABI:
    return "not a model this runtime can run";
  case BW_ERR_CPU:
    return "not for this CPU";
  case BW_ERR_MEMORY:
    return "not enough memory";
  case BW_ERR_LOAD:
    return "cannot be loaded";
  }
  return "unknown error";
}

uint64_t bw_dtype_size(int32_t dtype) {
  switch (dtype) {
  case BW_U8:
  case BW_I8:
  case BW_BOOL:
    return 1;
  case BW_U16:
  case BW_I16:
  case BW_F16:
  case BW_BF16:
    return 2;
  case BW_F32:
  case BW_I32:
  case BW_U32:
    return 4;
  case BW_I64:
  case BW_U64:
  case BW_F64:
    return 8;
  default:
    return 0;
  }
}

const char *bw_arch_name(uint32_t arch) {
  switch (arch) {
  case BW_ARCH_X86_64:
    return "x86-64";
  case BW_ARCH_X86:
    return "x86";
  case BW_ARCH_AARCH64:
    return "aarch64";
  case BW_ARCH_ARM:
    return "arm";
  case BW_ARCH_NVPTX:
    return "nvptx";
  default:
    return NULL;
  }
}

const char *bw_feature_name(uint32_t arch, uint64_t bit) {
#define BW_FEATURE(a, name, number, text)                                                          \
  if (arch == BW_ARCH_##a && bit == BW_##a##_##name)                                               \
    return text;
#include "bitwright_rt/features.inc"
#undef BW_FEATURE
  return NULL;
}
