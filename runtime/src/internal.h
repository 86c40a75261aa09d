/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/**
 * \file
 * What the runtime's files share and its users do not see.
 */

#ifndef BITWRIGHT_RT_INTERNAL_H
#define BITWRIGHT_RT_INTERNAL_H

#include "bitwright_rt/bitwright_rt.h"
#include <stdbool.h>
#include <stddef.h>

struct bw_model {
  const bw_model_desc *desc;
  const void *weights;
  uint64_t serial; /* tells a model from an earlier one at the same address */
  void *library;   /* dlopen handle, or null */
  void *mapping;   /* weights file, or null */
  size_t mapping_bytes;
};

/** Keeps a message for bw_last_error and returns `status`. */
bw_status bw_fail(bw_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3), visibility("hidden")));

/** bw_hash_weights of the block equals the descriptor's. */
__attribute__((visibility("hidden"))) bw_status bw_weights_check(const bw_model_desc *desc,
                                                                 const void *weights,
                                                                 uint64_t bytes);

/** A bw_model for a descriptor in `library`, which it takes over on success. */
__attribute__((visibility("hidden"))) bw_status bw_model_open(const bw_model_desc *desc,
                                                              void *library, bw_model **model);

/** Makes the process ready to use `features`; the name of what the system refuses, or null. */
__attribute__((visibility("hidden"))) const char *bw_cpu_enable(uint64_t features);

/** The floating-point state that generated code is written for; returns the one before. */
__attribute__((visibility("hidden"))) uint32_t bw_fp_enter(void);
__attribute__((visibility("hidden"))) void bw_fp_leave(uint32_t saved);

typedef struct bw_pool bw_pool;

/** Memory for bodies: worker i has `bytes` from base + i * bytes on. */
typedef struct bw_scratch {
  char *base;
  int64_t bytes;
} bw_scratch;

/** A pool of `threads` - 1 workers; null on failure. */
__attribute__((visibility("hidden"))) bw_pool *bw_pool_create(int32_t threads, int32_t spin);
__attribute__((visibility("hidden"))) void bw_pool_release(bw_pool *pool);
/** Runs body over [0, n); the calling thread takes part, as worker 0. `pool` may be null.
 *  One loop at a time, and none from a body. */
__attribute__((visibility("hidden"))) void bw_pool_run(bw_pool *pool, bw_body_fn body, void *args,
                                                       bw_scratch scratch, int64_t n,
                                                       int64_t grain);

#endif /* BITWRIGHT_RT_INTERNAL_H */
