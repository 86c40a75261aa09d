/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * Instructions that have an operation of LLVM IR: where the CPU lacks one, the
 * code generator calls a function of this name.
 */

#include <stdint.h>

typedef union {
  double value;
  uint64_t bits;
} double_bits;

/**
 * a * b + c, rounded once. The product is exact in double; the sum is rounded
 * to odd there, so that the second rounding has what it needs (Boldo and
 * Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
 */
float fmaf(float a, float b, float c) {
  double product = (double)a * b, addend = c;
  double_bits sum = {product + addend};
  double part = sum.value - product;
  double error = (product - (sum.value - part)) + (addend - part);
  int is_finite = sum.value - sum.value == 0;
  if (is_finite && error != 0 && !(sum.bits & 1))
    sum.bits += (error > 0) == (sum.value > 0) ? 1 : -(uint64_t)1;
  return (float)sum.value;
}
