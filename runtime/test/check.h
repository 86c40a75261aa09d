/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * A check that survives NDEBUG and says where it failed.
 */

#ifndef BITWRIGHT_RT_TEST_CHECK_H
#define BITWRIGHT_RT_TEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                      \
      exit(1);                                                                                     \
    }                                                                                              \
  } while (0)

#endif /* BITWRIGHT_RT_TEST_CHECK_H */
